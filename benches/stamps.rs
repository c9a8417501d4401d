//! What other clocks would have said of a million events: how many events a second each of them takes, on one core.
//!
//! `cargo bench --no-default-features --bench stamps -- [EVENTS] [ROUNDS] [MACHINES]`: machines in virtual time, a graph made
//! before; all stamps of each clock, medians of rounds that take the clocks in turn.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark takes times, prints, and stops at what it cannot do"
)]

mod common;

use std::hint::black_box;
use std::time::Instant;

use common::{argument, median, simulation};
use lamport::causality::graph::{Graph, Trace};
use lamport::causality::stamps::bloom::BloomStamps;
use lamport::causality::stamps::hlc::HlcStamps;
use lamport::causality::stamps::lamport::LamportStamps;
use lamport::causality::stamps::physical::{ClockSync, PhysicalClock, PhysicalStamps};
use lamport::causality::stamps::plausible::PlausibleStamps;
use lamport::causality::stamps::vector::VectorStamps;
use lamport::causality::stamps::wanted::Wanted;
use lamport::causality::stamps::{direct, itc, matrix, vector_diff};
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::watch::Watch;

/// The most machines of which all matrices are made, and all that messages carry of vectors.
const FEW: u32 = 8;

fn main() {
    let wanted = argument(0, 1e6);
    let rounds = argument(1, 5.0) as usize;
    let machines = argument(2, 3.0) as u32;
    let mut simulation = simulation(machines, wanted);
    let mut records = Records::default();
    simulation.run(&mut records, &Watch::default());
    let columns = simulation.logs(records, &mut || true).unwrap().columns;
    let trace = Trace::of(&columns);
    let go_on = &mut || true;
    let graph = Graph::new(&trace, &[], go_on).unwrap();
    let seconds = columns.time.iter();
    let times: Vec<i64> = seconds.map(|&time| (time * 1e9).round() as i64).collect();
    let clock = PhysicalClock {
        offset: (-1e6, 1e6),
        ppm: (-50.0, 50.0),
        resolution: 1000,
        sync: Some(ClockSync {
            every: 10_000_000_000,
            sigma: 1e6,
        }),
        slews: true,
    };
    let clocks = [clock];
    let physical = PhysicalStamps::of_clocks(&graph, &times, &clocks, 0, go_on).unwrap();
    let rows: Vec<u32> = (0..columns.len() as u32).collect();
    let all = Wanted::new(&graph, &rows);
    let names = [
        "lamport",
        "physical",
        "hlc",
        "vector",
        "direct",
        "plausible(8)",
        "bloom(32, 3)",
        "itc",
        "vector_diff",
        "matrix",
    ];
    let mut taken: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    for _ in 0..rounds {
        for (name, taken) in names.iter().zip(&mut taken) {
            if ["matrix", "vector_diff"].contains(name) && machines > FEW {
                continue;
            }
            let start = Instant::now();
            match *name {
                "lamport" => drop(black_box(LamportStamps::new(&graph, go_on).unwrap())),
                "physical" => drop(black_box(
                    PhysicalStamps::of_clocks(&graph, &times, &clocks, 0, go_on).unwrap(),
                )),
                "hlc" => drop(black_box(HlcStamps::new(&graph, &physical, go_on).unwrap())),
                "vector" => drop(black_box(VectorStamps::table(&graph, &all, go_on).unwrap())),
                "direct" => drop(black_box(direct::table(&graph, &all, go_on).unwrap())),
                "plausible(8)" => drop(black_box(PlausibleStamps::new(&graph, 8, go_on).unwrap())),
                "bloom(32, 3)" => drop(black_box(BloomStamps::new(&graph, 32, 3, go_on).unwrap())),
                "itc" => itc::each(&graph, go_on, |_, nodes, bytes| {
                    black_box((nodes, bytes));
                    Ok(())
                })
                .unwrap(),
                "vector_diff" => drop(black_box(
                    vector_diff::table(&graph, &trace, &all, go_on).unwrap(),
                )),
                _ => drop(black_box(matrix::table(&graph, &all, go_on).unwrap())),
            }
            taken.push(start.elapsed().as_secs_f64());
        }
    }
    println!(
        "{machines} machines, {:.2} M events (M events/s):",
        columns.len() as f64 / 1e6
    );
    for (name, taken) in names
        .iter()
        .zip(&taken)
        .filter(|(_, taken)| !taken.is_empty())
    {
        let rate = columns.len() as f64 / 1e6 / median(taken.iter().copied());
        println!("  {name:14} {rate:8.1}");
    }
}
