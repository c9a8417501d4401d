//! The loop of virtual time with faults: each exactly when it is said to be.

use std::cmp::Reverse;
use std::convert::Infallible;

use crate::drive::conductor::{Bodies, Condition};
use crate::drive::simulated::agenda::Tick;
use crate::drive::simulated::engine::Simulation;
use crate::drive::simulated::fault_state::Upcoming;
use crate::drive::simulated::group::{Group, Post};
use crate::drive::simulated::id;
use crate::drive::simulated::lost::send_again;
use crate::drive::simulated::recorder::Recorder;
use crate::drive::simulated::watch::Watch;
use crate::model::manner::Manner;
use crate::model::message::Nanos;
use crate::model::random::Generator;
use crate::model::timetable::{LifeName, Timetable};

impl Simulation {
    /// As [`Simulation::run`], with faults.
    pub(super) fn run_with_faults<R: Recorder>(&mut self, recorder: &mut R, watch: &Watch) -> bool {
        let (mut ticks, mut now) = (Vec::new(), self.now);
        let mut group = self.all();
        let is_over = loop {
            group.agenda.next_ticks(&mut ticks);
            group.happen_among_faults(&ticks, recorder);
            let Some(&(last, _)) = ticks.last() else {
                // No machine of the agenda ticks any more.
                group.happen_before(Nanos::MAX, recorder);
                break true;
            };
            now = last;
            watch.pass(now);
            if watch.is_stopped() {
                break false;
            }
        };
        self.ties += group.post.ties;
        self.now = now;
        is_over
    }
}

