//! Which ticks of machines happen: those that find something to do, and those that a pause has put off.

use std::cmp::Reverse;

use super::recorder::StepRecorder;
use super::{BrokenRun, Failure, HandledSimulation, Maker, Rank};
use crate::model::handler::Handler;
use crate::model::message::Nanos;

impl<M: Maker> HandledSimulation<M> {
    /// A tick is due, if it is the one that the machine waits for.
    pub(super) fn due<W: StepRecorder>(
        &mut self,
        time: Nanos,
        machine: u32,
        recorder: &mut W,
    ) -> Result<(), BrokenRun<Failure<M>>> {
        let seat = &mut self.seats[machine as usize];
        if seat.wake != time || !seat.is_ready() {
            return Ok(());
        }
        seat.wake = Nanos::MAX;
        self.present = (time, Rank::Tick, machine);
        self.tick(time, time, machine, recorder)?;
        self.wake(machine);
        Ok(())
    }

    /// The ticks that a pause has put off happen now, as far as they find something to do.
    pub(super) fn put_off<W: StepRecorder>(
        &mut self,
        time: Nanos,
        machine: u32,
        recorder: &mut W,
    ) -> Result<(), BrokenRun<Failure<M>>> {
        let seat = &mut self.seats[machine as usize];
        if seat.paused_until > time {
            // Another pause begins where the one before ends.
            let later = (seat.paused_until, Rank::Late, machine);
            self.agenda.push(Reverse(later));
            return Ok(());
        }
        let Some(from) = seat.paused_from.take() else {
            return Ok(());
        };
        self.present = (time, Rank::Late, machine);
        for tick in seat.ticks_between(from, time) {
            let due = self.seats[machine as usize].due(tick);
            if !self.tick(time, due, machine, recorder)? {
                break;
            }
        }
        self.wake(machine);
        Ok(())
    }

    /// The next tick of a machine that finds something to do is on the agenda, as far as is known now.
    pub(super) fn wake(&mut self, machine: u32) {
        let seat = &mut self.seats[machine as usize];
        if !seat.is_ready() {
            return;
        }
        let need = if seat.handler.has_idle() && !seat.machine.has_stopped() {
            0
        } else {
            match seat.machine.next_due() {
                Some(due) => due,
                None => return,
            }
        };
        let (now, rank, present) = self.present;
        // Of the ticks of this time, those of machines up to the one at hand are over.
        let earliest = now + u64::from(rank == Rank::Tick && machine <= present);
        if let Some(time) = seat.first_tick(need.max(earliest))
            && time < seat.wake
        {
            seat.wake = time;
            self.agenda.push(Reverse((time, Rank::Tick, machine)));
        }
    }
}
