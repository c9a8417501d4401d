//! The same model in NexoSim, beside the simulator of this package.
//!
//! `cargo run --release --manifest-path benches/nexosim/Cargo.toml` runs three machines at rates
//! 1, 3 and 6 in both, in turn, and prints medians and their ratios. Ticks are periodic events. `NexoSim`
//! runs the model twice: a message as an event of its own, which its recipient schedules for the time of its
//! arrival, as a delay is modelled there; and as sparing with events as the model allows, a message that
//! enters its recipient's queue at once, with its time of arrival.
//!
//! Then 10,000 machines at rates 1 to 6 on a ring, a message taking 50 ms, on one thread and on two in both.
//! `NexoSim` runs models side by side that have something to do at the same nanosecond, which these seldom have.

use std::collections::VecDeque;
use std::num::NonZero;
use std::time::{Duration, Instant};

use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::model::topology::Topology;
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

const RATES: [u64; 3] = [1, 3, 6];
const DELAY: u64 = 500_000;

#[derive(Serialize, Deserialize)]
struct Machine {
    period: u64,
    delay: u64,
    clock: u64,
    queue: VecDeque<(u64, u64)>,
    /// Whether a message that comes is put into the queue at once.
    is_sparing: bool,
    generator: Pcg64Mcg,
    first: Output<(u64, u64)>,
    second: Output<(u64, u64)>,
}

#[Model]
impl Machine {
    #[nexosim(init)]
    async fn init(&mut self, context: &Context<Self>) {
        let phase = 1 + self.generator.random_range(0..self.period);
        let period = Duration::from_nanos(self.period);
        context
            .schedule_periodic_event(
                Duration::from_nanos(phase),
                period,
                schedulable!(Self::tick),
                (),
            )
            .expect("the first tick lies ahead");
    }

    /// A message on its way, with the time of its arrival.
    fn come(&mut self, message: (u64, u64), context: &Context<Self>) {
        if self.is_sparing {
            self.queue.push_back(message);
            return;
        }
        let delay = Duration::from_nanos(self.delay);
        context
            .schedule_event(delay, schedulable!(Self::arrive), message)
            .expect("the arrival lies ahead");
    }

    #[nexosim(schedulable)]
    fn arrive(&mut self, message: (u64, u64)) {
        self.queue.push_back(message);
    }

    #[nexosim(schedulable)]
    async fn tick(&mut self, _: (), context: &Context<Self>) {
        let now = context
            .time()
            .duration_since(MonotonicTime::EPOCH)
            .as_nanos() as u64;
        if let Some(&(_, timestamp)) = self.queue.front().filter(|message| message.0 <= now) {
            self.queue.pop_front();
            self.clock = self.clock.max(timestamp) + 1;
            return;
        }
        self.clock += 1;
        let message = (now + self.delay, self.clock);
        match self.generator.next_u64() % 10 {
            0 => self.first.send(message).await,
            1 => self.second.send(message).await,
            2 => {
                self.first.send(message).await;
                self.second.send(message).await;
            }
            _ => {}
        }
    }
}

/// Machines at these rates, each of which sends to the one after it and to the one before it.
struct Circle {
    rates: Vec<u64>,
    delay: u64,
    threads: usize,
}

fn nexosim(circle: &Circle, seconds: u64, is_sparing: bool) -> f64 {
    let (rates, n) = (&circle.rates, circle.rates.len());
    let boxes: Vec<Mailbox<Machine>> = rates.iter().map(|_| Mailbox::new()).collect();
    let mut bench = SimInit::with_num_threads(circle.threads);
    let mut machines: Vec<Machine> = (0..n)
        .map(|i| Machine {
            period: 1_000_000_000 / rates[i],
            delay: circle.delay,
            clock: 0,
            queue: VecDeque::new(),
            is_sparing,
            generator: Pcg64Mcg::seed_from_u64(i as u64),
            first: Output::default(),
            second: Output::default(),
        })
        .collect();
    for (i, machine) in machines.iter_mut().enumerate() {
        machine.first.connect(Machine::come, &boxes[(i + 1) % n]);
        machine.second.connect(Machine::come, &boxes[(i + n - 1) % n]);
    }
    for (i, (machine, mailbox)) in machines.into_iter().zip(boxes).enumerate() {
        bench = bench.add_model(machine, mailbox, &format!("machine {}", i + 1));
    }
    let mut simulation = bench
        .init(MonotonicTime::EPOCH)
        .expect("the bench is complete");
    let start = Instant::now();
    simulation
        .step_until(Duration::from_secs(seconds))
        .expect("it runs to the end");
    (seconds * rates.iter().sum::<u64>()) as f64 / start.elapsed().as_secs_f64() / 1e6
}

fn ours(circle: &Circle, seconds: u64) -> f64 {
    let mut simulation = Simulation::new(Setup {
        topology: Topology::Ring(circle.rates.len() as u32),
        duration: seconds as f64,
        rates: Some(circle.rates.iter().map(|&rate| rate as f64).collect()),
        max_rate: 6,
        behavior: Behavior::default(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Constant(circle.delay as f64 / 1e9),
        seed: 1,
        faults: Vec::new(),
    })
    .expect("the setup is sound");
    let choice = simulation.choose(NonZero::new(circle.threads));
    let start = Instant::now();
    simulation.run_in(choice.windows, &mut (), &Watch::default());
    simulation.events() as f64 / start.elapsed().as_secs_f64() / 1e6
}

const WAYS: [(bool, &str); 2] = [
    (false, "an event a message"),
    (true, "a list entry a message"),
];

/// Both in turn, for these seconds of virtual time: theirs is the slower.
fn compare(circle: &Circle, [own_seconds, their_seconds]: [u64; 2]) {
    let mut own = Vec::new();
    let mut theirs = [Vec::new(), Vec::new()];
    for _ in 0..5 {
        for ((is_sparing, _), speeds) in WAYS.iter().zip(&mut theirs) {
            speeds.push(nexosim(circle, their_seconds, *is_sparing));
        }
        own.push(ours(circle, own_seconds));
    }
    println!(
        "{} machines, {} threads: lamport {:.1} M events/s",
        circle.rates.len(),
        circle.threads,
        median(own.clone())
    );
    for ((_, way), speeds) in WAYS.iter().zip(theirs) {
        let ratios = own.iter().zip(&speeds).map(|(own, other)| own / other);
        println!(
            "    NexoSim, {way}: {:.2}, ratio {:.0}",
            median(speeds.clone()),
            median(ratios.collect())
        );
    }
}

fn main() {
    let few = Circle {
        rates: RATES.to_vec(),
        delay: DELAY,
        threads: 1,
    };
    compare(&few, [2_000_000, 100_000]);
    for threads in [1, 2] {
        let many = Circle {
            rates: (0..10_000).map(|i| 1 + i % 6).collect(),
            delay: 50_000_000,
            threads,
        };
        compare(&many, [400, 20]);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
