//! What the poll thread keeps for each machine.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::TcpListener;

use crate::address::Address;
use crate::identity::Nonce;
use crate::link::{Inbox, Outbox};
use crate::message::{MachineId, Nanos};
use crate::net::gate::Gate;
use crate::net::machine::Machine;

/// A failed connection is tried again after this at the earliest ...
pub(super) const SHORTEST_BACKOFF: Nanos = 10_000_000;
/// ... and after this at the latest.
pub(super) const LONGEST_BACKOFF: Nanos = 1_000_000_000;
/// Connections that have said nothing, beyond one for each peer and sender.
const STRANGERS: usize = 128;

/// The messages to a peer for which the end waits, as `(peer id if known, count)`.
pub(super) type Undelivered = Vec<(Option<MachineId>, u64)>;

/// A machine's connections and the state of its channels.
pub(super) struct Station {
    pub(super) machine: Arc<Machine>,
    pub(super) listener: TcpListener,
    pub(super) gate: Gate,
    /// When the peers' names were last looked up for the gate.
    pub(super) vetted: Option<Nanos>,
    /// The machines I send to, in the order of the peer list.
    pub(super) peers: Vec<Peer>,
    /// The machines that sent to me, by id.
    pub(super) senders: BTreeMap<MachineId, Sender>,
    /// Connections that have said no hello, oldest first.
    pub(super) strangers: VecDeque<usize>,
    pub(super) ending: Option<Ending>,
}

/// A machine I send to.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) address: Address,
    pub(super) outbox: Outbox,
    /// The id and history it told at first contact.
    pub(super) identity: Option<(MachineId, Nonce)>,
    /// Where it may be; tried in turn.
    pub(super) candidates: VecDeque<SocketAddr>,
    pub(super) connection: Option<usize>,
    pub(super) backoff: Nanos,
    /// At the end: nothing more can be done for it.
    pub(super) is_given_up: bool,
}

/// A machine that sends to me.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) inbox: Inbox,
    /// The history it told at first contact.
    pub(super) history: Nonce,
    /// The process that holds, or held, the connection.
    pub(super) instance: Nonce,
    pub(super) connection: Option<usize>,
}

/// The orderly end of a machine.
pub(super) struct Ending {
    /// Senders that have not shut down by now are parted from.
    pub(super) is_late: bool,
    /// Told once all is done.
    pub(super) reply: crossbeam_channel::Sender<Undelivered>,
}

impl Station {
    pub(super) fn new(
        machine: Arc<Machine>,
        listener: TcpListener,
        gate: Gate,
        found: Vec<Vec<SocketAddr>>,
    ) -> Self {
        let peers = machine
            .peers()
            .iter()
            .zip(found)
            .map(|(address, found)| Peer {
                address: address.clone(),
                outbox: Outbox::default(),
                identity: None,
                candidates: found.into(),
                connection: None,
                backoff: SHORTEST_BACKOFF,
                is_given_up: false,
            });
        Self {
            peers: peers.collect(),
            machine,
            listener,
            gate,
            vetted: None,
            senders: BTreeMap::new(),
            strangers: VecDeque::new(),
            ending: None,
        }
    }

    /// How many connections may have said nothing.
    pub(super) fn stranger_limit(&self) -> usize {
        STRANGERS + self.peers.len().max(self.senders.len())
    }

    /// The history that machine `id` told at first contact, whichever side made it.
    pub(super) fn history_of(&self, id: MachineId) -> Option<Nonce> {
        let peers = self.peers.iter().filter_map(|peer| peer.identity);
        let senders = self.senders.get(&id).map(|sender| (id, sender.history));
        senders
            .into_iter()
            .chain(peers)
            .find(|&(known, _)| known == id)
            .map(|(_, history)| history)
    }

    /// Whether this machine's end is so late that no one may begin to send.
    pub(super) fn is_closed(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.is_late)
    }

    /// Whether an ending machine has nothing left to send, hear or accept.
    pub(super) fn is_finished(&self) -> bool {
        let is_done = |peer: &Peer| {
            peer.connection.is_none() && (peer.is_given_up || peer.outbox.undelivered() == 0)
        };
        self.peers.iter().all(is_done)
            && self
                .senders
                .values()
                .all(|sender| sender.connection.is_none())
    }

    /// For each peer with any, the messages it is not known to have accepted.
    pub(super) fn undelivered(&self) -> Undelivered {
        let of_peer = |peer: &Peer| {
            (
                peer.identity.map(|(id, _)| id),
                peer.outbox.undelivered() as u64,
            )
        };
        self.peers
            .iter()
            .map(of_peer)
            .filter(|&(_, count)| count > 0)
            .collect()
    }
}
