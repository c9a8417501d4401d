//! What other threads ask of the poll thread, and how they wake it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Sender;
use mio::{Registry, Token, Waker};

use crate::channel::channels::Channels;
use crate::channel::endpoint::{ConnectionId, Farewell};
use crate::drive::real::gate::Gate;
use crate::drive::real::machine::member::Member;
use crate::error::Result;
use crate::log::write::batch::Logged;
use crate::model::address::Address;

/// The token of the alarm.
pub(super) const WAKE: Token = Token(usize::MAX);

/// What a machine comes into the network with.
pub(super) struct Entrance {
    pub(super) member: Arc<Member>,
    pub(super) listener: std::net::TcpListener,
    pub(super) gate: Gate,
    pub(super) channels: Channels,
    /// The peers, each with all addresses of its name.
    pub(super) peers: Vec<(Address, Vec<SocketAddr>)>,
}

/// What the other threads ask of the poll thread.
pub(super) enum Command {
    /// A machine begins to listen and to connect.
    Enter(u64, Box<Entrance>),
    /// Something will be sent to an address that is no peer of a machine so far.
    AddPeer {
        endpoint: u64,
        address: Address,
        found: Vec<SocketAddr>,
    },
    /// The log holds these steps of a machine.
    Logged { endpoint: u64, logged: Logged },
    /// The line of a handshake that waited for a step is written, or cannot be.
    Recorded {
        endpoint: u64,
        connection: ConnectionId,
        written: Result<()>,
    },
    /// A machine has ticked its last: the orderly end.
    Finish {
        endpoint: u64,
        reply: Sender<Farewell>,
    },
    /// A machine is gone without an orderly end.
    Abandon {
        endpoint: u64,
        /// Told once its port is free and its connections are closed.
        reply: Sender<()>,
    },
    /// A machine's fault schedule begins.
    BeginFaults { endpoint: u64 },
    /// A machine is paused.
    Pause { endpoint: u64 },
    /// A machine that was paused goes on.
    GoOn { endpoint: u64 },
    /// No machine is left.
    Quit,
}

/// Wakes the poll thread, once however often it is rung before the thread looks.
#[derive(Debug, Clone)]
pub(super) struct Alarm {
    waker: Arc<Waker>,
    is_rung: Arc<AtomicBool>,
}

impl Alarm {
    /// An alarm that wakes whoever polls this registry.
    pub(super) fn new(registry: &Registry) -> std::io::Result<Self> {
        Ok(Self {
            waker: Arc::new(Waker::new(registry, WAKE)?),
            is_rung: Arc::default(),
        })
    }

    pub(super) fn ring(&self) {
        if !self.is_rung.swap(true, Ordering::AcqRel) {
            self.waker.wake().expect("an eventfd takes a wake-up");
        }
    }

    /// The thread looks now: what is asked from here on needs another ring.
    pub(super) fn reset(&self) {
        // A swap, not a store: it sees what was asked before the ring it takes back.
        self.is_rung.swap(false, Ordering::AcqRel);
    }
}
