//! What messages carry, from the send to the last receipt.

use slab::Slab;

use super::super::graph::{Graph, NONE};
use super::super::vectors::{waits, whole};

/// What sends whose receipts are still to come gave their messages.
pub(super) struct Carried<T> {
    /// By position, how many receipts are still to come.
    waits: Vec<u32>,
    /// By position, where it is kept, or [`NONE`].
    slots: Vec<u32>,
    kept: Slab<T>,
}

impl<T> Carried<T> {
    pub(super) fn new(graph: &Graph) -> Self {
        let (from, to) = whole(graph);
        Self {
            waits: waits(graph, &from, &to),
            slots: vec![NONE; graph.len()],
            kept: Slab::new(),
        }
    }

    /// Keeps what the event at a position sends, if somebody receives it.
    #[inline]
    pub(super) fn put(&mut self, position: usize, make: impl FnOnce() -> T) {
        if self.waits[position] > 0 {
            self.slots[position] = self.kept.insert(make()) as u32;
        }
    }

    /// Hands over what the event at a position sent; the last receipt lets it go.
    #[inline]
    pub(super) fn take(&mut self, position: usize, look: impl FnOnce(&T)) {
        let slot = self.slots[position] as usize;
        look(&self.kept[slot]);
        self.waits[position] -= 1;
        if self.waits[position] == 0 {
            self.kept.remove(slot);
        }
    }
}
