//! Rules about messages, on logs written by hand: each shows one thing that must be found, allowed or said.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;

use crate::common::Scratch;
use crate::written_logs::{Log, address, breaks, clean, counts, report, says};
use lamport::causality::graph::{Graph, Trace};
use lamport::causality::messages::messages;
use lamport::causality::verify::report::Rule;
use lamport::log::read::reader::read_logs;

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
fn what_is_delivered_by_hand_belongs_to_no_channel() {
    let sender = Log::new(1, &[2]).send(2.0, 2);
    let receive = |log: Log, clock: u64, mark: &str| {
        let rest = format!(
            ", \"queue_len\": 0, \"sender\": 1, \"sent_clock\": 1, \"arrival_time\": 3.0{mark}"
        );
        log.step("RECEIVE", 3.0, clock, &rest)
    };
    let twice = |mark: &str| receive(receive(Log::new(2, &[]), 2, mark), 3, "").end(0);
    breaks(Rule::Match, 1, &[sender.clone().end(0), twice("")]);
    let logs = [sender.end(0), twice(", \"by_hand\": true")];
    clean(&logs);
    // The one that came on the channel is that of the send, though it is the second.
    let scratch = Scratch::new();
    let paths: Vec<_> = logs
        .iter()
        .map(|log| {
            let path = scratch.0.join(format!("machine_{}.log", log.id));
            fs::write(&path, &log.text).unwrap();
            path
        })
        .collect();
    let logs = read_logs(&paths, &BTreeMap::new(), &mut || true).unwrap();
    let messages = messages(&logs.columns, &logs.machines).unwrap();
    assert_eq!(
        (messages.unmatched, &messages.received_clock[..]),
        (1, &[3][..])
    );
    let graph = Graph::new(&Trace::of(&logs.columns), &[], &mut || true).unwrap();
    assert_eq!(graph.unmatched(), 1);
}
