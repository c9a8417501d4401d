//! Runs in virtual time: their laws, their determinism, and a plain reference beside them.

#![allow(clippy::unwrap_used)]

mod common;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs;
use std::path::{Path, PathBuf};

use lamport::behavior::Behavior;
use lamport::causality::machines::machines;
use lamport::causality::verify::{Options, verify};
use lamport::error::Error;
use lamport::event::Event;
use lamport::fault::{Cut, Fault};
use lamport::latency::Latency;
use lamport::log::diaries::read_history;
use lamport::log::history::History;
use lamport::log::reader::read_logs;
use lamport::message::Message;
use lamport::node::Node;
use lamport::random::Generator;
use lamport::schedule::Schedule;
use lamport::sim::engine::{Recorder, Setup, Simulation, Watch};
use lamport::sim::files::Files;
use lamport::sim::record::Records;
use lamport::sim::replay::replay;
use lamport::theory::predict;
use lamport::topology::Topology;
use proptest::prelude::*;

use common::{Scratch, check};

fn setup(topology: Topology, duration: f64, latency: Latency) -> Setup {
    Setup {
        topology,
        duration,
        rates: None,
        max_rate: 6,
        behavior: Behavior::new(0.5, 0.4).unwrap(),
        latency,
        seed: 11,
        faults: Vec::new(),
    }
}

fn paths(directory: &Path, machines: u32) -> Vec<PathBuf> {
    (1..=machines)
        .map(|machine| directory.join(format!("machine_{machine}.log")))
        .collect()
}

/// Runs with logs, and with records if asked.
fn run(setup: &Setup, directory: &Path, records: Option<&mut Records>) -> Simulation {
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

fn logs(setup: &Setup) -> Vec<Vec<u8>> {
    let scratch = Scratch::new();
    run(setup, &scratch.0, None);
    paths(&scratch.0, setup.topology.machines())
        .iter()
        .map(|path| fs::read(path).unwrap())
        .collect()
}

/// Some settings that have little in common.
fn settings() -> Vec<Setup> {
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
            (&a.queue_len, &b.queue_len),
            (&a.sender, &b.sender),
            (&a.sent_clock, &b.sent_clock),
            (&a.arrived, &b.arrived),
        ] {
            assert_eq!(bits(a), bits(b));
        }
        assert_eq!(read.peers, kept.peers);

        // What is counted on the way is what the events say.
        let (from_logs, counted) = (machines(&read), simulation.machines(&mut || true).unwrap());
        assert_eq!(from_logs.sends, counted.sends);
        assert_eq!(from_logs.receives, counted.receives);
        assert_eq!(from_logs.internals, counted.internals);
        assert_eq!(from_logs.final_clock, counted.final_clock);
        assert_eq!(from_logs.max_jump, counted.max_jump);
        assert_eq!(bits(&from_logs.mean_jump), bits(&counted.mean_jump));
        assert_eq!(
            bits(&from_logs.final_queue_len),
            bits(&counted.final_queue_len)
        );
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
            let slope = (after - before) / long;
            let growth = expected.queue_growth[machine];
            assert!(
                (slope - growth).abs() <= tolerance,
                "{rates:?}: machine {machine}: {slope} against {growth}"
            );
        }
    }
}

