//! Faults in virtual time: exactly when they are said to be.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::faults::{Faults, Turn};
use crate::message::{Message, Nanos};
use crate::random::Generator;
use crate::schedule::{Period, Schedule, Steps};
use crate::sim::engine::{Recorder, Simulation, Watch, id};

/// The state of a run's faults.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    pub(super) faults: Faults,
    machines: Vec<Condition>,
    /// What is to happen beside the ticks of the agenda.
    events: BinaryHeap<Reverse<(Nanos, What)>>,
}

/// What is to happen to a machine. Of one time, turns come before ticks, and ticks by machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Turn(Turn, u32),
    /// A tick that a pause has put off.
    Late(u32),
    /// A tick of a machine, with the number of the life it belongs to.
    Tick(u32, u32),
}

/// How it is with one machine.
#[derive(Debug, Default)]
pub(super) struct Condition {
    is_down: bool,
    /// Until when it stands still.
    paused: Nanos,
    /// When it came back, and with which clock.
    pub(super) restarts: Vec<(Nanos, u64)>,
    /// Its ticks since it came back; those of the agenda do not happen any more.
    life: Option<(Steps, Period)>,
    /// Ticks of the agenda that did not happen.
    missed: u64,
    /// Ticks since it came back that happened.
    regained: u64,
}

impl Condition {
    /// Whether it is down now.
    pub(super) fn is_down(&self) -> bool {
        self.is_down
    }

    /// How many of `taken` ticks of the agenda and of its later lives have happened.
    pub(super) fn ticks(&self, taken: u64) -> u64 {
        taken - self.missed + self.regained
    }
}

impl Trouble {
    /// All machines are well; `end` is the end of the run.
    pub(super) fn restart(&mut self, faults: Faults, machines: u32, end: Nanos) {
        self.faults = faults;
        self.machines.clear();
        self.events.clear();
        if self.faults.is_empty() {
            return;
        }
        self.machines
            .resize_with(machines as usize, Condition::default);
        for machine in 0..machines {
            for (time, turn) in self.faults.turns(id(machine)) {
                if time < end {
                    self.events.push(Reverse((time, What::Turn(turn, machine))));
                }
            }
        }
    }

    /// Whether anything ever goes wrong.
    #[inline]
    pub(super) fn is_any(&self) -> bool {
        !self.machines.is_empty()
    }

    /// How it is with a machine, if anything ever goes wrong.
    pub(super) fn of(&self, machine: usize) -> Option<&Condition> {
        self.machines.get(machine)
    }

    /// What is to happen next, if it comes before the tick of `machine` at `time`.
    fn before(&mut self, time: Nanos, machine: u32) -> Option<(Nanos, What)> {
        let &Reverse(next) = self.events.peek()?;
        let is_before = next < (time, What::Tick(machine, 0));
        is_before
            .then(|| self.events.pop())
            .flatten()
            .map(|Reverse(next)| next)
    }
}

impl Simulation {
    /// As [`Simulation::run`], with faults.
    pub(super) fn run_troubled<R: Recorder>(&mut self, recorder: &mut R, watch: &Watch) -> bool {
        let mut ticks = Vec::new();
        let mut last = 0;
        loop {
            self.agenda.gather(&mut ticks);
            for &(time, machine) in &ticks {
                while let Some((time, what)) = self.trouble.before(time, machine) {
                    self.happen(time, what, recorder);
                }
                self.ties += u64::from(last == time && time > 0);
                last = time;
                self.due(time, machine, recorder);
            }
            if ticks.is_empty() {
                // No machine of the agenda ticks any more.
                while let Some((time, what)) = self.trouble.before(Nanos::MAX, 0) {
                    self.happen(time, what, recorder);
                }
                return true;
            }
            self.see(last, watch);
            if watch.is_stopped() {
                return false;
            }
        }
    }

    /// A tick of the agenda is due.
    fn due<R: Recorder>(&mut self, time: Nanos, machine: u32, recorder: &mut R) {
        let condition = &mut self.trouble.machines[machine as usize];
        if condition.is_down || condition.life.is_some() {
            condition.missed += 1;
        } else if time < condition.paused {
            condition.missed += 1;
            let late = (condition.paused, What::Late(machine));
            self.trouble.events.push(Reverse(late));
        } else {
            self.tick::<R, true>(time, machine, recorder);
        }
    }

