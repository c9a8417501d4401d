//! Machines that differ, against a plain reference: other draws, the same distributions.

#![allow(clippy::unwrap_used)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::fs;

use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::ran::Ran;
use lamport::drive::simulated::recorder::Recorder;
use lamport::drive::simulated::replay::replay;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::event::{Event, Recipients};
use lamport::model::latency::Latency;
use lamport::model::manner::{Manner, Manners};
use lamport::model::random::Generator;
use lamport::model::rate_steps::RateSteps;
use lamport::model::ticking::Ticking;
use lamport::model::timetable::{LifeName, Timetable};
use lamport::model::topology::Topology;
use proptest::prelude::*;

use crate::common::virtual_time::{paths, run, setup};
use crate::common::{Scratch, check};

/// Runs of each of the two.
const RUNS: u64 = 2000;
/// Tests of this file that chance alone may fail, at most; together they do so once in a thousand times.
const TESTS: f64 = 40.0;
/// The normal quantile of 0.001 / TESTS.
const Z: f64 = 4.06;

/// What is counted of a run.
#[derive(Default, Clone)]
struct Tally {
    /// The final clock of each machine.
    clocks: Vec<f64>,
    /// Events by machine: internal, sends to all, and of single sends those to each peer.
    actions: Vec<Vec<f64>>,
    receives: Vec<f64>,
}

impl Tally {
    fn of(topology: &Topology) -> Self {
        let machines = topology.machines();
        Self {
            clocks: vec![0.0; machines as usize],
            actions: (0..machines)
                .map(|machine| vec![0.0; 2 + topology.degree(machine) as usize])
                .collect(),
            receives: vec![0.0; machines as usize],
        }
    }
}

impl Recorder for Tally {
    fn event(&mut self, _: u64, machine: u32, event: &Event) {
        let machine = machine as usize;
        self.clocks[machine] = event.new_clock() as f64;
        let action = match event {
            Event::Receive { .. } => {
                self.receives[machine] += 1.0;
                return;
            }
            Event::Internal { .. } => 0,
            Event::Send {
                recipients: Recipients::One(peer),
                ..
            } => 2 + *peer as usize,
            Event::Send { .. } => 1,
        };
        self.actions[machine][action] += 1.0;
    }
}

/// A generator of the reference's own (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / 2_f64.powi(53)
    }
}

/// What is to be.
struct World {
    setup: Setup,
    /// Of each machine its probabilities and the weights of its peers.
    draws: Vec<(f64, f64, Vec<f64>)>,
}

impl World {
    fn ours(&self, seed: u64) -> Tally {
        let mut tally = Tally::of(&self.setup.topology);
        let mut simulation = Simulation::new(Setup {
            seed,
            ..self.setup.clone()
        })
        .unwrap();
        assert!(simulation.run(&mut tally, &Watch::default()));
        tally
    }

    /// The ticks of a machine in the reference.
    fn ticks(&self, machine: usize, chance: &mut Chance) -> Vec<f64> {
        let rate = self.setup.rates.as_ref().unwrap()[machine];
        let steps = match self.setup.manners.steps.get(&(machine as u32)) {
            Some(steps) => steps.each().to_vec(),
            None => vec![(0.0, rate)],
        };
        let phase = chance.unit();
        let ends = steps
            .iter()
            .skip(1)
            .map(|step| step.0)
            .chain([self.setup.duration]);
        let mut all = Vec::new();
        for (&(start, rate), end) in steps.iter().zip(ends) {
            let law = self.setup.manners.ticking;
            if law == Ticking::Poisson {
                let mut time = start - (1.0 - chance.unit()).ln() / rate;
                while time < end {
                    all.push(time);
                    time -= (1.0 - chance.unit()).ln() / rate;
                }
                continue;
            }
            let mut time = start + phase / rate;
            while time < end {
                let late = match law {
                    Ticking::Jitter(jitter) => jitter * chance.unit() / rate,
                    _ => 0.0,
                };
                all.push((time + late).min(end - 1e-9));
                time += 1.0 / rate;
            }
        }
        all
    }

