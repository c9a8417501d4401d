//! Events per second of the simulator, beside loops written for nothing but this model.
//!
//! `cargo bench --no-default-features --bench simulate` runs both in turn and prints medians
//! and ratios: three machines at rates 1, 3, 6, with and without recording; 1,000 machines,
//! fully connected, without broadcasts; the cost of an event against the number of machines, which
//! `benches/simulate_plot.py` draws; and first of all the memory of a million machines on a ring.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops at what it cannot do"
)]

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Instant;

use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::random::Generator;
use lamport::model::topology::Topology;

const DELAY: u64 = 500_000;

/// Arrival, timestamp, sender: what the hand-written loops keep of a message.
type Letter = (u64, u64, u32);

/// The fastest loop that the model allows, for few machines and the default behavior.
fn few(rates: &[u64], duration: u64, mut record: impl FnMut(u64, usize, u64, u64, u64)) -> u64 {
    let n = rates.len();
    let mut generators: Vec<_> = (0..n).map(|i| Generator::new(1, i as u64 + 1, 0)).collect();
    let periods: Vec<u64> = rates.iter().map(|rate| 1_000_000_000 / rate).collect();
    let mut due: Vec<u64> = (0..n).map(|i| generators[i].below(periods[i])).collect();
    let mut left: Vec<u64> = rates.iter().map(|rate| rate * duration).collect();
    let mut clocks = vec![0_u64; n];
    let mut queues: Vec<VecDeque<Letter>> = vec![VecDeque::new(); n];
    let internal = (0.7 * 2_f64.powi(63)) as u64;
    let broadcast = (0.8 * 2_f64.powi(63)) as u64;
    let mut events = 0;
    loop {
        let mut i = 0;
        for j in 1..n {
            if due[j] < due[i] {
                i = j;
            }
        }
        let now = due[i];
        if now == u64::MAX {
            return events;
        }
        let arrived = queues[i].front().filter(|letter| letter.0 <= now);
        if let Some(&(arrival, timestamp, _)) = arrived {
            queues[i].pop_front();
            clocks[i] = clocks[i].max(timestamp) + 1;
            record(now, i, clocks[i], timestamp, arrival);
        } else {
            clocks[i] += 1;
            let draw = generators[i].bits() >> 1;
            let letter = (now + DELAY, clocks[i], i as u32);
            if draw >= internal {
                if draw < broadcast {
                    for (j, queue) in queues.iter_mut().enumerate() {
                        if j != i {
                            queue.push_back(letter);
                        }
                    }
                } else {
                    let j = generators[i].below(n as u64 - 1) as usize;
                    queues[j + usize::from(j >= i)].push_back(letter);
                }
            }
            record(now, i, clocks[i], 0, 0);
        }
        events += 1;
        left[i] -= 1;
        due[i] = if left[i] == 0 {
            u64::MAX
        } else {
            now + periods[i]
        };
    }
}

/// The same for many machines that send to one peer at a time: buckets of machines by their next tick.
fn many(n: usize, ticks: u64) -> u64 {
    let mut generators: Vec<_> = (0..n).map(|i| Generator::new(1, i as u64 + 1, 0)).collect();
    let periods: Vec<u64> = (0..n).map(|i| 1_000_000_000 / (1 + i as u64 % 6)).collect();
    let shift = (1e9 / (n as f64 * 3.5)).log2().round() as u32;
    let mut buckets: Vec<Vec<(u64, u32)>> = vec![Vec::new(); (2 * n).next_power_of_two()];
    let mask = buckets.len() - 1;
    for i in 0..n {
        let due = generators[i].below(periods[i]);
        buckets[(due >> shift) as usize & mask].push((due, i as u32));
    }
    let mut clocks = vec![0_u64; n];
    let mut queues: Vec<VecDeque<Letter>> = vec![VecDeque::new(); n];
    let internal = (0.7 * 2_f64.powi(63)) as u64;
    let (mut present, mut events) = (0_u64, 0);
    while events < ticks {
        let bucket = &mut buckets[present as usize & mask];
        let here = bucket
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.0 >> shift == present);
        let Some(place) = here
            .min_by_key(|(_, entry)| **entry)
            .map(|(place, _)| place)
        else {
            present += 1;
            continue;
        };
        let (now, machine) = bucket.swap_remove(place);
        let i = machine as usize;
        let arrived = queues[i].front().filter(|letter| letter.0 <= now);
        if let Some(&(_, timestamp, _)) = arrived {
            queues[i].pop_front();
            clocks[i] = clocks[i].max(timestamp) + 1;
        } else {
            clocks[i] += 1;
            if generators[i].bits() >> 1 >= internal {
                let j = generators[i].below(n as u64 - 1) as usize;
                queues[j + usize::from(j >= i)].push_back((now + DELAY, clocks[i], machine));
            }
        }
        let due = now + periods[i];
        buckets[(due >> shift) as usize & mask].push((due, machine));
        events += 1;
    }
    black_box(&clocks);
    events
}

