//! Every kind of damage is found by the rule that the table names.

#![allow(clippy::unwrap_used)]

use crate::common::Scratch;
use crate::damaged_logs::{Logs, bump, follow, number};
use crate::simulated_logs::{read, report, runs, simulate, write};
use lamport::causality::verify::report::{RULES, Rule};
use lamport::model::random::Generator;
use serde_json::Value;

type Damage = fn(&mut Logs) -> Option<()>;

/// What is done to a log, and the rule that finds it.
const TABLE: [(&str, &str, Damage); 45] = [
    ("+2 on receive", "step", |logs| {
        let at = logs.any("RECEIVE")?;
        logs.add(at, "new_clock", 1);
        Some(())
    }),
    ("no max on receive", "step", |logs| {
        let at = logs.find(|logs, log, line| {
            let line = &logs.lines[log][line];
            line["event"] == "RECEIVE" && number(line, "sent_clock") > number(line, "old_clock")
        })?;
        let old = number(&logs.lines[at.0][at.1], "old_clock");
        logs.lines[at.0][at.1]["new_clock"] = (old + 1).into();
        Some(())
    }),
    ("ticking that begins after a tick", "structure", |logs| {
        let at = logs.find(|logs, log, line| logs.lines[log][line].get("new_clock").is_some())?;
        let first = logs.lines[at.0]
            .iter()
            .find(|line| line.get("new_clock").is_some())?;
        let late = first["system_time"].as_f64()? + 0.000_001;
        logs.lines[at.0][at.1]["began"] = late.into();
        Some(())
    }),
    (
        "ticking that begins before the machine",
        "structure",
        |logs| {
            let (log, line) = logs.any("INTERNAL")?;
            logs.lines[log][0]["system_time"] = 0.000_002.into();
            logs.lines[log][line]["began"] = 0.000_001.into();
            Some(())
        },
    ),
    ("ticking that begins twice", "structure", |logs| {
        let (log, line) = logs.any("INTERNAL")?;
        logs.lines[log][1]["began"] = 0.0.into();
        let time = if line == 1 { 0.0 } else { 0.000_001 };
        (time > 0.0).then(|| logs.lines[log][line]["began"] = time.into())
    }),
    ("pre-increment timestamp", "match", |logs| {
        let at = logs.any("RECEIVE")?;
        logs.add(at, "sent_clock", -1);
        Some(())
    }),
    ("an event deleted", "step", |logs| {
        let (log, line) =
            logs.find(|logs, log, line| logs.lines[log][line].get("new_clock").is_some())?;
        logs.lines[log].remove(line);
        Some(())
    }),
    ("a send deleted", "step", |logs| {
        let (to, line) = logs.any("RECEIVE")?;
        let (sender, clock) = (
            number(&logs.lines[to][line], "sender"),
            number(&logs.lines[to][line], "sent_clock"),
        );
        let from = sender as usize - 1;
        logs.lines[from].retain(|line| number(line, "new_clock") != clock);
        Some(())
    }),
    ("a receive doubled", "match", |logs| {
        let (log, line) = logs.any("RECEIVE")?;
        let copy = logs.lines[log][line].clone();
        logs.lines[log].insert(line + 1, copy);
        Some(())
    }),
    ("two receives of a channel swapped", "fifo", |logs| {
        let (log, line) = logs.any("RECEIVE")?;
        let sender = logs.lines[log][line]["sender"].clone();
        let next = (line + 1..logs.lines[log].len()).find(|&next| {
            logs.is(log, next, "RECEIVE") && logs.lines[log][next]["sender"] == sender
        })?;
        for field in ["sent_clock", "arrival_time"] {
            let (a, b) = (
                logs.lines[log][line][field].clone(),
                logs.lines[log][next][field].clone(),
            );
            logs.lines[log][line][field] = b;
            logs.lines[log][next][field] = a;
        }
        Some(())
    }),
    (
        "a message of a machine that is not of the run",
        "membership",
        |logs| {
            let (log, line) = logs.find(|logs, log, line| {
                logs.is(log, line, "RECEIVE") || logs.is(log, line, "UNREAD")
            })?;
            logs.lines[log][line]["sender"] = 99.into();
            Some(())
        },
    ),
    ("wrong sender", "match", |logs| {
        let (log, line) = logs.any("RECEIVE")?;
        let sender = number(&logs.lines[log][line], "sender");
        logs.lines[log][line]["sender"] = (6 - sender - (log as u64 + 1)).into();
        Some(())
    }),
    ("wrong recipient of a received message", "match", |logs| {
        let (to, line) = logs.any("RECEIVE")?;
        let (sender, clock) = (
            number(&logs.lines[to][line], "sender"),
            number(&logs.lines[to][line], "sent_clock"),
        );
        let send = logs.lines[sender as usize - 1]
            .iter_mut()
            .find(|line| number(line, "new_clock") == clock)?;
        if send["recipient_ids"].as_array()?.len() > 1 {
            return None;
        }
        send["recipient_ids"] = vec![6 - sender - (to as u64 + 1)].into();
        Some(())
    }),
    ("queue_len one more", "queue", |logs| {
        let at = logs.any("RECEIVE")?;
        logs.add(at, "queue_len", 1);
        Some(())
    }),
    ("queue_len one less", "queue", |logs| {
        let at = logs.find(|logs, log, line| {
            let line = &logs.lines[log][line];
            line["event"] == "RECEIVE" && number(line, "queue_len") > 0
        })?;
        logs.add(at, "queue_len", -1);
        Some(())
    }),
    ("idle tick while messages waited", "queue", |logs| {
        // An idle tick between the arrival of a message and its receipt.
        let (log, line) = logs.find(|logs, log, line| {
            logs.is(log, line, "RECEIVE") && logs.is(log, line + 1, "RECEIVE")
        })?;
        let mut idle = logs.lines[log][line].clone();
        if number(&idle, "queue_len") == 0 {
            return None;
        }
        for field in ["queue_len", "sender", "sent_clock", "arrival_time"] {
            idle.as_object_mut()?.remove(field);
        }
        idle["event"] = "INTERNAL".into();
        logs.lines[log].insert(line + 1, idle);
        Some(())
    }),
    ("time going back", "structure", |logs| {
        let (log, line) = logs
            .find(|logs, log, line| line > 1 && logs.lines[log][line].get("new_clock").is_some())?;
        let before = logs.lines[log][line - 1]["system_time"].as_f64()?;
        logs.lines[log][line]["system_time"] = (before - 0.001).into();
        Some(())
    }),
    ("a receive before its send, by time", "time", |logs| {
        let (log, line) = logs.any("RECEIVE")?;
        let arrival = logs.lines[log][line]["arrival_time"].as_f64()?;
        logs.lines[log][line]["arrival_time"] = (arrival - 0.5).into();
        Some(())
    }),
    (
        "a receive before its send, by clock",
        "clock condition",
        |logs| {
            let (log, line) = logs.any("RECEIVE")?;
            let sent = number(&logs.lines[log][line], "sent_clock");
            logs.lines[log][line]["new_clock"] = sent.into();
            Some(())
        },
    ),
    ("received before it arrived", "time", |logs| {
        let (log, line) = logs.any("RECEIVE")?;
        let time = logs.lines[log][line]["system_time"].as_f64()?;
        logs.lines[log][line]["arrival_time"] = (time + 0.001).into();
        Some(())
    }),
    ("an event after END", "structure", |logs| {
        let (log, line) = logs.any("INTERNAL")?;
        let copy = logs.lines[log][line].clone();
        logs.lines[log].push(copy);
        Some(())
    }),
    ("a second STARTUP", "structure", |logs| {
        let (log, line) =
            logs.find(|logs, log, line| line > 2 && logs.is(log, line, "INTERNAL"))?;
        let copy = logs.lines[log][0].clone();
        logs.lines[log].insert(line, copy);
        Some(())
    }),
    ("STARTUP deleted", "structure", |logs| {
        let log = logs.pick(3);
        logs.lines[log].remove(0);
        Some(())
    }),
    ("a middle message lost", "step", |logs| {
        let (log, line) = logs.any("RECEIVE")?;
        let sender = logs.lines[log][line]["sender"].clone();
        let goes_on = (line + 1..logs.lines[log].len())
            .any(|next| logs.is(log, next, "RECEIVE") && logs.lines[log][next]["sender"] == sender);
        if !goes_on {
            return None;
        }
        logs.lines[log].remove(line);
        Some(())
    }),
    ("an UNREAD line removed", "queue", |logs| {
        let (log, line) = logs.any("UNREAD")?;
        logs.lines[log].remove(line);
        Some(())
    }),
    ("END's undelivered changed", "conservation", |logs| {
        let (log, line) = logs.any("END")?;
        let peer = if log == 0 { 2 } else { 1 };
        logs.lines[log][line]["undelivered"] = serde_json::json!([[peer, 1_000_000]]);
        Some(())
    }),
    ("END's final_clock changed", "step", |logs| {
        let at = logs.any("END")?;
        logs.add(at, "final_clock", 1);
        Some(())
    }),
    ("END's queue_len changed", "queue", |logs| {
        let at = logs.any("END")?;
        logs.add(at, "queue_len", 1);
        Some(())
    }),
    ("machine_id changed", "structure", |logs| {
        let (log, line) = logs.any("INTERNAL")?;
        logs.add((log, line), "machine_id", 1);
        Some(())
    }),
    ("a clock bumped once and kept afterwards", "exactness", bump),
    ("another clock_rate", "schedule", |logs| {
        let (log, line) = logs.find(|logs, log, line| {
            logs.is(log, line, "STARTUP") && logs.is_periodic(log) && line == logs.last_start(log)
        })?;
        let rate = logs.lines[log][line]["clock_rate"].as_f64()?;
        logs.started_with(log, "clock_rate", rate * 1.5);
        Some(())
    }),
    ("a tick moved by 100 ms", "schedule", |logs| {
        let (log, line) = logs.any_tick()?;
        let time = logs.lines[log][line]["system_time"].as_f64()?;
        logs.lines[log][line]["system_time"] = (time + 0.1).into();
        Some(())
    }),
    ("a tick moved back by 100 ms", "schedule", |logs| {
        let (log, line) = logs.any_tick()?;
        let time = logs.lines[log][line]["system_time"].as_f64()?;
        logs.lines[log][line]["system_time"] = (time - 0.1).into();
        Some(())
    }),
    (
        "an INTERNAL removed, and all clocks repaired",
        "schedule",
        |logs| {
            let (log, line) = logs.any_tick()?;
            if !logs.is(log, line, "INTERNAL")
                || logs.lines[log][line + 1].get("new_clock").is_none()
            {
                return None;
            }
            logs.lines[log].remove(line);
            let end = logs.lines[log].len() - 1;
            logs.add((log, end), "ticks", -1);
            follow(logs, &|_, _| 1, 0);
            Some(())
        },
    ),
    ("a SEND to nobody", "settings", |logs| {
        let (log, line) = logs.any("SEND")?;
        for field in ["recipients", "recipient_ids"] {
            logs.lines[log][line][field] = Value::Array(Vec::new());
        }
        Some(())
    }),
    ("a SEND to itself", "settings", |logs| {
        let (log, line) = logs.any("SEND")?;
        logs.lines[log][line]["recipients"] = serde_json::json!([["virtual", log + 1]]);
        logs.lines[log][line]["recipient_ids"] = serde_json::json!([log + 1]);
        Some(())
    }),
    ("a broadcast at share 0", "settings", |logs| {
        let (log, _) = logs.find(|logs, log, line| {
            let to = logs.lines[log][line].get("recipient_ids");
            to.is_some_and(|to| to.as_array().is_some_and(|to| to.len() > 1))
        })?;
        logs.started_with(log, "broadcast_share", 0.0);
        Some(())
    }),
    ("a SEND to one at share 1", "settings", |logs| {
        let (log, _) = logs.find(|logs, log, line| {
            let to = logs.lines[log][line].get("recipient_ids");
            to.is_some_and(|to| to.as_array().is_some_and(|to| to.len() == 1))
        })?;
        logs.started_with(log, "broadcast_share", 1.0);
        Some(())
    }),
    (
        "an INTERNAL at internal_probability 0",
        "settings",
        |logs| {
            let (log, _) = logs.any("INTERNAL")?;
            logs.started_with(log, "internal_probability", 0.0);
            Some(())
        },
    ),
    ("a SEND at internal_probability 1", "settings", |logs| {
        let (log, _) = logs.any("SEND")?;
        logs.started_with(log, "internal_probability", 1.0);
        Some(())
    }),
    (
        "a machine that comes back with another internal_probability",
        "settings",
        |logs| resumed(logs, "internal_probability", &0.25.into()),
    ),
    (
        "a machine that comes back at another rate",
        "settings",
        |logs| resumed(logs, "clock_rate", &7.5.into()),
    ),
    (
        "a machine that comes back with another seed",
        "settings",
        |logs| resumed(logs, "seed", &77.into()),
    ),
    (
        "a machine that comes back with fewer peers",
        "settings",
        |logs| resumed(logs, "peers", &serde_json::json!([["virtual", 1]])),
    ),
    (
        "a machine that comes back in another version",
        "settings",
        |logs| resumed(logs, "version", &"0.0.1".into()),
    ),
];

