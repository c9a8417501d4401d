//! Lamport clocks (Lamport 1978): one more than the larger of what was there and what came.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::Graph;
use super::order_of::each_event;
use super::{Stamps, varint};
use crate::error::Result;

/// The Lamport clock after each event, by position.
#[derive(Debug)]
pub struct LamportStamps(Vec<u32>);

impl LamportStamps {
    /// Of all events.
    pub fn new(graph: &Graph, go_on: &mut GoOn<'_>) -> Result<Self> {
        let mut clocks = vec![0; graph.len()];
        each_event(graph, &mut Checkpoint::of_query(go_on), |event| {
            let mut clock = event.before().map_or(0, |before| clocks[before]);
            for cause in graph.causes(event.position) {
                clock = clock.max(clocks[graph.position(cause)]);
            }
            clocks[event.position] = clock + 1;
            Ok(0)
        })?;
        Ok(Self(clocks))
    }

    /// By position.
    pub fn clocks(&self) -> &[u32] {
        &self.0
    }
}

impl Stamps for LamportStamps {
    fn precedes(&self, a: usize, b: usize) -> bool {
        self.0[a] < self.0[b]
    }

    fn message_bytes(&self, position: usize, _: u32) -> u64 {
        varint::bytes(self.0[position].into())
    }
}