#[test]
fn a_log_replays_and_a_changed_arrival_does_not() {
    for setup in settings() {
        let scratch = Scratch::new();
        run(&setup, &scratch.0, None);
        for path in paths(&scratch.0, setup.topology.machines()) {
            let replayed = replay(&path, &mut || true).unwrap();
            assert_eq!(replayed.divergence, None);
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(
                replayed.events as usize,
                text.matches("\"new_clock\"").count()
            );

            let lines: Vec<&str> = text.lines().collect();
            let diverges = |changed: &[String]| {
                fs::write(&path, changed.join("\n") + "\n").unwrap();
                let replayed = replay(&path, &mut || true).unwrap();
                replayed.divergence.expect("the log is damaged").line as usize
            };
            let changed = |row: usize, field: &str, value: &str| {
                let start = lines[row].find(field).unwrap() + field.len();
                let end = start + lines[row][start..].find([',', '}']).unwrap();
                let mut changed: Vec<String> = lines.iter().map(ToString::to_string).collect();
                changed[row].replace_range(start..end, value);
                changed
            };
            // Every message that came: before the one before it, or (seen by the tick that then finds
            // it, or at the latest by its own receipt) before all ticks.
            let mut is_first = true;
            for row in 0..lines.len() {
                let is_left = lines[row].contains("\"UNREAD\"");
                if !is_left && !lines[row].contains("\"RECEIVE\"") {
                    continue;
                }
                // Nothing happened before the first event that the message could have changed.
                if row > 1 {
                    let line = diverges(&changed(row, "\"arrival_time\": ", "0.000000"));
                    assert!(line <= row + 1, "{line}, not {}", row + 1);
                }
                if is_first && !is_left {
                    assert_eq!(
                        diverges(&changed(row, "\"sent_clock\": ", "9999999")),
                        row + 1
                    );
                }
                is_first = false;
                if row > 200 {
                    break;
                }
            }
            // The end: less than happened, or another than came of it.
            let last = lines.len() - 1;
            for field in ["\"final_clock\": ", "\"ticks\": ", "\"queue_len\": "] {
                assert_eq!(diverges(&changed(last, field, "77777")), last + 1);
            }
            let is_event = |line: &&str| line.contains("\"new_clock\"");
            let cut = lines.iter().rposition(|line| is_event(&line)).unwrap();
            let mut shorter: Vec<String> = lines.iter().map(ToString::to_string).collect();
            shorter.remove(cut);
            // A receipt that is missing was counted by the queue lengths before it.
            assert!(diverges(&shorter) > 1);
        }
    }
}

#[test]
fn a_replay_ends_when_it_is_told_to() {
    let scratch = Scratch::new();
    let setup = Setup {
        rates: Some(vec![4_000.0]),
        ..setup(Topology::Full(1), 10.0, Latency::Constant(0.0))
    };
    run(&setup, &scratch.0, None);
    let path = &paths(&scratch.0, 1)[0];
    let mut times = 0;
    let replayed = replay(path, &mut || {
        times += 1;
        true
    });
    assert_eq!(replayed.unwrap().events, 40_000);
    // Two readings of more than twice 2^14 lines.
    assert_eq!(times, 4);
    for most in 0..times {
        let mut asked = 0;
        let replayed = replay(path, &mut || {
            asked += 1;
            asked <= most
        });
        assert!(matches!(replayed, Err(Error::State(_))), "{most}");
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
            assert_eq!(
                first,
                Some(delay + u64::from(sender)),
                "machine {sender}, delay {delay}"
            );
        }
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
    let later = r#"[{"fault": "crash", "machine": 1, "at": 5}]"#;
    assert_eq!(ties(later), (1000, vec![1000, 1000]));
    // Those after a restart fall on the other's too, those that a crash prevents on none.
    let crash = r#"[{"fault": "crash", "machine": 1, "at": 2e-7, "down_for": 3e-7}]"#;
    assert_eq!(ties(crash), (700, vec![700, 1000]));
}

/// A run of three machines through these faults: its logs as lines, and what verification says.
fn troubled(faults: &str, latency: Latency) -> (Vec<Vec<serde_json::Value>>, Simulation) {
    let scratch = Scratch::new();
    let mut simulation = Simulation::new(Setup {
        rates: Some(vec![10.0, 20.0, 40.0]),
        faults: Fault::list(faults).unwrap(),
        ..setup(Topology::Full(3), 20.0, latency)
    })
    .unwrap();
    let mut files = Files::create(&simulation, &scratch.0).unwrap();
    let mut records = Records::default();
    assert!(simulation.run(&mut (&mut records, &mut files), &Watch::default()));
    files.finish(&simulation).unwrap();
    let paths = paths(&scratch.0, 3);
    let report = verified(&paths);
    assert_eq!(report, "", "{faults}");
    let logs = (1..=3)
        .map(|machine| common::lines(&scratch.0, machine))
        .collect();
    (logs, simulation)
}

