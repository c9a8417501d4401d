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

    /// An INTERNAL event that moves the clock by so much.
    fn step_by(self, time: f64, jump: u64) -> Self {
        let clock = self.clock + jump;
        self.step("INTERNAL", time, clock, "")
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

    /// The same in virtual time.
    fn into_virtual(mut self) -> Self {
        self.text = self.text.replace("\"real\"", "\"virtual\"");
        for id in 1..=2 {
            let there = format!("[\"virtual\", {id}]");
            self.text = self.text.replace(&address(id), &there);
        }
        self
    }
}

fn report(logs: &[Log]) -> Report {
    report_with(logs, None)
}

fn report_with(logs: &[Log], clock_uncertainty: Option<f64>) -> Report {
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
    let report = verify(&history, &Options { clock_uncertainty }, &mut || true).unwrap();
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
    // What the log holds is no message; what comes after its last clock may be one.
    let internal = cut.clone().step_by(2.0, 1).step_by(2.5, 1);
    clean(&[internal.clone(), received(&[3])]);
    for clock in [1, 2] {
        breaks(Rule::Match, 1, &[internal.clone(), received(&[clock])]);
    }
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

#[test]
fn no_more_is_undelivered_than_was_sent() {
    // Two messages, of which machine 2 has some; what the END of machine 1 counts.
    let logs = |received: u64, undelivered: &str| {
        let sender = Log::new(1, &[2]).send(2.0, 2).send(2.5, 2);
        let recipient = (1..=received).fold(Log::new(2, &[]), |log, clock| {
            log.receive(3.0 + clock as f64, (1, clock))
        });
        [sender.end_with(0, 2, undelivered), recipient.end(0)]
    };
    // A sender need not have heard of what arrived: it counts all that is missing, and all at most.
    for (received, allowed) in [(2, 0..=2), (1, 1..=2), (0, 2..=2)] {
        for count in 0..=4_u64 {
            let logs = logs(received, &format!("[2, {count}]"));
            if allowed.contains(&count) {
                clean(&logs);
            } else {
                breaks(Rule::Conservation, 1, &logs);
            }
        }
    }
    clean(&logs(2, ""));
    breaks(Rule::Conservation, 1, &logs(1, ""));
    // What is counted for another machine is nothing to this one.
    breaks(Rule::Conservation, 1, &logs(1, "[3, 0]"));
    // A machine to which nothing was sent.
    let silent = |undelivered: &str| {
        let log = Log::new(1, &[2]).end_with(0, 0, undelivered);
        [log, Log::new(2, &[]).end(0)]
    };
    clean(&silent("[2, 0]"));
    let report = breaks(Rule::Conservation, 1, &silent("[2, 1]"));
    assert_eq!(
        report.violations[0].expected,
        "0 undelivered to machine 2: 0 sent, 0 received or unread"
    );
}

#[test]
fn what_is_undelivered_in_virtual_time_is_what_is_missing() {
    let logs = |undelivered: &str| {
        let sender = Log::new(1, &[2]).send(2.0, 2).send(2.5, 2);
        let recipient = Log::new(2, &[]).receive(3.0, (1, 1));
        [sender.end_with(0, 2, undelivered), recipient.end(0)].map(Log::into_virtual)
    };
    clean(&logs("[2, 1]"));
    for undelivered in ["", "[2, 0]", "[2, 2]", "[null, 1]"] {
        breaks(Rule::Conservation, 1, &logs(undelivered));
    }
}

#[test]
fn peers_that_never_connected_are_known_by_where_they_listen() {
    // The SENDs do not say who is at the address: the log of machine 2 says that it listens there.
    let logs = |received: u64, undelivered: &str| {
        let sender = Log::new(1, &[2])
            .send_to(2.0, &[&address(2)], &[None])
            .send_to(2.5, &[&address(2)], &[None]);
        let recipient = (1..=received).fold(Log::new(2, &[]), |log, clock| {
            log.receive(3.0 + clock as f64, (1, clock))
        });
        [sender.end_with(0, 2, undelivered), recipient.end(0)]
    };
    let report = clean(&logs(0, "[null, 2]"));
    assert_eq!(report.unchecked, [""; 0]);
    assert_eq!(report.checked[Rule::Conservation as usize], 1);
    // It may have been heard all the same.
    clean(&logs(2, "[null, 2]"));
    clean(&logs(1, "[null, 1]"));
    for (received, undelivered) in [(0, "[null, 1]"), (0, ""), (1, "[null, 0]"), (1, "")] {
        breaks(Rule::Conservation, 1, &logs(received, undelivered));
    }
    // Named or not, all of it together is enough.
    clean(&logs(0, "[2, 1], [null, 1]"));
    // What comes is judged as anything else that was sent.
    breaks(Rule::Match, 1, &logs(3, "[null, 0]"));
}

#[test]
fn what_is_sent_to_nobody_knows_whom_is_not_counted() {
    // No log listens at this address.
    let there = "[\"other\", 7]";
    let sender = |undelivered: &str| {
        let log = Log::new(1, &[2]).send_to(2.0, &[there], &[None]);
        let mut log = log.end_with(0, 1, undelivered);
        log.text = log.text.replace(&address(2), there);
        log
    };
    let recipient = Log::at(2, "[\"host\", 9]", &[]).end(0);
    for undelivered in ["", "[null, 1]", "[2, 1]", "[2, 5]"] {
        let report = clean(&[sender(undelivered), recipient.clone()]);
        says(
            &report,
            "1 SENDs of machines 1 do not tell all their recipients",
        );
        let is_named = undelivered.contains("[2");
        let told = report.unchecked.iter();
        let told = told.filter(|text| text.contains("conservation is not checked for 1 ordered"));
        assert_eq!(told.count(), usize::from(is_named), "{undelivered}");
        assert_eq!(report.checked[Rule::Conservation as usize], 0);
    }
    // So it is with a machine that has no log.
    let report = clean(&[sender("[9, 4]")]);
    says(&report, "machine 9 has no log here: others name it");
    assert_eq!(report.checked[Rule::Conservation as usize], 0);
    let known = Log::new(1, &[9]).send(2.0, 9);
    let counted = |undelivered: &str| known.clone().end_with(0, 1, undelivered);
    clean(&[counted("[null, 4]")]);
    clean(&[counted("[9, 1]")]);
    breaks(Rule::Conservation, 1, &[counted("[9, 2]")]);
    breaks(Rule::Conservation, 1, &[counted("[8, 1]")]);
}

#[test]
fn processes_of_a_host_differ_by_a_millisecond_at_most() {
    // Sent at 3 s; both listen at one host.
    let logs = |arrival: f64| {
        let recipient = Log::new(2, &[]).take(4.0, (1, 1), Some(0), Some(arrival));
        [Log::new(1, &[2]).send(3.0, 2).end(0), recipient.end(0)]
    };
    for arrival in [3.0, 2.999_999, 2.999] {
        clean(&logs(arrival));
    }
    for arrival in [2.998_999, 2.998, 2.99] {
        breaks(Rule::Time, 1, &logs(arrival));
    }
    // Virtual time is one.
    let ideal = |arrival: f64| logs(arrival).map(Log::into_virtual);
    clean(&ideal(3.0));
    breaks(Rule::Time, 1, &ideal(2.999_999));
    // So is that of one machine.
    let alone = |arrival: f64| {
        let log = Log::new(1, &[]).send_to(3.0, &[&address(1)], &[Some(1)]);
        [log.take(4.0, (1, 1), Some(0), Some(arrival)).end(0)]
    };
    clean(&alone(3.0));
    let early = report(&alone(2.999_999));
    // It waited while the machine sent, too.
    assert_eq!(counts(&early), [(Rule::Queue, 1), (Rule::Time, 1)]);
    // Where an arrival is not told, the time of the receipt is looked at.
    let told = |time: f64| {
        let recipient = Log::new(2, &[]).take(time, (1, 1), Some(0), None);
        [Log::new(1, &[2]).send(3.0, 2).end(0), recipient.end(0)]
    };
    clean(&told(2.999));
    breaks(Rule::Time, 1, &told(2.998_999));
}

#[test]
fn clocks_of_two_hosts_differ_by_what_is_given() {
    let logs = |arrival: f64| {
        let recipient = Log::at(2, "[\"elsewhere\", 5002]", &[]);
        let recipient = recipient.take(4.0, (1, 1), Some(0), Some(arrival));
        [Log::new(1, &[2]).send(3.0, 2).end(0), recipient.end(0)]
    };
    says(&clean(&logs(2.0)), "1 messages went between machines not");
    for (uncertainty, arrival) in [(0.5, 2.5), (0.0, 3.0), (0.0005, 2.9995)] {
        let report = report_with(&logs(arrival), Some(uncertainty));
        assert!(report.is_ok(), "{:?}", report.violations);
        let report = report_with(&logs(arrival - 1e-6), Some(uncertainty));
        assert_eq!(counts(&report), [(Rule::Time, 1)]);
    }
}

#[test]
fn a_queue_before_a_restart_holds_what_was_sent_a_millisecond_later() {
    let logs = |sent: f64| {
        let sender = Log::new(1, &[2]).send(2.0, 2).send(sent, 2).end(0);
        let recipient = Log::new(2, &[])
            .take(3.0, (1, 1), Some(1), Some(2.5))
            .startup(&address(2), &[])
            .receive(6.0, (1, 2))
            .end(0);
        [sender, recipient]
    };
    clean(&logs(3.001));
    breaks(Rule::Queue, 1, &logs(3.001_001));
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
fn an_end_counts_the_messages_left_unread() {
    let logs = |count| {
        let sender = Log::new(1, &[2]).send(2.0, 2).end(0);
        let recipient = Log::new(2, &[]).unread((1, 1), Some(3.0));
        [sender, recipient.end(count)]
    };
    clean(&logs(1));
    for count in [0, 2] {
        breaks(Rule::Queue, 1, &logs(count));
    }
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
    assert_eq!([0, 1, 5].map(first), [0, 1, 1]);
    // STARTUP is the first line.
    let late = Log::bare(1).connect(&address(2), 2, 2);
    assert_eq!(structure(late.startup(&address(1), &[2])), 1);
}

#[test]
fn a_log_that_breaks_off_bounds_no_queue_from_there_on() {
    // The last line of machine 1 is at 2 s: from a millisecond before, others may be under way.
    let logs = |time: f64| {
        let sender = Log::new(1, &[2]).send(1.5, 2).send(2.0, 2);
        let recipient = Log::new(2, &[])
            .take(time, (1, 1), Some(5), Some(1.6))
            .startup(&address(2), &[])
            .receive(6.0, (1, 2))
            .end(0);
        [sender, recipient]
    };
    for time in [1.999, 2.0, 3.0] {
        says(&clean(&logs(time)), "1 queue lengths of machines 2");
    }
    breaks(Rule::Queue, 1, &logs(1.998_999));
}
