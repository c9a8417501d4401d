//! A byte stream between two machines, and what each end keeps for it.

use std::collections::VecDeque;

use lamport::channel::lines::Partial;
use lamport::model::message::MachineId;

/// The end that connected, and the end that was connected to.
pub const SENDER: usize = 0;
pub const RECEIVER: usize = 1;

/// What an end is for, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A sender that has said hello.
    Greeting,
    /// A sender that was told ok.
    Sending,
    /// A receiver that has heard no hello.
    Stranger,
    /// A receiver that has said ok.
    Receiving { sender: MachineId },
    /// A receiver that has said no.
    Parting,
}

/// One process's part of a connection.
#[derive(Debug)]
pub struct End {
    pub role: Role,
    pub partial: Partial,
    /// Whole lines that have been read and not looked at.
    pub lines: VecDeque<Vec<u8>>,
    /// Bytes that the process has not handed to the system.
    pub out: Vec<u8>,
    pub owes_ack: bool,
}

/// Bytes on their way in one direction; they outlive the process that wrote them.
#[derive(Debug, Default)]
pub struct Flow {
    pub bytes: VecDeque<u8>,
    /// After these bytes comes nothing more.
    pub is_over: bool,
}

/// A connection; an end is gone once its process has closed it or died.
#[derive(Debug)]
pub struct Connection {
    pub number: u64,
    pub from: usize,
    /// The entry in the sender's list of peers.
    pub position: usize,
    pub to: usize,
    pub ends: [Option<End>; 2],
    /// What each end has written.
    pub flows: [Flow; 2],
}

impl End {
    pub fn new(role: Role) -> Self {
        Self {
            role,
            partial: Partial::default(),
            lines: VecDeque::new(),
            out: Vec::new(),
            owes_ack: false,
        }
    }
}

impl Connection {
    pub fn new(number: u64, from: usize, position: usize, to: usize) -> Self {
        Self {
            number,
            from,
            position,
            to,
            ends: [
                Some(End::new(Role::Greeting)),
                Some(End::new(Role::Stranger)),
            ],
            flows: <[Flow; 2]>::default(),
        }
    }

    /// The machine at an end.
    pub fn machine(&self, side: usize) -> usize {
        if side == SENDER { self.from } else { self.to }
    }

    /// What an end is for, if it is there.
    pub fn role(&self, side: usize) -> Option<Role> {
        self.ends[side].as_ref().map(|end| end.role)
    }

    /// An end goes: of what it has written the other still gets `kept` bytes.
    pub fn leave(&mut self, side: usize, kept: usize) {
        self.ends[side] = None;
        self.flows[side].bytes.truncate(kept);
        self.flows[side].is_over = true;
        self.flows[1 - side].bytes.clear();
        self.flows[1 - side].is_over = true;
    }

    /// Both directions break; so many bytes of each still come.
    pub fn reset(&mut self, kept: [usize; 2]) {
        for (flow, kept) in self.flows.iter_mut().zip(kept) {
            flow.bytes.truncate(kept);
            flow.is_over = true;
        }
    }

    pub fn is_gone(&self) -> bool {
        self.ends.iter().all(Option::is_none)
    }
}
