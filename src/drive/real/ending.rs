//! The orderly end of a machine: what is left goes out, what is on its way comes in.

use crate::drive::real::connection::Role;
use crate::drive::real::endpoint::Ending;
use crate::drive::real::poll::{Poller, Timer};
use crate::model::message::Nanos;

/// How long an ending machine waits for others, at most.
const END_WAIT: Nanos = 1_000_000_000;
/// How long it then waits for its last bytes to be read.
const PARTING_WAIT: Nanos = 300_000_000;

impl Poller {
    /// A machine has ticked its last.
    pub(super) fn finish(&mut self, id: u64, ending: Ending) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        endpoint.ending = Some(ending);
        for peer in 0..self.endpoints[&id].peers.len() {
            self.drain(id, peer);
        }
        self.after(END_WAIT, Timer::End { endpoint: id });
        self.finish_if_done(id);
    }

    /// Ends a machine that has nothing left to do.
    pub(super) fn finish_if_done(&mut self, id: u64) {
        let Some(endpoint) = self.endpoints.get(&id) else {
            return;
        };
        if endpoint.ending.is_some() && endpoint.is_finished() {
            self.finish_now(id);
        }
    }

    fn finish_now(&mut self, id: u64) {
        let endpoint = self.endpoints.get_mut(&id).expect("the caller found it");
        let undelivered = endpoint.undelivered();
        let ending = endpoint.ending.take().expect("the caller found it ending");
        self.leave(id);
        // Whoever waits for it may have been stopped by force.
        let _ = ending.reply.send(undelivered);
    }

    /// The time of an orderly end is over: first part from the senders, then end.
    pub(super) fn end_is_late(&mut self, id: u64) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        let ending = endpoint
            .ending
            .as_mut()
            .expect("the timer is set at the end");
        if ending.is_late {
            self.finish_now(id);
            return;
        }
        ending.is_late = true;
        let keys: Vec<usize> = endpoint.senders.values().copied().collect();
        for key in keys {
            // The last acknowledgement goes out, nothing more comes in.
            self.connections[key].owes_ack = true;
            self.connections[key].is_last = true;
            self.mark_dirty(key);
        }
        self.after(PARTING_WAIT, Timer::End { endpoint: id });
    }

    /// At the end of a machine: sends what is left for a peer, then nothing more.
    pub(super) fn drain(&mut self, id: u64, position: usize) {
        // What is done for one peer may have been the last thing to do.
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        if endpoint.ending.is_none() {
            return;
        }
        let is_waiting = endpoint.channels.undelivered(position) > 0;
        let peer = &mut endpoint.peers[position];
        match peer.connection {
            Some(key) if matches!(self.connections[key].role, Role::Sending { .. }) => {
                self.connections[key].is_last = true;
                self.mark_dirty(key);
            }
            Some(_) if is_waiting => {}
            Some(key) => self.close(key),
            // One more attempt, at once.
            None if is_waiting => self.connect(id, position),
            None => peer.is_given_up = true,
        }
    }
}
