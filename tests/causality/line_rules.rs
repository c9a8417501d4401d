//! Rules about lines and clocks, on logs written by hand: each shows one thing that must be found, allowed or said.

#![allow(clippy::unwrap_used)]

use crate::written_logs::{Log, address, breaks, clean, counts, report, says};
use lamport::causality::verify::report::Report;
use lamport::causality::verify::report::Rule;

#[test]
fn addresses_and_machines_go_together() {
    let three = [Log::new(2, &[]).end(0), Log::new(3, &[]).end(0)];
    let found = |log: Log| {
        let undelivered = "[2, 1], [3, 1]";
        let ticks = log.ticks;
        let mut logs = vec![log.end_with(0, ticks, undelivered)];
        logs.extend(three.clone());
        report(&logs)
    };
    let good = Log::new(1, &[2, 3]).send(2.0, 2).send(2.0, 3);
    let report = found(good);
    assert!(report.is_ok(), "{:?}", report.violations);
    let two = |address_of: u64, id: u64| {
        Log::new(1, &[2, 3])
            .connect(&address(2), 2, 2)
            .send_to(2.0, &[&address(address_of)], &[Some(id)])
            .send(2.0, 3)
    };
    assert!(found(two(2, 2)).is_ok());
    // The address of machine 3, of no peer, of the machine itself.
    for address_of in [3, 9, 1] {
        let report = found(two(address_of, 2));
        let structure = report.counts[Rule::Structure as usize];
        assert!(structure > 0, "{address_of}: {:?}", report.violations);
    }
    // An address that nobody has to know is still that of a peer.
    let nameless = |id: u64| Log::new(1, &[2, 3]).send_to(2.0, &[&address(id)], &[None]);
    assert_eq!(found(nameless(2)).counts[Rule::Structure as usize], 0);
    assert_eq!(found(nameless(9)).counts[Rule::Structure as usize], 1);
}

#[test]
fn a_virtual_address_is_the_number_of_a_machine() {
    let log = |port: u64| {
        let mut log =
            Log::new(1, &[]).send_to(2.0, &[&format!("[\"virtual\", {port}]")], &[Some(2)]);
        log.text = log
            .text
            .replace("\"real\"", "\"virtual\"")
            .replace(&address(1), "[\"virtual\", 1]");
        log.end_with(0, 1, "[2, 1]")
    };
    clean(&[log(2)]);
    breaks(Rule::Structure, 1, &[log(3)]);
}

#[test]
fn a_wrong_peer_id_is_found() {
    let others = [Log::new(2, &[]).end(0), Log::new(3, &[]).end(0)];
    let with = |log: Log| [vec![log.end(0)], others.to_vec()].concat();
    let log = || Log::new(1, &[2, 3]);
    clean(&with(log().connect(&address(2), 2, 2)));
    // Its history is that of machine 2.
    breaks(
        Rule::Structure,
        1,
        &with(log().connect(&address(2), 103, 2)),
    );
    breaks(Rule::Structure, 1, &with(log().connect(&address(2), 3, 2)));
    // One machine at two addresses.
    let twice = log().connect(&address(2), 2, 2).connect(&address(3), 2, 2);
    breaks(Rule::Structure, 1, &with(twice));
    // Two machines with one history.
    let mut twin = Log::new(3, &[]).end(0);
    twin.text = twin.text.replace("0000000000000003", "0000000000000002");
    breaks(Rule::Structure, 1, &[others[0].clone(), twin]);
}

#[test]
fn base_logs_without_receipts_are_said_to_be_what_they_are() {
    let log = Log::bare(1).step("INTERNAL", 1.0, 1, "");
    let report = clean(&[log]);
    says(&report, "base fields only");
    assert!(
        !report
            .unchecked
            .iter()
            .any(|line| line.contains("receipts") || line.contains("RECEIVE"))
    );
}

#[test]
fn unread_lines_stand_right_before_end() {
    let sender = Log::new(1, &[2]).send(2.0, 2).end(0);
    let recipient = |log: Log| log.unread((1, 1), Some(3.0));
    clean(&[sender.clone(), recipient(Log::new(2, &[])).end(1)]);
    let connect = recipient(Log::new(2, &[1])).connect(&address(1), 1, 1);
    let mut logs = [sender.clone(), connect.end(1)];
    logs[1].text = logs[1].text.replace(
        "CONNECT\", \"system_time\": 1.0",
        "CONNECT\", \"system_time\": 9.0",
    );
    breaks(Rule::Structure, 1, &logs);
    let event = recipient(Log::new(2, &[])).step("INTERNAL", 9.0, 1, "");
    let report = report(&[sender, event.end(1)]);
    assert_eq!(
        report.counts[Rule::Structure as usize],
        1,
        "{:?}",
        report.violations
    );
}

#[test]
fn end_counts_the_ticks() {
    let log = || {
        Log::new(1, &[])
            .step("INTERNAL", 2.0, 1, "")
            .step("INTERNAL", 3.0, 2, ", \"manual\": true")
    };
    clean(&[log().end_with(0, 1, "")]);
    breaks(Rule::Structure, 1, &[log().end_with(0, 2, "")]);
    // Those before a restart count too.
    let log = || {
        Log::new(1, &[])
            .step("INTERNAL", 2.0, 1, "")
            .startup(&address(1), &[])
    };
    clean(&[log().end_with(0, 1, "")]);
    breaks(Rule::Structure, 1, &[log().end_with(0, 0, "")]);
}