    /// The same by a heap of events and floating-point times.
    fn plain(&self, chance: &mut Chance) -> Tally {
        let topology = &self.setup.topology;
        let mut tally = Tally::of(topology);
        let machines = topology.machines() as usize;
        let mut queues: Vec<VecDeque<f64>> = vec![VecDeque::new(); machines];
        let mut heap = BinaryHeap::new();
        let key = |time: f64| (time * 1e12) as u64;
        for machine in 0..machines {
            for tick in self.ticks(machine, chance) {
                heap.push(Reverse((key(tick), machine, 0)));
            }
        }
        while let Some(Reverse((time, machine, timestamp))) = heap.pop() {
            if timestamp > 0 {
                queues[machine].push_back(timestamp as f64);
                continue;
            }
            if let Some(timestamp) = queues[machine].pop_front() {
                tally.clocks[machine] = tally.clocks[machine].max(timestamp) + 1.0;
                tally.receives[machine] += 1.0;
                continue;
            }
            tally.clocks[machine] += 1.0;
            let (p, b, weights) = &self.draws[machine];
            let mut to = Vec::new();
            let action = if chance.unit() < *p {
                0
            } else if chance.unit() < *b {
                to.extend(topology.peers(machine as u32));
                1
            } else {
                let mut rest = chance.unit() * weights.iter().sum::<f64>();
                let mut peer = 0;
                while peer + 1 < weights.len() && rest >= weights[peer] {
                    rest -= weights[peer];
                    peer += 1;
                }
                to.push(topology.peer(machine as u32, peer as u32));
                2 + peer
            };
            tally.actions[machine][action] += 1.0;
            for peer in to {
                let arrival = time + key(self.delay(machine, peer as usize, chance));
                heap.push(Reverse((
                    arrival,
                    peer as usize,
                    tally.clocks[machine] as u64,
                )));
            }
        }
        tally
    }

    /// How long a message takes in the reference.
    fn delay(&self, _sender: usize, _recipient: usize, chance: &mut Chance) -> f64 {
        match self.setup.latency {
            Latency::Constant(seconds) => seconds,
            Latency::Uniform(low, high) => low + (high - low) * chance.unit(),
            _ => unreachable!("the worlds of this file have none"),
        }
    }

    /// Runs both, and compares every action of every machine, its clocks and its receipts.
    fn agrees(&self) {
        let ours: Vec<Tally> = (0..RUNS).map(|seed| self.ours(seed)).collect();
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        let plain: Vec<Tally> = (0..RUNS).map(|_| self.plain(&mut chance)).collect();
        for machine in 0..self.draws.len() {
            let total = |tallies: &[Tally]| {
                let sum = |at| tallies.iter().map(|tally| tally.actions[machine][at]).sum();
                (0..tallies[0].actions[machine].len())
                    .map(sum)
                    .collect::<Vec<f64>>()
            };
            let (one, other) = (total(&ours), total(&plain));
            let (found, bound) = chi_squared(&one, &other);
            assert!(
                found < bound,
                "machine {machine}: {one:?} {other:?}: {found} >= {bound}"
            );
            let metrics: [fn(&Tally) -> &Vec<f64>; 2] =
                [|tally| &tally.clocks, |tally| &tally.receives];
            for of in metrics {
                let sample = |tallies: &[Tally]| {
                    tallies
                        .iter()
                        .map(|tally| of(tally)[machine])
                        .collect::<Vec<f64>>()
                };
                let found = distance(sample(&ours), sample(&plain));
                let alpha = 0.001 / TESTS;
                let bound = ((alpha / 2.0_f64).ln() / -2.0).sqrt() * (2.0 / RUNS as f64).sqrt();
                assert!(found < bound, "machine {machine}: {found} >= {bound}");
            }
        }
    }
}

