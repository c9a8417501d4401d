//! Logs of machines with an algorithm: none is accused, and each kind of damage is found by its rule.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;

use lamport::causality::verify::report::{Report, Rule};
use lamport::causality::verify::{Options, verify};
use lamport::log::read::reader::read_history;
use serde_json::Value;

use crate::common::{Scratch, handled};

const MACHINES: u64 = 3;

/// The lines of each log of a run.
fn logs(seed: u64) -> Vec<Vec<String>> {
    let entries = handled::run(seed, MACHINES, 300, seed % 2 == 1);
    let texts = (1..).zip(&entries);
    let texts = texts.map(|(id, log)| handled::text(log, id, MACHINES));
    texts
        .map(|text| text.lines().map(str::to_owned).collect())
        .collect()
}

fn judge(logs: &[Vec<String>]) -> Report {
    let scratch = Scratch::new();
    let mut paths = Vec::new();
    for (id, lines) in (1..).zip(logs) {
        let path = scratch.0.join(format!("machine_{id}.log"));
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        paths.push(path);
    }
    let history = read_history(&paths, &BTreeMap::new(), &mut || true).unwrap();
    verify(&history, &Options::default(), &mut || true).unwrap()
}

fn field(line: &str, name: &str) -> Option<Value> {
    let line: Value = serde_json::from_str(line).unwrap();
    line.get(name).cloned()
}

/// The microseconds of a time in a line.
fn micros(line: &str, name: &str) -> i64 {
    (field(line, name).unwrap().as_f64().unwrap() * 1e6).round() as i64
}

