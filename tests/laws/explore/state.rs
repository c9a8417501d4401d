//! Two machines and the connections between them, as states.
//!
//! The endpoints are the ones that ship. Time stands still: what they wait for is due at once, or never.
//! What travels is whole lines: `tests/laws/links` cuts them.

use std::collections::BTreeMap;

use lamport::channel::channels::{Channels, Past, PeerPast};
use lamport::channel::endpoint::{ConnectionId, Endpoint, Waits};
use lamport::channel::identity::{Identity, Nonce};
use lamport::model::message::MachineId;

use crate::broken::{Broken, Twist};
use crate::impostor::Impostor;

/// When everything happens that does.
pub const NOW: u64 = 0;

/// A failed connection may be tried again at once, and no handshake takes too long.
const WAITS: Waits = Waits {
    hello: 1,
    answer: 1,
    turn: 1,
    refusal: 1,
    vetting: 1,
    shortest_backoff: 0,
    longest_backoff: 0,
    end: 1,
    last_bytes: 1,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pub machines: [Machine; 2],
    pub connections: Vec<Connection>,
    pub crashes: u8,
    pub resets: u8,
    pub attempts: u8,
    pub impostor: Impostor,
    /// Whether there is one.
    pub is_deceived: bool,
    pub losses: u8,
    /// What no correct machine does.
    pub fault: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Machine {
    /// What its system holds.
    pub log: Vec<Line>,
    pub process: Option<Process>,
    pub lives: u64,
    /// Whether its log has lost a line that others may know of.
    pub has_lost: bool,
}

/// A line of a log, as far as channels care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Line {
    Startup,
    Connect,
    Send(u64),
    Receive(u64),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Process {
    pub endpoint: Endpoint,
    pub clock: u64,
    pub queue: Vec<u64>,
    /// A step whose line is not written.
    pub pending: Option<Line>,
    /// Steps written, of which the endpoint does not know.
    pub told: Vec<Line>,
    /// The newest message handed out, for the sender that trusts itself.
    pub handed: u64,
    /// Its first attempt to reach the other machine, as long as nothing has come of it.
    pub attempt: Option<ConnectionId>,
    /// It has refused its peer because one of the logs has lost something.
    pub is_alarmed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Connection {
    pub from: usize,
    /// What the sender's endpoint and the receiver's call it, while they have it.
    pub ends: [Option<ConnectionId>; 2],
    /// The lines that each end has said and the other not read.
    pub flows: [Vec<Vec<u8>>; 2],
    pub is_broken: bool,
}

pub fn history(machine: usize) -> Nonce {
    Nonce(machine as u64 + 1)
}

pub fn id(machine: usize) -> MachineId {
    machine as MachineId + 1
}

impl Machine {
    /// The process that its log makes of it.
    pub fn process(&self, index: usize, twist: Twist) -> Process {
        let me = Identity {
            id: id(index),
            run_id: "lab".into(),
            history: history(index),
            instance: Nonce(self.lives),
        };
        let (mut peer, mut received) = (PeerPast::default(), BTreeMap::new());
        let mut is_met = false;
        let mut clock = 0;
        for line in &self.log {
            match *line {
                Line::Startup => is_met = false,
                Line::Connect => {
                    peer.known = Some((id(1 - index), history(1 - index)));
                    is_met = true;
                }
                Line::Send(timestamp) => {
                    clock += 1;
                    peer.sent.push(timestamp);
                }
                Line::Receive(timestamp) => {
                    clock = clock.max(timestamp) + 1;
                    received.insert(id(1 - index), timestamp);
                }
            }
            if is_met {
                peer.left = peer.sent.last().copied().unwrap_or(0);
            }
        }
        // A step that is no message: what it sends again has other timestamps than what its log has lost.
        clock += u64::from(self.has_lost);
        let channels = if self.log.is_empty() || twist.is(Broken::EmptyLog) {
            clock = 0;
            Channels::new(me, 1)
        } else {
            if twist.is(Broken::AnyOfOutbox) {
                peer.left = u64::MAX;
            }
            let past = Past {
                peers: vec![peer],
                received,
            };
            Channels::resumed(me, past)
        };
        let peer = format!("10.0.0.{}:1", 2 - index).parse().unwrap();
        Process {
            endpoint: Endpoint::new(channels, vec![(peer, Vec::new())], None, WAITS),
            clock,
            queue: Vec::new(),
            pending: None,
            told: Vec::new(),
            handed: 0,
            attempt: None,
            is_alarmed: false,
        }
    }

    /// Whether its log has a CONNECT since the last STARTUP.
    pub fn has_connected(&self) -> bool {
        let lines = self.log.iter().rev();
        let mut section = lines.take_while(|line| **line != Line::Startup);
        section.any(|line| *line == Line::Connect)
    }

    /// What its log says it sent.
    pub fn sent(&self) -> impl Iterator<Item = u64> + Clone + '_ {
        self.log.iter().filter_map(|line| match line {
            Line::Send(timestamp) => Some(*timestamp),
            _ => None,
        })
    }

    /// What its log says it received.
    pub fn received(&self) -> impl Iterator<Item = u64> + '_ {
        self.log.iter().filter_map(|line| match line {
            Line::Receive(timestamp) => Some(*timestamp),
            _ => None,
        })
    }
}