/// Chi-squared of two rows of counts, and its bound (Wilson and Hilferty 1931).
fn chi_squared(one: &[f64], other: &[f64]) -> (f64, f64) {
    let (ones, others): (f64, f64) = (one.iter().sum(), other.iter().sum());
    let cells = one.iter().zip(other).filter(|(a, b)| **a + **b > 0.0);
    let (mut found, mut freedom) = (0.0, -1.0);
    for (a, b) in cells {
        let share = (a + b) / (ones + others);
        found += (a - share * ones).powi(2) / (share * ones);
        found += (b - share * others).powi(2) / (share * others);
        freedom += 1.0_f64;
    }
    if freedom < 1.0 {
        return (found, 1.0); // one thing was done, by both
    }
    let part = 2.0 / (9.0 * freedom);
    (found, freedom * (1.0 - part + Z * part.sqrt()).powi(3))
}

/// The Kolmogorov-Smirnov distance of two samples.
fn distance(mut one: Vec<f64>, mut other: Vec<f64>) -> f64 {
    one.sort_by(f64::total_cmp);
    other.sort_by(f64::total_cmp);
    let share = |sample: &[f64], value: f64| {
        sample.partition_point(|&other| other <= value) as f64 / sample.len() as f64
    };
    let values = one.iter().chain(&other);
    let gaps = values.map(|&value| (share(&one, value) - share(&other, value)).abs());
    gaps.fold(0.0, f64::max)
}

fn behaviors(draws: &[(f64, f64, Vec<f64>)]) -> Manners {
    let each = draws.iter().map(|&(p, b, _)| Behavior::new(p, b).unwrap());
    Manners {
        behaviors: Some(each.collect()),
        ..Manners::default()
    }
}

fn weigh(topology: &Topology, given: &[(u64, &[(u64, u64)])]) -> Manners {
    let given: BTreeMap<u64, BTreeMap<u64, u64>> = given
        .iter()
        .map(|(machine, peers)| (*machine, peers.iter().copied().collect()))
        .collect();
    Manners {
        weights: Manners::weigh(&given, topology).unwrap(),
        ..Manners::default()
    }
}

fn world(manners: Manners, draws: Vec<(f64, f64, Vec<f64>)>) -> World {
    World {
        setup: Setup {
            rates: Some(vec![1.0, 3.0, 6.0]),
            manners,
            ..setup(Topology::Full(3), 20.0, Latency::Uniform(0.01, 0.3))
        },
        draws,
    }
}

#[test]
fn machines_draw_with_probabilities_of_their_own() {
    let draws = vec![
        (0.9, 0.2, vec![1.0, 1.0]),
        (0.0, 1.0, vec![1.0, 1.0]),
        (0.5, 0.0, vec![1.0, 1.0]),
    ];
    world(behaviors(&draws), draws).agrees();
}

#[test]
fn single_sends_go_to_peers_by_their_weights() {
    let draws = vec![
        (0.5, 0.4, vec![3.0, 1.0]),
        (0.5, 0.4, vec![1.0, 1.0]),
        (0.5, 0.4, vec![0.0, 2.0]),
    ];
    // Who is not named has 1.
    let manners = weigh(
        &Topology::Full(3),
        &[(1, &[(2, 3)]), (3, &[(1, 0), (2, 2)])],
    );
    world(manners, draws).agrees();
}

fn ticking(ticking: Ticking, steps: &[(u32, &[(f64, f64)])]) -> Manners {
    let steps = steps.iter();
    let steps = steps.map(|(machine, steps)| (*machine, RateSteps::new(steps).unwrap()));
    Manners {
        ticking,
        steps: steps.collect(),
        ..Manners::default()
    }
}

fn alike() -> Vec<(f64, f64, Vec<f64>)> {
    vec![(0.5, 0.4, vec![1.0, 1.0]); 3]
}

#[test]
fn poisson_ticks_give_what_poisson_ticks_of_others_give() {
    world(ticking(Ticking::Poisson, &[]), alike()).agrees();
}