/// A machine comes back, and one of its settings is another.
fn resumed(logs: &mut Logs, field: &str, value: &Value) -> Option<()> {
    let (log, line) = logs.find(|logs, log, line| line > 0 && logs.is(log, line, "STARTUP"))?;
    logs.lines[log][line][field] = value.clone();
    Some(())
}

#[test]
fn every_damage_is_found_by_the_rule_that_the_table_names() {
    let mut times = [0; TABLE.len()];
    for setup in runs() {
        let scratch = Scratch::new();
        let base = setup.seed;
        simulate(setup, &scratch.0);
        let whole = read(&scratch.0, 3);
        let clean = report(&scratch.0, 3);
        assert!(clean.is_ok(), "{:?}", clean.violations);
        for rule in Rule::ALL {
            // Of receipts that tell less, and of logged vectors, there are none.
            let has_none = matches!(rule, Rule::Jump | Rule::Count | Rule::Vector);
            let checked = clean.checked[rule as usize];
            assert_eq!(checked == 0, has_none, "{rule:?}: {clean:?}");
        }
        for (place, (name, rule, damage)) in TABLE.into_iter().enumerate() {
            let mut here = 0;
            for seed in 0..200 {
                let mut logs = Logs {
                    lines: whole.clone(),
                    chance: Generator::new(seed, base, 0),
                };
                if damage(&mut logs).is_none() {
                    continue;
                }
                write(&scratch.0, &logs.lines);
                let report = report(&scratch.0, 3);
                let found: Vec<_> = report
                    .violations
                    .iter()
                    .map(|violation| violation.rule.name())
                    .collect();
                assert!(
                    found.contains(&rule),
                    "{name}, run {base}, seed {seed}: {rule} is not in {found:?}: {:?}",
                    report.violations
                );
                here += 1;
                if here == 15 {
                    break;
                }
            }
            times[place] += here;
        }
    }
    for (times, (name, ..)) in times.into_iter().zip(TABLE) {
        assert!(times >= 20, "{name}: only {times} places");
    }
}

#[test]
fn only_exactness_sees_a_jump_that_all_follow() {
    for setup in runs() {
        let scratch = Scratch::new();
        let base = setup.seed;
        simulate(setup, &scratch.0);
        let whole = read(&scratch.0, 3);
        for seed in 0..10 {
            let mut logs = Logs {
                lines: whole.clone(),
                chance: Generator::new(seed, base, 0),
            };
            bump(&mut logs).unwrap();
            write(&scratch.0, &logs.lines);
            let report = report(&scratch.0, 3);
            let mut expected = [0; RULES];
            expected[Rule::Step as usize] = 1;
            expected[Rule::Exactness as usize] = 1;
            assert_eq!(report.counts, expected, "{:?}", report.violations);
        }
    }
}
