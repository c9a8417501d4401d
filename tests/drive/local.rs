//! Runs over real TCP on loopback, all machines in this process.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use lamport::drive::real::local::{Local, LocalConfig};
use lamport::model::behavior::Behavior;
use lamport::model::topology::Topology;

use crate::common::{Scratch, lines};

pub(crate) fn config(topology: Topology, directory: &Path) -> LocalConfig {
    LocalConfig {
        topology,
        log_dir: directory.to_owned(),
        duration: 1.0,
        wait: 10.0,
        rates: None,
        max_rate: 6,
        behavior: Behavior::new(0.3, 0.5).unwrap(),
        latency: lamport::model::latency::Latency::Constant(0.0),
        seed: 1,
        run_id: "test".into(),
        base_port: 0,
        is_precise: true,
        manners: lamport::model::manner::Manners::default(),
        is_synced: false,
        faults: std::sync::Arc::default(),
        key: None,
        algorithm: None,
        until_quiet: false,
    }
}

/// The receipts of a run that must not have lost anything.
fn check(directory: &Path, machines: usize) -> usize {
    let checked = crate::common::check(directory, machines);
    assert_eq!(checked.undelivered, 0);
    checked.received
}

pub(crate) fn run(config: &LocalConfig) {
    let local = Local::open(config).unwrap();
    assert!(local.start().unwrap().join(None).unwrap());
}

/// Runs three machines through these faults; all that was sent and all that arrived by the logs.
fn through(faults: &str, duration: f64, rates: Vec<f64>) -> (Scratch, Vec<Vec<serde_json::Value>>) {
    let scratch = Scratch::new();
    let list = lamport::model::fault::Fault::list(faults).unwrap();
    let faults =
        lamport::model::fault_schedule::FaultSchedule::new(&list, Some(&[1, 2, 3]), 1).unwrap();
    run(&LocalConfig {
        rates: Some(rates),
        duration,
        faults: faults.into(),
        ..config(Topology::Full(3), &scratch.0)
    });
    let logs = (1..=3).map(|machine| lines(&scratch.0, machine)).collect();
    (scratch, logs)
}

fn times(log: &[serde_json::Value], event: &str) -> Vec<f64> {
    let of_event = log.iter().filter(|line| line["event"] == event);
    of_event
        .map(|line| line["system_time"].as_f64().unwrap())
        .collect()
}

#[test]
fn a_machine_crashes_and_comes_back_and_nothing_is_lost() {
    let faults = r#"[{"fault": "crash", "machine_id": 2, "at": 0.3, "down_for": 0.4},
                     {"fault": "crash", "machine_id": 3, "at": 0.5, "down_for": 0.1},
                     {"fault": "crash", "machine_id": 2, "at": 0.9, "down_for": 0.05}]"#;
    let (scratch, logs) = through(faults, 1.2, vec![100.0, 200.0, 300.0]);
    check(&scratch.0, 3);
    let starts: Vec<usize> = logs.iter().map(|log| times(log, "STARTUP").len()).collect();
    assert_eq!(starts, [1, 3, 2]);
    let ticks = |log: &[serde_json::Value]| log[log.len() - 1]["ticks"].as_u64().unwrap();
    assert_eq!(ticks(&logs[0]), 120);
    // 200 a second for 0.75 s; the draws of the phase and when threads hear of it leave some room.
    assert!(
        (140..=153).contains(&ticks(&logs[1])),
        "{}",
        ticks(&logs[1])
    );
    let silent = times(&logs[1], "INTERNAL")
        .into_iter()
        .chain(times(&logs[1], "SEND"));
    let start = times(&logs[0], "STARTUP")[0];
    let down = silent.filter(|time| (0.45..0.68).contains(&(time - start)));
    assert_eq!(down.count(), 0);
}

#[test]
fn nothing_is_kept_of_a_crashed_machine() {
    let scratch = Scratch::new();
    let list = r#"[{"fault": "crash", "machine_id": 2, "at": 0.2, "down_for": 0.2}]"#;
    let list = lamport::model::fault::Fault::list(list).unwrap();
    let faults =
        lamport::model::fault_schedule::FaultSchedule::new(&list, Some(&[1, 2, 3]), 1).unwrap();
    let local = Local::open(&LocalConfig {
        faults: faults.into(),
        ..config(Topology::Full(3), &scratch.0)
    })
    .unwrap();
    let crashed = std::sync::Arc::downgrade(&local.machines()[1]);
    assert!(local.start().unwrap().join(None).unwrap());
    assert!(crashed.upgrade().is_none());
}

#[test]
fn a_machine_that_stands_still_makes_up_for_its_ticks() {
    let faults = r#"[{"fault": "pause", "machine_id": 2, "at": 0.3, "duration": 0.4}]"#;
    let (scratch, logs) = through(faults, 1.0, vec![100.0, 200.0, 300.0]);
    check(&scratch.0, 3);
    let end = &logs[1][logs[1].len() - 1];
    assert_eq!(end["ticks"], 200);
    assert!(end["lateness"]["max"].as_f64().unwrap() > 0.3);
    let start = times(&logs[0], "STARTUP")[0];
    let arrived = logs[1]
        .iter()
        .filter_map(|line| line["arrival_time"].as_f64());
    assert_eq!(
        arrived
            .filter(|time| (0.35..0.65).contains(&(time - start)))
            .count(),
        0
    );
}

