//! Bloom clocks: a counting Bloom filter of the events that an event knows of (Ramabaja 2019).
//!
//! An event raises a few cells that its name tells, a cell that is told twice twice. No order is missed; some that there
//! is not are told, the more the fuller the filter is.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::{EventId, Graph};
use super::counters::Width;
use super::wanted::Wanted;
use super::{Stamps, counters, varint};
use crate::error::{Error, Result};
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
        check(graph.len(), hashes)?;
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let rows = counters::all(graph, width(size), checkpoint, count(graph, size, hashes))?;
        Ok(Self { size, rows })
    }

    /// The clocks after the events that are asked for, a row each.
    pub fn table(
        graph: &Graph,
        (size, hashes): (usize, u32),
        wanted: &Wanted,
        go_on: &mut GoOn<'_>,
    ) -> Result<Vec<i64>> {
        check(graph.len(), hashes)?;
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let count = count(graph, size, hashes);
        counters::table(graph, width(size), wanted, checkpoint, count)
    }

    /// The cells of the event at a position.
    #[inline]
    pub fn row(&self, position: usize) -> &[u32] {
        &self.rows[position * self.size..][..self.size]
    }
}

fn width(counters: usize) -> Width<'static> {
    Width {
        kind: "bloom",
        option: "size",
        counters,
    }
}

/// An error if cells can be raised beyond what they hold.
fn check(events: usize, hashes: u32) -> Result<()> {
    if u32::try_from(events as u64 * u64::from(hashes)).is_ok() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "bloom: {events} events of hashes={hashes} can raise a cell beyond {}, the most that it counts: give hashes={} or less",
        u32::MAX,
        u32::MAX as usize / events
    )))
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

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn cells_that_could_overflow_are_refused() {
        assert!(check(0, 1024).is_ok());
        assert!(check(4_194_303, 1024).is_ok());
        let why = check(4_194_304, 1024).unwrap_err().to_string();
        assert!(why.contains("give hashes=1023 or less"), "{why}");
    }
}
