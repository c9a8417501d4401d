//! Runs in virtual time: their laws, their determinism, and a plain reference beside them.

#![allow(clippy::unwrap_used)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs;

use lamport::causality::machines::machines;
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::ran::Ran;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::recorder::Recorder;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::log::read::reader::read_logs;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::event::Event;
use lamport::model::fault::Fault;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::message::Message;
use lamport::model::node::Node;
use lamport::model::random::Generator;
use lamport::model::schedule::Schedule;
use lamport::model::theory::predict;
use lamport::model::topology::Topology;
use proptest::prelude::*;

use crate::common::virtual_time::{paths, run, settings, setup};
use crate::common::{Scratch, check};

fn logs(setup: &Setup) -> Vec<Vec<u8>> {
    let scratch = Scratch::new();
    run(setup, &scratch.0, None);
    paths(&scratch.0, setup.topology.machines())
        .iter()
        .map(|path| fs::read(path).unwrap())
        .collect()
}

#[test]
fn logs_obey_the_laws_and_say_what_the_memory_holds() {
    for setup in settings() {
        let scratch = Scratch::new();
        let mut records = Records::default();
        let simulation = run(&setup, &scratch.0, Some(&mut records));
        let count = setup.topology.machines();
        let checked = check(&scratch.0, count as usize);
        assert!(checked.received > 0);

        let read = read_logs(&paths(&scratch.0, count), &BTreeMap::new(), &mut || true).unwrap();
        let kept = simulation.logs(records, &mut || true).unwrap();
        let bits = |values: &[f64]| {
            values
                .iter()
                .map(|value| value.to_bits())
                .collect::<Vec<_>>()
        };
        let (a, b) = (&read.columns, &kept.columns);
        assert_eq!(a.machine_id, b.machine_id);
        assert_eq!(a.event, b.event);
        assert_eq!((&a.old_clock, &a.new_clock), (&b.old_clock, &b.new_clock));
        assert_eq!((&a.starts, &a.recipients), (&b.starts, &b.recipients));
        for (a, b) in [
            (&a.time, &b.time),
            (&a.system_time, &b.system_time),
            (&a.arrived, &b.arrived),
        ] {
            assert_eq!(bits(a), bits(b));
        }
        assert_eq!((&a.queue_len, &a.sender), (&b.queue_len, &b.sender));
        assert_eq!(a.sent_clock, b.sent_clock);
        assert_eq!((&a.manual, &a.by_hand), (&b.manual, &b.by_hand));
        assert_eq!(read.peers, kept.peers);

        // What is counted on the way is what the events say.
        let (from_logs, counted) = (machines(&read), simulation.machines(&mut || true).unwrap());
        assert_eq!(from_logs.sends, counted.sends);
        assert_eq!(from_logs.receives, counted.receives);
        assert_eq!(from_logs.internals, counted.internals);
        assert_eq!(from_logs.final_clock, counted.final_clock);
        assert_eq!(from_logs.max_jump, counted.max_jump);
        assert_eq!(bits(&from_logs.mean_jump), bits(&counted.mean_jump));
        assert_eq!(from_logs.final_queue_len, counted.final_queue_len);
        assert_eq!(from_logs.max_queue_len, counted.max_queue_len);
    }
}

