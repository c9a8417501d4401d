//! Every kind of damage is found by the rule that the table names.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use crate::common::Scratch;
use crate::simulated_logs::{read, report, runs, simulate, write};
use lamport::causality::verify::report::{RULES, Rule};
use lamport::model::random::Generator;
use serde_json::Value;

/// The lines of all logs, and chance.
struct Logs {
    lines: Vec<Vec<Value>>,
    chance: Generator,
}

impl Logs {
    fn pick(&mut self, many: usize) -> usize {
        self.chance.below(many as u64) as usize
    }

    /// A random line that fits, as (log, line).
    fn find(&mut self, fits: impl Fn(&Self, usize, usize) -> bool) -> Option<(usize, usize)> {
        let all: Vec<_> = (0..self.lines.len())
            .flat_map(|log| (0..self.lines[log].len()).map(move |line| (log, line)))
            .filter(|&(log, line)| fits(self, log, line))
            .collect();
        if all.is_empty() {
            return None;
        }
        let place = self.pick(all.len());
        Some(all[place])
    }

    fn is(&self, log: usize, line: usize, event: &str) -> bool {
        self.lines[log]
            .get(line)
            .is_some_and(|line| line["event"] == event)
    }

    fn any(&mut self, event: &str) -> Option<(usize, usize)> {
        self.find(|logs, log, line| logs.is(log, line, event))
    }

    fn add(&mut self, (log, line): (usize, usize), field: &str, more: i64) {
        let value = self.lines[log][line][field].as_i64().unwrap() + more;
        self.lines[log][line][field] = value.into();
    }
}

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().unwrap_or(u64::MAX)
}

type Damage = fn(&mut Logs) -> Option<()>;

/// What is done to a log, and the rule that finds it.
const TABLE: [(&str, &str, Damage); 30] = [
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
];

/// One clock goes up by more than one, and all that follows from it on any machine goes on from there.
fn bump(logs: &mut Logs) -> Option<()> {
    let bumped =
        logs.find(|logs, log, line| logs.is(log, line, "INTERNAL") || logs.is(log, line, "SEND"))?;
    let mut events: Vec<_> = (0..logs.lines.len())
        .flat_map(|log| (0..logs.lines[log].len()).map(move |line| (log, line)))
        .filter(|&(log, line)| logs.lines[log][line].get("new_clock").is_some())
        .collect();
    // By the old clocks each event comes after all it follows from.
    events.sort_by_key(|&(log, line)| number(&logs.lines[log][line], "new_clock"));
    let mut clocks = vec![0; logs.lines.len()];
    let mut renamed = BTreeMap::new();
    for (log, line) in events {
        let name = (log as u64 + 1, number(&logs.lines[log][line], "new_clock"));
        let event = &mut logs.lines[log][line];
        let mut clock = clocks[log];
        event["old_clock"] = clock.into();
        if event["event"] == "RECEIVE" {
            let sent: u64 = renamed[&(number(event, "sender"), number(event, "sent_clock"))];
            event["sent_clock"] = sent.into();
            clock = clock.max(sent);
        }
        clock += if (log, line) == bumped { 4 } else { 1 };
        event["new_clock"] = clock.into();
        clocks[log] = clock;
        renamed.insert(name, clock);
    }
    for (log, lines) in logs.lines.iter_mut().enumerate() {
        for line in lines {
            if line["event"] == "UNREAD" {
                let sent = renamed[&(number(line, "sender"), number(line, "sent_clock"))];
                line["sent_clock"] = sent.into();
            } else if line["event"] == "STARTUP" || line["event"] == "END" {
                let field = if line["event"] == "END" {
                    "final_clock"
                } else {
                    "local_clock"
                };
                let name = (log as u64 + 1, number(line, field));
                line[field] = renamed.get(&name).copied().unwrap_or(0).into();
            }
        }
    }
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
        assert!(clean.checked.iter().all(|&things| things > 0), "{clean:?}");
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
