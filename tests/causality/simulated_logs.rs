//! Logs of machines in virtual time, to be verified whole or damaged.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use lamport::causality::verify::Options;
use lamport::causality::verify::membership::Members;
use lamport::causality::verify::report::Report;
use lamport::causality::verify::verify;
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::files::Files;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::log::read::reader::read_history;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::fault::Fault;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::topology::Topology;
use serde_json::Value;

pub(crate) fn paths(directory: &Path, machines: u32) -> Vec<PathBuf> {
    (1..=machines)
        .map(|machine| directory.join(format!("machine_{machine}.log")))
        .collect()
}

pub(crate) fn simulate(setup: Setup, directory: &Path) {
    let mut simulation = Simulation::new(setup).unwrap();
    let mut files = Files::create(&simulation, directory).unwrap();
    assert!(simulation.run(&mut files, &Watch::default()));
    files.finish(&simulation).unwrap();
}

pub(crate) fn report(directory: &Path, machines: u32) -> Report {
    let history =
        read_history(&paths(directory, machines), &BTreeMap::new(), &mut || true).unwrap();
    let members = Members {
        topology: Topology::Full(machines.max(3)),
        run_id: None,
    };
    let options = Options {
        members: Some(members),
        ..Options::default()
    };
    verify(&history, &options, &mut || true).unwrap()
}

pub(crate) fn base(seed: u64) -> Setup {
    Setup {
        topology: Topology::Full(3),
        duration: 60.0,
        rates: Some(vec![1.0, 3.0, 6.0]),
        max_rate: 6,
        behavior: Behavior::new(0.5, 0.3).unwrap(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Exponential(0.05),
        seed,
        faults: Vec::new(),
    }
}

pub(crate) fn read(directory: &Path, machines: usize) -> Vec<Vec<Value>> {
    (1..=machines)
        .map(|machine| crate::common::lines(directory, machine))
        .collect()
}

pub(crate) fn write(directory: &Path, lines: &[Vec<Value>]) {
    for (log, lines) in lines.iter().enumerate() {
        let texts: Vec<String> = lines.iter().map(ToString::to_string).collect();
        fs::write(
            directory.join(format!("machine_{}.log", log + 1)),
            texts.join("\n") + "\n",
        )
        .unwrap();
    }
}

/// Runs to damage, of which two have a crash.
pub(crate) fn runs() -> Vec<Setup> {
    let crash = |machine_id, at, down_for| Fault::Crash {
        machine_id,
        at,
        down_for: Some(down_for),
    };
    let with = |seed, faults| Setup {
        faults,
        ..base(seed)
    };
    vec![
        with(3, vec![]),
        with(4, vec![]),
        with(5, vec![crash(2, 20.0, 3.0)]),
        with(6, vec![crash(3, 30.0, 0.5), crash(2, 40.0, 5.0)]),
    ]
}
