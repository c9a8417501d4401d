//! First connections are made in turns.
//!
//! Where hundreds of machines meet on few cores, all handshakes at once take longer than a handshake may: each
//! would be given up, and begin anew, for ever. So each machine has few under way, and the next begins when one
//! is over, whatever came of it. What nobody answers does not hold up the others for long.

use std::collections::VecDeque;

use crate::model::message::Nanos;

/// How many first connections of a machine are under way at a time.
const UNDER_WAY: usize = 8;

/// The peers to which no connection was tried so far, and those to which the first is under way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Turns {
    waiting: VecDeque<usize>,
    under_way: Vec<usize>,
    /// When the next begin although none is over.
    pub(super) stall: Option<Nanos>,
}

impl Turns {
    /// Those of a machine with so many peers. Each machine begins elsewhere, so that they do not all go to the same.
    pub(super) fn new(machine: u64, peers: usize) -> Self {
        let first = if peers > UNDER_WAY {
            (machine % peers as u64) as usize
        } else {
            0
        };
        Self {
            waiting: (first..peers).chain(0..first).collect(),
            ..Self::default()
        }
    }

    /// Whether there is no one whose turn has not come.
    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The next peer, if there is room for one.
    pub(super) fn next(&mut self) -> Option<usize> {
        if self.under_way.len() < UNDER_WAY {
            self.waiting.pop_front()
        } else {
            None
        }
    }

    /// A connection to this peer is under way.
    pub(super) fn begin(&mut self, peer: usize) {
        self.under_way.push(peer);
    }

    /// Whether the first connection to this peer was under way, which is over.
    pub(super) fn end(&mut self, peer: usize) -> bool {
        let before = self.under_way.len();
        self.under_way.retain(|&other| other != peer);
        self.under_way.len() < before
    }

    /// Those under way hold up no one any more.
    pub(super) fn end_all(&mut self) {
        self.under_way.clear();
    }
}