fn simulation(
    machines: u32,
    rates: Option<Vec<f64>>,
    duration: f64,
    broadcast_share: f64,
) -> Simulation {
    Simulation::new(Setup {
        topology: Topology::Full(machines),
        duration,
        rates,
        max_rate: 6,
        behavior: Behavior::new(0.7, broadcast_share).unwrap(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Constant(DELAY as f64 / 1e9),
        seed: 1,
        faults: Vec::new(),
    })
    .unwrap()
}

/// Millions of events per second of what `run` does.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn speed(run: impl FnOnce() -> u64) -> f64 {
    let start = Instant::now();
    let events = run();
    events as f64 / start.elapsed().as_secs_f64() / 1e6
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn compare(name: &str, mut ours: impl FnMut() -> u64, mut limit: impl FnMut() -> u64) {
    let (mut a, mut b, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..7 {
        a.push(speed(&mut ours));
        b.push(speed(&mut limit));
        ratios.push(a[a.len() - 1] / b[b.len() - 1]);
    }
    println!(
        "{name}: {:.1} M events/s, the limit {:.1}, ratio {:.2}",
        median(&mut a),
        median(&mut b),
        median(&mut ratios)
    );
}

/// The most memory this process has had, in bytes.
fn peak() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let mut words = text.split_whitespace().skip_while(|word| *word != "VmHWM:");
    let kilobytes: f64 = words.nth(1).expect("a number").parse().unwrap();
    kilobytes * 1024.0
}

fn memory() {
    let (machines, seconds) = (1_000_000, 5.0);
    let before = peak();
    let mut simulation = Simulation::new(Setup {
        topology: Topology::Ring(machines),
        duration: seconds,
        rates: None,
        max_rate: 6,
        behavior: Behavior::default(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Constant(DELAY as f64 / 1e9),
        seed: 1,
        faults: Vec::new(),
    })
    .unwrap();
    let start = peak() - before;
    simulation.run(&mut (), &Watch::default());
    let waiting: usize = simulation
        .seats()
        .iter()
        .map(|seat| seat.node.waiting().len())
        .sum();
    let each = |bytes: f64| bytes / f64::from(machines);
    println!(
        "a million machines on a ring: {:.0} bytes each, {:.0} after {seconds} s, when {:.2} messages wait at each",
        each(start),
        each(peak() - before),
        each(waiting as f64)
    );
}

fn main() {
    memory();
    let watch = Watch::default();
    let rates = Some(vec![1.0, 3.0, 6.0]);
    let duration = 1_000_000;
    let ours = || {
        let mut simulation = simulation(3, rates.clone(), duration as f64, 1.0 / 3.0);
        simulation.run(&mut (), &watch);
        simulation.events()
    };
    compare("3 machines", ours, || {
        few(&[1, 3, 6], duration, |_, _, _, _, _| {})
    });

    let duration = 300_000;
    let mut records = Records::default();
    let recording = || {
        records.clear();
        let mut simulation = simulation(3, rates.clone(), duration as f64, 1.0 / 3.0);
        simulation.run(&mut records, &watch);
        records.len() as u64
    };
    let rows = 10 * duration as usize;
    let (mut times, mut machines, mut clocks) = (vec![0; rows], vec![0_u32; rows], vec![0; rows]);
    let (mut sent, mut arrivals) = (vec![0; rows], vec![0; rows]);
    compare("3 machines, recording", recording, || {
        let mut row = 0;
        few(
            &[1, 3, 6],
            duration,
            |time, machine, clock, timestamp, arrival| {
                times[row] = time;
                machines[row] = machine as u32;
                clocks[row] = clock;
                sent[row] = timestamp;
                arrivals[row] = arrival;
                row += 1;
            },
        )
    });

    let mixed = |n: u32| (0..n).map(|i| f64::from(1 + i % 6)).collect::<Vec<_>>();
    let thousand = || {
        let mut simulation = simulation(1000, Some(mixed(1000)), 3000.0, 0.0);
        simulation.run(&mut (), &watch);
        simulation.events()
    };
    compare("1,000 machines", thousand, || many(1000, 10_500_000));

    println!("machines, ns an event:");
    for machines in [3, 10, 100, 1000, 10_000, 100_000, 1_000_000] {
        let seconds = (5_000_000.0 / (3.5 * f64::from(machines))).max(1.0);
        let mut simulation = simulation(machines, Some(mixed(machines)), seconds, 0.0);
        let events = simulation.events();
        let rate = speed(|| {
            simulation.run(&mut (), &watch);
            events
        });
        println!("{machines:>9} {:.1}", 1e3 / rate);
    }
}
