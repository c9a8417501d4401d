//! Faults on purpose: what partitions, disconnects and pauses do to connections.

use crate::channel::endpoint::output::Output;
use crate::channel::endpoint::{Endpoint, Phase, Timer};
use crate::channel::link_faults::LinkFaults;
use crate::model::fault::Span;
use crate::model::message::Nanos;

impl Endpoint {
    /// The fault schedule of a machine begins.
    pub fn begin_faults(&mut self, now: Nanos, faults: LinkFaults) {
        let elapsed = faults.elapsed(now);
        self.faults_seen = elapsed;
        let changes = faults.schedule().link_changes(self.channels.me().id);
        for change in changes.into_iter().filter(|&change| change >= elapsed) {
            let time = faults.time(change);
            self.timers.insert((time, Timer::LinkChange));
        }
        self.faults = Some(faults);
        self.link_change(now);
    }

    /// A fault of the links begins or ends: cuts, heals and breaks connections.
    pub(super) fn link_change(&mut self, now: Nanos) {
        let Some(faults) = self.faults.clone() else {
            return;
        };
        let elapsed = faults.elapsed(now);
        let since = Span {
            from: std::mem::replace(&mut self.faults_seen, elapsed + 1),
            until: elapsed + 1,
        };
        let me = self.channels.me().id;
        for position in 0..self.routes.len() {
            // What is done for one peer may have been the last thing an ending machine waited for.
            if self.phase == Phase::Over {
                return;
            }
            let (mut is_cut, mut breaks) = (false, false);
            if let Some(peer) = self.channels.peer_id(position) {
                is_cut = faults.is_cut(me, peer, now);
                breaks = faults.schedule().breaks(me, peer, since);
            }
            match self.routes[position].connection {
                Some(id) if is_cut || breaks => self.close(now, id),
                None if !is_cut => {
                    self.connect(now, position);
                }
                _ => {}
            }
        }
    }

    /// Whether the messages to this peer wait for a partition to end.
    pub(super) fn is_cut(&self, now: Nanos, position: usize) -> bool {
        let peer = self.channels.peer_id(position);
        peer.zip(self.faults.as_ref())
            .is_some_and(|(peer, faults)| faults.is_cut(self.channels.me().id, peer, now))
    }

    /// Nothing comes or goes until it goes on.
    pub fn pause(&mut self) {
        self.is_paused = true;
    }

    /// A machine that was paused goes on. The system does not repeat what it reported meanwhile, so
    /// that everything is looked at.
    pub fn go_on(&mut self, now: Nanos) {
        self.is_paused = false;
        for (&id, connection) in &mut self.connections {
            connection.is_ready = true;
            self.ready.push(id);
            self.outputs.push_back(Output::Read { connection: id });
        }
        for peer in 0..self.routes.len() {
            self.connect(now, peer);
        }
    }
}
