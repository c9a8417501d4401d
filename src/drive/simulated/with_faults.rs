//! The loop of virtual time with faults: each exactly when it is said to be.

use std::cmp::Reverse;

use crate::drive::simulated::engine::{Recorder, Simulation, Watch};
use crate::drive::simulated::fault_state::Upcoming;
use crate::drive::simulated::id;
use crate::model::fault_schedule::Transition;
use crate::model::message::{Message, Nanos};
use crate::model::random::Generator;
use crate::model::schedule::Schedule;

impl Simulation {
    /// As [`Simulation::run`], with faults.
    pub(super) fn run_with_faults<R: Recorder>(&mut self, recorder: &mut R, watch: &Watch) -> bool {
        let mut ticks = Vec::new();
        let mut last = 0;
        loop {
            self.agenda.gather(&mut ticks);
            for &(time, machine) in &ticks {
                while let Some((time, what)) = self.fault_state.before(time, machine) {
                    self.happen(time, what, recorder);
                }
                last = time;
                self.due(time, machine, recorder);
            }
            if ticks.is_empty() {
                // No machine of the agenda ticks any more.
                while let Some((time, what)) = self.fault_state.before(Nanos::MAX, 0) {
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
        let condition = &mut self.fault_state.machines[machine as usize];
        if condition.is_down || condition.life.is_some() {
            condition.missed += 1;
        } else if time < condition.paused {
            condition.missed += 1;
            let late = (condition.paused, Upcoming::Late(machine));
            self.fault_state.events.push(Reverse(late));
        } else {
            self.tick_among_faults(time, machine, recorder);
        }
    }

    /// One tick among faults.
    fn tick_among_faults<R: Recorder>(&mut self, time: Nanos, machine: u32, recorder: &mut R) {
        self.ties += u64::from(self.fault_state.last == Some(time));
        self.fault_state.last = Some(time);
        self.tick::<R, true>(time, machine, recorder);
    }

    fn happen<R: Recorder>(&mut self, time: Nanos, what: Upcoming, recorder: &mut R) {
        let end = self.duration();
        match what {
            Upcoming::Late(machine) => {
                let condition = &mut self.fault_state.machines[machine as usize];
                if !condition.is_down {
                    condition.regained += 1;
                    self.tick_among_faults(time, machine, recorder);
                }
            }
            Upcoming::Tick(machine, life) => self.regain(time, machine, life, recorder),
            Upcoming::Transition(Transition::Crash, machine) => self.crash(time, machine),
            Upcoming::Transition(Transition::Restart, machine) => {
                self.come_back(time, machine);
                let clock = self.seats[machine as usize].node.clock();
                recorder.startup(time, machine, clock);
            }
            Upcoming::Transition(Transition::Pause, machine) => {
                let schedule = &self.fault_state.schedule;
                let mut transitions = schedule.transitions(id(machine)).into_iter();
                let until =
                    transitions.find(|&(until, what)| until > time && what == Transition::Continue);
                let until = until.map_or(end, |(until, _)| until.min(end));
                self.fault_state.machines[machine as usize].paused = until;
            }
            Upcoming::Transition(Transition::Continue, _) => {}
        }
    }

    /// A machine dies. What waits in its queue is not logged: its senders send it again.
    fn crash(&mut self, time: Nanos, machine: u32) {
        let condition = &mut self.fault_state.machines[machine as usize];
        condition.is_down = true;
        condition.life = None;
        let node = &mut self.seats[machine as usize].node;
        let lost: Vec<Message> = node.drain().collect();
        for message in lost {
            let sender = message.sender().expect("all come from machines");
            let arrival = if message.arrival <= time {
                let flight = self.delays.draw(sender, id(machine), message.timestamp);
                let schedule = &self.fault_state.schedule;
                schedule.arrival(sender, id(machine), message.timestamp, time, flight)
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
        let condition = &mut self.fault_state.machines[machine as usize];
        let starts = condition.restarts.len() as u64 + 1;
        let mut generator = Generator::new(self.setup.seed, id(machine), starts);
        let schedule = Schedule::draw(Some(rate), self.setup.max_rate, rest, &mut generator)
            .expect("the rate and a part of the duration are possible");
        let node = &mut self.seats[machine as usize].node;
        condition.restarts.push((time, node.clock()));
        condition.is_down = false;
        let steps = schedule.steps();
        if let Some(due) = steps.due() {
            let next = (time + due, Upcoming::Tick(machine, starts as u32));
            self.fault_state.events.push(Reverse(next));
        }
        condition.life = Some((steps, schedule.period()));
        node.reseed(generator);
    }

    /// A tick of a machine that has come back is due.
    fn regain<R: Recorder>(&mut self, time: Nanos, machine: u32, life: u32, recorder: &mut R) {
        let condition = &mut self.fault_state.machines[machine as usize];
        if time < condition.paused {
            let later = (condition.paused, Upcoming::Tick(machine, life));
            self.fault_state.events.push(Reverse(later));
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
            let next = ((start + due).max(time), Upcoming::Tick(machine, life));
            self.fault_state.events.push(Reverse(next));
        }
        self.tick_among_faults(time, machine, recorder);
    }
}
