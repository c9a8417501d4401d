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
    /// The reason in full, for whoever runs this machine.
    pub reason: String,
    /// What the other side is told: nothing that it has not said itself.
    pub answer: String,
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

/// What a sender that is let in is told, and what that means for one that was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Welcome {
    /// For its `ok`.
    pub marks: Marks,
    /// A connection that stood in its name told another history.
    pub is_another: bool,
}

/// The channels of one machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Channels {
    me: Identity,
    /// Who sends to this machine, in order, where whoever made it knows that.
    expected: Option<Vec<MachineId>>,
    /// The channels to the peers, in the order of the peer list.
    peers: Vec<PeerChannel>,
    /// How many of them that list has: a send to all goes to these.
    listed: u32,
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
    /// The history of whose messages were accepted; a log does not tell that of a sender that is not a
    /// peer. A hello alone pins none: anyone can say it.
    history: Option<Nonce>,
    /// Who is connected in its name.
    caller: Option<Caller>,
}

/// Who is connected in the name of a sender.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Caller {
    history: Nonce,
    /// Its process.
    instance: Nonce,
    /// It may send even if it is no peer.
    is_allowed: bool,
    /// A message of it was accepted on this connection, which is no one else's from there on.
    has_spoken: bool,
}

impl Channels {
    /// The channels of a machine with `peers` peers at its first start.
    pub fn new(me: Identity, peers: usize) -> Self {
        Self {
            me,
            expected: None,
            peers: vec![PeerChannel::default(); peers],
            listed: peers as u32,
            senders: BTreeMap::new(),
        }
    }

