//! Bloom clocks: a counting Bloom filter of the events that an event knows of (Ramabaja 2019).
//!
//! An event raises a few cells that its name tells, a cell that is told twice twice. No order is missed; some that there
//! is not are told, the more the fuller the filter is.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::{EventId, Graph};
use super::wanted::Wanted;
use super::{Stamps, counters, varint};
use crate::error::Result;
use crate::model::random::mix;

/// The clock after each event.
#[derive(Debug)]
pub struct BloomStamps {
    size: usize,
    rows: Vec<u32>,
}

impl BloomStamps {
    /// Of all events, with one cell or more, of which each raises `hashes`: 4 bytes a cell and event.
    pub fn new(graph: &Graph, size: usize, hashes: u32, go_on: &mut GoOn<'_>) -> Result<Self> {
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let rows = counters::all(graph, size, checkpoint, count(graph, size, hashes))?;
        Ok(Self { size, rows })
    }

    /// The clocks after the events that are asked for, a row each.
    pub fn table(
        graph: &Graph,
        (size, hashes): (usize, u32),
        wanted: &Wanted,
        go_on: &mut GoOn<'_>,
    ) -> Result<Vec<i64>> {
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let count = count(graph, size, hashes);
        counters::table(graph, ("bloom", size), wanted, checkpoint, count)
    }

    /// The cells of the event at a position.
    #[inline]
    pub fn row(&self, position: usize) -> &[u32] {
        &self.rows[position * self.size..][..self.size]
    }
}

/// The first cell of an event is `mix(mix(id) ^ index)` modulo their number, each other one that of `mix` of the word before.
fn count(graph: &Graph, size: usize, hashes: u32) -> impl Fn(EventId, &mut [u32]) {
    move |event, row| {
        let id = graph.machines()[event.place as usize];
        let mut word = mix(id) ^ u64::from(event.index);
        for _ in 0..hashes {
            word = mix(word);
            row[(word % size as u64) as usize] += 1;
        }
    }
}

impl Stamps for BloomStamps {
    fn precedes(&self, a: usize, b: usize) -> bool {
        counters::is_less(self.row(a), self.row(b))
    }

    fn message_bytes(&self, position: usize, _: u32) -> u64 {
        varint::bytes_of(self.row(position))
    }
}
