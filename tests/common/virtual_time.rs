//! Runs in virtual time for tests.

use std::path::{Path, PathBuf};

use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::files::Files;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::topology::Topology;

/// A run that sends a lot.
pub fn setup(topology: Topology, duration: f64, latency: Latency) -> Setup {
    Setup {
        topology,
        duration,
        rates: None,
        max_rate: 6,
        behavior: Behavior::new(0.5, 0.4).unwrap(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency,
        seed: 11,
        faults: Vec::new(),
    }
}

/// The logs of a run.
pub fn paths(directory: &Path, machines: u32) -> Vec<PathBuf> {
    (1..=machines)
        .map(|machine| directory.join(format!("machine_{machine}.log")))
        .collect()
}

/// Runs with logs, and with records if asked.
pub fn run(setup: &Setup, directory: &Path, records: Option<&mut Records>) -> Simulation {
    let mut simulation = Simulation::new(setup.clone()).unwrap();
    let mut files = Files::create(&simulation, directory).unwrap();
    let is_over = match records {
        Some(records) => simulation.run(&mut (records, &mut files), &Watch::default()),
        None => simulation.run(&mut files, &Watch::default()),
    };
    assert!(is_over);
    files.finish(&simulation).unwrap();
    simulation
}

/// Some settings that have little in common.
pub fn settings() -> Vec<Setup> {
    let circle = Topology::adjacency(vec![vec![1], vec![2], vec![0], vec![0, 1]]).unwrap();
    vec![
        setup(Topology::Full(3), 60.0, Latency::Constant(0.0005)),
        setup(Topology::Full(5), 30.0, Latency::Constant(0.0)),
        setup(Topology::Ring(40), 20.0, Latency::Exponential(0.3)),
        setup(
            circle,
            50.0,
            Latency::LogNormal {
                median: 2.0,
                sigma: 1.5,
            },
        ),
        Setup {
            rates: Some(vec![1.0; 20]),
            ..setup(Topology::Star(20), 30.0, Latency::Uniform(0.0, 4.0))
        },
    ]
}
