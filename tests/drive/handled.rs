//! Machines with an algorithm in virtual time: passing over idle ticks changes nothing, and neither does a crash.

#![allow(clippy::unwrap_used)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::convert::Infallible;

use lamport::causality::since::since;
use lamport::drive::conductor::{Bodies, Condition, Conductor};
use lamport::drive::simulated::files::Files;
use lamport::drive::simulated::handled::record::StepRecords;
use lamport::drive::simulated::handled::recorder::StepRecorder;
use lamport::drive::simulated::handled::{HandledSimulation, Input, Maker};
use lamport::drive::simulated::in_time::InTime;
use lamport::drive::simulated::setup::Setup;
use lamport::log::read::reader::read_logs;
use lamport::model::body::{Body, Letter};
use lamport::model::event::Recipients;
use lamport::model::fault::Fault;
use lamport::model::fault_schedule::FaultSchedule;
use lamport::model::handled::{Handled, HandledStep};
use lamport::model::handler::{Call, Effects, Handler, Moment, SendRoom};
use lamport::model::latency::{Delays, Latency};
use lamport::model::message::{Message, Nanos};
use lamport::model::random::Generator;
use lamport::model::schedule::Schedule;
use lamport::model::timers::TimerChange;
use lamport::model::topology::Topology;
use proptest::prelude::*;

use crate::common::Scratch;
use crate::common::virtual_time::{paths, setup};

/// A number of which every bit depends on every bit of `word`.
fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 27)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word ^ (word >> 33)
}

/// Does what the sum of all that it ever saw makes it do.
#[derive(Debug, Clone)]
struct Gambler {
    sum: u64,
    has_idle: bool,
    peers: u32,
    /// How many of 16 calls send.
    talks: u64,
    /// What its timers are set to.
    delays: [i64; 5],
}

impl Handler for Gambler {
    type Error = Infallible;

    fn has_idle(&self) -> bool {
        self.has_idle
    }

    fn handle(
        &mut self,
        moment: &Moment,
        call: Call<'_>,
        effects: &mut Effects,
    ) -> Result<(), Infallible> {
        let told = match call {
            Call::Start => "start".to_owned(),
            Call::Message { sender, body } => format!("{sender:?} {body:?}"),
            Call::Timer(name) => name.to_string(),
            Call::Idle => "idle".to_owned(),
        };
        let told = format!(
            "{told} {} {} {:?}",
            moment.now, moment.clock, moment.sent_clock
        );
        for byte in told.bytes() {
            self.sum = mix(self.sum ^ u64::from(byte));
        }
        let draw = |bits: u32, below: u64| (self.sum >> bits) % below;
        if self.peers > 0 && draw(0, 16) < self.talks {
            let to = match draw(4, 3) {
                0 => Recipients::All,
                _ => Recipients::One(draw(6, u64::from(self.peers)) as u32),
            };
            let body = (draw(12, 4) > 0).then(|| self.sum.to_string().into());
            effects.sends.push((to.clone(), body));
            if draw(14, 4) == 0 {
                effects.sends.push((to, None));
            }
        }
        let name = ["a", "b", "c"][draw(20, 3) as usize];
        match draw(22, 8) {
            0..3 => {
                let after = self.delays[draw(26, 5) as usize];
                effects.timers.push(TimerChange::Set(name.into(), after));
            }
            3 => effects.timers.push(TimerChange::Cancel(name.into())),
            4 => effects.state = Some(format!("{{\"sum\": {}}}", self.sum).into()),
            _ => {}
        }
        effects.stops = draw(40, 256) == 0;
        Ok(())
    }
}

struct Gamblers {
    setup: Setup,
    has_idle: bool,
    talks: u64,
    delays: [i64; 5],
}

impl Maker for Gamblers {
    type Handler = Gambler;

    fn make(&mut self, machine: u32) -> Result<Gambler, Infallible> {
        Ok(Gambler {
            sum: u64::from(machine),
            has_idle: self.has_idle,
            peers: self.setup.topology.degree(machine),
            talks: self.talks,
            delays: self.delays,
        })
    }
}