#[test]
fn each_step_begins_where_the_one_before_ended() {
    // Back to an earlier clock, or on from a later one.
    for (old, new) in [(0, 1), (1, 2), (3, 4), (9, 10)] {
        let mut log = Log::new(1, &[]).step_by(2.0, 1).step_by(3.0, 1);
        log.clock = old;
        let log = log.step("INTERNAL", 4.0, new, "").end(0);
        let report = report(&[log]);
        assert_eq!(report.counts[Rule::Step as usize], 1, "{old} {new}");
    }
    // Of a receipt that does not tell its message it is only known that the clock goes up.
    let bare = |clock| Log::bare(1).step_by(2.0, 4).step("RECEIVE", 3.0, clock, "");
    let steps = |log| report(&[log]).counts[Rule::Step as usize];
    let first = steps(Log::bare(1).step_by(2.0, 4));
    assert_eq!(
        [5, 9, 4, 3].map(|clock| steps(bare(clock)) - first),
        [0, 0, 1, 1]
    );
}

#[test]
fn a_start_has_the_clock_that_the_log_has_there() {
    let structure = |log: Log| report(&[log.end(0)]).counts[Rule::Structure as usize];
    let restarted = |clock| {
        let mut log = Log::new(1, &[]).step_by(2.0, 1).step_by(3.0, 1);
        log.clock = clock;
        structure(log.startup(&address(1), &[]))
    };
    assert_eq!([2, 0, 1, 3, 9].map(restarted), [0, 1, 1, 1, 1]);
    // Again with no event between the two.
    let at_once = |clock| {
        let mut log = Log::new(1, &[]);
        log.clock = clock;
        structure(log.startup(&address(1), &[]))
    };
    assert_eq!([0, 1].map(at_once), [0, 1]);
    let first = |clock| {
        let mut log = Log::bare(1);
        log.clock = clock;
        structure(log.startup(&address(1), &[]))
    };
    // What came before may be missing, unless it was nothing.
    assert_eq!([0, 1, 5].map(first), [0, 0, 0]);
    let late = Log::bare(1).connect(&address(2), 2, 2);
    assert_eq!(structure(late.startup(&address(1), &[2])), 0);
}

#[test]
fn a_clock_is_not_behind_the_longest_chain() {
    const REST: &str =
        ", \"queue_len\": 0, \"sender\": 1, \"sent_clock\": 5, \"arrival_time\": 3.000000";
    // Machine 2 forgets what it receives: its clock goes on alone.
    let sender = (0..4).fold(Log::new(1, &[2]), |log, _| log.step_by(2.0, 1));
    let sender = sender.send(2.5, 2).end(0);
    let behind = |clock: u64| Log::new(2, &[]).step("RECEIVE", 3.0, clock, REST).end(0);
    clean(&[sender.clone(), behind(6)]);
    let report = report(&[sender.clone(), behind(5)]);
    let expected = [
        (Rule::Step, 1),
        (Rule::ClockCondition, 1),
        (Rule::Exactness, 1),
    ];
    assert_eq!(counts(&report), expected);
    let exactness = |report: &Report| {
        let found = report.violations.iter();
        let found = found.filter(|violation| violation.rule == Rule::Exactness);
        let told = found.map(|violation| (violation.clock.unwrap(), violation.expected.clone()));
        told.collect::<Vec<_>>()
    };
    let chain =
        |length: u64| format!("clock {length}, the length of the longest chain that ends here");
    assert_eq!(exactness(&report), [(5, chain(6))]);
    // What follows from it is as far behind, and said once.
    let log = Log::new(2, &[]).step("RECEIVE", 3.0, 2, REST);
    let log = log.step_by(4.0, 1).step_by(5.0, 1).end(0);
    assert_eq!(
        exactness(&self::report(&[sender.clone(), log])),
        [(2, chain(6))]
    );
    // So it is with who hears of it, and of one that runs ahead.
    let forgetful = Log::new(2, &[3])
        .step("RECEIVE", 3.0, 2, REST)
        .send(4.0, 3)
        .end(0);
    let third = |clock| Log::new(3, &[]).receive(6.0, (2, clock)).end(0);
    let logs = [sender.clone(), forgetful, third(3)];
    assert_eq!(exactness(&self::report(&logs)), [(2, chain(6))]);
    let hasty = Log::new(2, &[3]).step_by(3.0, 5).send(4.0, 3).end(0);
    let logs = [hasty, third(6)];
    assert_eq!(exactness(&self::report(&logs)), [(5, chain(1))]);
    // Events that run ahead, and one that does not: it is where its chain is, yet behind them.
    let log = Log::new(1, &[]).step_by(2.0, 5).step_by(3.0, 1);
    let log = log.step("INTERNAL", 4.0, 3, "").end(0);
    let report = self::report(&[log]);
    let fallen = "clock 7: the events before are 4 above the length of their chains";
    assert_eq!(exactness(&report), [(5, chain(1)), (3, fallen.to_owned())]);
}