    fn happen<R: Recorder>(&mut self, time: Nanos, what: What, recorder: &mut R) {
        let end = self.duration();
        match what {
            What::Late(machine) => {
                let condition = &mut self.trouble.machines[machine as usize];
                if !condition.is_down {
                    condition.regained += 1;
                    self.tick::<R, true>(time, machine, recorder);
                }
            }
            What::Tick(machine, life) => self.regain(time, machine, life, recorder),
            What::Turn(Turn::Crash, machine) => self.crash(time, machine),
            What::Turn(Turn::Restart, machine) => {
                self.come_back(time, machine);
                let clock = self.seats[machine as usize].node.clock();
                recorder.startup(time, machine, clock);
            }
            What::Turn(Turn::Pause, machine) => {
                let mut turns = self.trouble.faults.turns(id(machine)).into_iter();
                let until = turns.find(|&(until, turn)| until > time && turn == Turn::Continue);
                let until = until.map_or(end, |(until, _)| until.min(end));
                self.trouble.machines[machine as usize].paused = until;
            }
            What::Turn(Turn::Continue, _) => {}
        }
    }

    /// A machine dies. What waits in its queue is not logged: its senders send it again.
    fn crash(&mut self, time: Nanos, machine: u32) {
        let condition = &mut self.trouble.machines[machine as usize];
        condition.is_down = true;
        condition.life = None;
        let node = &mut self.seats[machine as usize].node;
        let lost: Vec<Message> = node.drain().collect();
        for message in lost {
            let sender = message.sender().expect("all come from machines");
            let arrival = if message.arrival <= time {
                let flight = self.delays.draw(sender, id(machine), message.timestamp);
                let faults = &self.trouble.faults;
                faults.arrival(sender, id(machine), message.timestamp, time, flight)
            } else {
                message.arrival
            };
            let again = Message::new(sender, message.timestamp, arrival);
            self.seats[machine as usize].node.deliver(again);
        }
    }

    /// A machine that was down starts anew with its clock, its rate, and the rest of the time.
    fn come_back(&mut self, time: Nanos, machine: u32) {
        let rest = (self.duration() - time) as f64 / 1e9;
        let rate = self.rate(machine as usize);
        let condition = &mut self.trouble.machines[machine as usize];
        let starts = condition.restarts.len() as u64 + 1;
        let mut generator = Generator::new(self.setup.seed, id(machine), starts);
        let schedule = Schedule::draw(Some(rate), self.setup.max_rate, rest, &mut generator)
            .expect("the rate and a part of the duration are possible");
        let node = &mut self.seats[machine as usize].node;
        condition.restarts.push((time, node.clock()));
        condition.is_down = false;
        let steps = schedule.steps();
        if let Some(due) = steps.due() {
            let next = (time + due, What::Tick(machine, starts as u32));
            self.trouble.events.push(Reverse(next));
        }
        condition.life = Some((steps, schedule.period()));
        node.reseed(generator);
    }

    /// A tick of a machine that has come back is due.
    fn regain<R: Recorder>(&mut self, time: Nanos, machine: u32, life: u32, recorder: &mut R) {
        let condition = &mut self.trouble.machines[machine as usize];
        if time < condition.paused {
            let later = (condition.paused, What::Tick(machine, life));
            self.trouble.events.push(Reverse(later));
            return;
        }
        let is_past = condition.restarts.len() as u32 != life;
        let Some((steps, period)) = condition.life.as_mut().filter(|_| !is_past) else {
            return;
        };
        condition.regained += 1;
        let start = condition.restarts.last().expect("it has come back").0;
        steps.advance(period);
        if let Some(due) = steps.due() {
            // One that a pause has put off comes as soon as it can.
            let next = ((start + due).max(time), What::Tick(machine, life));
            self.trouble.events.push(Reverse(next));
        }
        self.tick::<R, true>(time, machine, recorder);
    }
}