/// Keeps every step.
#[derive(Default)]
struct Steps(Vec<(Nanos, u32, HandledStep)>);

impl StepRecorder for Steps {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        self.0.push((time, machine, step.clone()));
    }
}

/// What comes first of one time, as the plain loop has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    PutOff(u32),
    Tick(u32, u32),
}

struct Machine {
    handled: Handled,
    handler: Gambler,
    is_down: bool,
    paused_until: Nanos,
    life: u32,
}

/// A loop that visits every tick, and whose machines forget nothing in a crash.
struct Plain {
    setup: Setup,
    faults: FaultSchedule,
    delays: Delays,
    machines: Vec<Machine>,
    rates: Vec<f64>,
    due: BinaryHeap<Reverse<(Nanos, Due)>>,
    steps: Vec<(Nanos, u32, HandledStep)>,
}

impl Plain {
    fn schedule(&mut self, machine: u32, rate: Option<f64>, start: Nanos, duration: f64) {
        let life = self.machines[machine as usize].life;
        let id = u64::from(machine) + 1;
        let mut generator = Generator::new(self.setup.seed, id, life.into());
        let schedule = Schedule::draw(rate, 6, duration, &mut generator).unwrap();
        self.rates[machine as usize] = schedule.rate();
        for tick in 1..=schedule.ticks() {
            let due = (start + schedule.due(tick), Due::Tick(machine, life));
            self.due.push(Reverse(due));
        }
    }

    fn arrival(&self, now: Nanos, sender: u64, peer: u64, timestamp: u64) -> Nanos {
        let flight = self.delays.draw(sender, peer, timestamp);
        self.faults.arrival(sender, peer, timestamp, now, flight)
    }

    fn tick(&mut self, time: Nanos, machine: u32) {
        let place = &mut self.machines[machine as usize];
        let Some(begun) = place.handled.begin(time, place.handler.has_idle) else {
            return;
        };
        let mut effects = Effects::default();
        let moment = begun.moment(SendRoom::WHOLE, false);
        let Ok(()) = place.handler.handle(&moment, begun.call(), &mut effects);
        let step = place.handled.carry_out(begun, &mut effects);
        let topology = &self.setup.topology;
        for send in &step.caused {
            for position in send.recipients.positions(topology.degree(machine)) {
                let (sender, peer) = (u64::from(machine) + 1, topology.peer(machine, position));
                let arrival = self.arrival(time, sender, u64::from(peer) + 1, send.new_clock);
                let letter = Message::saying(send.body.clone(), sender, send.new_clock, arrival);
                self.machines[peer as usize].handled.deliver(letter);
            }
        }
        self.steps.push((time, machine, step));
    }

    fn run(mut self, inputs: &[Input]) -> Vec<(Nanos, u32, HandledStep)> {
        let count = self.setup.topology.machines();
        for machine in 0..count {
            let rate = self
                .setup
                .rates
                .as_ref()
                .map(|rates| rates[machine as usize]);
            self.schedule(machine, rate, 0, self.setup.duration);
        }
        for input in inputs {
            let arrival = self
                .faults
                .reachable(u64::from(input.machine) + 1, input.time);
            let letter = Message::by_hand_saying(input.body.clone(), None, 0, arrival);
            self.machines[input.machine as usize]
                .handled
                .deliver(letter);
        }
        let end = (self.setup.duration * 1e9) as Nanos;
        let mut conductor = Conductor::new(&self.faults, 1..=u64::from(count), end);
        loop {
            let next = self.due.peek().map(|&Reverse(next)| next);
            if let Some(struck) = conductor.first()
                && next.is_none_or(|(time, _)| struck <= time)
            {
                let Ok(()) = conductor.carry_out(struck, &mut self);
                continue;
            }
            let Some((time, due)) = next else {
                return self.steps;
            };
            self.due.pop();
            let (Due::PutOff(machine) | Due::Tick(machine, _)) = due;
            let place = &self.machines[machine as usize];
            let is_of_life = match due {
                Due::Tick(_, life) => life == place.life,
                Due::PutOff(_) => true,
            };
            if place.is_down || !is_of_life {
                continue;
            }
            if place.paused_until > time {
                let later = (place.paused_until, Due::PutOff(machine));
                self.due.push(Reverse(later));
            } else {
                self.tick(time, machine);
            }
        }
    }
}

