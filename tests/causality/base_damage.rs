//! Logs that tell base fields only show that a program is wrong.

#![allow(clippy::unwrap_used)]

use crate::common::Scratch;
use crate::damaged_logs::{Logs, follow, number};
use crate::simulated_logs::{read, report, runs, simulate, write};
use lamport::causality::verify::report::Rule;
use lamport::model::random::Generator;

/// What a program writes that tells base fields only.
fn base(logs: &mut Logs) {
    for line in logs.lines.iter_mut().flatten() {
        let fields = line.as_object_mut().unwrap();
        for field in ["sender", "sent_clock", "arrival_time", "recipient_ids"] {
            fields.remove(field);
        }
    }
    for lines in &mut logs.lines {
        lines.retain(|line| line["event"] != "UNREAD");
        let end = lines.iter_mut().filter(|line| line["event"] == "END");
        end.for_each(|end| end["queue_len"] = 0.into());
    }
}

#[test]
fn base_fields_show_that_a_program_is_wrong() {
    type Spoil = fn(&mut Logs) -> Option<()>;
    let spoils: [(&str, &[&str], Spoil); 5] = [
        ("clean", &[], |_| Some(())),
        (
            "timestamps from before the SEND",
            &["jump", "count"],
            |logs| {
                follow(logs, &|_, _| 1, 1);
                Some(())
            },
        ),
        (
            "SENDs that are called INTERNAL",
            &["jump", "count"],
            |logs| {
                let (log, _) = logs.any("SEND")?;
                for line in &mut logs.lines[log] {
                    if line["event"] == "SEND" {
                        line["event"] = "INTERNAL".into();
                    }
                }
                Some(())
            },
        ),
        ("more received than sent", &["count"], |logs| {
            let (log, _) = logs.any("INTERNAL")?;
            for line in &mut logs.lines[log] {
                if line["event"] == "INTERNAL" {
                    line["event"] = "RECEIVE".into();
                    line["queue_len"] = 0.into();
                }
            }
            Some(())
        }),
        (
            "a RECEIVE that is called INTERNAL",
            &["queue", "step"],
            |logs| {
                let (log, line) = logs.find(|logs, log, line| {
                    let fields = &logs.lines[log][line];
                    let is_jump = || number(fields, "new_clock") > number(fields, "old_clock") + 1;
                    logs.is(log, line, "RECEIVE") && is_jump()
                })?;
                logs.lines[log][line]["event"] = "INTERNAL".into();
                Some(())
            },
        ),
    ];
    let mut times = [0; 5];
    for setup in runs() {
        let scratch = Scratch::new();
        let seed_of_run = setup.seed;
        simulate(setup, &scratch.0);
        let whole = read(&scratch.0, 3);
        for (place, (name, rules, spoil)) in spoils.iter().enumerate() {
            for seed in 0..3 {
                let mut logs = Logs {
                    lines: whole.clone(),
                    chance: Generator::new(seed, seed_of_run, 0),
                };
                if spoil(&mut logs).is_none() {
                    continue;
                }
                base(&mut logs);
                write(&scratch.0, &logs.lines);
                let report = report(&scratch.0, 3);
                let found = |rule: &&str| report.violations.iter().any(|v| v.rule.name() == *rule);
                let is_right = if rules.is_empty() {
                    report
                        .violations
                        .iter()
                        .all(|v| v.rule == Rule::Conservation)
                } else {
                    rules.iter().any(found)
                };
                assert!(
                    is_right,
                    "{name}, run {seed_of_run}, seed {seed}: {:?}",
                    report.violations
                );
                times[place] += 1;
            }
        }
    }
    assert!(times.iter().all(|&times| times >= 12), "{times:?}");
}

/// The sender of a receipt that jumped, and the line of its SEND, if no other SEND has that timestamp and it names one machine.
fn jumped(logs: &mut Logs) -> Option<((usize, usize), (usize, usize))> {
    let send_of = |logs: &Logs, log: usize, line: usize| {
        let fields = &logs.lines[log][line];
        let stamp = number(fields, "sent_clock");
        let is_jump = logs.is(log, line, "RECEIVE")
            && number(fields, "new_clock") > number(fields, "old_clock") + 1;
        let mut sends = (0..logs.lines.len()).flat_map(|log| {
            let lines = 0..logs.lines[log].len();
            lines
                .filter(move |&line| {
                    logs.is(log, line, "SEND")
                        && number(&logs.lines[log][line], "new_clock") == stamp
                })
                .map(move |line| (log, line))
        });
        let send = sends.next().filter(|_| is_jump)?;
        let to = logs.lines[send.0][send.1]["recipient_ids"].as_array()?;
        (sends.next().is_none() && to.len() == 1).then_some(send)
    };
    let receipt = logs.find(|logs, log, line| send_of(logs, log, line).is_some())?;
    Some((receipt, send_of(logs, receipt.0, receipt.1)?))
}

