//! Injects faults: what partitions, disconnects and pauses do to connections.

use crate::drive::real::poll::{Poller, Timer};
use crate::model::fault::Span;
use crate::model::message::Nanos;

impl Poller {
    /// The fault schedule of a machine begins.
    pub(super) fn begin_faults(&mut self, id: u64) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        let Some(faults) = endpoint.member.link_faults() else {
            return;
        };
        let elapsed = faults.elapsed(self.clock.now());
        endpoint.faults_seen = elapsed;
        let changes = faults.schedule().link_changes(endpoint.member.id());
        for change in changes.into_iter().filter(|&change| change >= elapsed) {
            self.at(faults.time(change), Timer::LinkChange { endpoint: id });
        }
        self.link_change(id);
    }

    /// A fault of a machine's links begins or ends: cuts, heals and breaks connections.
    pub(super) fn link_change(&mut self, id: u64) {
        let now = self.clock.now();
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        let Some(faults) = endpoint.member.link_faults() else {
            return;
        };
        let elapsed = faults.elapsed(now);
        let since = Span {
            from: std::mem::replace(&mut endpoint.faults_seen, elapsed + 1),
            until: elapsed + 1,
        };
        let me = endpoint.member.id();
        for position in 0..endpoint.peers.len() {
            // What is done for one peer may have been the last thing an ending machine waited for.
            let Some(endpoint) = self.endpoints.get(&id) else {
                return;
            };
            let (mut is_cut, mut breaks) = (false, false);
            if let Some(peer) = endpoint.channels.peer_id(position) {
                is_cut = faults.is_cut(me, peer, now);
                breaks = faults.schedule().breaks(me, peer, since);
            }
            match endpoint.peers[position].connection {
                Some(key) if is_cut || breaks => self.close(key),
                None if !is_cut => self.connect(id, position),
                _ => {}
            }
        }
    }

    /// Whether the messages of a machine to this peer wait for a partition to end.
    pub(super) fn is_cut(&self, id: u64, position: usize, now: Nanos) -> bool {
        let endpoint = &self.endpoints[&id];
        let (me, faults) = (endpoint.member.id(), endpoint.member.link_faults());
        let peer = endpoint.channels.peer_id(position);
        peer.zip(faults)
            .is_some_and(|(peer, faults)| faults.is_cut(me, peer, now))
    }

    /// Nothing comes or goes for this machine until it goes on.
    pub(super) fn pause(&mut self, id: u64) {
        if let Some(endpoint) = self.endpoints.get_mut(&id) {
            endpoint.is_paused = true;
        }
    }

    /// A machine that was paused goes on. The system does not repeat what it reported meanwhile, so that
    /// everything is looked at.
    pub(super) fn go_on(&mut self, id: u64) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        endpoint.is_paused = false;
        let peers = endpoint.peers.len();
        let keys: Vec<usize> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.endpoint == id)
            .map(|(key, _)| key)
            .collect();
        for key in keys {
            self.mark_dirty(key);
            self.unread.push(key);
        }
        for position in 0..peers {
            self.connect(id, position);
        }
        self.accept(id);
    }

    /// Whether the machine that a connection belongs to is paused.
    pub(super) fn is_paused(&self, id: u64) -> bool {
        self.endpoints
            .get(&id)
            .is_some_and(|endpoint| endpoint.is_paused)
    }
}