fn seconds(micros: i64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The same line with another time.
fn with(line: &str, name: &str, time: i64) -> String {
    let old = format!("\"{name}\": {}", seconds(micros(line, name)));
    assert!(line.contains(&old), "{line}");
    line.replacen(&old, &format!("\"{name}\": {}", seconds(time)), 1)
}

fn is_caused(line: &str) -> bool {
    line.contains("\"caused\": true")
}

/// Of many runs, the number of lines that a damage was done to; each is found in the line by this rule.
fn each_is_found(rule: Rule, damage: impl Fn(&mut Vec<String>, usize) -> Option<usize>) -> usize {
    let mut count = 0;
    for seed in 0..6 {
        let whole = logs(seed);
        let mut left = 12;
        for place in 0..whole.len() {
            for at in (seed as usize..whole[place].len()).step_by(7) {
                let mut logs = whole.clone();
                let Some(found) = damage(&mut logs[place], at) else {
                    continue;
                };
                let report = judge(&logs);
                let is_it = |violation: &&lamport::causality::verify::report::Violation| {
                    violation.rule == rule
                        && violation.machine_id == place as u64 + 1
                        && violation.line as usize == found + 1
                };
                let found = report.violations.iter().find(is_it);
                assert!(
                    found.is_some(),
                    "seed {seed}, line {}: {:?} is not found in {:#?}",
                    at + 1,
                    logs[place][at],
                    report.violations
                );
                count += 1;
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
    }
    count
}

#[test]
fn no_run_is_accused() {
    for seed in 0..40 {
        let report = judge(&logs(seed));
        assert!(report.is_ok(), "seed {seed}: {:#?}", report.violations);
        assert!(report.checked[Rule::Queue as usize] > 100);
    }
}

#[test]
fn missing_lines_accuse_nobody() {
    for seed in 0..40_u64 {
        let mut logs = logs(seed);
        for (place, log) in logs.iter_mut().enumerate() {
            let mut number = 0;
            log.retain(|line| {
                number += 1;
                let drawn = (seed + 3) * (place as u64 + 7) * number % 31;
                drawn > seed % 4 || !line.contains("old_clock")
            });
        }
        let report = judge(&logs);
        let accused = report.violations.iter().filter(|violation| {
            // That clocks jump tells that lines are missing.
            violation.rule != Rule::Step
        });
        let accused: Vec<_> = accused.collect();
        assert!(accused.is_empty(), "seed {seed}: {accused:#?}");
    }
}

#[test]
fn a_caused_send_without_its_flag_is_found() {
    let count = each_is_found(Rule::Structure, |log, at| {
        let line = log[at].replace(", \"caused\": true", "");
        is_caused(&log[at]).then(|| log[at] = line)?;
        Some(at)
    });
    assert!(count > 40, "{count}");
}

#[test]
fn a_caused_send_at_another_time_is_found() {
    let count = each_is_found(Rule::Structure, |log, at| {
        is_caused(&log[at]).then_some(())?;
        log[at] = with(&log[at], "system_time", micros(&log[at], "system_time") + 1);
        Some(at)
    });
    assert!(count > 40, "{count}");
}

#[test]
fn a_caused_send_behind_another_line_is_found() {
    let count = each_is_found(Rule::Structure, |log, at| {
        is_caused(&log[at]).then_some(())?;
        let time = micros(&log[at], "system_time");
        let connect = format!(
            "{{\"event\": \"CONNECT\", \"system_time\": {}, \"machine_id\": {}, \"peer\": [\"virtual\", 9], \"peer_id\": 9, \"peer_history\": \"0000000000000007\"}}",
            seconds(time),
            field(&log[at], "machine_id").unwrap()
        );
        log.insert(at, connect);
        Some(at + 1)
    });
    assert!(count > 40, "{count}");
}

#[test]
fn a_caused_send_after_an_event_by_hand_is_found() {
    let count = each_is_found(Rule::Structure, |log, at| {
        let is_event = at > 0 && log[at - 1].contains("\"INTERNAL\"");
        (is_caused(&log[at]) && is_event).then_some(())?;
        let end = log[at - 1].rfind('}').unwrap();
        log[at - 1].replace_range(end.., ", \"manual\": true}");
        Some(at)
    });
    assert!(count > 10, "{count}");
}

#[test]
fn a_body_that_is_not_as_it_was_sent_is_found() {
    let count = each_is_found(Rule::Match, |log, at| {
        (log[at].contains("\"RECEIVE\"") && log[at].contains("\"body\": ")).then_some(())?;
        let body = field(&log[at], "body").unwrap();
        let start = log[at].find("\"body\": ").unwrap() + "\"body\": ".len();
        // Another number is another message.
        let digit = start + log[at][start..].find(|c: char| c.is_ascii_digit())?;
        let other = if &log[at][digit..=digit] == "7" {
            "8"
        } else {
            "7"
        };
        log[at].replace_range(digit..=digit, other);
        (field(&log[at], "body").unwrap() != body).then_some(at)
    });
    assert!(count > 40, "{count}");
}

#[test]
fn a_timer_before_it_is_due_is_found() {
    let count = each_is_found(Rule::Time, |log, at| {
        log[at].contains("\"timer\"").then_some(())?;
        log[at] = with(&log[at], "due", micros(&log[at], "system_time") + 1);
        Some(at)
    });
    assert!(count > 10, "{count}");
}

#[test]
fn a_timer_in_spite_of_a_message_that_came_before_is_found() {
    let count = each_is_found(Rule::Queue, |log, at| {
        log[at].contains("\"timer\"").then_some(())?;
        let (due, time) = (micros(&log[at], "due"), micros(&log[at], "system_time"));
        let is_receipt = |line: &&String| line.contains("\"RECEIVE\"");
        let before = log[..at].iter().rev().find(is_receipt);
        let newest = before.map_or(0, |line| micros(line, "arrival_time"));
        let next = at + 1 + log[at + 1..].iter().position(|line| is_receipt(&line))?;
        (newest <= due && due < time).then_some(())?;
        log[next] = with(&log[next], "arrival_time", due);
        Some(at)
    });
    assert!(count > 10, "{count}");
}

#[test]
fn an_idle_tick_while_messages_wait_is_found_and_a_timer_due_before_they_came_is_not() {
    let count = each_is_found(Rule::Queue, |log, at| {
        log[at].contains("\"timer\"").then_some(())?;
        let (due, time) = (micros(&log[at], "due"), micros(&log[at], "system_time"));
        let is_receipt = |line: &&String| line.contains("\"RECEIVE\"");
        let next = log[at..].iter().find(is_receipt)?;
        let arrival = micros(next, "arrival_time");
        (due < arrival && arrival < time).then_some(())?;
        // Without its timer it found nothing to do.
        let start = log[at].find(", \"timer\"").unwrap();
        log[at].replace_range(start.., "}");
        Some(at)
    });
    assert!(count > 5, "{count}");
}

#[test]
fn a_start_that_is_not_the_first_step_is_found() {
    let count = each_is_found(Rule::Structure, |log, at| {
        log[at].contains("\"timer\"").then_some(())?;
        let start = log[at].find(", \"timer\"").unwrap();
        log[at].replace_range(start.., ", \"start\": true}");
        Some(at)
    });
    assert!(count > 10, "{count}");
    let mut logs = logs(2);
    let at = logs[0]
        .iter()
        .position(|line| line.contains("\"start\""))
        .unwrap();
    logs[0][at] = logs[0][at].replace(", \"start\": true", "");
    let report = judge(&logs);
    assert_eq!(report.counts[Rule::Structure as usize], 1);
    assert_eq!(report.violations[0].line as usize, at + 1);
}

#[test]
fn ticks_are_neither_by_hand_nor_caused() {
    let mut logs = logs(4);
    let last = logs[1].last_mut().unwrap();
    let ticks = field(last, "ticks").unwrap().as_u64().unwrap();
    *last = last.replace(
        &format!("\"ticks\": {ticks}"),
        &format!("\"ticks\": {}", ticks + 1),
    );
    let report = judge(&logs);
    assert_eq!(report.counts[Rule::Structure as usize], 1);
    let expected =
        format!("ticks {ticks}, the number of events that are not by hand and not caused");
    assert_eq!(report.violations[0].expected, expected);
}