#[test]
fn ticks_with_jitter_give_what_such_ticks_of_others_give() {
    world(ticking(Ticking::Jitter(0.8), &[]), alike()).agrees();
}

#[test]
fn rates_that_change_give_what_such_rates_of_others_give() {
    let steps: &[(u32, &[(f64, f64)])] = &[
        (0, &[(0.0, 1.0), (5.0, 9.0), (15.5, 0.5)]),
        (2, &[(0.0, 6.0), (10.0, 2.5)]),
    ];
    for law in [Ticking::Periodic, Ticking::Poisson, Ticking::Jitter(0.5)] {
        world(ticking(law, steps), alike()).agrees();
    }
}

/// The ticks of a life, and its phase.
fn dues(seed: u64, rate: f64, duration: f64, manner: &Manner) -> (Vec<u64>, u64) {
    let life = LifeName {
        seed,
        machine: 7,
        start: 2,
    };
    let mut generator = Generator::new(seed, 7, 2);
    let rates = (Some(rate), 6);
    let timetable = Timetable::draw(rates, duration, &mut generator, (manner, life)).unwrap();
    // What is drawn next does not depend on how ticks lie.
    let mut other = Generator::new(seed, 7, 2);
    let plain = (&Manner::default(), life);
    Timetable::draw(rates, duration, &mut other, plain).unwrap();
    assert_eq!(generator.bits(), other.bits());
    let all: Vec<u64> = timetable.dues().collect();
    let mut dues = timetable.dues();
    for (taken, &due) in all.iter().enumerate() {
        assert_eq!((dues.taken(), dues.due()), (taken as u64, Some(due)));
        dues.advance();
    }
    assert_eq!(dues.due(), None);
    (all, timetable.schedule().phase())
}

fn manner(ticking: Ticking, steps: &[(f64, f64)], since: u64) -> Manner {
    Manner {
        ticking,
        steps: RateSteps::new(steps).ok(),
        since,
        ..Manner::default()
    }
}

#[test]
fn gaps_of_a_poisson_process_are_exponential_and_its_counts_poisson() {
    let (mut gaps, mut counts) = (Vec::new(), Vec::new());
    for seed in 0..RUNS {
        let (ticks, _) = dues(seed, 4.0, 10.0, &manner(Ticking::Poisson, &[], 0));
        assert!(ticks.iter().all(|&due| due < 10_000_000_000));
        assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
        gaps.push(ticks[0] as f64 / 1e9);
        counts.push(ticks.len() as f64);
    }
    // First gaps of lives are independent, but for the one in 10^17 that has no tick.
    gaps.sort_by(f64::total_cmp);
    let n = gaps.len() as f64;
    let gap = |(rank, &gap): (usize, &f64)| {
        let expected = 1.0 - (-4.0 * gap).exp();
        (expected - rank as f64 / n)
            .abs()
            .max((expected - (rank + 1) as f64 / n).abs())
    };
    let found = gaps.iter().enumerate().map(gap).fold(0.0, f64::max);
    let bound = ((0.001 / TESTS / 2.0_f64).ln() / -2.0).sqrt() / n.sqrt();
    assert!(found < bound, "{found} >= {bound}");
    // Mean and variance of the counts are both 40, and z-scores of both normal.
    let mean = counts.iter().sum::<f64>() / n;
    let variance = counts
        .iter()
        .map(|count| (count - mean).powi(2))
        .sum::<f64>()
        / n;
    assert!((mean - 40.0).abs() < Z * (40.0 / n).sqrt(), "{mean}");
    let spread = ((40.0 + 2.0 * 1600.0) / n).sqrt();
    assert!((variance - 40.0).abs() < Z * spread, "{variance}");
}

