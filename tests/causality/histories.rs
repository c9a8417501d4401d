//! Verification of random histories: clean ones raise nothing, crashes and resumes among them.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::PathBuf;

use crate::common::Scratch;
use lamport::causality::verify::report::{Report, Rule};
use lamport::causality::verify::{Options, verify};
use lamport::error::Error;
use lamport::log::read::reader::read_history;
use lamport::model::random::Generator;
use proptest::prelude::*;

/// What happens next in a random history.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The machine does what a tick does.
    Tick(usize),
    /// The oldest message on a channel arrives.
    Arrive(usize, usize),
    /// An event by hand, whatever waits.
    ByHand(usize),
    /// A message without a sender is put into the queue.
    Deliver(usize, u64),
    /// The machine dies and comes back: what it had accepted but not received comes again.
    Crash(usize),
}

#[derive(Default, Clone)]
struct Machine {
    clock: u64,
    /// Events that are not by hand.
    ticks: u64,
    /// Sender (from 1) or none, timestamp, arrival.
    queue: VecDeque<(Option<usize>, u64, u64)>,
    lines: Vec<String>,
}

/// Writes a history as it happens.
struct World {
    machines: Vec<Machine>,
    /// By sender and recipient, what has not arrived.
    channels: BTreeMap<(usize, usize), VecDeque<u64>>,
    now: u64,
    chance: Generator,
    /// Whether SEND lines name their recipients by address only.
    hides_ids: bool,
}

