//! Runs over real TCP on loopback, all machines in this process.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use lamport::behavior::Behavior;
use lamport::net::local::{Local, LocalConfig};
use lamport::topology::Topology;

use common::{Scratch, lines};

fn config(topology: Topology, directory: &Path) -> LocalConfig {
    LocalConfig {
        topology,
        log_dir: directory.to_owned(),
        duration: 1.0,
        wait: 10.0,
        rates: None,
        max_rate: 6,
        behavior: Behavior::new(0.3, 0.5).unwrap(),
        latency: lamport::latency::Latency::Constant(0.0),
        seed: 1,
        run_id: "test".into(),
        base_port: 0,
        is_precise: true,
    }
}

/// The receipts of a run that must not have lost anything.
fn check(directory: &Path, machines: usize) -> usize {
    let checked = common::check(directory, machines);
    assert_eq!(checked.undelivered, 0);
    checked.received
}

fn run(config: &LocalConfig) {
    let local = Local::open(config).unwrap();
    assert!(local.start().unwrap().join(None).unwrap());
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