#[test]
fn a_jitter_is_uniform_and_leaves_the_count() {
    let mut parts = Vec::new();
    for seed in 0..RUNS {
        let (even, _) = dues(seed, 3.0, 10.0, &Manner::default());
        let (ticks, _) = dues(seed, 3.0, 10.0, &manner(Ticking::Jitter(0.6), &[], 0));
        assert_eq!(ticks.len(), 30);
        let late = even.iter().zip(&ticks).map(|(even, tick)| tick - even);
        assert!(late.clone().all(|late| late < 200_000_000));
        assert!(ticks.iter().all(|&tick| tick < 10_000_000_000));
        // Any of them but the last, which the end may hold back.
        parts.push(late.clone().nth(seed as usize % 29).unwrap() as f64 / 2e8);
    }
    let uniform = (0..20_000)
        .map(|place| (f64::from(place) + 0.5) / 2e4)
        .collect();
    let found = distance(parts, uniform);
    let bound = ((0.001 / TESTS / 2.0_f64).ln() / -2.0).sqrt() * (1.1 / RUNS as f64).sqrt();
    assert!(found < bound, "{found} >= {bound}");
}

/// `floor(phase rate / other)` by the numbers of a rate in quarters.
fn scaled(phase: u64, rate: u32, other: u32) -> u64 {
    (u128::from(phase) * u128::from(rate) / u128::from(other)) as u64
}

proptest! {
    #[test]
    fn rates_change_exactly_when_they_are_to(
        quarters in prop::collection::vec((1_u32..400, 1_u64..5_000_000_000), 1..5),
        (seed, since) in (any::<u32>(), 0_u64..20_000_000_000),
    ) {
        let mut times = vec![0];
        for (_, length) in &quarters {
            times.push(times.last().unwrap() + length);
        }
        let pairs: Vec<(f64, f64)> = times.iter().zip(&quarters)
            .map(|(&time, &(rate, _))| (time as f64 / 1e9, f64::from(rate) / 4.0)).collect();
        let length = 10_000_000_000_u64;
        let made = manner(Ticking::Periodic, &pairs, since);
        let (ticks, phase) = dues(u64::from(seed), 1.0, 10.0, &made);
        let mut expected = Vec::new();
        for (place, &(rate, _)) in quarters.iter().enumerate() {
            let nanos = |place: usize| ((pairs[place].0 * 1e9) as u64).saturating_sub(since).min(length);
            let start = nanos(place);
            let end = if place + 1 < quarters.len() { nanos(place + 1) } else { length };
            let phase = scaled(phase, quarters[0].0, rate);
            // Tick by tick in whole numbers, as the page has it.
            let due = |tick: u64| start + phase + (u128::from(tick) * 4_000_000_000 / u128::from(rate)) as u64;
            expected.extend((0..).map(due).take_while(|&due| due < end));
        }
        // A product of rate and length that is whole but for rounding counts as whole, as it does for one rate.
        let off = ticks.len().abs_diff(expected.len());
        prop_assert!(off <= quarters.len());
        if off == 0 {
            prop_assert_eq!(ticks, expected);
        }
    }
}

