//! What stamps take: bytes in messages, and entries that machines touch.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::{Graph, Trace};
use super::super::stamps::itc;
use crate::error::Result;

/// What the stamps of a run take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StampCost {
    /// How many messages there are: one to each recipient of a SEND.
    pub messages: u64,
    /// The bytes of all of them.
    pub bytes: u64,
    /// The bytes of the largest.
    pub most: u64,
    /// The entries that events count up or set, and that receipts are handed with their message.
    pub entries: u64,
}

impl StampCost {
    /// So many messages of as many bytes each.
    #[inline]
    pub(super) fn add(&mut self, messages: u64, bytes: u64) {
        if messages > 0 {
            self.messages += messages;
            self.bytes += messages * bytes;
            self.most = self.most.max(bytes);
        }
    }
}

/// The messages of the events of a graph.
#[derive(Clone, Copy)]
pub(super) struct SentMessages<'a> {
    pub(super) graph: &'a Graph,
    pub(super) trace: Trace<'a>,
}

impl<'a> SentMessages<'a> {
    /// The recipients of what the event at a position sent; [`UNKNOWN`](crate::log::columns::UNKNOWN) for each that is not known.
    #[inline]
    pub(super) fn recipients(&self, position: usize) -> &'a [i64] {
        self.trace.recipients(self.graph.rows[position] as usize)
    }

    /// Of stamps that have equally many entries: so many bytes each. An event sets some of these, and a receipt
    /// is handed others.
    pub(super) fn of_size(
        &self,
        (set, handed): (u64, u64),
        bytes: impl Fn(usize) -> u64,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<StampCost> {
        let mut cost = StampCost::default();
        for position in 0..self.graph.len() {
            let messages = self.recipients(position).len() as u64;
            if messages > 0 {
                cost.add(messages, bytes(position));
            }
            checkpoint.after(8)?;
        }
        cost.entries = set * self.graph.len() as u64 + handed * self.graph.matched as u64;
        Ok(cost)
    }

    /// Of interval tree clocks, whose entries are the nodes of their trees; an event counts up one of them.
    pub(super) fn of_trees(&self, go_on: &mut GoOn<'_>) -> Result<StampCost> {
        let graph = self.graph;
        let mut cost = StampCost::default();
        let mut nodes = vec![0_u32; graph.len()];
        itc::each(graph, go_on, |position, entries, bytes| {
            cost.add(self.recipients(position).len() as u64, bytes);
            nodes[position] = entries as u32;
            // It comes after what it received.
            if let Some(send) = graph.cause(position) {
                cost.entries += u64::from(nodes[graph.position(send)]);
            }
            Ok(())
        })?;
        cost.entries += graph.len() as u64;
        Ok(cost)
    }
}
