//! First connections are made in turns.
//!
//! Where hundreds of machines meet on few cores, all handshakes at once take longer than a handshake may: each
//! would be given up, and begin anew, for ever. So each machine has few under way, and the next begins when one
//! is over, whatever came of it. What nobody answers does not hold up the others for long.

use std::collections::VecDeque;

use crate::channel::endpoint::{Endpoint, Timer};
use crate::model::message::Nanos;

/// How many first connections of a machine are under way at a time.
const UNDER_WAY: usize = 8;

/// The peers to which no connection was tried so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Turns {
    waiting: VecDeque<usize>,
    under_way: Vec<usize>,
    /// When the next begin although none is over.
    stalls: Option<Nanos>,
}

impl Endpoint {
    /// Connects to all peers, few at a time. Each machine begins elsewhere, so that they do not all go to the same.
    pub(super) fn begin_turns(&mut self, now: Nanos) {
        let peers = self.routes.len();
        let first = if peers > UNDER_WAY {
            (self.channels.me().id % peers as u64) as usize
        } else {
            0
        };
        self.turns.waiting = (first..peers).chain(0..first).collect();
        self.take_turns(now);
    }

    /// A first connection to a peer is made, or has failed.
    pub(super) fn turn_is_over(&mut self, now: Nanos, peer: usize) {
        let before = self.turns.under_way.len();
        self.turns.under_way.retain(|&other| other != peer);
        if self.turns.under_way.len() < before {
            self.take_turns(now);
        }
    }

    /// Nothing has been over for long: whoever is asked does not answer.
    pub(super) fn turns_stall(&mut self, now: Nanos) {
        self.turns.under_way.clear();
        self.turns.stalls = None;
        self.take_turns(now);
    }

    fn take_turns(&mut self, now: Nanos) {
        while self.turns.under_way.len() < UNDER_WAY
            && let Some(peer) = self.turns.waiting.pop_front()
        {
            if self.connect(now, peer) {
                self.turns.under_way.push(peer);
            }
        }
        if let Some(before) = self.turns.stalls.take() {
            self.timers.remove(&(before, Timer::Turn));
        }
        if self.turns.waiting.is_empty() {
            self.turns = Turns::default();
        } else {
            let time = now + self.waits.turn;
            self.turns.stalls = Some(time);
            self.timers.insert((time, Timer::Turn));
        }
    }
}