/// A spoilt log, the rule that finds it, and words of what it expects.
type Told = (
    &'static str,
    Rule,
    &'static str,
    fn(&mut Logs) -> Option<()>,
);

/// Tries each at many places; receipts tell their sender if that `is_told`.
fn found(is_told: bool, spoils: &[Told]) {
    let mut times = vec![0; spoils.len()];
    for setup in runs() {
        let scratch = Scratch::new();
        let seed_of_run = setup.seed;
        simulate(setup, &scratch.0);
        let whole = read(&scratch.0, 3);
        for (place, (name, rule, words, spoil)) in spoils.iter().enumerate() {
            for seed in 0..4 {
                let mut logs = Logs {
                    lines: whole.clone(),
                    chance: Generator::new(seed, seed_of_run, 0),
                };
                if spoil(&mut logs).is_none() {
                    continue;
                }
                let told = logs.lines.clone();
                base(&mut logs);
                for (lines, told) in logs.lines.iter_mut().zip(told) {
                    let told = told.iter().filter(|line| line["event"] != "UNREAD");
                    for (line, told) in lines.iter_mut().zip(told) {
                        let is_kept = if line["event"] == "SEND" {
                            "recipient_ids"
                        } else if is_told && line["event"] == "RECEIVE" {
                            "sender"
                        } else {
                            continue;
                        };
                        line[is_kept] = told[is_kept].clone();
                    }
                }
                write(&scratch.0, &logs.lines);
                let report = report(&scratch.0, 3);
                let is_it = report
                    .violations
                    .iter()
                    .any(|v| v.rule == *rule && v.expected.contains(words));
                assert!(
                    is_it,
                    "{name}, run {seed_of_run}, seed {seed}: {:?}",
                    report.violations
                );
                times[place] += 1;
            }
        }
    }
    assert!(times.iter().all(|&times| times >= 12), "{times:?}");
}

fn send_that_is_internal(logs: &mut Logs) -> Option<()> {
    let (_, (log, line)) = jumped(logs)?;
    let fields = logs.lines[log][line].as_object_mut()?;
    fields.insert("event".into(), "INTERNAL".into());
    fields.remove("recipients");
    fields.remove("recipient_ids");
    Some(())
}

fn send_to_another(logs: &mut Logs) -> Option<()> {
    let (receipt, send) = jumped(logs)?;
    let other = 6 - (receipt.0 + 1) - (send.0 + 1);
    let line = &mut logs.lines[send.0][send.1];
    line["recipients"] = serde_json::json!([["virtual", other]]);
    line["recipient_ids"] = serde_json::json!([other]);
    Some(())
}

/// Everything that a machine does is to receive from another.
fn received_more(logs: &mut Logs) -> Option<()> {
    let (log, _) = logs.any("INTERNAL")?;
    for line in &mut logs.lines[log] {
        if line["event"] == "INTERNAL" {
            line["event"] = "RECEIVE".into();
            line["queue_len"] = 0.into();
            line["sender"] = ((log + 1) % 3 + 1).into();
        }
    }
    Some(())
}

#[test]
fn a_jump_tells_what_has_no_send() {
    let spoils: [Told; 2] = [
        (
            "a SEND called INTERNAL",
            Rule::Jump,
            "of some machine",
            send_that_is_internal,
        ),
        (
            "a SEND to another",
            Rule::Jump,
            "of some machine",
            send_to_another,
        ),
    ];
    found(false, &spoils);
}

#[test]
fn senders_are_known_that_sent_nothing_of_the_kind() {
    let spoils: [Told; 3] = [
        (
            "a SEND called INTERNAL",
            Rule::Jump,
            "a SEND of machine",
            send_that_is_internal,
        ),
        (
            "a SEND to another",
            Rule::Jump,
            "a SEND of machine",
            send_to_another,
        ),
        (
            "more received than one sent",
            Rule::Count,
            "messages of machine",
            received_more,
        ),
    ];
    found(true, &spoils);
}
