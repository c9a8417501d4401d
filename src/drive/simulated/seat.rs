//! A machine of a simulation, and what is counted of it.

use crate::model::discipline::Discipline;
use crate::model::event::Event;
use crate::model::node::Node;

/// A machine of a simulation: the node, and what is counted of it.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The machine itself.
    pub node: Node,
    /// What it did.
    pub tally: Tally,
}

/// What one machine did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Its SENDs.
    pub sends: u64,
    /// Its RECEIVEs.
    pub receives: u64,
    /// The largest step of its clock.
    pub max_jump: u64,
    /// The longest queue after a RECEIVE.
    pub max_queue_len: u32,
}

impl Tally {
    /// How many events of these ticks were no receipts.
    pub(super) fn actions(&self, ticks: u64, discipline: Discipline) -> u64 {
        if discipline.draw_after_receive {
            ticks
        } else {
            ticks - self.receives
        }
    }

    #[inline]
    pub(super) fn add<B>(&mut self, event: &Event<B>) {
        self.sends += u64::from(event.recipients().is_some());
        if let Some((_, queue_len)) = event.received() {
            self.receives += 1;
            self.max_jump = self.max_jump.max(event.new_clock() - event.old_clock());
            self.max_queue_len = self.max_queue_len.max(queue_len as u32);
        }
    }
}