#[test]
fn a_partition_holds_messages_back_until_it_ends() {
    let faults = r#"[{"fault": "partition", "groups": [[1, 2]], "at": 0.3, "duration": 0.4},
                     {"fault": "disconnect", "sender": 1, "recipient": 2, "at": 0.5},
                     {"fault": "delay", "sender": 2, "recipient": 1, "at": 0.0, "duration": 0.2, "latency": 0.1}]"#;
    let (scratch, logs) = through(faults, 1.0, vec![100.0, 200.0, 300.0]);
    check(&scratch.0, 3);
    let start = times(&logs[0], "STARTUP")[0];
    for (machine, log) in logs.iter().enumerate() {
        let of_others = log.iter().filter(|line| {
            let sender = line["sender"].as_u64();
            let is_far = (machine == 2) != (sender == Some(3));
            sender.is_some() && is_far
        });
        let arrived: Vec<f64> = of_others
            .map(|line| line["arrival_time"].as_f64().unwrap() - start)
            .collect();
        assert!(!arrived.is_empty());
        let inside = arrived.iter().filter(|&time| (0.35..0.68).contains(time));
        assert_eq!(inside.count(), 0);
    }
    let connects: Vec<usize> = logs.iter().map(|log| times(log, "CONNECT").len()).collect();
    assert_eq!(connects, [4, 3, 4]);
    let early = logs[0].iter().filter(|line| line["sender"] == 2);
    let early = early.filter_map(|line| line["arrival_time"].as_f64());
    assert!(early.map(|time| time - start).all(|time| time > 0.1));
}

#[test]
fn three_machines_tick_exactly_and_lose_nothing() {
    let scratch = Scratch::new();
    let rates = vec![10.0, 30.0, 60.0];
    run(&LocalConfig {
        rates: Some(rates),
        ..config(Topology::Full(3), &scratch.0)
    });
    assert!(check(&scratch.0, 3) > 0);
    for (machine, ticks) in [(1, 10), (2, 30), (3, 60)] {
        let lines = lines(&scratch.0, machine);
        assert_eq!(lines[lines.len() - 1]["ticks"], ticks);
        let events = lines
            .iter()
            .filter(|line| line.get("new_clock").is_some())
            .count();
        assert_eq!(events, ticks);
    }
}

#[test]
fn machines_that_cannot_keep_up_lose_nothing_either() {
    let scratch = Scratch::new();
    let behavior = Behavior::new(0.0, 1.0).unwrap();
    run(&LocalConfig {
        rates: Some(vec![1e6; 3]),
        behavior,
        duration: 0.2,
        ..config(Topology::Full(3), &scratch.0)
    });
    assert!(check(&scratch.0, 3) > 10_000);
}

#[test]
fn directed_topologies_work() {
    let scratch = Scratch::new();
    let circle = Topology::adjacency(vec![vec![1], vec![2], vec![0], vec![]]).unwrap();
    run(&LocalConfig {
        rates: Some(vec![100.0; 4]),
        ..config(circle, &scratch.0)
    });
    assert!(check(&scratch.0, 4) > 0);
}

#[test]
fn a_machine_alone_runs() {
    let scratch = Scratch::new();
    run(&config(Topology::Full(1), &scratch.0));
    assert_eq!(check(&scratch.0, 1), 0);
}

#[test]
fn a_stop_ends_in_order() {
    let scratch = Scratch::new();
    let local = Local::open(&LocalConfig {
        duration: 1000.0,
        ..config(Topology::Ring(5), &scratch.0)
    })
    .unwrap();
    let running = local.start().unwrap();
    while local
        .machines()
        .iter()
        .map(|machine| machine.ticks())
        .sum::<u64>()
        < 10
    {
        assert!(
            !running
                .join(Some(std::time::Duration::from_millis(5)))
                .unwrap()
        );
    }
    running.stop();
    assert!(running.join(None).unwrap());
    check(&scratch.0, 5);
}

#[test]
fn a_run_that_does_not_come_about_leaves_no_log() {
    let scratch = Scratch::new();
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let error = Local::open(&LocalConfig {
        base_port: port,
        ..config(Topology::Full(2), &scratch.0)
    })
    .unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 0);
    for bad in [
        LocalConfig {
            rates: Some(vec![1.0]),
            ..config(Topology::Full(2), &scratch.0)
        },
        LocalConfig {
            rates: Some(vec![1.0, -1.0]),
            ..config(Topology::Full(2), &scratch.0)
        },
        LocalConfig {
            duration: f64::NAN,
            ..config(Topology::Full(2), &scratch.0)
        },
        LocalConfig {
            run_id: "two words".into(),
            ..config(Topology::Full(2), &scratch.0)
        },
        LocalConfig {
            base_port: 65_535,
            ..config(Topology::Full(2), &scratch.0)
        },
    ] {
        assert!(Local::open(&bad).is_err());
        assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 0);
    }
}
