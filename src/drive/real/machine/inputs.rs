//! What a machine with an algorithm is given from outside.

use super::Machine;
use crate::model::fault_schedule::FaultSchedule;
use crate::model::message::{Message, Nanos};

/// Later than any run ends.
const NEVER: Nanos = Nanos::MAX / 4;

impl Machine {
    /// Ticking begins, or has begun before, at `began` on the process's clock: what it is to be given is on its way, each
    /// to arrive at its time, or where it cannot be reached then, once it can.
    pub(in crate::drive::real) fn give_inputs(&self, began: i64, faults: &FaultSchedule) {
        let Some(handling) = &self.handling else {
            return;
        };
        let inputs = handling.take_inputs();
        if inputs.is_empty() {
            return;
        }
        let letters = inputs.into_iter().map(|(time, body)| {
            let time = faults.reachable(self.id(), time).min(NEVER);
            let due = began.saturating_add_unsigned(time).max(0).unsigned_abs();
            // One that has come back is given at once what it was due before.
            move |now: Nanos| Message::by_hand_saying(body, None, 0, due.max(now))
        });
        self.member.deliver_letters(letters);
    }

    /// It ends now: what it was to be given later it is not given.
    pub(super) fn forget_inputs(&self) {
        if !self.has_algorithm() {
            return;
        }
        let mut state = self.member.state();
        let node = state.handled().node_mut();
        let now = self.member.clock.now();
        let waiting: Vec<_> = node.drain().collect();
        let is_here = |message: &Message<_>| message.channel().is_some() || message.arrival <= now;
        for message in waiting.into_iter().filter(is_here) {
            node.deliver(message);
        }
    }
}
