//! Clocks compared on a million events: what of it is which clock, and the memory of all.
//!
//! `cargo bench --no-default-features --bench clocks -- [EVENTS] [ROUNDS] [MACHINES]`, 3 machines and 100 if nothing is said:
//! virtual time, host clocks that are off by up to 10 ms and 100 ppm. Medians.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark takes times, prints, and stops at what it cannot do"
)]

mod common;

use std::hint::black_box;
use std::time::Instant;

use common::{argument, load, median, simulation};
use lamport::causality::graph::{Graph, Trace};
use lamport::causality::happened::{Causality, Limits};
use lamport::causality::orders::compared::{Sampling, compare};
use lamport::causality::orders::kind::ClockKind;
use lamport::causality::stamps::physical::{PhysicalClock, PhysicalStamps};
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::watch::Watch;
use lamport::log::columns::Columns;

const KINDS: [ClockKind; 10] = [
    ClockKind::Physical,
    ClockKind::Lamport,
    ClockKind::Hlc,
    ClockKind::Plausible { entries: 8 },
    ClockKind::Bloom {
        size: 32,
        hashes: 3,
    },
    ClockKind::Direct,
    ClockKind::VectorDiff,
    ClockKind::Vector,
    ClockKind::Matrix,
    ClockKind::Itc,
];

struct Run {
    columns: Columns,
    causality: Causality,
    physical: PhysicalStamps,
}

impl Run {
    fn new(machines: u32, events: f64) -> Self {
        let mut simulation = simulation(machines, events);
        let mut records = Records::default();
        simulation.run(&mut records, &Watch::default());
        let columns = simulation.logs(records, &mut || true).unwrap().columns;
        let graph = Graph::new(&Trace::of(&columns), &[], &mut || true).unwrap();
        let causality = Causality::new(graph, Limits::default());
        let clock = PhysicalClock {
            offset: (-1e7, 1e7),
            ppm: (-100.0, 100.0),
            ..PhysicalClock::RIGHT
        };
        let times = columns.time.iter().map(|&time| (time * 1e9).round() as i64);
        let times: Vec<i64> = times.collect();
        let graph = causality.graph();
        let physical = PhysicalStamps::of_clocks(graph, &times, &[clock], 1, &mut || true).unwrap();
        Self {
            columns,
            causality,
            physical,
        }
    }

    fn compare(&self, kinds: &[ClockKind], samples: Option<usize>) -> f64 {
        let start = Instant::now();
        let sampling = Sampling {
            samples,
            ..Sampling::default()
        };
        let trace = Trace::of(&self.columns);
        let (causality, physical) = (&self.causality, Some(&self.physical));
        black_box(compare(causality, &trace, kinds, physical, sampling, &mut || true).unwrap());
        start.elapsed().as_secs_f64()
    }
}

/// The memory of this process in MB: now, and at most.
fn memory() -> [f64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    ["VmRSS:", "VmHWM:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<f64>().unwrap() / 1024.0
    })
}

fn main() {
    let (events, rounds) = (argument(0, 1e6), argument(1, 3.0) as usize);
    let machines = match argument(2, 0.0) as u32 {
        0 => vec![3, 100],
        machines => vec![machines],
    };
    for machines in machines {
        let run = Run::new(machines, events);
        // From here on the peak is counted anew.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = memory()[0];
        run.compare(&KINDS, None);
        let [_, peak] = memory();
        let mut all = Vec::new();
        let mut shared = Vec::new();
        let mut drawn = Vec::new();
        let mut each = vec![Vec::new(); KINDS.len()];
        for _ in 0..rounds {
            all.push(run.compare(&KINDS, None));
            shared.push(run.compare(&[], None));
            drawn.push(run.compare(&[], Some(1024)));
            for (times, kind) in each.iter_mut().zip(KINDS) {
                times.push(run.compare(&[kind], None));
            }
        }
        let [all, shared, drawn] = [all, shared, drawn].map(median);
        println!(
            "{machines} machines, {:.2} M events, load {}: all kinds {all:.2} s, {:.0} MB above the {before:.0} MB of the run; what vectors share {shared:.3} s, 1,024 events drawn {:.2} s; beside these",
            run.columns.len() as f64 / 1e6,
            load(),
            peak - before,
            drawn - shared,
        );
        for (times, kind) in each.into_iter().zip(KINDS) {
            println!("  {kind:?}: {:.3} s", median(times) - shared);
        }
    }
}
