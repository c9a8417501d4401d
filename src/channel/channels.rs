//! All channels of one machine, and who may be at their other ends.
//!
//! Nothing else decides what is sent, accepted or acknowledged, and to whom a
//! channel belongs. The driver reads and writes sockets, writes the log, and keeps the
//! order: a SEND line before [`Channels::sent`], a RECEIVE line before
//! [`Channels::received`].

mod judging;
mod refusal;

use std::collections::BTreeMap;
use std::fmt;

use crate::channel::identity::{Identity, Nonce};
use crate::channel::kept_bodies::{KeptBodies, KeptSize};
use crate::channel::link::{Inbox, LinkError, Marks, Outbox};
use crate::channel::protocol::Protocol;
use crate::channel::wire::Hello;
use crate::model::body::Body;
use crate::model::event::Recipients;
use crate::model::message::MachineId;
pub use crate::model::past::{Past, PeerPast};

pub use refusal::Refusal;
use refusal::refuse;

/// Distinct ids that may send to one machine.
pub const MOST_SENDERS: usize = 1 << 16;
/// How many messages are kept for one peer that does not acknowledge.
const MOST_KEPT: usize = 1 << 24;

/// For each peer with any, how many messages it has not accepted, as `(peer id if known, count)`.
pub type Undelivered = Vec<(Option<MachineId>, u64)>;

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
    /// The ids that the peers must have, in the order of the peer list, where they are told.
    peer_ids: Vec<MachineId>,
    /// With an algorithm: what messages to peers say.
    bodies: Option<Box<KeptBodies>>,
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
            peer_ids: Vec::new(),
            bodies: None,
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
            peer_ids: Vec::new(),
            bodies: None,
        }
    }

    /// The same, and the peers must have these ids, in the order of the peer list.
    #[must_use]
    pub fn expecting_peers(mut self, ids: Vec<MachineId>) -> Self {
        self.peer_ids = ids;
        self
    }

    /// The same, of a machine with an algorithm: its messages have bodies, of which it has these.
    #[must_use]
    pub fn lettered(mut self, bodies: KeptBodies) -> Self {
        self.bodies = Some(bodies.into());
        self
    }

    /// What this machine speaks.
    pub fn protocol(&self) -> Protocol {
        if self.bodies.is_some() {
            Protocol::Lettered
        } else {
            Protocol::Classic
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
            protocol: self.protocol(),
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

    /// A peer has said `ok`: checks who it is and goes on right after what it has accepted.
    /// The log must hold its CONNECT line before anything goes out.
    pub fn answered(
        &mut self,
        position: usize,
        id: MachineId,
        history: Nonce,
        marks: Marks,
    ) -> Result<(), Refusal> {
        self.judge_answer(position, id, history)?;
        let peer = &mut self.peers[position];
        let connected = match &mut self.bodies {
            None => peer.outbox.connected(marks),
            Some(bodies) => peer
                .outbox
                .connected_each(marks, |covered| bodies.forget(covered)),
        };
        if let Err(violation) = connected {
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

    /// The positions of the peers that a SEND goes to.
    pub fn positions<'a>(
        &self,
        recipients: &'a Recipients,
    ) -> impl Iterator<Item = usize> + use<'a> {
        recipients
            .positions(self.listed)
            .map(|position| position as usize)
    }

    /// The log holds a SEND to these peers.
    pub fn sent(&mut self, timestamp: u64, recipients: &Recipients) {
        for position in self.positions(recipients) {
            self.peers[position].outbox.push(timestamp);
        }
    }

    /// The log holds a SEND to these peers that says this.
    pub fn sent_letter(&mut self, timestamp: u64, recipients: &Recipients, body: Body) {
        if let Some(bodies) = &mut self.bodies {
            bodies.keep(timestamp, body, recipients.positions(self.listed).count());
        }
        self.sent(timestamp, recipients);
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
        let outbox = &mut self.peers[position].outbox;
        match &mut self.bodies {
            None => outbox.acknowledged(marks),
            Some(bodies) => outbox.acknowledged_each(marks, |covered| bodies.forget(covered)),
        }
    }

    /// The next message to hand to the connection to a peer, oldest first.
    pub fn next_unsent(&mut self, position: usize) -> Option<u64> {
        self.peers[position].outbox.next_unsent()
    }

    /// The same with what it says, of a machine with an algorithm; or why that cannot be read.
    pub fn next_letter(&mut self, position: usize) -> Option<(u64, Result<Body, String>)> {
        let timestamp = self.next_unsent(position)?;
        let bodies = self.bodies.as_ref();
        let body = bodies.map_or(Ok(None), |bodies| bodies.of(timestamp));
        Some((timestamp, body))
    }

    /// Of a machine with an algorithm: what was kept for peers, and is no more.
    pub fn forgotten(&self) -> Option<KeptSize> {
        self.bodies.as_ref().map(|bodies| bodies.forgotten())
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
}
