//! Events per second of verification, reading included, warm cache.
//!
//! `cargo bench --no-default-features --bench verify -- [MOST_EVENTS] [ROUNDS]` verifies the logs of 3 and of 100
//! machines with 10^5, 10^6, ... events, up to `MOST_EVENTS` (10^7), in turn; prints medians, what reading takes of
//! it, and the largest memory of a process that does nothing else. `python benches/verify_plot.py` draws the table.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark takes times, prints, and stops at what it cannot do"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use common::{Scratch, argument, load, median, peak_of};
use lamport::causality::verify::{Options, verify};
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::files::Files;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::log::read::reader::read_history;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::topology::Topology;

fn write(directory: &Path, machines: u32, events: f64) {
    // Three of four messages go to one machine; with 100 machines a broadcast would drown all else.
    let share = if machines == 3 { 1.0 / 3.0 } else { 0.005 };
    let mut simulation = Simulation::new(Setup {
        topology: Topology::Full(machines),
        duration: events / (3.0 * f64::from(machines)),
        rates: Some(vec![3.0; machines as usize]),
        max_rate: 6,
        behavior: Behavior::new(0.7, share).unwrap(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Constant(0.0005),
        seed: 1,
        faults: Vec::new(),
    })
    .unwrap();
    let mut files = Files::create(&simulation, directory).unwrap();
    simulation.run(&mut files, &Watch::default());
    files.finish(&simulation).unwrap();
}

/// Events, seconds of reading, seconds of verification.
fn run(paths: &[PathBuf]) -> (usize, f64, f64) {
    let start = Instant::now();
    let history = read_history(paths, &BTreeMap::new(), &mut || true).unwrap();
    let reading = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let report = verify(&history, &Options::default(), &mut || true).unwrap();
    assert!(report.is_ok(), "{:?}", report.counts);
    (
        history.columns.len(),
        reading,
        start.elapsed().as_secs_f64(),
    )
}

fn main() {
    if let Some(paths) = common::only() {
        run(&paths);
        common::tell_peak();
        return;
    }
    let most = argument(0, 1e7);
    let rounds = argument(1, 3.0) as usize;
    println!(
        "{:>8} {:>10} {:>12} {:>14} {:>14} {:>12} {:>14}",
        "machines",
        "events",
        "M events/s",
        "reading alone",
        "checking alone",
        "seconds",
        "bytes/event"
    );
    let mut events = 1e5;
    while events <= most * 1.001 {
        let cases: Vec<_> = [3_u32, 100]
            .into_iter()
            .map(|machines| {
                let scratch = Scratch::new(&std::env::temp_dir());
                write(&scratch.0, machines, events);
                let paths = (1..=machines).map(|id| scratch.0.join(format!("machine_{id}.log")));
                let paths: Vec<_> = paths.collect();
                (machines, scratch, paths)
            })
            .collect();
        let mut times = vec![Vec::new(); cases.len()];
        for _ in 0..rounds {
            for ((_, _, paths), times) in cases.iter().zip(&mut times) {
                times.push(run(paths));
            }
        }
        for ((machines, _, paths), times) in cases.iter().zip(&times) {
            let count = times[0].0 as f64;
            let reading = median(times.iter().map(|time| time.1));
            let checking = median(times.iter().map(|time| time.2));
            let both = median(times.iter().map(|time| time.1 + time.2));
            println!(
                "{machines:>8} {count:>10.0} {:>12.2} {:>14.2} {:>14.2} {both:>12.3} {:>14.0}",
                count / both / 1e6,
                count / reading / 1e6,
                count / checking / 1e6,
                peak_of(paths) / count
            );
        }
        events *= 10.0;
    }
    println!("load {}", load());
}
