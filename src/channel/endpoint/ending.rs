//! The orderly end of a machine: what is left goes out, what is on its way comes in.

use crate::channel::endpoint::connection::Role;
use crate::channel::endpoint::output::{Farewell, Output};
use crate::channel::endpoint::{Endpoint, Phase, Timer};
use crate::model::message::Nanos;

impl Endpoint {
    /// The machine has ticked its last.
    pub fn finish(&mut self, now: Nanos) {
        if self.phase != Phase::Running {
            return;
        }
        self.phase = Phase::Ending;
        self.release_all();
        for peer in 0..self.routes.len() {
            self.drain(now, peer);
        }
        self.timers.insert((now + self.waits.end, Timer::End));
        self.finish_if_done();
    }

    /// Whether it has ticked its last.
    pub(super) fn is_ending(&self) -> bool {
        self.phase > Phase::Running
    }

    /// Ends a machine that has nothing left to do.
    pub(super) fn finish_if_done(&mut self) {
        let is_done = |(peer, route): (usize, &super::Route)| {
            route.connection.is_none() && (route.is_given_up || self.channels.kept(peer) == 0)
        };
        let is_done = self.senders.is_empty() && self.routes.iter().enumerate().all(is_done);
        if self.is_ending() && is_done {
            self.finish_now();
        }
    }

    /// The peers of which no connection ever worked, and why; not those for which there was no time.
    fn unreached(&self) -> Vec<(usize, String)> {
        let routes = self.routes.iter().enumerate();
        let failed = routes
            .filter(|(peer, route)| route.is_decided && self.channels.peer_id(*peer).is_none());
        let why = |route: &super::Route| {
            let nobody = || "nobody answered there".to_owned();
            route.refusal.clone().unwrap_or_else(nobody)
        };
        failed.map(|(peer, route)| (peer, why(route))).collect()
    }

    fn finish_now(&mut self) {
        if self.phase == Phase::Over {
            return;
        }
        self.phase = Phase::Over;
        self.outputs.push_back(Output::Finished(Farewell {
            undelivered: self.channels.all_undelivered(),
            heard: self.heard.all(|peer| self.channels.peer_id(peer)),
            unreached: self.unreached(),
        }));
    }

    /// The time of an orderly end is over: first part from the senders, then end.
    pub(super) fn end_is_late(&mut self, now: Nanos) {
        if self.phase == Phase::Late {
            for peer in 0..self.routes.len() {
                // It has had time enough to answer.
                self.decide(peer);
            }
            self.finish_now();
            return;
        }
        self.phase = Phase::Late;
        for id in self.senders.values().copied().collect::<Vec<_>>() {
            if let Some(connection) = self.connections.get_mut(&id) {
                // The last acknowledgement goes out, nothing more comes in.
                connection.owes_ack = true;
                connection.is_last = true;
                self.mark_ready(id);
            }
        }
        let wait = self.waits.last_bytes;
        self.timers.insert((now + wait, Timer::End));
    }

    /// At the end of a machine: sends what is left for a peer, then nothing more.
    pub(super) fn drain(&mut self, now: Nanos, peer: usize) {
        // What is done for one peer may have been the last thing to do.
        if !self.is_ending() || self.phase == Phase::Over {
            return;
        }
        // Of what a peer accepted and has not logged, it may have lost all: its answer tells.
        let is_waiting = self.channels.kept(peer) > 0;
        let route = &mut self.routes[peer];
        let Some(id) = route.connection else {
            if is_waiting {
                // One more attempt, at once.
                self.connect(now, peer);
            } else {
                route.is_given_up = true;
            }
            return;
        };
        let connection = self.connections.get_mut(&id);
        match connection.filter(|found| matches!(found.role, Role::Sending { .. })) {
            Some(connection) => {
                connection.is_last = true;
                self.mark_ready(id);
            }
            None if is_waiting => {}
            None => self.close(now, id),
        }
    }
}
