//! All channels of one machine, and who may be at their other ends.
//!
//! Nothing else decides what is sent, accepted or acknowledged, and to whom a
//! channel belongs. The driver reads and writes sockets, writes the log, and keeps the
//! order: a SEND line before [`Channels::sent`], a RECEIVE line before
//! [`Channels::received`].

use std::collections::BTreeMap;
use std::fmt;

use crate::channel::identity::{Identity, Nonce};
use crate::channel::link::{Inbox, LinkError, Marks, Outbox};
use crate::channel::wire::Hello;
use crate::model::event::Recipients;
use crate::model::message::MachineId;
pub use crate::model::past::{Past, PeerPast};

/// Distinct ids that may send to one machine.
pub const MOST_SENDERS: usize = 1 << 16;
/// How many messages are kept for one peer that does not acknowledge.
const MOST_KEPT: usize = 1 << 24;

/// For each peer with any, how many messages it has not accepted, as `(peer id if known, count)`.
pub type Undelivered = Vec<(Option<MachineId>, u64)>;

/// Why a handshake fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// One word: refusals of one kind are alike to whoever counts them.
    pub kind: &'static str,
    /// The reason in full.
    pub reason: String,
}

/// A peer for which more is kept than may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overfull {
    /// Which peer.
    pub position: usize,
    /// How many messages are kept for it.
    pub kept: usize,
}

impl Overfull {
    /// What is wrong, of the peer at this address.
    pub fn reason(&self, address: impl fmt::Display) -> String {
        let kept = self.kept;
        format!("{kept} messages wait for {address}, more than the {MOST_KEPT} that are kept")
    }
}

/// The channels of one machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Channels {
    me: Identity,
    /// The channels to the peers, in the order of the peer list.
    peers: Vec<PeerChannel>,
    /// The channels from others, by their ids.
    senders: BTreeMap<MachineId, SenderChannel>,
}

/// The channel to a peer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct PeerChannel {
    outbox: Outbox,
    /// The id and history it told at first contact.
    identity: Option<(MachineId, Nonce)>,
    is_connected: bool,
}

/// The channel from a sender.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct SenderChannel {
    inbox: Inbox,
    /// The history it told at first contact; a log does not tell that of a sender that is not a peer.
    history: Option<Nonce>,
    /// The process that holds, or held, the connection.
    instance: Option<Nonce>,
    is_connected: bool,
}

impl Channels {
    /// The channels of a machine with `peers` peers at its first start.
    pub fn new(me: Identity, peers: usize) -> Self {
        Self {
            me,
            peers: vec![PeerChannel::default(); peers],
            senders: BTreeMap::new(),
        }
    }

    /// The channels of a machine whose log tells `past`: all that was sent may be needed still,
    /// and what was accepted but not logged is gone.
    pub fn resumed(me: Identity, past: Past) -> Self {
        let peer = |PeerPast { sent, left, known }| PeerChannel {
            outbox: Outbox::resumed(sent, left),
            identity: known,
            is_connected: false,
        };
        let sender = |(id, newest)| {
            let sender = SenderChannel {
                inbox: Inbox::resumed(newest),
                ..SenderChannel::default()
            };
            (id, sender)
        };
        Self {
            me,
            peers: past.peers.into_iter().map(peer).collect(),
            senders: past.received.into_iter().map(sender).collect(),
        }
    }

    /// Who this machine is.
    pub fn me(&self) -> &Identity {
        &self.me
    }

    /// What this machine says first on a connection to a peer.
    pub fn greeting(&self) -> Hello {
        Hello {
            run_id: self.me.run_id.clone(),
            sender: self.me.id,
            history: self.me.history,
            instance: self.me.instance,
        }
    }

    /// A machine wants to send: the marks for the `ok`, or why it may not.
    ///
    /// A connection that it has already, from the same process, is replaced.
    pub fn welcome(&mut self, hello: &Hello) -> Result<Marks, Refusal> {
        self.judge(hello)?;
        let sender = self.senders.entry(hello.sender).or_default();
        sender.history = Some(hello.history);
        sender.instance = Some(hello.instance);
        sender.is_connected = true;
        Ok(sender.inbox.connected())
    }

    fn judge(&self, hello: &Hello) -> Result<(), Refusal> {
        let (me, id) = (&self.me, hello.sender);
        if hello.run_id != me.run_id {
            let reason = format!(
                "it belongs to run {}, this machine to run {}",
                hello.run_id, me.run_id
            );
            return refuse("run", reason);
        }
        if id == me.id {
            let reason = format!("duplicate id: this machine is machine {id} too");
            return refuse("own id", reason);
        }
        let known = self.senders.get(&id);
        let is_other =
            known.is_some_and(|known| known.is_connected && known.instance != Some(hello.instance));
        let is_new = self
            .history_of(id)
            .is_some_and(|history| history != hello.history);
        if is_other || (is_new && self.is_sending_to(id)) {
            return refuse("duplicate id", is_connected(id));
        }
        if is_new {
            return refuse("history", came_back(id));
        }
        if known.is_none() && self.senders.len() >= MOST_SENDERS {
            let reason = format!("{MOST_SENDERS} machines have sent already");
            return refuse("senders", reason);
        }
        Ok(())
    }