/// What the rules of a possible history find in these logs.
fn verified(paths: &[std::path::PathBuf]) -> String {
    let history = read_history(paths, &BTreeMap::new(), &mut || true).unwrap();
    let report = verify(&history, &Options::default(), &mut || true).unwrap();
    let shown = report
        .violations
        .iter()
        .map(|violation| format!("{violation:?}\n"));
    shown.collect()
}

fn count(log: &[serde_json::Value], event: &str) -> usize {
    log.iter().filter(|line| line["event"] == event).count()
}

#[test]
fn a_crash_in_virtual_time_loses_nothing() {
    for latency in [Latency::Constant(0.01), Latency::Exponential(0.5)] {
        let faults = r#"[{"fault": "crash", "machine": 2, "at": 5, "down_for": 4},
                         {"fault": "crash", "machine": 3, "at": 7, "down_for": 1},
                         {"fault": "crash", "machine": 2, "at": 15, "down_for": 0.5}]"#;
        let (logs, _) = troubled(faults, latency);
        assert_eq!([0, 1, 2].map(|i| count(&logs[i], "STARTUP")), [1, 3, 2]);
        let time = |line: &serde_json::Value| line["system_time"].as_f64().unwrap();
        let down = logs[1]
            .iter()
            .filter(|line| (5.0..9.0).contains(&time(line)));
        assert_eq!(down.count(), 0);
        // 20 a second for 15.5 s, but for the phases.
        let ticks = logs[1].last().unwrap()["ticks"].as_u64().unwrap();
        assert!((308..=310).contains(&ticks), "{ticks}");
        let sent: usize = logs
            .iter()
            .map(|log| {
                log.iter()
                    .filter_map(|line| line["recipients"].as_array())
                    .map(Vec::len)
                    .sum::<usize>()
            })
            .sum();
        let got: usize = logs
            .iter()
            .map(|log| count(log, "RECEIVE") + count(log, "UNREAD"))
            .sum();
        let left: u64 = logs
            .iter()
            .flat_map(|log| log.last().unwrap()["undelivered"].as_array().unwrap())
            .map(|pair| pair[1].as_u64().unwrap())
            .sum();
        assert_eq!(sent, got + left as usize);
    }
}

#[test]
fn a_machine_that_never_comes_back_has_no_end() {
    let faults = r#"[{"fault": "crash", "machine": 1, "at": 5, "down_for": null}]"#;
    let (logs, simulation) = troubled(faults, Latency::Constant(0.01));
    assert_eq!([0, 1, 2].map(|i| count(&logs[i], "END")), [0, 1, 1]);
    assert_eq!(simulation.ticks(0), 50);
    assert_eq!(simulation.ticks(2), 800);
    assert_eq!(simulation.machines(&mut || true).unwrap().ticks[0], 50);
}

#[test]
fn a_pause_puts_ticks_and_arrivals_off() {
    let faults = r#"[{"fault": "pause", "machine": 2, "at": 5, "duration": 4}]"#;
    let (logs, _) = troubled(faults, Latency::Constant(0.01));
    let field = |name: &str| {
        logs[1]
            .iter()
            .filter_map(|line| line[name].as_f64())
            .collect::<Vec<_>>()
    };
    for times in [field("system_time"), field("arrival_time")] {
        assert!(!times.iter().any(|time| (5.0..9.0).contains(time)));
    }
    let late = field("system_time")
        .iter()
        .filter(|&&time| (time - 9.0).abs() < 1e-9)
        .count();
    assert!((80..=82).contains(&late), "{late}");
    assert_eq!(logs[1].last().unwrap()["ticks"], 400);
}