impl<P: Post> Group<'_, P> {
    /// These ticks of the agenda happen, and all that comes before each of them.
    pub(super) fn happen_among_faults<R: Recorder>(&mut self, ticks: &[Tick], recorder: &mut R) {
        for &(time, machine) in ticks {
            while let Some((time, what)) = self.faults.before((time, machine)) {
                self.happen(time, what, recorder);
            }
            self.due(time, machine, recorder);
        }
    }

    /// All that is to happen before a time happens, but ticks of the agenda.
    pub(super) fn happen_before<R: Recorder>(&mut self, time: Nanos, recorder: &mut R) {
        while let Some((time, what)) = self.faults.before((time - 1, u32::MAX)) {
            self.happen(time, what, recorder);
        }
    }

    /// A tick of the agenda is due.
    fn due<R: Recorder>(&mut self, time: Nanos, machine: u32, recorder: &mut R) {
        let state = &mut self.faults.machines[machine as usize];
        if state.is_down || state.life.is_some() {
            state.missed += 1;
        } else if time < state.paused {
            state.missed += 1;
            state.put_off.push_back(time);
            let late = (state.paused, Upcoming::Late(machine));
            self.faults.ticks.push(Reverse(late));
        } else {
            self.tick_with_faults(time, time, machine, false, recorder);
        }
    }

    /// One tick among faults.
    fn tick_with_faults<R: Recorder>(
        &mut self,
        time: Nanos,
        due: Nanos,
        machine: u32,
        is_late: bool,
        recorder: &mut R,
    ) {
        let state = &mut self.faults.machines[machine as usize];
        state.last = time;
        state.lateness.add(time - due);
        self.post.tick(time, is_late);
        recorder.put_off(is_late);
        if self.ground.is_usual() {
            self.tick::<R, true, true>(time, machine, recorder);
        } else {
            self.tick::<R, true, false>(time, machine, recorder);
        }
    }

    fn happen<R: Recorder>(&mut self, time: Nanos, what: Upcoming, recorder: &mut R) {
        match what {
            Upcoming::Faults => self.conduct(time, recorder),
            Upcoming::Late(machine) => {
                let state = &mut self.faults.machines[machine as usize];
                if time < state.paused {
                    // Another pause begins where the one before ends.
                    let later = (state.paused, Upcoming::Late(machine));
                    self.faults.ticks.push(Reverse(later));
                    return;
                }
                let due = state.put_off.pop_front().unwrap_or(time);
                if !state.is_down {
                    state.regained += 1;
                    self.tick_with_faults(time, due, machine, true, recorder);
                }
            }
            Upcoming::Tick(machine, life) => self.regain(time, machine, life, recorder),
        }
    }

    /// Crashes and pauses begin or end.
    fn conduct<R: Recorder>(&mut self, time: Nanos, recorder: &mut R) {
        let mut conductor = std::mem::take(&mut self.faults.conductor);
        let mut places = Places {
            group: self,
            recorder,
        };
        let Ok(()) = conductor.carry_out(time, &mut places);
        self.faults.conductor = conductor;
    }

    /// A machine dies.
    fn crash(&mut self, time: Nanos, machine: u32) {
        let state = &mut self.faults.machines[machine as usize];
        state.is_down = true;
        state.life = None;
        let name = id(self.number(machine));
        let node = &mut self.seats[machine as usize].node;
        let faults = &self.faults.schedule;
        send_again(node, (name, time), faults, &self.ground.delays);
    }

    /// A machine that was down starts anew with its clock, its rate, and the rest of the time.
    fn come_back(&mut self, time: Nanos, machine: u32, rest: Nanos) {
        let rest = rest as f64 / 1e9;
        let number = self.number(machine);
        let setup = &self.ground.setup;
        let rate = self.agenda.rate(machine as usize);
        let state = &mut self.faults.machines[machine as usize];
        let starts = state.restarts.len() as u64 + 1;
        let mut generator = Generator::new(setup.seed, id(number), starts);
        let manner = Manner {
            since: time,
            ..setup.manners.of(number)
        };
        let life = LifeName {
            seed: setup.seed,
            machine: id(number),
            start: starts,
        };
        let rates = (Some(rate), setup.max_rate);
        let timetable = Timetable::draw(rates, rest, &mut generator, (&manner, life))
            .expect("the rate and a part of the duration are possible");
        let state = &mut self.faults.machines[machine as usize];
        let node = &mut self.seats[machine as usize].node;
        state.come_back(time, node.clock());
        let dues = timetable.dues();
        if let Some(due) = dues.due() {
            let next = (time + due, Upcoming::Tick(machine, starts as u32));
            self.faults.ticks.push(Reverse(next));
        }
        state.life = Some(dues);
        node.reseed(generator);
    }

    /// A tick of a machine that has come back is due.
    fn regain<R: Recorder>(&mut self, time: Nanos, machine: u32, life: u32, recorder: &mut R) {
        let state = &mut self.faults.machines[machine as usize];
        if time < state.paused {
            let later = (state.paused, Upcoming::Tick(machine, life));
            self.faults.ticks.push(Reverse(later));
            return;
        }
        let is_past = state.restarts.len() as u32 != life;
        let Some(dues) = state.life.as_mut().filter(|_| !is_past) else {
            return;
        };
        state.regained += 1;
        let start = state.restarts.last().expect("it has come back").0;
        let due = start + dues.due().expect("this tick was left");
        dues.advance();
        if let Some(due) = dues.due() {
            // One that a pause has put off comes as soon as it can.
            let next = ((start + due).max(time), Upcoming::Tick(machine, life));
            self.faults.ticks.push(Reverse(next));
        }
        self.tick_with_faults(time, due, machine, false, recorder);
    }
}

/// The machines of a run in virtual time, with what records them.
struct Places<'a, 'b, R, P> {
    group: &'a mut Group<'b, P>,
    recorder: &'a mut R,
}

impl<R: Recorder, P: Post> Bodies for Places<'_, '_, R, P> {
    type Error = Infallible;

    fn condition(&self, machine: usize) -> Result<Condition, Infallible> {
        let state = &self.group.faults.machines[machine];
        Ok(if state.is_down {
            Condition::Down
        } else {
            Condition::Alive
        })
    }

    fn crash(&mut self, machine: usize, time: Nanos) -> Result<(), Infallible> {
        self.group.crash(time, machine as u32);
        Ok(())
    }

    fn restart(&mut self, machine: usize, time: Nanos, rest: Nanos) -> Result<(), Infallible> {
        self.group.come_back(time, machine as u32, rest);
        let clock = self.group.seats[machine].node.clock();
        let number = self.group.number(machine as u32);
        self.recorder.startup(time, number, clock);
        Ok(())
    }

    fn pause(&mut self, machine: usize, until: Nanos) -> Result<(), Infallible> {
        self.group.faults.machines[machine].paused = until;
        Ok(())
    }

    /// Its ticks know until when it stands still.
    fn go_on(&mut self, _machine: usize) -> Result<(), Infallible> {
        Ok(())
    }
}
