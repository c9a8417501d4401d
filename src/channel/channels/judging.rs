//! Who may be at the other end of a channel.

use super::refusal::{Refusal, refuse, refuse_with};
use super::{Channels, MOST_SENDERS, PeerChannel, SenderChannel};
use crate::channel::identity::Nonce;
use crate::channel::protocol::ALIKE;
use crate::channel::wire::Hello;
use crate::model::message::MachineId;

impl Channels {
    /// Whether a machine that says hello may send, and why not.
    pub(super) fn judge(&self, hello: &Hello, is_allowed: bool) -> Result<(), Refusal> {
        let (me, id) = (&self.me, hello.sender);
        if hello.run_id != me.run_id {
            let reason = format!(
                "it belongs to run {}, this machine to run {}",
                hello.run_id, me.run_id
            );
            // Whoever heard the name of the run could come back with it.
            return refuse_with("run", reason, OTHER_RUN.to_owned());
        }
        if hello.protocol != self.protocol() {
            let (its, mine) = (hello.protocol.trait_of(), self.protocol().trait_of());
            let reason = format!(
                "machine {id} {its}, and this machine, {}, {mine}: {ALIKE}",
                me.id
            );
            let answer = format!(
                "this machine, {id}, {its}, and machine {} {mine}: {ALIKE}",
                me.id
            );
            return refuse_with("algorithm", reason, answer);
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
            let remedy = if self.expected.is_some() {
                "only machines of the run that have it as a peer may send to it"
            } else {
                "allow its address with --allow, or give all machines of the run a key"
            };
            let reason = format!("machine {id} is none of its peers: {remedy}");
            return refuse_with("stranger", reason, format!("machine {id} is not a peer"));
        }
        if known.is_none() && self.senders.len() >= MOST_SENDERS {
            let reason = format!("{MOST_SENDERS} machines have sent already");
            return refuse("senders", reason);
        }
        Ok(())
    }

    /// Whether who answered as machine `id` at a peer's address is that peer, and why not.
    pub(super) fn judge_answer(
        &self,
        position: usize,
        id: MachineId,
        history: Nonce,
    ) -> Result<(), Refusal> {
        if id == self.me.id {
            let reason = format!("duplicate id: it is machine {id}, as this one");
            return refuse("own id", reason);
        }
        if let Some(&told) = self.peer_ids.get(position)
            && told != id
        {
            let reason = format!("it is machine {id}, and was told to be machine {told}");
            return refuse("changed", reason);
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
        Ok(())
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
        let is_told = |position: usize| self.peer_ids.get(position).is_none_or(|told| *told == id);
        let may_be = |(position, peer): (usize, &PeerChannel)| {
            is(peer) || (peer.identity.is_none() && is_told(position))
        };
        let is_peer = listed.iter().enumerate().any(may_be) || added.iter().any(is);
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
