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
