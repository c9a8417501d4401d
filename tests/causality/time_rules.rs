//! Rules about times and queues, on logs written by hand: each shows one thing that must be found, allowed or said.

#![allow(clippy::unwrap_used)]

use crate::written_logs::{Log, address, breaks, clean, counts, report, report_with, says};
use lamport::causality::verify::report::Rule;

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
        let mut log = Log::new(1, &[]).send_to(3.0, &[&address(1)], &[Some(1)]);
        // No tick sends to its own machine.
        log.text = log
            .text
            .replace("_ids\": [1]", "_ids\": [1], \"manual\": true");
        log.ticks -= 1;
        [log.take(4.0, (1, 1), Some(0), Some(arrival)).end(0)]
    };
    clean(&alone(3.0));
    let early = report(&alone(2.999_999));
    assert_eq!(counts(&early), [(Rule::Time, 1)]);
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
