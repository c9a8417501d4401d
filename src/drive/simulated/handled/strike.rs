//! Faults strike machines with an algorithm: one that comes back runs its algorithm again over what it did.

use super::recorder::StepRecorder;
use super::seat::HandledSeat;
use super::{BrokenBy, BrokenRun, Failure, HandledSimulation, Maker, Rank};
use crate::drive::conductor::{Bodies, Condition};
use crate::drive::simulated::id;
use crate::drive::simulated::lost::send_again;
use crate::model::handled::{Cause, Handled};
use crate::model::handler::{Effects, Handler, SendRoom};
use crate::model::manner::Manner;
use crate::model::message::Nanos;
use crate::model::random::Generator;
use crate::model::relive::{Difference, Follows, difference};
use crate::model::timetable::{LifeName, Timetable};

use std::cmp::Reverse;

impl<M: Maker> HandledSimulation<M> {
    /// Crashes and pauses begin or end.
    pub(super) fn strike<W: StepRecorder>(
        &mut self,
        time: Nanos,
        recorder: &mut W,
    ) -> Result<(), BrokenRun<Failure<M>>> {
        let mut conductor = std::mem::take(&mut self.conductor);
        let mut struck = Struck {
            simulation: self,
            recorder,
        };
        let done = conductor.carry_out(time, &mut struck);
        self.conductor = conductor;
        done
    }

    /// A machine dies.
    fn crash(&mut self, time: Nanos, machine: u32) {
        let seat = &mut self.seats[machine as usize];
        seat.is_down = true;
        seat.wake = Nanos::MAX;
        seat.paused_from = None;
        let node = seat.machine.node_mut();
        send_again(node, (id(machine), time), &self.faults, &self.delays);
    }

    /// A machine that was down starts anew, with all that its log tells.
    fn come_back(
        &mut self,
        time: Nanos,
        machine: u32,
        rest: Nanos,
    ) -> Result<(), BrokenRun<Failure<M>>> {
        let broken = |line, cause, why| BrokenRun {
            machine: id(machine),
            time,
            line,
            cause,
            why,
        };
        let made = self.maker.make(machine);
        let handler = made.map_err(|error| broken(1, None, BrokenBy::Handler(error)))?;
        let seat = &mut self.seats[machine as usize];
        let starts = seat.restarts.len() as u64 + 1;
        let mut generator = Generator::new(self.setup.seed, id(machine), starts);
        let rest = rest as f64 / 1e9;
        let manner = Manner {
            since: time,
            ..self.setup.manners.of(machine)
        };
        let life = LifeName {
            seed: self.setup.seed,
            machine: id(machine),
            start: starts,
        };
        let rates = (Some(seat.rate()), self.setup.max_rate);
        let timetable = Timetable::draw(rates, rest, &mut generator, (&manner, life))
            .expect("the rate and a part of the duration are possible");
        seat.tick_by(timetable, time);
        let machine = Handled::new(generator, 0);
        let mut before = std::mem::replace(&mut seat.machine, machine);
        seat.handler = handler;
        if let Err((line, cause, why)) = seat.live_again() {
            seat.machine = before;
            return Err(broken(line, Some(cause), why));
        }
        for message in before.node_mut().drain() {
            seat.machine.deliver(message);
        }
        let clock = seat.machine.node().clock();
        seat.come_back(time, clock);
        Ok(())
    }
}

impl<H: Handler> HandledSeat<H> {
    /// Calls the handlers of all steps so far again. Where they want something else, the line and why.
    fn live_again(&mut self) -> Result<(), (u64, Cause, BrokenBy<H::Error>)> {
        let mut effects = Effects::default();
        let (mut line, mut starts) = (1, self.restarts.iter().peekable());
        for (time, told) in &self.history {
            while starts.next_if(|&&(start, _)| start <= *time).is_some() {
                line += 1;
            }
            line += 1;
            let again = self
                .machine
                .relive(told.cause.clone(), told.event.clone(), *time);
            let differs = |at: Difference| {
                let line = line + at.number as u64;
                (line, told.cause.clone(), BrokenBy::Differs(at.why))
            };
            let begun = again.map_err(differs)?;
            let moment = begun.moment(SendRoom::WHOLE, true);
            effects.clear();
            self.handler
                .handle(&moment, begun.call(), &mut effects)
                .map_err(|error| (line, told.cause.clone(), BrokenBy::Handler(error)))?;
            let made = self.machine.carry_out(begun, &mut effects);
            let name = |position: u32| format!("peer {}", position + 1);
            difference(told, &made, Follows::Line, &name).map_or(Ok(()), |at| Err(differs(at)))?;
            line += told.caused.len() as u64;
        }
        Ok(())
    }
}

/// The machines of a run, with what sees their steps.
struct Struck<'a, M: Maker, W> {
    simulation: &'a mut HandledSimulation<M>,
    recorder: &'a mut W,
}

impl<M: Maker, W: StepRecorder> Bodies for Struck<'_, M, W> {
    type Error = BrokenRun<Failure<M>>;

    fn condition(&self, machine: usize) -> Result<Condition, Self::Error> {
        Ok(if self.simulation.seats[machine].is_down {
            Condition::Down
        } else {
            Condition::Alive
        })
    }

    fn crash(&mut self, machine: usize, time: Nanos) -> Result<(), Self::Error> {
        self.simulation.crash(time, machine as u32);
        Ok(())
    }

    fn restart(&mut self, machine: usize, time: Nanos, rest: Nanos) -> Result<(), Self::Error> {
        self.simulation.come_back(time, machine as u32, rest)?;
        let clock = self.simulation.seats[machine].machine.node().clock();
        self.recorder.startup(time, machine as u32, clock);
        self.simulation.wake(machine as u32);
        Ok(())
    }

    fn pause(&mut self, machine: usize, until: Nanos) -> Result<(), Self::Error> {
        let (time, ..) = self.simulation.present;
        let seat = &mut self.simulation.seats[machine];
        seat.paused_until = until;
        if seat.paused_from.is_none() {
            seat.paused_from = Some(time);
            seat.wake = Nanos::MAX;
            let end = (until, Rank::Late, machine as u32);
            self.simulation.agenda.push(Reverse(end));
        }
        Ok(())
    }

    /// Its ticks know until when it stands still.
    fn go_on(&mut self, _machine: usize) -> Result<(), Self::Error> {
        Ok(())
    }
}