/// FNV-1a, 64 bits.
fn hash(logs: &[Vec<u8>]) -> u64 {
    let bytes = logs.iter().flatten();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// These change only with the model or the form of the log, and then on purpose.
#[test]
fn logs_are_the_same_to_the_byte_everywhere() {
    let plain = |log: Vec<u8>| {
        let version = format!("\"version\": \"{}\"", lamport::VERSION);
        String::from_utf8(log)
            .unwrap()
            .replace(&version, "")
            .into_bytes()
    };
    let of_setup = |setup| hash(&logs(setup).into_iter().map(plain).collect::<Vec<_>>());
    let hashes: Vec<u64> = settings().iter().map(of_setup).collect();
    assert_eq!(hashes, GOLDEN);
}

const GOLDEN: [u64; 5] = [
    2_482_509_462_400_904_631,
    15_662_690_368_230_732_304,
    7_363_543_354_365_815_079,
    1_573_065_785_267_331_698,
    13_896_188_594_503_758_716,
];

#[test]
fn recording_does_not_change_the_logs() {
    for setup in settings() {
        let scratch = Scratch::new();
        run(&setup, &scratch.0, Some(&mut Records::default()));
        let count = setup.topology.machines();
        let recorded: Vec<_> = paths(&scratch.0, count)
            .iter()
            .map(|path| fs::read(path).unwrap())
            .collect();
        assert_eq!(recorded, logs(&setup));
    }
}

#[test]
fn a_machine_without_neighbours_changes_nothing_for_the_others() {
    for latency in [Latency::Constant(0.01), Latency::Exponential(0.2)] {
        let peers = vec![vec![1, 2], vec![2, 0], vec![0]];
        let three = setup(Topology::adjacency(peers.clone()).unwrap(), 60.0, latency);
        let four = [peers, vec![vec![]]].concat();
        let four = Setup {
            topology: Topology::adjacency(four).unwrap(),
            ..three.clone()
        };
        assert_eq!(logs(&three), logs(&four)[..3]);
    }
}

/// A plain reference: one heap of everything that happens, arrivals among them.
fn reference(setup: &Setup) -> Vec<(u64, u32, Event)> {
    let count = setup.topology.machines();
    let delays = setup.latency.delays(setup.seed);
    let mut nodes = Vec::new();
    let mut schedules = Vec::new();
    let mut heap = BinaryHeap::new();
    for machine in 0..count {
        let mut generator = Generator::new(setup.seed, u64::from(machine) + 1, 0);
        let schedule =
            Schedule::draw(None, setup.max_rate, setup.duration, &mut generator).unwrap();
        if schedule.ticks() > 0 {
            heap.push(Reverse((schedule.due(1), machine, 1)));
        }
        nodes.push(Node::new(generator));
        schedules.push(schedule);
    }
    // Messages on their way, by recipient: (arrival, place in the order of sending, message).
    let mut flying: Vec<Vec<(u64, Message)>> = vec![Vec::new(); count as usize];
    let mut newest: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let mut events = Vec::new();
    while let Some(Reverse((now, machine, tick))) = heap.pop() {
        let node = &mut nodes[machine as usize];
        let arrived = flying[machine as usize].extract_if(.., |(arrival, _)| *arrival <= now);
        let mut arrived: Vec<_> = arrived.collect();
        arrived.sort_by_key(|(arrival, _)| *arrival);
        for (_, message) in arrived {
            node.deliver(message);
        }
        let odds = setup.behavior.odds(setup.topology.degree(machine));
        let event = node.tick(now, &odds);
        if let Event::Send {
            new_clock,
            recipients,
            ..
        } = &event
        {
            for position in recipients.positions(setup.topology.degree(machine)) {
                let peer = setup.topology.peer(machine, position);
                let ids = (u64::from(machine) + 1, u64::from(peer) + 1);
                let arrival = now + delays.draw(ids.0, ids.1, *new_clock);
                let newest = newest.entry((machine, peer)).or_default();
                *newest = arrival.max(*newest);
                flying[peer as usize].push((*newest, Message::new(ids.0, *new_clock, *newest)));
            }
        }
        events.push((now, machine, event));
        if tick < schedules[machine as usize].ticks() {
            heap.push(Reverse((
                schedules[machine as usize].due(tick + 1),
                machine,
                tick + 1,
            )));
        }
    }
    events
}

struct Events(Vec<(u64, u32, Event)>);

impl Recorder for Events {
    fn event(&mut self, time: u64, machine: u32, event: &Event) {
        self.0.push((time, machine, event.clone()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Latencies below are continuous, so that no two messages arrive at the same time by chance.
    #[test]
    fn the_engine_agrees_with_a_plain_reference(
        machines in 1_u32..30, max_rate in 1_u64..9, seed in 0_u64..1 << 53, mean in 0.001_f64..1.0,
        p in 0.0_f64..1.0, b in 0.0_f64..1.0,
    ) {
        let setup = Setup {
            topology: Topology::Full(machines),
            duration: 12.5,
            rates: None,
            max_rate,
            behavior: Behavior::new(p, b).unwrap(),
            discipline: Discipline::default(),
            manners: Manners::default(),
            latency: Latency::Exponential(mean),
            seed,
            faults: Vec::new(),
        };
        let mut events = Events(Vec::new());
        Simulation::new(setup.clone()).unwrap().run(&mut events, &Watch::default());
        prop_assert_eq!(events.0, reference(&setup));
    }
}

#[test]
fn what_theory_predicts_is_simulated() {
    let mut generator = Generator::new(5, 0, 0);
    let mut uniform = || generator.bits() as f64 * (-64_f64).exp2();
    let (warm, long) = (2_000.0, 20_000.0);
    let mut vectors = 0;
    while vectors < 50 {
        let machines = 3 + (uniform() * 8.0) as u32;
        let rates: Vec<f64> = (0..machines)
            .map(|_| 1.0 + (uniform() * 60.0).floor() / 10.0)
            .collect();
        let behavior = Behavior::new(0.2 + 0.7 * uniform(), uniform()).unwrap();
        let topology = Topology::Full(machines);
        let Ok(expected) = predict(&rates, &topology, behavior, &mut || true) else {
            continue;
        };
        if expected
            .load
            .iter()
            .any(|load| load.is_nan() || (load - 1.0).abs() < 0.1)
        {
            continue;
        }
        vectors += 1;
        // Rates are given, so the longer run begins as the shorter one.
        let queues = |duration| {
            let mut simulation = Simulation::new(Setup {
                topology: topology.clone(),
                duration,
                rates: Some(rates.clone()),
                max_rate: 6,
                behavior,
                discipline: Discipline::default(),
                manners: Manners::default(),
                latency: Latency::Constant(0.0005),
                seed: vectors,
                faults: Vec::new(),
            })
            .unwrap();
            simulation.run(&mut (), &Watch::default());
            simulation.machines(&mut || true).unwrap().final_queue_len
        };
        let most = expected.arrival_rate.iter().copied().fold(0.0, f64::max);
        let tolerance = 4.0 * (most / long).sqrt();
        for (machine, (before, after)) in queues(warm)
            .into_iter()
            .zip(queues(warm + long))
            .enumerate()
        {
            let slope = (after - before) as f64 / long;
            let growth = expected.queue_growth[machine];
            assert!(
                (slope - growth).abs() <= tolerance,
                "{rates:?}: machine {machine}: {slope} against {growth}"
            );
        }
    }
}

#[test]
fn a_message_that_arrives_at_a_tick_is_seen_if_its_sender_ticked_before() {
    // Both tick at every ns from 0 on, machine 1 first; only the machine with a peer ever sends.
    for delay in [0, 3] {
        for (sender, peers) in [(0, vec![vec![1], vec![]]), (1, vec![vec![], vec![0]])] {
            let mut simulation = Simulation::new(Setup {
                rates: Some(vec![1e9, 1e9]),
                behavior: Behavior::new(0.0, 0.0).unwrap(),
                discipline: Discipline::default(),
                manners: Manners::default(),
                ..setup(
                    Topology::adjacency(peers).unwrap(),
                    1e-8,
                    Latency::Constant(delay as f64 / 1e9),
                )
            })
            .unwrap();
            let mut events = Events(Vec::new());
            assert!(simulation.run(&mut events, &Watch::default()));
            let receipts = events.0.iter().filter(|(_, machine, event)| {
                *machine != sender && matches!(event, Event::Receive { .. })
            });
            let first = receipts.map(|(time, ..)| *time).min();
            // Sent at 0; machine 1 has ticked then, before machine 2 does.
            let expected = if delay == 0 { u64::from(sender) } else { delay };
            assert_eq!(first, Some(expected), "machine {sender}, delay {delay}");
        }
    }
}

/// A fault that changes nothing: runs with it take the way of runs with faults.
const NO_CHANGE: &str =
    r#"[{"fault": "delay", "sender": 1, "recipient": 2, "at": 0, "duration": 1e-7, "latency": 0}]"#;

#[test]
fn messages_that_arrive_together_are_received_in_the_order_of_their_senders() {
    // Machines 1, 2 and 4 tick at the same times and always send to machine 3 at last; all arrive a
    // tick later, those of one time together.
    let peers = vec![vec![2], vec![2], vec![], vec![2]];
    for faults in ["[]", NO_CHANGE] {
        let mut simulation = Simulation::new(Setup {
            rates: Some(vec![1e9; 4]),
            behavior: Behavior::new(0.0, 0.0).unwrap(),
            discipline: Discipline::default(),
            manners: Manners::default(),
            faults: Fault::list(faults).unwrap(),
            ..setup(
                Topology::adjacency(peers.clone()).unwrap(),
                3e-7,
                Latency::Constant(1e-9),
            )
        })
        .unwrap();
        let mut events = Events(Vec::new());
        assert!(simulation.run(&mut events, &Watch::default()));
        let received: Vec<_> = events
            .0
            .iter()
            .filter_map(|(_, machine, event)| match event {
                Event::Receive { message, .. } if *machine == 2 => {
                    Some((message.arrival, message.sender().unwrap()))
                }
                _ => None,
            })
            .collect();
        let expected = (1..).flat_map(|time| [1, 2, 4].map(|sender| (time, sender)));
        assert_eq!(received, expected.take(299).collect::<Vec<_>>());
        // The ticks of one time are in the order of the machines too.
        let ticks: Vec<_> = events.0.iter().map(|event| (event.0, event.1)).collect();
        assert!(ticks.is_sorted() && ticks.len() == 1200);
    }
}

#[test]
fn ties_are_counted_alike_with_and_without_faults() {
    // Two machines that tick at each of 1,000 ns from 0 on: one of each two ticks falls on the other.
    let ties = |faults: &str| {
        let mut simulation = Simulation::new(Setup {
            rates: Some(vec![1e9, 1e9]),
            faults: Fault::list(faults).unwrap(),
            ..setup(Topology::Full(2), 1e-6, Latency::Constant(0.0))
        })
        .unwrap();
        assert!(simulation.run(&mut (), &Watch::default()));
        let ticks: Vec<u64> = (0..2).map(|machine| simulation.ticks(machine)).collect();
        (simulation.ties(), ticks)
    };
    assert_eq!(ties("[]"), (1000, vec![1000, 1000]));
    assert_eq!(ties(NO_CHANGE), (1000, vec![1000, 1000]));
    // Those after a restart fall on the other's too, those that a crash prevents on none.
    let crash = r#"[{"fault": "crash", "machine_id": 1, "at": 2e-7, "down_for": 3e-7}]"#;
    assert_eq!(ties(crash), (700, vec![700, 1000]));
}
