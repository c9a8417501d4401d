//! What an endpoint asks of whoever drives it.

use std::hash::{Hash, Hasher};
use std::net::SocketAddr;

use crate::channel::channels::Undelivered;
use crate::channel::endpoint::warning::Warning;
use crate::channel::heard::HeardMessage;
use crate::channel::identity::Nonce;
use crate::model::message::MachineId;

/// A connection of an endpoint. No other of that endpoint is ever called the same, so that whoever
/// holds on to one that is gone does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub(super) u64);

/// Endpoints that differ in these names alone do the same from there on: whoever visits all their
/// states need not tell them apart.
impl Hash for ConnectionId {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Whom the answer of a look-up is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// The next connection to the peer at this position, see
    /// [`Endpoint::found`](super::Endpoint::found).
    Peer(usize),
    /// All peers, to know where connections may come from, see
    /// [`Endpoint::vetted`](super::Endpoint::vetted).
    Senders,
}

/// What is to be done now, in the order in which it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Output {
    /// Connect to an address, then tell [`connected`](super::Endpoint::connected) or
    /// [`broken`](super::Endpoint::broken).
    Connect {
        /// The connection to be.
        connection: ConnectionId,
        /// Where it goes.
        remote: SocketAddr,
    },
    /// Look names up.
    LookUp(Lookup),
    /// Look whether bytes have come: they were not taken so far.
    Read {
        /// Where.
        connection: ConnectionId,
    },
    /// Tell the other side that nothing more will come; go on reading.
    ShutDown {
        /// Where.
        connection: ConnectionId,
    },
    /// Close a connection. What was written still goes out.
    Close {
        /// Which.
        connection: ConnectionId,
    },
    /// Write a CONNECT line to the log, then tell [`recorded`](super::Endpoint::recorded).
    Record {
        /// The connection that waits for it.
        connection: ConnectionId,
        /// The peer's position.
        peer: usize,
        /// The id it told.
        peer_id: MachineId,
        /// The history it told.
        peer_history: Nonce,
    },
    /// Warn, unless the same was said lately.
    Warn(Warning),
    /// The machine cannot go on.
    Fail {
        /// Why.
        reason: String,
    },
    /// The orderly end has come: nothing is left to do.
    Finished(Farewell),
}

/// What is left of a machine's connections when they have ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Farewell {
    /// What no peer is known to have accepted.
    pub undelivered: Undelivered,
    /// Which messages were heard of soonest.
    pub heard: Vec<HeardMessage>,
    /// The positions of the peers of which no connection ever worked, each with the reason.
    pub unreached: Vec<(usize, String)>,
}