impl Bodies for Plain {
    type Error = Infallible;

    fn condition(&self, machine: usize) -> Result<Condition, Infallible> {
        let is_down = self.machines[machine].is_down;
        Ok(if is_down {
            Condition::Down
        } else {
            Condition::Alive
        })
    }

    fn crash(&mut self, machine: usize, time: Nanos) -> Result<(), Infallible> {
        self.machines[machine].is_down = true;
        let node = self.machines[machine].handled.node_mut();
        let lost: Vec<Letter> = node.drain().collect();
        for message in lost {
            let id = machine as u64 + 1;
            let arrival = match message.sender() {
                _ if message.arrival > time => message.arrival,
                Some(sender) => self.arrival(time, sender, id, message.timestamp),
                None => self.faults.reachable(id, time),
            };
            self.machines[machine]
                .handled
                .deliver(message.arriving(arrival));
        }
        Ok(())
    }

    fn restart(&mut self, machine: usize, time: Nanos, rest: Nanos) -> Result<(), Infallible> {
        self.machines[machine].is_down = false;
        self.machines[machine].life += 1;
        let rate = Some(self.rates[machine]);
        self.schedule(machine as u32, rate, time, rest as f64 / 1e9);
        Ok(())
    }

    fn pause(&mut self, machine: usize, until: Nanos) -> Result<(), Infallible> {
        self.machines[machine].paused_until = until;
        Ok(())
    }

    fn go_on(&mut self, _machine: usize) -> Result<(), Infallible> {
        Ok(())
    }
}

fn plain(
    setup: &Setup,
    gamblers: &mut Gamblers,
    inputs: &[Input],
) -> Vec<(Nanos, u32, HandledStep)> {
    let count = setup.topology.machines();
    let machine = |machine: u32| Machine {
        handled: Handled::new(Generator::new(1, 1, 0), 0),
        handler: gamblers.make(machine).unwrap(),
        is_down: false,
        paused_until: 0,
        life: 0,
    };
    let plain = Plain {
        faults: setup.faults(setup.seed).unwrap(),
        delays: setup.latency.delays(setup.seed),
        machines: (0..count).map(machine).collect(),
        rates: vec![0.0; count as usize],
        due: BinaryHeap::new(),
        steps: Vec::new(),
        setup: setup.clone(),
    };
    plain.run(inputs)
}

