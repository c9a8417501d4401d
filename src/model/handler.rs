//! An algorithm as a machine sees it: what happens to it, and what it wants done about that.

use std::sync::Arc;

use crate::model::body::Body;
use crate::model::event::Recipients;
use crate::model::message::{MachineId, Micros};
use crate::model::timers::TimerChange;

/// What happens to an algorithm.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    /// The first step of the machine's whole life.
    Start,
    /// A message was received.
    Message {
        /// Who sent it, unless it was given from outside.
        sender: Option<MachineId>,
        /// What it says.
        body: &'a Body,
    },
    /// A timer is due.
    Timer(&'a Arc<str>),
    /// A tick found nothing to do.
    Idle,
}

/// When it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Microseconds since the beginning of ticking, as the line of the step states its time.
    pub now: Micros,
    /// The clock of the step's event.
    pub clock: u64,
    /// The timestamp of the message received.
    pub sent_clock: Option<u64>,
    /// Whether it has happened before, and is told again from a log.
    pub is_replay: bool,
    /// What sends may still take.
    pub room: SendRoom,
    /// How many timers the step may set.
    pub timer_room: usize,
}

/// Room for messages that are not received yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendRoom {
    /// How many more, each recipient counted.
    pub messages: u64,
    /// How many bytes more their bodies may have, each SEND counted once.
    pub bytes: u64,
}

impl SendRoom {
    /// As much as there can be.
    pub const WHOLE: Self = Self {
        messages: 1 << 24,
        bytes: 1 << 28,
    };
}

/// What a handler wants done; it is done after it has returned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// What leaves, in order.
    pub sends: Vec<(Recipients, Body)>,
    /// What becomes of timers, in order.
    pub timers: Vec<TimerChange>,
    /// The values it declares, as a JSON object.
    pub state: Option<Arc<str>>,
    /// Whether the machine is to tick no more.
    pub stops: bool,
}

impl Effects {
    /// Forgets them, and keeps the memory.
    pub fn clear(&mut self) {
        self.sends.clear();
        self.timers.clear();
        self.state = None;
        self.stops = false;
    }
}

/// An algorithm at one machine.
pub trait Handler {
    /// Why it fails.
    type Error;

    /// Whether ticks that find nothing to do are its business.
    fn has_idle(&self) -> bool;

    /// Handles what happens; `effects` is empty before.
    fn handle(
        &mut self,
        moment: &Moment,
        call: Call<'_>,
        effects: &mut Effects,
    ) -> Result<(), Self::Error>;

    /// Whether it was interrupted from outside: then there was no step.
    fn is_interrupt(&self, _error: &Self::Error) -> bool {
        false
    }
}
