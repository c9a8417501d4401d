//! Vector clocks (Fidge 1988, Mattern 1989): of each machine, how many events an event knows of.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::Graph;
use super::super::vectors::{ClockRows, Vectors, traverse, whole};
use super::wanted::Wanted;
use super::{Stamps, varint};
use crate::error::Result;

/// The vector clock after each event, by position.
///
/// Rows are kept only where a receipt brought news: 4 bytes a machine for each such receipt.
#[derive(Debug)]
pub struct VectorStamps<'a> {
    graph: &'a Graph,
    vectors: Vectors,
}

impl<'a> VectorStamps<'a> {
    /// Of all events.
    pub fn new(graph: &'a Graph, go_on: &mut GoOn<'_>) -> Result<Self> {
        let vectors = Vectors::new(graph, &mut Checkpoint::of_query(go_on))?;
        Ok(Self { graph, vectors })
    }

    /// The vector clocks of the events that are asked for, a row each.
    ///
    /// No other is kept longer than an event to come may need it.
    pub fn table(graph: &Graph, wanted: &Wanted, go_on: &mut GoOn<'_>) -> Result<Vec<i64>> {
        let width = graph.machines().len();
        let mut table = wanted.zeros("vector", width)?;
        let mut rows = ClockRows::new(width, None);
        let (from, to) = whole(graph);
        let checkpoint = &mut Checkpoint::of_query(go_on);
        traverse(graph, &from, &to, &mut rows, checkpoint, |step| {
            let Some(slot) = wanted.slot(step.position) else {
                return Ok(0);
            };
            let row = &mut table[slot * width..][..width];
            for (to, &entry) in row.iter_mut().zip(step.row) {
                *to = entry.into();
            }
            row[step.place] = step.index.into();
            Ok(width)
        })?;
        Ok(table)
    }
}

impl Stamps for VectorStamps<'_> {
    fn precedes(&self, a: usize, b: usize) -> bool {
        let a = self.graph.event_at(a as u32);
        let start = self.graph.starts[a.place as usize] as usize;
        let end = self.graph.starts[a.place as usize + 1] as usize;
        if (start..end).contains(&b) {
            return a.index as usize <= b - start;
        }
        self.vectors.entry(b, a.place) >= a.index
    }

    fn message_bytes(&self, position: usize, _: u32) -> u64 {
        let event = self.graph.event_at(position as u32);
        let entries = self.vectors.entries(position);
        let others = varint::bytes_of(entries);
        let own = varint::bytes(entries[event.place as usize].into());
        others - own + varint::bytes(event.index.into())
    }
}
