//! Faults in virtual time: exactly when they are said to be, and nothing is lost.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use lamport::causality::verify::{Options, verify};
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::files::Files;
use lamport::drive::simulated::ran::Ran;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::log::history::History;
use lamport::log::read::reader::read_history;
use lamport::model::fault::{Fault, Sides};
use lamport::model::latency::Latency;
use lamport::model::topology::Topology;
use proptest::prelude::*;

use crate::common::Scratch;
use crate::common::virtual_time::{paths, setup};

/// A run of three machines through these faults: its logs as lines, and what verification says.
fn run_with(faults: &str, latency: Latency) -> (Vec<Vec<serde_json::Value>>, Simulation) {
    let scratch = Scratch::new();
    let mut simulation = Simulation::new(Setup {
        rates: Some(vec![10.0, 20.0, 40.0]),
        faults: Fault::list(faults).unwrap(),
        ..setup(Topology::Full(3), 20.0, latency)
    })
    .unwrap();
    let mut files = Files::create(&simulation, &scratch.0).unwrap();
    let mut records = Records::default();
    assert!(simulation.run(&mut (&mut records, &mut files), &Watch::default()));
    files.finish(&simulation).unwrap();
    let paths = paths(&scratch.0, 3);
    let report = verified(&paths);
    assert_eq!(report, "", "{faults}");
    let logs = (1..=3)
        .map(|machine| crate::common::lines(&scratch.0, machine))
        .collect();
    (logs, simulation)
}

/// What the rules of a possible history find in these logs.
fn verified(paths: &[std::path::PathBuf]) -> String {
    let history = read_history(paths, &BTreeMap::new(), &mut || true).unwrap();
    let report = verify(&history, &Options::default(), &mut || true).unwrap();
    let shown = report
        .violations
        .iter()
        .map(|violation| format!("{violation:?}\n"));
    shown.collect()
}

fn count(log: &[serde_json::Value], event: &str) -> usize {
    log.iter().filter(|line| line["event"] == event).count()
}

#[test]
fn a_crash_in_virtual_time_loses_nothing() {
    for latency in [Latency::Constant(0.01), Latency::Exponential(0.5)] {
        let faults = r#"[{"fault": "crash", "machine_id": 2, "at": 5, "down_for": 4},
                         {"fault": "crash", "machine_id": 3, "at": 7, "down_for": 1},
                         {"fault": "crash", "machine_id": 2, "at": 15, "down_for": 0.5}]"#;
        let (logs, _) = run_with(faults, latency);
        assert_eq!([0, 1, 2].map(|i| count(&logs[i], "STARTUP")), [1, 3, 2]);
        let time = |line: &serde_json::Value| line["system_time"].as_f64().unwrap();
        let down = logs[1]
            .iter()
            .filter(|line| (5.0..9.0).contains(&time(line)));
        assert_eq!(down.count(), 0);
        // 20 a second for 15.5 s, but for the phases.
        let ticks = logs[1].last().unwrap()["ticks"].as_u64().unwrap();
        assert!((308..=310).contains(&ticks), "{ticks}");
        let sent: usize = logs
            .iter()
            .map(|log| {
                log.iter()
                    .filter_map(|line| line["recipients"].as_array())
                    .map(Vec::len)
                    .sum::<usize>()
            })
            .sum();
        let got: usize = logs
            .iter()
            .map(|log| count(log, "RECEIVE") + count(log, "UNREAD"))
            .sum();
        let left: u64 = logs
            .iter()
            .flat_map(|log| log.last().unwrap()["undelivered"].as_array().unwrap())
            .map(|pair| pair[1].as_u64().unwrap())
            .sum();
        assert_eq!(sent, got + left as usize);
    }
}

#[test]
fn a_machine_that_never_comes_back_has_no_end() {
    let faults = r#"[{"fault": "crash", "machine_id": 1, "at": 5, "down_for": null}]"#;
    let (logs, simulation) = run_with(faults, Latency::Constant(0.01));
    assert_eq!([0, 1, 2].map(|i| count(&logs[i], "END")), [0, 1, 1]);
    assert_eq!(simulation.ticks(0), 50);
    assert_eq!(simulation.ticks(2), 800);
    assert_eq!(simulation.machines(&mut || true).unwrap().ticks[0], 50);
}

#[test]
fn a_pause_that_begins_where_another_ends_puts_off_what_was_late() {
    let faults = r#"[{"fault": "pause", "machine_id": 2, "at": 5, "duration": 2},
                     {"fault": "pause", "machine_id": 2, "at": 7, "duration": 2}]"#;
    let (logs, simulation) = run_with(faults, Latency::Constant(0.01));
    let times = logs[1]
        .iter()
        .filter_map(|line| line["system_time"].as_f64());
    assert!(!times.into_iter().any(|time| (5.0..9.0).contains(&time)));
    // Late ticks still happen.
    assert_eq!(simulation.ticks(1), 400);
}