#[test]
fn a_partition_in_virtual_time_holds_messages_back() {
    let faults = r#"[{"fault": "partition", "groups": [[3]], "at": 5, "duration": 4},
                     {"fault": "delay", "src": 1, "dst": 2, "latency": ["constant", [2.0]], "at": 0, "duration": 20},
                     {"fault": "disconnect", "src": 2, "dst": 1, "at": 3}]"#;
    let (logs, _) = troubled(faults, Latency::Constant(0.01));
    for (machine, log) in logs.iter().enumerate() {
        for line in log.iter().filter(|line| line["event"] == "RECEIVE") {
            let arrived = line["arrival_time"].as_f64().unwrap();
            let sender = line["sender"].as_u64().unwrap();
            let is_across = (machine == 2) != (sender == 3);
            assert!(!(is_across && (5.01..9.01).contains(&arrived)), "{line}");
            assert!(!(machine == 1 && sender == 1 && arrived < 2.01), "{line}");
        }
    }
}

#[test]
fn faults_that_change_nothing_leave_the_logs_as_they_are() {
    let nothing = r#"[{"fault": "disconnect", "src": 1, "dst": 2, "at": 19.999999999}]"#;
    let (with, _) = troubled(nothing, Latency::Constant(0.0));
    let (without, _) = troubled("[]", Latency::Constant(0.0));
    assert_eq!(with, without);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever goes wrong, in memory and on disk: a possible history, in which nothing is lost.
    #[test]
    fn any_schedule_of_faults_leaves_a_possible_history(
        faults in prop::collection::vec((0_u8..5, 1_u64..4, 1_u64..4, 0_u32..200, 1_u32..60), 0..8),
        delay in 0_u32..40, seed in 0_u64..1000,
    ) {
        let one = |(kind, a, b, at, length): (u8, u64, u64, u32, u32)| {
            let (at, length) = (f64::from(at) / 10.0, f64::from(length) / 10.0);
            match kind {
                0 => Fault::Crash { machine: a, at, down_for: (length < 5.5).then_some(length) },
                1 => Fault::Pause { machine: a, at, duration: length },
                2 => Fault::Partition { cut: Cut::Groups(vec![vec![a]]), at, duration: length },
                3 => Fault::Delay { src: a, dst: b, latency: ("constant".into(), vec![0.3]), at, duration: length },
                _ => Fault::Disconnect { src: a, dst: b, at },
            }
        };
        let list: Vec<Fault> = faults.into_iter().map(one).collect();
        let trouble = Setup {
            rates: Some(vec![3.0, 7.0, 11.0]),
            seed,
            faults: list.clone(),
            ..setup(Topology::Full(3), 20.0, Latency::Constant(f64::from(delay) / 100.0))
        };
        // Faults of one machine that overlap are refused.
        let Ok(mut simulation) = Simulation::new(trouble) else { return Ok(()); };
        let scratch = Scratch::new();
        let mut files = Files::create(&simulation, &scratch.0).unwrap();
        let mut records = Records::default();
        prop_assert!(simulation.run(&mut (&mut records, &mut files), &Watch::default()));
        files.finish(&simulation).unwrap();
        prop_assert_eq!(verified(&paths(&scratch.0, 3)), "");
        let logs = simulation.logs(records, &mut || true).unwrap();
        let history = History::of_table(logs.columns, &logs.machines);
        let report = verify(&history, &Options::default(), &mut || true).unwrap();
        prop_assert!(report.violations.is_empty(), "{:?}", report.violations);
        simulation.restart(seed, &Watch::default()).unwrap();
        let mut again = Records::default();
        simulation.run(&mut again, &Watch::default());
        prop_assert_eq!(again.len() as u64, simulation.machines(&mut || true).unwrap().ticks.iter().sum::<i64>() as u64);
    }
}
