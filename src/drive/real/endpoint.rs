//! The end of a machine that others connect to: its listener, its connections, its channels.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::TcpListener;

use crate::channel::channels::Channels;
use crate::drive::real::gate::Gate;
use crate::drive::real::machine::member::Member;
use crate::model::address::Address;
use crate::model::message::{MachineId, Nanos};

/// A failed connection is tried again after this at the earliest ...
pub(super) const SHORTEST_BACKOFF: Nanos = 10_000_000;
/// ... and after this at the latest.
pub(super) const LONGEST_BACKOFF: Nanos = 1_000_000_000;
/// How many connections may have said nothing, beyond one for each peer or sender.
const STRANGERS: usize = 128;

/// For each peer with any, how many messages it has not accepted, as `(peer id if known, count)`.
pub(super) type Undelivered = Vec<(Option<MachineId>, u64)>;

/// What the poll thread keeps for one machine.
pub(super) struct Endpoint {
    pub(super) member: Arc<Member>,
    pub(super) listener: TcpListener,
    pub(super) gate: Gate,
    /// When the peers' names were last looked up for the gate.
    pub(super) vetted: Option<Nanos>,
    /// They are being looked up.
    pub(super) is_vetting: bool,
    /// Accepting is paused: a timer will take the connections that wait.
    pub(super) is_pausing: bool,
    /// The machines I send to, in the order of the peer list.
    pub(super) peers: Vec<Peer>,
    pub(super) channels: Channels,
    /// The connections of the machines that send to me.
    pub(super) senders: BTreeMap<MachineId, usize>,
    /// Connections that have not said hello, oldest first.
    pub(super) strangers: VecDeque<usize>,
    /// Up to which time of its fault schedule the links have been dealt with.
    pub(super) faults_seen: Nanos,
    /// It is paused: nothing comes or goes.
    pub(super) is_paused: bool,
    pub(super) ending: Option<Ending>,
}

/// A machine I send to.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) address: Address,
    /// The addresses to try, in turn.
    pub(super) candidates: VecDeque<SocketAddr>,
    pub(super) connection: Option<usize>,
    pub(super) backoff: Nanos,
    /// At the end: nothing more can be done for it.
    pub(super) is_given_up: bool,
}

/// The orderly end of a machine.
pub(super) struct Ending {
    /// Senders that have not shut down by now are disconnected.
    pub(super) is_late: bool,
    /// Told once all is done.
    pub(super) reply: crossbeam_channel::Sender<Undelivered>,
}

impl Endpoint {
    pub(super) fn new(
        member: Arc<Member>,
        listener: std::net::TcpListener,
        gate: Gate,
        channels: Channels,
        found: Vec<Vec<SocketAddr>>,
    ) -> Self {
        let peers = member
            .peers()
            .iter()
            .zip(found)
            .map(|(address, found)| Peer {
                address: address.clone(),
                candidates: found.into(),
                connection: None,
                backoff: SHORTEST_BACKOFF,
                is_given_up: false,
            });
        Self {
            peers: peers.collect(),
            member,
            listener: TcpListener::from_std(listener),
            gate,
            vetted: None,
            is_vetting: false,
            is_pausing: false,
            channels,
            senders: BTreeMap::new(),
            strangers: VecDeque::new(),
            faults_seen: 0,
            is_paused: false,
            ending: None,
        }
    }

    /// How many connections may have said nothing.
    pub(super) fn stranger_limit(&self) -> usize {
        STRANGERS + self.peers.len().max(self.channels.senders())
    }

    /// Whether this machine's end is so late that no one may begin to send.
    pub(super) fn is_closed(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.is_late)
    }

    /// Whether an ending machine has nothing left to send, hear or accept.
    pub(super) fn is_finished(&self) -> bool {
        let is_done = |(position, peer): (usize, &Peer)| {
            peer.connection.is_none()
                && (peer.is_given_up || self.channels.undelivered(position) == 0)
        };
        self.senders.is_empty() && self.peers.iter().enumerate().all(is_done)
    }

    /// For each peer with any, the messages it is not known to have accepted.
    pub(super) fn undelivered(&self) -> Undelivered {
        let of_peer = |position| {
            let count = self.channels.undelivered(position) as u64;
            (self.channels.peer_id(position), count)
        };
        (0..self.peers.len())
            .map(of_peer)
            .filter(|&(_, count)| count > 0)
            .collect()
    }
}
