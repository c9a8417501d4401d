//! One large run in virtual time, on several threads beside one.
//!
//! ```text
//! cargo bench --no-default-features --bench windows -- [rounds = 5] [words of cases]
//! ```
//!
//! Each case runs on one thread and in windows in turn; printed are the medians in millions of ticks a second and
//! of the ratios of neighbours, with the least and the largest. `must` are the cases of which two cores are to be
//! 1.6 times one (1.3 for 10,000 machines), `record` those with every event recorded and made a table, `edge` those
//! in which windows only just pay, with as many threads as there are processors and with 7 asked for, where no
//! ratio is to be below 0.9. Run it on a machine that does nothing else: the load is printed.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops at what it cannot do"
)]

mod common;

use std::num::NonZero;
use std::time::Instant;

use common::{argument, load};
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::drive::simulated::windows::choice::{Choice, Windows};
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::random::Generator;
use lamport::model::topology::Topology;

/// Ticks of a case, about.
const TICKS: f64 = 12e6;

/// Each machine sends to its neighbours on two circles through all machines, in random orders.
fn four_regular(machines: u32) -> Topology {
    let mut generator = Generator::new(4, 1, 0);
    let mut peers: Vec<Vec<u32>> = vec![Vec::new(); machines as usize];
    for _ in 0..2 {
        let mut order: Vec<u32> = (0..machines).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, generator.below(place as u64 + 1) as usize);
        }
        for (place, &machine) in order.iter().enumerate() {
            let next = order[(place + 1) % order.len()];
            for (from, to) in [(machine, next), (next, machine)] {
                if !peers[from as usize].contains(&to) {
                    peers[from as usize].push(to);
                }
            }
        }
    }
    Topology::adjacency(peers).unwrap()
}

fn simulation(topology: Topology, delay: f64, ticks: f64) -> Simulation {
    let duration = ticks / (3.5 * f64::from(topology.machines()));
    Simulation::new(Setup {
        topology,
        duration,
        rates: None,
        max_rate: 6,
        behavior: Behavior::default(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Constant(delay),
        seed: 1,
        faults: Vec::new(),
    })
    .unwrap()
}

/// Millions of ticks a second of a run, with its table if it is recorded.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn speed(simulation: &mut Simulation, windows: Option<Windows>, record: bool) -> f64 {
    let watch = Watch::default();
    simulation.restart(1, &watch).unwrap();
    let events = simulation.events();
    let start = Instant::now();
    if record {
        let mut records = Records::default();
        simulation.run_in(windows, &mut records, &watch);
        let columns = records.into_columns(simulation.topology(), &mut || true);
        assert_eq!(columns.unwrap().len() as u64, events);
    } else {
        simulation.run_in(windows, &mut (), &watch);
    }
    events as f64 / start.elapsed().as_secs_f64() / 1e6
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

struct Case {
    name: String,
    simulation: Simulation,
    choice: Choice,
    record: bool,
}

fn measure(mut case: Case, rounds: usize) {
    let (mut one, mut more, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // Memory that is taken the first time is there afterwards.
    speed(&mut case.simulation, None, false);
    for _ in 0..rounds {
        one.push(speed(&mut case.simulation, None, case.record));
        more.push(speed(
            &mut case.simulation,
            case.choice.windows,
            case.record,
        ));
        ratios.push(more[more.len() - 1] / one[one.len() - 1]);
    }
    let threads = case.choice.windows.map_or(1, |windows| windows.threads);
    println!(
        "{}: 1 thread {:.1} M ticks/s, {threads} {:.1}; ratio {:.2} ({:.2} to {:.2})",
        case.name,
        median(&mut one),
        median(&mut more),
        median(&mut ratios),
        ratios[0],
        ratios[ratios.len() - 1],
    );
}

/// What makes a case, when it is its turn: many machines take much memory.
type Making = Box<dyn Fn() -> (Simulation, Option<usize>, bool)>;

fn cases() -> Vec<(String, Making)> {
    let mut list: Vec<(String, Making)> = Vec::new();
    for record in [false, true] {
        for machines in [100_000, 1_000_000] {
            for kind in ["ring", "4-regular"] {
                for delay in [0.0005, 0.05] {
                    let word = if record { "record" } else { "must" };
                    let name = format!("{word} {machines} {kind} {} ms", delay * 1e3);
                    list.push((
                        name,
                        Box::new(move || {
                            let topology = if kind == "ring" {
                                Topology::Ring(machines)
                            } else {
                                four_regular(machines)
                            };
                            (
                                simulation(
                                    topology,
                                    delay,
                                    if record { TICKS / 2.0 } else { TICKS },
                                ),
                                None,
                                record,
                            )
                        }),
                    ));
                }
            }
        }
    }
    for delay in [0.01, 0.05] {
        let name = format!("must 10000 4-regular {} ms", delay * 1e3);
        list.push((
            name,
            Box::new(move || (simulation(four_regular(10_000), delay, TICKS), None, false)),
        ));
    }
    for machines in [100, 1000, 10_000, 100_000] {
        for asked in [None, Some(7)] {
            // Just as often as two threads need, and half as often again.
            for ticks in [129.0, 192.0] {
                let delay = ticks / (3.5 * f64::from(machines));
                let name = format!("edge {machines} ring {ticks} ticks, threads {asked:?}");
                list.push((
                    name,
                    Box::new(move || {
                        (
                            simulation(Topology::Ring(machines), delay, TICKS / 4.0),
                            asked,
                            false,
                        )
                    }),
                ));
            }
        }
    }
    list
}

fn main() {
    let rounds = argument(0, 5.0) as usize;
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let words: Vec<String> = words.skip(1).collect();
    println!("load {}", load());
    for (name, make) in cases() {
        if words.iter().all(|word| name.contains(word.as_str())) {
            let (simulation, asked, record) = make();
            let choice = simulation.choose(asked.and_then(NonZero::new));
            measure(
                Case {
                    name,
                    simulation,
                    choice,
                    record,
                },
                rounds,
            );
        }
    }
    println!("load {}", load());
}
