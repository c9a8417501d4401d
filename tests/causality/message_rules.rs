//! Rules about what was sent and what became of it, on logs written by hand: each shows one thing that must be found, allowed or said.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;

use crate::common::Scratch;
use crate::written_logs::{Log, address, breaks, clean, counts, report, report_with, says};
use lamport::causality::graph::Graph;
use lamport::causality::graph::Trace;
use lamport::causality::messages::messages;
use lamport::causality::verify::report::Rule;
use lamport::log::read::reader::read_logs;

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
fn a_crash_may_take_what_was_acknowledged_to_senders_that_do_not_connect_again() {
    let taken = "1 messages may have been in the queue of machine 2 when it crashed";
    // Two messages, of which the first is received before the crash; machine 2 is back at 5.0.
    let recipient = |listen: &str| {
        let log = Log::at(2, listen, &[]).receive(3.0, (1, 1));
        log.startup(listen, &[]).end(0)
    };
    let connected = |to: &str, times: &[f64], undelivered: &str| {
        let there = address(2);
        let hand =
            format!("\"peer\": {there}, \"peer_id\": 2, \"peer_history\": \"0000000000000002\"");
        let with_hands = |log: Log, &time: &f64| log.line("CONNECT", time, &hand);
        let log = Log::new(1, &[2]).send(2.0, 2).send(2.5, 2);
        let mut log = times.iter().fold(log, with_hands);
        log = log.end_with(0, 2, undelivered);
        log.text = log.text.replace(&there, to);
        log
    };
    let (here, far) = (address(2), "[\"far\", 5002]");
    // Clocks of one host agree within 1 ms.
    for times in [&[][..], &[4.0], &[4.0, 4.9], &[5.0005]] {
        let logs = [connected(&here, times, ""), recipient(&here)];
        says(&clean(&logs), taken);
        breaks(
            Rule::Conservation,
            1,
            &[connected(&here, times, "[2, 3]"), recipient(&here)],
        );
        // What it counted itself needs no crash.
        let counted = clean(&[connected(&here, times, "[2, 1]"), recipient(&here)]);
        assert!(!counted.unchecked.iter().any(|line| line.contains("queue")));
        breaks(Rule::Conservation, 1, &logs.map(Log::into_virtual));
    }
    // It has heard what was left after the crash.
    let heard = [connected(&here, &[4.0, 6.0], ""), recipient(&here)];
    breaks(Rule::Conservation, 1, &heard);
    // Whether it did is not known of two hosts whose clocks are not.
    let apart = [connected(far, &[6.0], ""), recipient(far)];
    says(&clean(&apart), taken);
    let known = report_with(&apart, Some(0.5));
    assert_eq!(counts(&known), [(Rule::Conservation, 1)]);
    says(&report_with(&apart, Some(2.0)), taken);
    // Nobody crashed.
    let log = Log::new(2, &[]).receive(3.0, (1, 1)).end(0);
    breaks(Rule::Conservation, 1, &[connected(&here, &[], ""), log]);
}

#[test]
fn what_is_left_unread_follows_the_last_event_only_where_end_tells_it() {
    let sender = Log::new(1, &[2]).send(2.0, 2).send(2.5, 2);
    let sender = sender.end_with(0, 2, "[2, 1]");
    let recipient = Log::new(2, &[]).unread((1, 2), Some(3.0));
    breaks(Rule::Fifo, 1, &[sender.clone(), recipient.clone().end(1)]);
    // The first message may be received in lines that are missing.
    clean(&[sender.clone(), recipient.clone()]);
    breaks(
        Rule::Fifo,
        1,
        &[sender, recipient.unread((1, 1), Some(4.0))],
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
    let messages = messages(&logs.columns, &logs);
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
    let messages = messages(&logs.columns, &logs);
    assert_eq!(
        (messages.unmatched, &messages.received_clock[..]),
        (1, &[3][..])
    );
    let graph = Graph::new(&Trace::of(&logs.columns), &[], &mut || true).unwrap();
    assert_eq!(graph.unmatched(), 1);
}