/// Pauses and crashes of machines that do not overlap.
fn faults(machines: u32, unit: f64, drawn: &[(u32, u8, u8, bool)]) -> Vec<Fault> {
    let mut ends = vec![0; machines as usize];
    let mut faults = Vec::new();
    for &(machine, gap, length, crashes) in drawn {
        let machine = machine % machines;
        let start = ends[machine as usize] + u32::from(gap);
        let end = start + u32::from(length) + 1;
        if end >= 40 {
            continue;
        }
        ends[machine as usize] = end + u32::from(crashes);
        let (from, until) = (f64::from(start) * unit, f64::from(end) * unit);
        faults.push(if crashes {
            format!(
                "{{\"fault\": \"crash\", \"machine_id\": {}, \"at\": {from}, \"down_for\": {}}}",
                machine + 1,
                until - from
            )
        } else {
            format!(
                "{{\"fault\": \"pause\", \"machine_id\": {}, \"at\": {from}, \"duration\": {}}}",
                machine + 1,
                until - from
            )
        });
    }
    Fault::list(&format!("[{}]", faults.join(", "))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn passed_over_ticks_and_crashes_change_nothing(
        machines in 1_u32..5,
        is_short in any::<bool>(),
        rates in prop::collection::vec(prop::sample::select(vec![1.0, 2.0, 3.0, 8.0, 8.0, 10.5, 40.0, 200.0]), 4),
        seed in 0_u64..1 << 40,
        has_idle in any::<bool>(),
        talks in 1_u64..14,
        latency in prop::sample::select(vec![0.0, 0.000_5, 0.125, 0.9]),
        is_ring in any::<bool>(),
        drawn in prop::collection::vec((0_u32..4, 0_u8..12, 0_u8..8, any::<bool>()), 0..6),
        inputs in prop::collection::vec((0_u32..4, 0_u64..40), 0..5),
    ) {
        let topology = if is_ring { Topology::Ring(machines) } else { Topology::Full(machines) };
        // In a short run many ticks, arrivals and faults fall on the same nanosecond.
        let (unit, delays) = if is_short {
            (1e-6, [0, 0, 1, 1, 2])
        } else {
            (1.0, [0, 1, 1_000, 333_333, 2_000_000])
        };
        let rates = rates[..machines as usize].iter().map(|rate| rate / unit);
        let setup = Setup {
            rates: Some(rates.collect()),
            seed,
            faults: faults(machines, unit / 8.0, &drawn),
            ..setup(topology, 5.0 * unit, Latency::Constant(latency * unit))
        };
        let inputs: Vec<Input> = inputs.into_iter().map(|(machine, time)| Input {
            time: time * (125_000_000.0 * unit) as u64,
            machine: machine % machines,
            body: Body::Some("7".into()),
        }).collect();
        let gamblers = || Gamblers { setup: setup.clone(), has_idle, talks, delays };
        let expected = plain(&setup, &mut gamblers(), &inputs);
        let mut simulation = HandledSimulation::new(setup.clone(), gamblers(), inputs, false).unwrap().unwrap();
        let from = 2.0 * unit;
        let (mut steps, mut records) = (Steps::default(), StepRecords::new(&setup.topology));
        let mut in_time = InTime::new(&simulation, from);
        let mut seen = (&mut steps, &mut (&mut records, &mut in_time));
        let is_over = simulation.run(&mut seen, &mut |_| true).unwrap();
        prop_assert!(is_over);
        prop_assert_eq!(&steps.0[..], &expected[..]);
        // What is counted as it happens is what the events tell.
        in_time.finish(&simulation);
        let logs = simulation.logs(records);
        if let Ok(told) = since(&logs.columns, &logs.machines, Some(from), false) {
            prop_assert_eq!(format!("{:?}", in_time.since(&simulation)), format!("{told:?}"));
        }
    }
}

#[test]
fn logs_and_columns_of_a_run_tell_the_same() {
    let scratch = Scratch::new();
    for (seed, has_idle) in [(3, false), (4, true), (5, false)] {
        let directory = scratch.0.join(seed.to_string());
        std::fs::create_dir(&directory).unwrap();
        let drawn = [(0, 3, 5, true), (1, 9, 3, false), (2, 1, 30, true)];
        let setup = Setup {
            rates: Some(vec![8.0, 40.0, 10.5]),
            seed,
            faults: faults(3, 0.125, &drawn),
            ..setup(Topology::Full(3), 5.0, Latency::Constant(0.01))
        };
        let gamblers = Gamblers {
            setup: setup.clone(),
            has_idle,
            talks: 13,
            delays: [0, 1, 1_000, 333_333, 2_000_000],
        };
        let topology = setup.topology.clone();
        let mut simulation = HandledSimulation::new(setup, gamblers, Vec::new(), false)
            .unwrap()
            .unwrap();
        let mut files = Files::create(&simulation, &directory).unwrap();
        let mut records = StepRecords::new(&topology);
        let is_over = simulation.run(&mut (&mut records, &mut files), &mut |_| true);
        assert!(is_over.unwrap());
        files.finish(&simulation).unwrap();
        let logs = simulation.logs(records);
        let read = read_logs(&paths(&directory, 3), &BTreeMap::new(), &mut || true).unwrap();
        assert!(logs.columns.len() > 10);
        assert_eq!(format!("{:?}", logs.columns), format!("{:?}", read.columns));
    }
}
