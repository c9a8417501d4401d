//! What a log holds: one entry a line.

use crate::model::address::Address;
use crate::model::behavior::Behavior;
use crate::model::event::Event;
use crate::model::lateness::Summary;
use crate::model::message::{MachineId, Message, Nanos};
use crate::model::nonce::Nonce;

/// One line of a log before it is text.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When it happened, on the driver's clock.
    pub time: Nanos,
    /// What happened.
    pub what: What,
}

/// The kinds of lines.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The machine started.
    Startup(Box<Startup>),
    /// A handshake of this machine as a sender succeeded.
    Connect {
        /// The peer's position in the list of peers.
        peer: u32,
        /// The id it told.
        peer_id: MachineId,
        /// The history it told.
        peer_history: Nonce,
    },
    /// A step of the clock.
    Event {
        /// The step.
        event: Event,
        /// Whether it was made by hand.
        manual: bool,
    },
    /// A message left in the queue at the end.
    Unread(Message),
    /// The machine ended in order.
    End(Box<End>),
}

/// Where a machine is, as logs tell: `["host", port]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// A TCP address.
    pub fn at(address: &Address) -> Self {
        // `Address` admits no character that JSON would escape.
        Self(format!("[\"{}\", {}]", address.host, address.port))
    }

    /// The place of a machine in virtual time.
    pub fn in_virtual_time(machine: MachineId) -> Self {
        Self(format!("[\"virtual\", {machine}]"))
    }

    /// The JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a machine is, as its STARTUP line tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Startup {
    /// Ticks per second.
    pub clock_rate: f64,
    /// The clock at the start: 0, or the recovered value.
    pub local_clock: u64,
    /// The machine's past.
    pub history: Nonce,
    /// Where it listens.
    pub listen: Place,
    /// Only machines of this run connect to each other.
    pub run_id: String,
    /// The seed of its draws.
    pub seed: u64,
    /// What its idle ticks do.
    pub behavior: Behavior,
    /// Whether its time is virtual.
    pub is_virtual: bool,
}

/// What a machine was, as its END line tells.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// The clock after the last event.
    pub final_clock: u64,
    /// The messages left in the queue.
    pub queue_len: u64,
    /// The ticks that happened.
    pub ticks: u64,
    /// How late they were.
    pub lateness: Summary,
    /// For each peer with any, the messages newer than the last *accepted* heard.
    pub undelivered: Vec<(Option<MachineId>, u64)>,
}