fn stamp(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

impl World {
    fn new(machines: usize, seed: u64, hides_ids: bool) -> Self {
        let mut world = Self {
            machines: vec![Machine::default(); machines],
            channels: BTreeMap::new(),
            now: 1_000_000,
            chance: Generator::new(seed, 1, 0),
            hides_ids,
        };
        for machine in 0..machines {
            world.startup(machine);
        }
        world
    }

    fn startup(&mut self, machine: usize) {
        let id = machine + 1;
        let peers: Vec<_> = (1..=self.machines.len())
            .filter(|&peer| peer != id)
            .map(|peer| format!("[\"virtual\", {peer}]"))
            .collect();
        let clock = self.machines[machine].clock;
        self.write(machine, "STARTUP", &format!(
            ", \"clock_rate\": 1, \"local_clock\": {clock}, \"history\": \"{id:016x}\", \"listen\": [\"virtual\", {id}], \"peers\": [{}], \"run_id\": \"r\", \"seed\": 1, \"internal_probability\": 0.7, \"broadcast_share\": 0.3, \"time\": \"virtual\", \"version\": \"0.1.0\"",
            peers.join(", ")
        ));
    }

    fn write(&mut self, machine: usize, event: &str, fields: &str) {
        let line = format!(
            "{{\"event\": \"{event}\", \"system_time\": {}, \"machine_id\": {}{fields}}}",
            stamp(self.now),
            machine + 1
        );
        self.machines[machine].lines.push(line);
    }

    fn event(&mut self, machine: usize, event: &str, clock: u64, fields: &str, by_hand: bool) {
        let old = std::mem::replace(&mut self.machines[machine].clock, clock);
        self.machines[machine].ticks += u64::from(!by_hand);
        let manual = if by_hand { ", \"manual\": true" } else { "" };
        self.write(
            machine,
            event,
            &format!(", \"old_clock\": {old}, \"new_clock\": {clock}{fields}{manual}"),
        );
    }

    fn step(&mut self, step: Step) {
        self.now += self.chance.below(4);
        let many = self.machines.len();
        match step {
            Step::Tick(machine) => {
                let machine = machine % many;
                match self.machines[machine].queue.pop_front() {
                    Some(message) => self.receive(machine, message),
                    None => self.idle(machine, false),
                }
            }
            Step::ByHand(machine) => self.idle(machine % many, true),
            Step::Deliver(machine, timestamp) => {
                // A log of which something is done by hand shows it.
                self.idle(machine % many, true);
                let now = self.now;
                let queue = &mut self.machines[machine % many].queue;
                queue.push_back((None, timestamp, now));
            }
            Step::Arrive(sender, recipient) => {
                let (sender, recipient) = (sender % many, recipient % many);
                let channel = self.channels.entry((sender, recipient)).or_default();
                if let Some(timestamp) = channel.pop_front() {
                    let message = (Some(sender), timestamp, self.now);
                    self.machines[recipient].queue.push_back(message);
                }
            }
            Step::Crash(machine) => {
                let machine = machine % many;
                let lost = std::mem::take(&mut self.machines[machine].queue);
                for (sender, timestamp, _) in lost.into_iter().rev() {
                    if let Some(sender) = sender {
                        let channel = self.channels.entry((sender, machine)).or_default();
                        channel.push_front(timestamp);
                    }
                }
                self.now += 1;
                self.startup(machine);
            }
        }
    }

    fn receive(&mut self, machine: usize, (sender, timestamp, arrival): (Option<usize>, u64, u64)) {
        let clock = self.machines[machine].clock.max(timestamp) + 1;
        let waiting = self.machines[machine].queue.len();
        let sender = sender.map_or("null".into(), |sender| (sender + 1).to_string());
        let fields = format!(
            ", \"queue_len\": {waiting}, \"sender\": {sender}, \"sent_clock\": {timestamp}, \"arrival_time\": {}",
            stamp(arrival)
        );
        self.event(machine, "RECEIVE", clock, &fields, false);
    }

    fn idle(&mut self, machine: usize, by_hand: bool) {
        let clock = self.machines[machine].clock + 1;
        let others: Vec<_> = (0..self.machines.len())
            .filter(|&other| other != machine)
            .collect();
        let recipients = match self.chance.below(4) {
            _ if others.is_empty() => Vec::new(),
            0 => others,
            1 | 2 => vec![others[self.chance.below(others.len() as u64) as usize]],
            _ => Vec::new(),
        };
        if recipients.is_empty() {
            self.event(machine, "INTERNAL", clock, "", by_hand);
            return;
        }
        let list = |name: &dyn Fn(usize) -> String| {
            let names: Vec<_> = recipients.iter().map(|&peer| name(peer + 1)).collect();
            names.join(", ")
        };
        let hides = self.hides_ids;
        let fields = format!(
            ", \"recipients\": [{}], \"recipient_ids\": [{}]",
            list(&|id| format!("[\"virtual\", {id}]")),
            list(&|id| if hides { "null".into() } else { id.to_string() })
        );
        self.event(machine, "SEND", clock, &fields, by_hand);
        for recipient in recipients {
            let channel = self.channels.entry((machine, recipient)).or_default();
            channel.push_back(clock);
        }
    }

    /// UNREAD and END lines; the logs of all machines.
    fn end(mut self) -> Vec<Vec<String>> {
        for machine in 0..self.machines.len() {
            let left = std::mem::take(&mut self.machines[machine].queue);
            for &(sender, timestamp, arrival) in &left {
                let sender = sender.map_or("null".into(), |sender| (sender + 1).to_string());
                let fields = format!(
                    ", \"sender\": {sender}, \"sent_clock\": {timestamp}, \"arrival_time\": {}",
                    stamp(arrival)
                );
                self.write(machine, "UNREAD", &fields);
            }
            let undelivered: Vec<_> = (0..self.machines.len())
                .filter_map(|peer| {
                    let count = self.channels.get(&(machine, peer))?.len();
                    (count > 0).then(|| format!("[{}, {count}]", peer + 1))
                })
                .collect();
            let fields = format!(
                ", \"final_clock\": {}, \"queue_len\": {}, \"ticks\": {}, \"lateness\": {{\"p50\": 9.0, \"p99\": 99.0, \"max\": 999.0}}, \"undelivered\": [{}]",
                self.machines[machine].clock,
                left.len(),
                self.machines[machine].ticks,
                undelivered.join(", ")
            );
            self.write(machine, "END", &fields);
        }
        let machines = self.machines.into_iter();
        machines.map(|machine| machine.lines).collect()
    }
}

fn write(scratch: &Scratch, logs: &[Vec<String>]) -> Vec<PathBuf> {
    let file = |(place, lines): (usize, &Vec<String>)| {
        let path = scratch.0.join(format!("machine_{}.log", place + 1));
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        path
    };
    logs.iter().enumerate().map(file).collect()
}

fn report(logs: &[Vec<String>]) -> Report {
    let scratch = Scratch::new();
    let paths = write(&scratch, logs);
    let history = read_history(&paths, &BTreeMap::new(), &mut || true).unwrap();
    verify(&history, &Options::default(), &mut || true).unwrap()
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..5_usize).prop_map(Step::Tick),
        12 => (0..5_usize, 0..5_usize).prop_map(|(a, b)| Step::Arrive(a, b)),
        2 => (0..5_usize).prop_map(Step::ByHand),
        1 => (0..5_usize, 1..50_u64).prop_map(|(machine, clock)| Step::Deliver(machine, clock)),
        1 => (0..5_usize).prop_map(Step::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn clean_histories_raise_nothing(
        machines in 1..5_usize,
        steps in prop::collection::vec(step(), 0..200),
        seed: u64,
        hides_ids: bool,
    ) {
        let mut world = World::new(machines, seed, hides_ids);
        for step in steps {
            world.step(step);
        }
        let report = report(&world.end());
        prop_assert!(report.is_ok(), "{:?}", report.violations);
    }

    #[test]
    fn a_cycle_is_named_and_ends(machines in 2..7_usize, more in 0..20_u64) {
        // Each machine receives what its neighbour sends only after it has received from the next one.
        let mut logs = Vec::new();
        for machine in 0..machines {
            let (id, before, after) = (machine + 1, (machine + machines - 1) % machines + 1, (machine + 1) % machines + 1);
            let head = |event: &str, at: u64| format!("{{\"event\": \"{event}\", \"system_time\": 1.{at:06}, \"machine_id\": {id}");
            let mut lines = vec![
                format!("{}, \"old_clock\": 0, \"new_clock\": 3, \"queue_len\": 0, \"sender\": {before}, \"sent_clock\": 4, \"arrival_time\": 1.000000}}", head("RECEIVE", 1)),
                format!("{}, \"old_clock\": 3, \"new_clock\": 4, \"recipients\": [[\"virtual\", {after}]], \"recipient_ids\": [{after}]}}", head("SEND", 2)),
            ];
            lines.extend((0..more).map(|event| format!("{}, \"old_clock\": {}, \"new_clock\": {}}}", head("INTERNAL", 3 + event), 4 + event, 5 + event)));
            logs.push(lines);
        }
        let report = report(&logs);
        let named = report.violations.iter().any(|violation| {
            violation.rule == Rule::ClockCondition && violation.found.contains("its own send follows from")
        });
        prop_assert!(named, "{:?}", report.violations);
    }
}

/// Two machines, of which the second dies with two messages accepted and not received.
fn resumed() -> Vec<Vec<String>> {
    let mut world = World::new(2, 5, false);
    // Chance decides who sends: go on until machine 1 has sent five messages.
    while world.channels.get(&(0, 1)).map_or(0, VecDeque::len) < 5 {
        world.step(Step::Tick(0));
    }
    let rest = [
        Step::Arrive(0, 1),
        Step::Tick(1),
        Step::Arrive(0, 1),
        Step::Arrive(0, 1),
        Step::Crash(1),
        Step::Arrive(0, 1),
        Step::Arrive(0, 1),
        Step::Tick(1),
        Step::Tick(1),
        Step::Arrive(0, 1),
        Step::Tick(1),
    ];
    for step in rest {
        world.now += 10;
        world.step(step);
    }
    world.end()
}

#[test]
fn the_damage_of_a_resumed_log_is_found() {
    let clean = resumed();
    let found = report(&clean);
    assert!(found.is_ok(), "{:?}", found.violations);
    assert!(found.unchecked.is_empty(), "{:?}", found.unchecked);
    let log = &clean[1];
    let again = log
        .iter()
        .skip(1)
        .position(|line| line.contains("STARTUP"))
        .unwrap()
        + 1;
    let first = again
        + 1
        + log[again + 1..]
            .iter()
            .position(|line| line.contains("RECEIVE"))
            .unwrap();
    let time = |line: &str, name: &str| {
        let start = line.find(name).unwrap() + name.len() + 3;
        line[start..start + 8].to_owned()
    };
    let started = time(&log[again], "system_time");
    let before = stamp(started.replace('.', "").parse::<u64>().unwrap() - 5);
    let with = |at: usize, from: &str, to: &str| {
        let mut damaged = clean.clone();
        assert!(damaged[1][at].contains(from), "{}", damaged[1][at]);
        damaged[1][at] = damaged[1][at].replace(from, to);
        damaged
    };
    let without = |at: usize| {
        let mut damaged = clean.clone();
        damaged[1].remove(at);
        damaged
    };
    let mut twice = clean.clone();
    let logged = log
        .iter()
        .position(|line| line.contains("RECEIVE"))
        .unwrap();
    twice[1].insert(again + 1, log[logged].clone());
    let arrival = time(&log[first], "arrival_time");
    let clock = log[again].split("\"local_clock\": ").nth(1).unwrap();
    let clock = clock.split(',').next().unwrap();
    for (name, rule, logs) in [
        (
            "another local_clock",
            Rule::Structure,
            with(
                again,
                &format!("\"local_clock\": {clock}"),
                "\"local_clock\": 0",
            ),
        ),
        (
            "another history",
            Rule::Structure,
            with(again, "0000000000000002", "0000000000000003"),
        ),
        (
            "another run",
            Rule::Structure,
            with(again, "\"run_id\": \"r\"", "\"run_id\": \"s\""),
        ),
        (
            "time goes back",
            Rule::Structure,
            with(again, &started, "1.000000"),
        ),
        (
            "arrived before the restart",
            Rule::Queue,
            with(
                first,
                &format!("\"arrival_time\": {arrival}"),
                &format!("\"arrival_time\": {before}"),
            ),
        ),
        ("received again", Rule::Match, twice),
        ("not come again", Rule::Step, without(first)),
    ] {
        let report = report(&logs);
        let rules: Vec<_> = report
            .violations
            .iter()
            .map(|violation| violation.rule)
            .collect();
        assert!(
            rules.contains(&rule),
            "{name}: {rule:?} is not in {:?}",
            report.violations
        );
    }
}

#[test]
fn a_resumed_log_without_its_second_startup_is_a_possible_history() {
    let mut logs = resumed();
    let again = logs[1]
        .iter()
        .rposition(|line| line.contains("STARTUP"))
        .unwrap();
    logs[1].remove(again);
    let report = report(&logs);
    assert!(report.is_ok(), "{:?}", report.violations);
}

#[test]
fn verification_ends_whenever_it_is_told_to() {
    let mut world = World::new(2, 1, false);
    for _ in 0..60_000 {
        for machine in 0..2 {
            world.step(Step::Tick(machine));
            world.step(Step::Arrive(machine, 1 - machine));
        }
    }
    let scratch = Scratch::new();
    let paths = write(&scratch, &world.end());
    let history = read_history(&paths, &BTreeMap::new(), &mut || true).unwrap();
    let mut times = 0;
    verify(&history, &Options::default(), &mut || {
        times += 1;
        true
    })
    .unwrap();
    // Nine passes over each log at least, each of them more than once.
    assert!(times > 30, "{times}");
    for most in 0..times {
        let mut asked = 0;
        let result = verify(&history, &Options::default(), &mut || {
            asked += 1;
            asked <= most
        });
        assert!(matches!(result, Err(Error::State(_))), "{most}");
        assert_eq!(asked, most + 1);
    }
}
