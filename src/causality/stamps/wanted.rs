//! The events whose stamps are asked for.

use super::super::graph::{Graph, NONE};
use crate::error::{Error, Result};

/// The most numbers that a table of stamps has.
const MOST_ENTRIES: usize = 100_000_000;

/// Some of the events, and the place of each in a table.
#[derive(Debug)]
pub struct Wanted {
    /// By position, or [`NONE`].
    slots: Vec<u32>,
    len: usize,
}

impl Wanted {
    /// The events in these rows of the table of events, in this order.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn new(graph: &Graph, rows: &[u32]) -> Self {
        let mut by_row = vec![NONE; graph.len()];
        for (slot, &row) in rows.iter().enumerate() {
            by_row[row as usize] = slot as u32;
        }
        let slots = graph.rows.iter().map(|&row| by_row[row as usize]);
        Self {
            slots: slots.collect(),
            len: rows.len(),
        }
    }

    /// The place of the event at a position, if it is asked for.
    #[inline]
    pub(super) fn slot(&self, position: usize) -> Option<usize> {
        let slot = self.slots[position];
        (slot != NONE).then_some(slot as usize)
    }

    /// How many events are asked for.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is said of each event that is asked for.
    pub fn of<T: Copy + Default>(&self, by_position: &[T]) -> Vec<T> {
        let mut table = vec![T::default(); self.len];
        for (position, &value) in by_position.iter().enumerate() {
            if let Some(slot) = self.slot(position) {
                table[slot] = value;
            }
        }
        table
    }

    /// A table of zeros, a row of so many for each event; an error if that is too much.
    pub(super) fn zeros(&self, kind: &str, width: usize) -> Result<Vec<i64>> {
        let entries = self.len.saturating_mul(width);
        self.check(kind, entries)?;
        Ok(vec![0; entries])
    }

    /// An error if stamps have more numbers than there may be.
    pub(super) fn check(&self, kind: &str, entries: usize) -> Result<()> {
        if entries <= MOST_ENTRIES {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "{kind}: the stamps of {} events have {entries} numbers or more, and at most {MOST_ENTRIES} are given: choose fewer events with start and stop",
            self.len
        )))
    }
}
