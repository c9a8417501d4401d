//! One step of a machine: what is due, its handler, and what that wants done.

use super::recorder::StepRecorder;
use super::seat::HandledSeat;
use super::{BrokenBy, BrokenRun, Failure, HandledSimulation, Maker};
use crate::drive::simulated::id;
use crate::model::handled::{Begun, HandledStep};
use crate::model::handler::Handler;
use crate::model::message::Nanos;

impl<M: Maker> HandledSimulation<M> {
    /// One tick. Whether it found something to do.
    pub(super) fn tick<W: StepRecorder>(
        &mut self,
        time: Nanos,
        due: Nanos,
        machine: u32,
        recorder: &mut W,
    ) -> Result<bool, BrokenRun<Failure<M>>> {
        let seat = &mut self.seats[machine as usize];
        let had_started = seat.machine.has_started();
        let has_idle = seat.handler.has_idle();
        let Some(begun) = seat.machine.begin(time, has_idle) else {
            return Ok(false);
        };
        let moment = begun.moment(self.load.room(), false);
        self.effects.clear();
        let handled = seat
            .handler
            .handle(&moment, begun.call(), &mut self.effects);
        if let Err(error) = handled {
            return Err(self.fail(begun, machine, error, recorder));
        }
        let timers = seat.machine.timers().len() + usize::from(begun.is_timer());
        if let Some((message, _)) = begun.event.received() {
            self.load.received(message);
        }
        let step = seat.machine.carry_out(begun, &mut self.effects);
        seat.count(&step);
        seat.lateness.add(time - due);
        seat.last = time;
        self.unstarted -= u32::from(!had_started);
        self.timers = self.timers + seat.machine.timers().len() - timers;
        if seat.machine.has_stopped() {
            self.timers -= seat.machine.timers().len();
            self.load.strand(seat.machine.node().waiting().len() as u64);
        }
        recorder.step(time, machine, &step);
        for send in &step.caused {
            self.send(time, machine, send);
        }
        let seat = &mut self.seats[machine as usize];
        if seat.last_loss.is_some_and(|loss| time <= loss) {
            seat.history.push((time, step));
        }
        Ok(true)
    }

    /// A handler failed: its event happened, unless it was interrupted, and nothing of what it was about to do.
    #[cold]
    fn fail<W: StepRecorder>(
        &mut self,
        begun: Begun,
        machine: u32,
        error: Failure<M>,
        recorder: &mut W,
    ) -> BrokenRun<Failure<M>> {
        let seat = &mut self.seats[machine as usize];
        let (time, cause, line) = (begun.time, begun.cause.clone(), seat.lines + 1);
        self.effects.clear();
        if seat.handler.is_interrupt(&error) {
            seat.machine.take_back(begun);
        } else {
            let step = seat.machine.carry_out(begun, &mut self.effects);
            seat.count(&step);
            seat.is_down = true;
            recorder.step(time, machine, &step);
        }
        BrokenRun {
            machine: id(machine),
            time,
            line,
            cause: Some(cause),
            why: BrokenBy::Handler(error),
        }
    }
}

impl<H> HandledSeat<H> {
    /// Counts a step.
    fn count(&mut self, step: &HandledStep) {
        self.tally.add(&step.event);
        let sends = step.caused.len() as u64;
        self.tally.sends += sends;
        self.internals += u64::from(step.event.received().is_none());
        self.steps += 1;
        self.lines += 1 + sends;
    }
}