    /// The same, and no one may send but these machines.
    #[must_use]
    pub fn expecting(mut self, mut senders: Vec<MachineId>) -> Self {
        senders.sort_unstable();
        self.expected = Some(senders);
        self
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
            expected: None,
            listed: past.peers.len() as u32,
            peers: past.peers.into_iter().map(peer).collect(),
            senders: past.received.into_iter().map(sender).collect(),
        }
    }

    /// The same, with only the first of the peers in the peer list: the others were sent to by hand.
    #[must_use]
    pub fn listing(mut self, listed: usize) -> Self {
        self.listed = listed as u32;
        self
    }

    /// Who this machine is.
    pub fn me(&self) -> &Identity {
        &self.me
    }

    /// One more peer, after those of the peer list.
    pub fn add_peer(&mut self) {
        self.peers.push(PeerChannel::default());
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

    /// A machine wants to send, from where one that is no peer may (`is_allowed`) or may not: the marks
    /// for the `ok`, or why it is refused.
    ///
    /// A connection in its name is replaced if it is from the same process or has brought nothing yet.
    pub fn welcome(&mut self, hello: &Hello, is_allowed: bool) -> Result<Welcome, Refusal> {
        self.judge(hello, is_allowed)?;
        let sender = self.senders.entry(hello.sender).or_default();
        let caller = Caller {
            history: hello.history,
            instance: hello.instance,
            is_allowed,
            has_spoken: false,
        };
        let before = sender.caller.replace(caller);
        Ok(Welcome {
            marks: sender.inbox.connected(),
            is_another: before.is_some_and(|before| before.history != hello.history),
        })
    }

    fn judge(&self, hello: &Hello, is_allowed: bool) -> Result<(), Refusal> {
        let (me, id) = (&self.me, hello.sender);
        if hello.run_id != me.run_id {
            let reason = format!(
                "it belongs to run {}, this machine to run {}",
                hello.run_id, me.run_id
            );
            // Whoever heard the name of the run could come back with it.
            return refuse_with("run", reason, OTHER_RUN.to_owned());
        }
        if id == me.id {
            let reason = format!("duplicate id: this machine is machine {id} too");
            return refuse_with("own id", reason, is_connected(id));
        }
        let known = self.senders.get(&id);
        let caller = known.and_then(|known| known.caller.as_ref());
        let is_other =
            caller.is_some_and(|caller| caller.has_spoken && caller.instance != hello.instance);
        let is_new = self
            .history_of(id)
            .is_some_and(|history| history != hello.history);
        if is_other || (is_new && self.is_sending_to(id)) {
            return refuse("duplicate id", is_connected(id));
        }
        if is_new {
            return refuse("history", came_back(id));
        }
        if !self.may_send(id, is_allowed) {
            let reason = format!(
                "machine {id} is none of its peers: allow its address with --allow, or give all machines \
                 of the run a key"
            );
            return refuse_with("stranger", reason, format!("machine {id} is not a peer"));
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
            return if sender.is_some_and(|sender| sender.caller.is_some()) {
                refuse("duplicate id", is_connected(id))
            } else {
                refuse("history", came_back(id))
            };
        }
        let peer = &mut self.peers[position];
        if let Err(violation) = peer.outbox.connected(marks) {
            let kind = match violation {
                LinkError::Lost { .. } => "lost",
                LinkError::Forgotten { .. } => "forgotten",
                _ => "violation",
            };
            return refuse(kind, violation.to_string());
        }
        peer.identity = Some((id, history));
        peer.is_connected = true;
        Ok(())
    }

    /// The connection to a peer is gone.
    pub fn peer_left(&mut self, position: usize) {
        self.peers[position].is_connected = false;
    }

    /// The connection from a sender is gone. Of one that brought nothing, nothing is kept.
    pub fn sender_left(&mut self, id: MachineId) {
        if let Some(sender) = self.senders.get_mut(&id) {
            sender.caller = None;
            if sender.inbox.marks().accepted == 0 {
                self.senders.remove(&id);
            }
        }
    }

    /// The log holds a SEND to these peers.
    pub fn sent(&mut self, timestamp: u64, recipients: &Recipients) {
        for position in recipients.positions(self.listed) {
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
        let is_new = sender.inbox.accept(timestamp)?;
        if is_new
            && let Some(caller) = &mut sender.caller
            && !caller.has_spoken
        {
            caller.has_spoken = true;
            sender.history = Some(caller.history);
        }
        Ok(is_new)
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

    /// Whether it is known who machine `id` is: it answered at its own address, or its messages have
    /// been accepted.
    pub fn is_known(&self, id: MachineId) -> bool {
        self.history_of(id).is_some()
    }

    /// Whether who is connected in the name of machine `id` is known not to be that machine.
    pub fn is_impostor(&self, id: MachineId) -> bool {
        let caller = self
            .senders
            .get(&id)
            .and_then(|known| known.caller.as_ref());
        let known = self.history_of(id);
        caller.is_some_and(|caller| known.is_some_and(|history| history != caller.history))
    }

    /// Those who are connected and, as is known now, may not send.
    pub fn uninvited(&self) -> Vec<MachineId> {
        let callers = self.senders.iter();
        let callers = callers.filter_map(|(&id, known)| Some((id, known.caller.as_ref()?)));
        let uninvited = callers.filter(|&(id, caller)| !self.may_send(id, caller.is_allowed));
        uninvited.map(|(id, _)| id).collect()
    }

    /// Whether machine `id` may send: it is a peer, or may be one of the peer list that has not told its
    /// id so far, or has sent before, or its address is allowed. Where the senders are known, they alone
    /// may. What is sent by hand to an address where no one may ever answer lets no one in.
    fn may_send(&self, id: MachineId, is_allowed: bool) -> bool {
        if let Some(expected) = &self.expected {
            return expected.binary_search(&id).is_ok();
        }
        let (listed, added) = self.peers.split_at(self.listed as usize);
        let is = |peer: &PeerChannel| peer.identity.is_some_and(|(known, _)| known == id);
        let may_be = |peer: &PeerChannel| peer.identity.is_none() || is(peer);
        let is_peer = listed.iter().any(may_be) || added.iter().any(is);
        let has_sent = |known: &SenderChannel| known.inbox.marks().accepted > 0;
        is_allowed || is_peer || self.senders.get(&id).is_some_and(has_sent)
    }

    /// The history of machine `id`: that which it told at its own address, or that of its messages.
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
    let answer = reason.clone();
    refuse_with(kind, reason, answer)
}

fn refuse_with<T>(kind: &'static str, reason: String, answer: String) -> Result<T, Refusal> {
    Err(Refusal {
        kind,
        reason,
        answer,
    })
}

/// What is said to a machine of another run.
const OTHER_RUN: &str = "it belongs to another run";

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
