//! Verification of small logs written by hand: each shows one thing that a rule must find, allow or say.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;

use crate::common::Scratch;
use lamport::causality::messages::messages;
use lamport::causality::verify::report::{Report, Rule};
use lamport::causality::verify::{Options, verify};
use lamport::log::read::reader::read_history;
use lamport::log::read::reader::read_logs;

/// The log of one machine, line by line.
#[derive(Clone)]
struct Log {
    id: u64,
    clock: u64,
    ticks: u64,
    text: String,
}

/// Where machine `id` is in the words of these logs.
fn address(id: u64) -> String {
    format!("[\"host\", {}]", 5000 + id)
}

impl Log {
    /// A log without a line.
    fn bare(id: u64) -> Self {
        Self {
            id,
            clock: 0,
            ticks: 0,
            text: String::new(),
        }
    }

    /// A log that begins with a STARTUP, listening at `listen`.
    fn at(id: u64, listen: &str, peers: &[u64]) -> Self {
        Self::bare(id).startup(listen, peers)
    }

    fn new(id: u64, peers: &[u64]) -> Self {
        Self::at(id, &address(id), peers)
    }

    fn line(mut self, event: &str, time: f64, rest: &str) -> Self {
        let id = self.id;
        let head =
            format!("\"event\": \"{event}\", \"system_time\": {time:.6}, \"machine_id\": {id}");
        self.text += &["{", &head, ", ", rest, "}\n"].concat();
        self
    }

    fn startup(self, listen: &str, peers: &[u64]) -> Self {
        let peers: Vec<_> = peers.iter().map(|&peer| address(peer)).collect();
        let (id, clock) = (self.id, self.clock);
        let time = if self.text.is_empty() { 1.0 } else { 5.0 };
        self.line("STARTUP", time, &format!(
            "\"clock_rate\": 1, \"local_clock\": {clock}, \"history\": \"{id:016x}\", \"listen\": {listen}, \"peers\": [{}], \"run_id\": \"lab\", \"seed\": 1, \"internal_probability\": 0.7, \"broadcast_share\": 0.25, \"time\": \"real\", \"version\": \"0.1.0\"",
            peers.join(", ")
        ))
    }

    fn connect(self, peer: &str, id: u64, history: u64) -> Self {
        self.line(
            "CONNECT",
            1.0,
            &format!("\"peer\": {peer}, \"peer_id\": {id}, \"peer_history\": \"{history:016x}\""),
        )
    }

    fn step(mut self, event: &str, time: f64, new_clock: u64, rest: &str) -> Self {
        let old = std::mem::replace(&mut self.clock, new_clock);
        self.ticks += 1;
        let clocks = format!("\"old_clock\": {old}, \"new_clock\": {new_clock}");
        self.line(event, time, &(clocks + rest))
    }

    /// A SEND to addresses, of machines of which some may not be known.
    fn send_to(self, time: f64, addresses: &[&str], ids: &[Option<u64>]) -> Self {
        let ids: Vec<_> = ids
            .iter()
            .map(|id| id.map_or("null".to_owned(), |id| id.to_string()))
            .collect();
        let clock = self.clock + 1;
        let rest = format!(
            ", \"recipients\": [{}], \"recipient_ids\": [{}]",
            addresses.join(", "),
            ids.join(", ")
        );
        self.step("SEND", time, clock, &rest)
    }

    fn send(self, time: f64, to: u64) -> Self {
        self.send_to(time, &[&address(to)], &[Some(to)])
    }

    /// A RECEIVE; without `queue_len` or `arrival` the fields are not there.
    fn take(
        self,
        time: f64,
        (sender, sent): (u64, u64),
        queue_len: Option<u64>,
        arrival: Option<f64>,
    ) -> Self {
        let clock = self.clock.max(sent) + 1;
        let length = queue_len.map_or(String::new(), |length| format!(", \"queue_len\": {length}"));
        let arrival = arrival.map_or(String::new(), |time| {
            format!(", \"arrival_time\": {time:.6}")
        });
        let rest = format!("{length}, \"sender\": {sender}, \"sent_clock\": {sent}{arrival}");
        self.step("RECEIVE", time, clock, &rest)
    }

    fn receive(self, time: f64, message: (u64, u64)) -> Self {
        self.take(time, message, Some(0), Some(time))
    }

    fn unread(self, (sender, sent): (u64, u64), arrival: Option<f64>) -> Self {
        let arrival = arrival.map_or(String::new(), |time| {
            format!(", \"arrival_time\": {time:.6}")
        });
        self.line(
            "UNREAD",
            9.0,
            &format!("\"sender\": {sender}, \"sent_clock\": {sent}{arrival}"),
        )
    }

    fn end_with(self, waiting: u64, ticks: u64, undelivered: &str) -> Self {
        let clock = self.clock;
        self.line("END", 9.0, &format!(
            "\"final_clock\": {clock}, \"queue_len\": {waiting}, \"ticks\": {ticks}, \"lateness\": {{\"p50\": 0.0, \"p99\": 0.0, \"max\": 0.0}}, \"undelivered\": [{undelivered}]"
        ))
    }