#[test]
fn a_crash_that_begins_where_another_ends_happens_too() {
    let faults = r#"[{"fault": "crash", "machine_id": 2, "at": 5, "down_for": 2},
                     {"fault": "crash", "machine_id": 2, "at": 7, "down_for": 2}]"#;
    let (logs, _) = run_with(faults, Latency::Constant(0.01));
    assert_eq!(count(&logs[1], "STARTUP"), 3);
    let times = logs[1].iter().filter(|line| line["event"] != "STARTUP");
    let times = times.filter_map(|line| line["system_time"].as_f64());
    assert!(!times.into_iter().any(|time| (5.0..9.0).contains(&time)));
}

#[test]
fn a_pause_puts_ticks_and_arrivals_off() {
    let faults = r#"[{"fault": "pause", "machine_id": 2, "at": 5, "duration": 4}]"#;
    let (logs, _) = run_with(faults, Latency::Constant(0.01));
    let field = |name: &str| {
        logs[1]
            .iter()
            .filter_map(|line| line[name].as_f64())
            .collect::<Vec<_>>()
    };
    for times in [field("system_time"), field("arrival_time")] {
        assert!(!times.iter().any(|time| (5.0..9.0).contains(time)));
    }
    let late = field("system_time")
        .iter()
        .filter(|&&time| (time - 9.0).abs() < 1e-9)
        .count();
    assert!((80..=82).contains(&late), "{late}");
    assert_eq!(logs[1].last().unwrap()["ticks"], 400);
}

#[test]
fn a_partition_in_virtual_time_holds_messages_back() {
    let faults = r#"[{"fault": "partition", "groups": [[3]], "at": 5, "duration": 4},
                     {"fault": "delay", "sender": 1, "recipient": 2, "latency": 2.0, "at": 0, "duration": 20},
                     {"fault": "disconnect", "sender": 2, "recipient": 1, "at": 3}]"#;
    let (logs, _) = run_with(faults, Latency::Constant(0.01));
    for (machine, log) in logs.iter().enumerate() {
        for line in log.iter().filter(|line| line["event"] == "RECEIVE") {
            let arrived = line["arrival_time"].as_f64().unwrap();
            let sender = line["sender"].as_u64().unwrap();
            let is_across = (machine == 2) != (sender == 3);
            assert!(!(is_across && (5.01..9.01).contains(&arrived)), "{line}");
            assert!(!(machine == 1 && sender == 1 && arrived < 2.01), "{line}");
        }
    }
}

#[test]
fn faults_that_change_nothing_leave_the_logs_as_they_are() {
    let nothing = r#"[{"fault": "disconnect", "sender": 1, "recipient": 2, "at": 19.999999999}]"#;
    let (with, _) = run_with(nothing, Latency::Constant(0.0));
    let (without, _) = run_with("[]", Latency::Constant(0.0));
    assert_eq!(with, without);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever goes wrong, in memory and on disk: a possible history, in which nothing is lost.
    #[test]
    fn any_schedule_of_faults_leaves_a_possible_history(
        faults in prop::collection::vec((0_u8..5, 1_u64..4, 1_u64..4, 0_u32..200, 1_u32..60), 0..8),
        delay in 0_u32..40, seed in 0_u64..1000,
    ) {
        let one = |(kind, a, b, at, length): (u8, u64, u64, u32, u32)| {
            let (at, length) = (f64::from(at) / 10.0, f64::from(length) / 10.0);
            match kind {
                0 => Fault::Crash { machine_id: a, at, down_for: (length < 5.5).then_some(length) },
                1 => Fault::Pause { machine_id: a, at, duration: length },
                2 => Fault::Partition { sides: Sides::Groups(vec![vec![a]]), at, duration: length },
                3 => Fault::Delay { sender: a, recipient: b, latency: Latency::Constant(0.3), at, duration: length },
                _ => Fault::Disconnect { sender: a, recipient: b, at },
            }
        };
        let list: Vec<Fault> = faults.into_iter().map(one).collect();
        let trouble = Setup {
            rates: Some(vec![3.0, 7.0, 11.0]),
            seed,
            faults: list.clone(),
            ..setup(Topology::Full(3), 20.0, Latency::Constant(f64::from(delay) / 100.0))
        };
        // Faults of one machine that overlap are refused.
        let Ok(mut simulation) = Simulation::new(trouble) else { return Ok(()); };
        let scratch = Scratch::new();
        let mut files = Files::create(&simulation, &scratch.0).unwrap();
        let mut records = Records::default();
        prop_assert!(simulation.run(&mut (&mut records, &mut files), &Watch::default()));
        files.finish(&simulation).unwrap();
        prop_assert_eq!(verified(&paths(&scratch.0, 3)), "");
        let mut logs = simulation.logs(records, &mut || true).unwrap();
        let history = History::of_table(std::mem::take(&mut logs.columns), &logs);
        let report = verify(&history, &Options::default(), &mut || true).unwrap();
        prop_assert!(report.violations.is_empty(), "{:?}", report.violations);
        simulation.restart(seed, &Watch::default()).unwrap();
        let mut again = Records::default();
        simulation.run(&mut again, &Watch::default());
        prop_assert_eq!(again.len() as u64, simulation.machines(&mut || true).unwrap().ticks.iter().sum::<i64>() as u64);
    }
}
