//! What rules about ticks, queues and channels do not bind: what is done by hand, and what a missing line may have been.

#![allow(clippy::unwrap_used)]

use crate::written_logs::{Log, breaks, clean, counts, report};
use lamport::causality::verify::report::Rule;

/// A line that cannot be read.
fn unreadable(mut log: Log) -> Log {
    log.text += "{\"event\": \"REC\n";
    log
}

#[test]
fn ticks_by_hand_have_no_rate() {
    let log = |rest: &str, ticks: u64| {
        let log = Log::new(1, &[]).step_by(2.0, 1).step_by(3.0, 1);
        let clock = log.clock + 1;
        let log = log.step("INTERNAL", 3.5, clock, rest).step_by(4.0, 1);
        let mut log = log.end_with(0, ticks, "").into_virtual();
        log.text = log.text.replace("\"max\": 99.0", "\"max\": 0.0");
        log
    };
    breaks(Rule::Schedule, 1, &[log("", 4)]);
    clean(&[log(", \"manual\": true", 3)]);
    // In real time ticks that are never late are all by hand.
    let mut real = log("", 4);
    real.text = real
        .text
        .replace("\"time\": \"virtual\"", "\"time\": \"real\"");
    clean(&[real.clone()]);
    let late = "\"max\": 0.1";
    real.text = real.text.replace("\"max\": 0.0", late);
    breaks(Rule::Schedule, 1, &[real.clone()]);
    // Where only some are, END tells no lateness.
    let lateness = format!("{{\"p50\": 0.0, \"p99\": 0.0, {late}}}");
    assert!(real.text.contains(&lateness));
    real.text = real.text.replace(&lateness, "null");
    clean(&[real]);
}

#[test]
fn a_queue_is_emptied_first_unless_lines_are_missing() {
    let left = || Log::new(1, &[]).take(2.0, (9, 3), Some(1), None);
    breaks(Rule::Queue, 1, &[left().step_by(3.0, 1)]);
    clean(&[left().step("INTERNAL", 3.0, 5, ", \"manual\": true")]);
    // A machine that comes back has an empty queue.
    let back = left().startup(&crate::written_logs::address(1), &[]);
    clean(&[back.step_by(6.0, 1)]);
    let mut hole = left();
    hole.clock += 1;
    for log in [unreadable(left()).step_by(3.0, 1), hole.step_by(3.0, 1)] {
        let found = counts(&report(&[log]));
        assert!(
            found.iter().all(|&(rule, _)| rule != Rule::Queue),
            "{found:?}"
        );
    }
}

#[test]
fn what_was_sent_before_is_not_received_after_whatever_is_missing() {
    let sender = Log::new(1, &[2]).send(2.0, 2).send(2.5, 2);
    let recipient = |first, second| {
        let log = unreadable(Log::new(2, &[]));
        log.receive(3.0, (1, first)).receive(4.0, (1, second))
    };
    let found = |logs: [Log; 2]| report(&logs).counts[Rule::Fifo as usize];
    assert_eq!(found([sender.clone(), recipient(2, 1)]), 1);
    assert_eq!(found([sender, recipient(1, 2)]), 0);
}