    fn end(self, waiting: u64) -> Self {
        let ticks = self.ticks;
        self.end_with(waiting, ticks, "")
    }
}

fn report(logs: &[Log]) -> Report {
    let scratch = Scratch::new();
    let paths: Vec<_> = logs
        .iter()
        .map(|log| {
            let path = scratch.0.join(format!("machine_{}.log", log.id));
            fs::write(&path, &log.text).unwrap();
            path
        })
        .collect();
    let history = read_history(&paths, &BTreeMap::new(), &mut || true).unwrap();
    let report = verify(&history, &Options::default(), &mut || true).unwrap();
    for rule in Rule::ALL {
        let (count, checked) = (report.counts[rule as usize], report.checked[rule as usize]);
        assert!(count <= checked, "{rule:?}: {count} of {checked}");
    }
    report
}

/// How many violations of which rules there are.
fn counts(report: &Report) -> Vec<(Rule, u64)> {
    let count = |&rule: &Rule| (rule, report.counts[rule as usize]);
    Rule::ALL
        .iter()
        .map(count)
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn clean(logs: &[Log]) -> Report {
    let report = report(logs);
    assert!(report.is_ok(), "{:?}", report.violations);
    report
}

/// The logs break this rule alone.
fn breaks(rule: Rule, times: u64, logs: &[Log]) -> Report {
    let report = report(logs);
    assert_eq!(counts(&report), [(rule, times)], "{:?}", report.violations);
    report
}

fn says(report: &Report, text: &str) {
    let said = report.unchecked.iter().any(|line| line.contains(text));
    assert!(said, "{text:?} is not in {:#?}", report.unchecked);
}

#[test]
fn loopbacks_of_two_hosts_are_not_one() {
    // Two hosts of two machines each; the clock of the second is half a second behind.
    let any = |id: u64| format!("[\"0.0.0.0\", {}]", 5000 + id);
    let pair = |id: u64, other: u64| {
        Log::bare(id).startup(&any(id), &[]).connect(
            &format!("[\"localhost\", {}]", 5000 + other),
            other,
            other,
        )
    };
    let logs = [
        pair(1, 2).send(3.0, 3).end(0),
        pair(2, 1).end(0),
        pair(3, 4).receive(2.5, (1, 1)).end(0),
        pair(4, 3).end(0),
    ];
    says(&clean(&logs), "1 messages went between machines");
    // On one host that is too early.
    let logs = [
        pair(1, 2)
            .send_to(3.0, &["[\"localhost\", 5002]"], &[Some(2)])
            .end(0),
        pair(2, 1).receive(2.5, (1, 1)).end(0),
    ];
    breaks(Rule::Time, 1, &logs);
    // So it is where both can only listen to their own host.
    let near = |id: u64| Log::at(id, &format!("[\"127.0.0.1\", {}]", 5000 + id), &[]);
    let logs = [
        near(1).send(3.0, 2).end(0),
        near(2).receive(2.5, (1, 1)).end(0),
    ];
    breaks(Rule::Time, 1, &logs);
}

#[test]
fn a_machine_that_only_received_is_missed() {
    let report = clean(&[
        Log::new(1, &[2, 3])
            .send(2.0, 2)
            .send(3.0, 3)
            .send(3.0, 3)
            .end(0),
        Log::new(2, &[]).receive(2.5, (1, 1)).end(0),
    ]);
    says(
        &report,
        "machine 3 has no log here: 2 messages sent to it are not matched",
    );
    let report = clean(&[Log::new(1, &[2]).connect(&address(2), 2, 2).end(0)]);
    says(&report, "machine 2 has no log here");
    let log = Log::new(1, &[3]).send(2.0, 3);
    let report = clean(&[log.clone().end_with(0, 1, "[3, 1]")]);
    says(&report, "machine 3 has no log here: 1 messages sent to it");
    breaks(Rule::Conservation, 1, &[log.end_with(0, 1, "[3, 2]")]);
}

#[test]
fn a_queue_before_a_restart_holds_no_more_than_was_sent() {
    let sender = Log::new(1, &[2])
        .send(2.0, 2)
        .send(2.0, 2)
        .send(4.0, 2)
        .end(0);
    let crashed = |length: u64| {
        Log::new(2, &[])
            .connect(&address(1), 1, 1)
            .take(3.0, (1, 1), Some(length), Some(2.5))
            .startup(&address(2), &[])
            .receive(6.0, (1, 2))
            .receive(7.0, (1, 3))
            .end(0)
    };
    // Machines at one address share a host, so that times can be compared.
    for length in 0..2 {
        let report = clean(&[sender.clone(), crashed(length)]);
        assert_eq!(report.unchecked, [""; 0]);
    }
    for length in [2, 1_000_000] {
        breaks(Rule::Queue, 1, &[sender.clone(), crashed(length)]);
    }
    // A sender whose last lines are missing may have sent more.
    let cut = Log::new(1, &[2]).send(2.0, 2);
    says(
        &clean(&[cut, crashed(5)]),
        "1 queue lengths of machines 2 are only checked from below",
    );
    // So may one without a log.
    says(&clean(&[crashed(5)]), "1 queue lengths of machines 2");
}

#[test]
fn queue_lengths_that_are_missing_are_said() {
    let sender = Log::new(1, &[2]).send(2.0, 2).send(2.0, 2).end(0);
    let recipient = |length| {
        Log::new(2, &[])
            .take(3.0, (1, 1), length, Some(3.0))
            .receive(4.0, (1, 2))
            .end(0)
    };
    let whole = clean(&[sender.clone(), recipient(Some(0))]);
    let report = clean(&[sender, recipient(None)]);
    says(&report, "machine 2: 1 RECEIVE events have no queue_len");
    let queue = Rule::Queue as usize;
    assert_eq!(report.checked[queue] + 1, whole.checked[queue]);
}

#[test]
fn an_unread_message_without_arrival_raises_nothing() {
    let sender = Log::new(1, &[2]).send(2.0, 2).send(2.0, 2).end(0);
    let recipient = Log::new(2, &[])
        .take(3.0, (1, 1), Some(1), Some(2.5))
        .unread((1, 2), None)
        .end(1);
    says(
        &clean(&[sender, recipient]),
        "machine 2: not all RECEIVE and UNREAD lines",
    );
}

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
fn nothing_is_received_before_it_arrives_whoever_sent_it() {
    let late = |log: Log| log.take(3.0, (1, 5), Some(0), Some(3.1));
    // The log of the sender is missing, or ends before.
    breaks(Rule::Time, 1, &[late(Log::new(2, &[])).end(0)]);
    breaks(
        Rule::Time,
        1,
        &[Log::new(1, &[2]), late(Log::new(2, &[])).end(0)],
    );
    // A machine in real time does not wait for all that a delay holds back.
    let mut held = Log::new(2, &[]).unread((1, 5), Some(9.5)).end(1);
    clean(&[held.clone()]);
    held.text = held.text.replace("\"real\"", "\"virtual\"");
    held.text = held.text.replace(&address(2), "[\"virtual\", 2]");
    breaks(Rule::Time, 1, &[held]);
}

#[test]
fn nothing_arrives_before_a_machine_starts() {
    let log = |arrival| {
        let log = Log::new(2, &[]);
        log.take(3.0, (1, 5), Some(0), Some(arrival)).end(0)
    };
    clean(&[log(1.0)]);
    breaks(Rule::Queue, 1, &[log(0.9)]);
}

#[test]
fn messages_of_unknown_recipients_come_once_and_in_order() {
    let sender = || {
        let log = Log::new(1, &[2]);
        let log = log.send_to(2.0, &["[\"other\", 7]"], &[None]);
        log.send_to(2.1, &["[\"other\", 7]"], &[None])
    };
    let mut sender = sender().end(0);
    sender.text = sender.text.replace(&address(2), "[\"other\", 7]");
    let received = |clocks: &[u64]| {
        let log = Log::at(2, "[\"host\", 9]", &[]);
        let log = clocks
            .iter()
            .fold(log, |log, &clock| log.receive(3.0, (1, clock)));
        log.end(0)
    };
    let report = clean(&[sender.clone(), received(&[1, 2])]);
    says(
        &report,
        "2 SENDs of machines 1 do not tell all their recipients",
    );
    breaks(Rule::Match, 1, &[sender.clone(), received(&[1, 1, 2])]);
    breaks(Rule::Fifo, 1, &[sender, received(&[2, 1])]);
}

#[test]
fn messages_newer_than_a_log_come_once_and_in_order() {
    let received = |clocks: &[u64]| {
        let log = Log::new(2, &[]);
        let log = clocks
            .iter()
            .fold(log, |log, &clock| log.receive(3.0, (1, clock)));
        log.end(0)
    };
    let cut = Log::new(1, &[2]);
    says(
        &clean(&[cut.clone(), received(&[4, 5])]),
        "2 messages of machine 1 are newer than its log",
    );
    let report = report(&[cut, received(&[5, 5, 4])]);
    assert_eq!(counts(&report), [(Rule::Match, 1), (Rule::Fifo, 1)]);
}

#[test]
fn messages_left_unread_were_not_received() {
    let log = Log::new(2, &[])
        .receive(3.0, (1, 5))
        .unread((1, 6), Some(4.0))
        .end(1);
    let scratch = Scratch::new();
    let path = scratch.0.join("machine_2.log");
    fs::write(&path, log.text).unwrap();
    let logs = read_logs(&[path], &BTreeMap::new(), &mut || true).unwrap();
    let messages = messages(&logs.columns, &logs.machines).unwrap();
    assert_eq!(messages.unmatched, 1);
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