/// The logs of a run.
fn logs(setup: &Setup) -> Vec<String> {
    let scratch = Scratch::new();
    run(setup, &scratch.0, None);
    paths(&scratch.0, setup.topology.machines())
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn what_says_nothing_changes_nothing() {
    let plain = Setup {
        behavior: Behavior::new(0.5, 0.4).unwrap(),
        ..setup(Topology::Full(3), 30.0, Latency::Exponential(0.1))
    };
    let one = Behavior::new(0.5, 0.4).unwrap();
    for manners in [
        weigh(&Topology::Full(3), &[(1, &[(2, 1), (3, 1)]), (2, &[])]),
        Manners {
            behaviors: Some([one, one, one].into()),
            ..Manners::default()
        },
    ] {
        let same = Setup {
            manners,
            ..plain.clone()
        };
        assert_eq!(logs(&same), logs(&plain));
    }
    // Twice as heavy, the same shares: other draws, and the line says so.
    let twice = Setup {
        manners: weigh(&Topology::Full(3), &[(1, &[(2, 2), (3, 2)])]),
        ..plain.clone()
    };
    let (twice, plain) = (logs(&twice), logs(&plain));
    assert!(
        twice[0]
            .lines()
            .next()
            .unwrap()
            .contains(r#", "weights": [2, 2], "time""#)
    );
    assert!(!plain.concat().contains("weights"));
}

#[test]
fn their_logs_obey_the_laws_and_replay() {
    let draws = [(0.9, 0.2, vec![]), (0.0, 1.0, vec![]), (0.3, 0.0, vec![])];
    let topology = Topology::Full(3);
    let manners = Manners {
        weights: weigh(&topology, &[(3, &[(1, 0), (2, 2)])]).weights,
        ..behaviors(&draws)
    };
    let setup = Setup {
        manners,
        ..setup(topology, 60.0, Latency::Exponential(0.1))
    };
    let scratch = Scratch::new();
    run(&setup, &scratch.0, None);
    assert!(check(&scratch.0, 3).received > 0);
    for path in paths(&scratch.0, 3) {
        let replayed = replay(&path, Discipline::default(), &mut || true).unwrap();
        assert_eq!(replayed.divergence, None);
        // With the weights of others it is another log.
        let text = fs::read_to_string(&path).unwrap();
        let other = text.replace("\"weights\": [0, 2]", "\"weights\": [1, 2]");
        if other != text {
            fs::write(&path, other).unwrap();
            let replayed = replay(&path, Discipline::default(), &mut || true).unwrap();
            assert!(replayed.divergence.is_some());
        }
    }
}

#[test]
fn logs_of_uneven_ticks_obey_the_laws_replay_and_tell_all_of_them() {
    let steps: &[(u32, &[(f64, f64)])] = &[(1, &[(0.0, 3.0), (20.0, 7.5)])];
    for (law, steps) in [
        (Ticking::Poisson, &[][..]),
        (Ticking::Jitter(0.9), &[]),
        (Ticking::Periodic, steps),
        (Ticking::Poisson, steps),
        (Ticking::Jitter(0.3), steps),
    ] {
        let setup = Setup {
            rates: Some(vec![1.0, 3.0, 6.0]),
            manners: ticking(law, steps),
            ..setup(Topology::Full(3), 60.0, Latency::Exponential(0.1))
        };
        let scratch = Scratch::new();
        let simulation = run(&setup, &scratch.0, None);
        assert!(check(&scratch.0, 3).received > 0);
        let mut all = 0;
        for (machine, path) in (0..).zip(paths(&scratch.0, 3)) {
            let replayed = replay(&path, Discipline::default(), &mut || true).unwrap();
            assert_eq!(replayed.divergence, None);
            assert_eq!(replayed.events, simulation.ticks(machine));
            all += replayed.events;
        }
        assert_eq!(all, simulation.events());
        let mut again = Simulation::new(setup).unwrap();
        assert_eq!(again.events(), all);
        assert!(again.run(&mut (), &Watch::default()));
    }
}

#[test]
fn weights_that_cannot_be_are_named() {
    let topology = Topology::Ring(5);
    let error = |given: &[(u64, u64, u64)]| {
        let mut all: BTreeMap<u64, BTreeMap<u64, u64>> = BTreeMap::new();
        for &(machine, peer, weight) in given {
            all.entry(machine).or_default().insert(peer, weight);
        }
        Manners::weigh(&all, &topology).unwrap_err().to_string()
    };
    let words = error(&[(1, 3, 7)]);
    assert!(
        words.contains("machine 1 has the weight 7 for machine 3"),
        "{words}"
    );
    assert!(words.contains("its peers are 2, 5"), "{words}");
    assert!(error(&[(6, 1, 1)]).contains("there is no machine 6: they are 1 to 5"));
    assert!(error(&[(0, 1, 1)]).contains("there is no machine 0"));
    let words = error(&[(2, 1, 0), (2, 3, 0)]);
    assert!(words.contains("machine 2, [0, 0], sum to 0"), "{words}");
}
