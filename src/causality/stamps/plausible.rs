//! Plausible clocks: vectors of a fixed number of entries, shared by machines (Torres-Rojas and Ahamad 1999, R-entries vectors).
//!
//! The machine at place i counts in entry i modulo their number. No order is missed; some that there is not are told.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::{EventId, Graph};
use super::counters::Width;
use super::wanted::Wanted;
use super::{Stamps, counters, varint};
use crate::error::Result;

/// The clock after each event.
#[derive(Debug)]
pub struct PlausibleStamps {
    entries: usize,
    rows: Vec<u32>,
}

impl PlausibleStamps {
    /// Of all events, with one entry or more: 4 bytes an entry and event.
    pub fn new(graph: &Graph, entries: usize, go_on: &mut GoOn<'_>) -> Result<Self> {
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let rows = counters::all(graph, width(entries), checkpoint, count(entries))?;
        Ok(Self { entries, rows })
    }

    /// The clocks after the events that are asked for, a row each.
    pub fn table(
        graph: &Graph,
        entries: usize,
        wanted: &Wanted,
        go_on: &mut GoOn<'_>,
    ) -> Result<Vec<i64>> {
        let checkpoint = &mut Checkpoint::of_query(go_on);
        counters::table(graph, width(entries), wanted, checkpoint, count(entries))
    }

    /// The entries of the event at a position.
    #[inline]
    pub fn row(&self, position: usize) -> &[u32] {
        &self.rows[position * self.entries..][..self.entries]
    }
}

fn width(counters: usize) -> Width<'static> {
    Width {
        kind: "plausible",
        option: "entries",
        counters,
    }
}

fn count(entries: usize) -> impl Fn(EventId, &mut [u32]) {
    move |event, row| row[event.place as usize % entries] += 1
}

impl Stamps for PlausibleStamps {
    fn precedes(&self, a: usize, b: usize) -> bool {
        counters::is_less(self.row(a), self.row(b))
    }

    fn message_bytes(&self, position: usize, _: u32) -> u64 {
        varint::bytes_of(self.row(position))
    }
}
