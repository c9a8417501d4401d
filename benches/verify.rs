//! Events per second of verification, with and without reading.
//!
//! `cargo bench --no-default-features --bench verify`: 10^6 events of 3 and of 100 machines; ten times as
//! many with the argument `large`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints, takes times, and stops at what it cannot do"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use lamport::behavior::Behavior;
use lamport::causality::verify::{Options, verify};
use lamport::latency::Latency;
use lamport::log::diaries::read_history;
use lamport::sim::engine::{Setup, Simulation, Watch};
use lamport::sim::files::Files;
use lamport::topology::Topology;

fn main() {
    let sizes: &[f64] = if std::env::args().any(|word| word == "large") {
        &[1e6, 1e7]
    } else {
        &[1e6]
    };
    for &events in sizes {
        for machines in [3_u32, 100] {
            let directory =
                std::env::temp_dir().join(format!("lamport-bench-{}", std::process::id()));
            std::fs::create_dir_all(&directory).unwrap();
            let mut simulation = Simulation::new(Setup {
                topology: Topology::Full(machines),
                duration: events / (3.0 * f64::from(machines)),
                rates: Some(vec![3.0; machines as usize]),
                max_rate: 6,
                behavior: Behavior::new(0.7, if machines == 3 { 1.0 / 3.0 } else { 0.005 })
                    .unwrap(),
                latency: Latency::Constant(0.0005),
                seed: 1,
            })
            .unwrap();
            let mut files = Files::create(&simulation, &directory).unwrap();
            simulation.run(&mut files, &Watch::default());
            files.finish(&simulation).unwrap();
            let paths: Vec<_> = (1..=machines)
                .map(|machine| directory.join(format!("machine_{machine}.log")))
                .collect();
            let start = Instant::now();
            let history = read_history(&paths, &BTreeMap::new(), &mut || true).unwrap();
            let reading = start.elapsed().as_secs_f64();
            let start = Instant::now();
            let report = verify(&history, &Options::default(), &mut || true).unwrap();
            let checking = start.elapsed().as_secs_f64();
            assert!(report.is_ok(), "{:?}", report.counts);
            let count = history.columns.len() as f64 / 1e6;
            println!(
                "{count:.1} M events of {machines} machines: verification {:.1} M events/s, reading {:.1}, both {:.1}",
                count / checking,
                count / reading,
                count / (checking + reading)
            );
            std::fs::remove_dir_all(&directory).unwrap();
        }
    }
}