    /// A peer has said `ok`: checks who it is and goes on right after what it has accepted.
    /// The log must hold its CONNECT line before anything goes out.
    pub fn answered(
        &mut self,
        position: usize,
        id: MachineId,
        history: Nonce,
        marks: Marks,
    ) -> Result<(), Refusal> {
        if id == self.me.id {
            let reason = format!("duplicate id: it is machine {id}, as this one");
            return refuse("own id", reason);
        }
        for (other, peer) in self.peers.iter().enumerate() {
            match peer.identity {
                Some((known, _)) if known == id && other != position => {
                    let reason = format!("it is machine {id}, which another peer is too");
                    return refuse("twice", reason);
                }
                Some((known, _)) if other == position && known != id => {
                    let reason = format!("it was machine {known} and now is machine {id}");
                    return refuse("changed", reason);
                }
                _ => {}
            }
        }
        if self.history_of(id).is_some_and(|known| known != history) {
            let sender = self.senders.get(&id);
            return if sender.is_some_and(|sender| sender.is_connected) {
                refuse("duplicate id", is_connected(id))
            } else {
                refuse("history", came_back(id))
            };
        }
        let peer = &mut self.peers[position];
        peer.outbox.connected(marks).map_err(|violation| Refusal {
            kind: match violation {
                LinkError::Lost { .. } => "lost",
                LinkError::Forgotten { .. } => "forgotten",
                _ => "violation",
            },
            reason: violation.to_string(),
        })?;
        peer.identity = Some((id, history));
        peer.is_connected = true;
        Ok(())
    }

    /// The connection to a peer is gone.
    pub fn peer_left(&mut self, position: usize) {
        self.peers[position].is_connected = false;
    }

    /// The connection from a sender is gone.
    pub fn sender_left(&mut self, id: MachineId) {
        if let Some(sender) = self.senders.get_mut(&id) {
            sender.is_connected = false;
        }
    }

    /// The log holds a SEND to these peers.
    pub fn sent(&mut self, timestamp: u64, recipients: &Recipients) {
        for position in recipients.positions(self.peers.len() as u32) {
            self.peers[position as usize].outbox.push(timestamp);
        }
    }

    /// The log holds the RECEIVE of this message, and of all before it on its channel.
    pub fn received(&mut self, sender: MachineId, timestamp: u64) {
        if let Some(sender) = self.senders.get_mut(&sender) {
            sender.inbox.logged(timestamp);
        }
    }

    /// A message came from a sender that was welcomed. Whether it must enter the queue now.
    pub fn accept(&mut self, sender: MachineId, timestamp: u64) -> Result<bool, LinkError> {
        let sender = self.senders.get_mut(&sender).expect("it was welcomed");
        sender.inbox.accept(timestamp)
    }

    /// The marks to acknowledge to a sender that was welcomed.
    pub fn marks(&self, sender: MachineId) -> Marks {
        self.senders[&sender].inbox.marks()
    }

    /// A peer has acknowledged.
    pub fn acknowledged(&mut self, position: usize, marks: Marks) -> Result<(), LinkError> {
        self.peers[position].outbox.acknowledged(marks)
    }

    /// The next message to hand to the connection to a peer, oldest first.
    pub fn next_unsent(&mut self, position: usize) -> Option<u64> {
        self.peers[position].outbox.next_unsent()
    }

    /// Whether there is a next message for a peer.
    pub fn has_unsent(&self, position: usize) -> bool {
        self.peers[position].outbox.has_unsent()
    }

    /// How many messages are kept for a peer.
    pub fn kept(&self, position: usize) -> usize {
        self.peers[position].outbox.kept()
    }

    /// A peer for which more is kept than may be.
    pub fn overfull(&self) -> Option<Overfull> {
        let all = self.peers.iter().map(|peer| peer.outbox.kept()).enumerate();
        let mut overfull = all.filter(|&(_, kept)| kept > MOST_KEPT);
        overfull
            .next()
            .map(|(position, kept)| Overfull { position, kept })
    }

    /// How many messages a peer is not known to have accepted.
    pub fn undelivered(&self, position: usize) -> usize {
        self.peers[position].outbox.undelivered()
    }

    /// For each peer with any, the messages it is not known to have accepted.
    pub fn all_undelivered(&self) -> Undelivered {
        let of_peer = |position| {
            let count = self.undelivered(position) as u64;
            (self.peer_id(position), count)
        };
        (0..self.peers.len())
            .map(of_peer)
            .filter(|&(_, count)| count > 0)
            .collect()
    }

    /// The id that a peer told at first contact.
    pub fn peer_id(&self, position: usize) -> Option<MachineId> {
        self.peers[position].identity.map(|(id, _)| id)
    }

    /// How many machines have sent.
    pub fn senders(&self) -> usize {
        self.senders.len()
    }

    /// The history that machine `id` told at first contact, whichever side made it.
    fn history_of(&self, id: MachineId) -> Option<Nonce> {
        let sender = self.senders.get(&id).and_then(|sender| sender.history);
        let mut peers = self.peers.iter().filter_map(|peer| peer.identity);
        sender.or_else(|| {
            peers
                .find(|&(known, _)| known == id)
                .map(|(_, history)| history)
        })
    }

    /// Whether a connection to machine `id` stands.
    fn is_sending_to(&self, id: MachineId) -> bool {
        let mut peers = self.peers.iter().filter(|peer| peer.is_connected);
        peers.any(|peer| peer.identity.is_some_and(|(known, _)| known == id))
    }
}

fn refuse<T>(kind: &'static str, reason: String) -> Result<T, Refusal> {
    Err(Refusal { kind, reason })
}

/// What is said when two machines have one id.
fn is_connected(id: MachineId) -> String {
    format!("duplicate id: another machine {id} is connected")
}

/// What is said when a known machine has another past.
fn came_back(id: MachineId) -> String {
    format!(
        "machine {id} came back without its history: start it with --resume or use a new run id"
    )
}
