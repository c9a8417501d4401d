//! Questions to one graph: what reaches what.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::checkpoint::{Checkpoint, GoOn};
use super::graph::{EventId, Graph};
use super::limits::Limits;
use super::reach;
use super::vectors::Vectors;
use crate::error::Result;

/// A graph, and the vector clocks of its events.
///
/// These are made at the first question that they answer and kept, if they are within the limits; else each
/// question follows the edges of the graph.
#[derive(Debug)]
pub(super) struct GraphPaths {
    graph: Graph,
    limits: Limits,
    vectors: OnceLock<Vectors>,
    making: Mutex<()>,
}

impl GraphPaths {
    pub(super) fn new(graph: Graph, limits: Limits) -> Self {
        Self {
            graph,
            limits,
            vectors: OnceLock::new(),
            making: Mutex::new(()),
        }
    }

    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How many bytes the kept vector clocks take; 0 before they are made.
    pub(super) fn kept(&self) -> usize {
        self.vectors.get().map_or(0, Vectors::bytes)
    }

    /// Makes the vector clocks of all events, if they are within the limits.
    pub(super) fn keep(&self, go_on: &mut GoOn<'_>) -> Result<()> {
        self.vectors(&mut Checkpoint::of_query(go_on)).map(|_| ())
    }

    fn vectors(&self, checkpoint: &mut Checkpoint<'_>) -> Result<Option<&Vectors>> {
        if self.vectors.get().is_some() || self.entries() > self.limits.kept {
            return Ok(self.vectors.get());
        }
        let _guard = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if self.vectors.get().is_none() {
            let made = Vectors::new(&self.graph, checkpoint)?;
            return Ok(Some(self.vectors.get_or_init(|| made)));
        }
        Ok(self.vectors.get())
    }

    /// The entries that the vector clocks of all events have at most.
    pub(super) fn entries(&self) -> u64 {
        (self.graph.rows_kept() as u64 + 1) * self.graph.machines().len() as u64
    }

    /// Whether a path leads from `a` to `b`.
    pub(super) fn has(&self, a: EventId, b: EventId, go_on: &mut GoOn<'_>) -> Result<bool> {
        if a.place == b.place {
            return Ok(a.index < b.index);
        }
        let mut checkpoint = Checkpoint::of_query(go_on);
        if let Some(vectors) = self.vectors(&mut checkpoint)? {
            return Ok(vectors.entry(self.graph.position(b), a.place) >= a.index);
        }
        let clock = reach::past(&self.graph, b, Some(a), &mut checkpoint)?;
        Ok(clock[a.place as usize] >= a.index)
    }

    /// By machine, how many of its events lead to `event` or are it.
    pub(super) fn vector_clock(&self, event: EventId, go_on: &mut GoOn<'_>) -> Result<Vec<u32>> {
        let mut checkpoint = Checkpoint::of_query(go_on);
        match self.vectors(&mut checkpoint)? {
            Some(vectors) => Ok(vectors.clock(self.graph.position(event), event)),
            None => reach::past(&self.graph, event, None, &mut checkpoint),
        }
    }

    /// By machine, the first event that is `event` or that it leads to; one beyond the last if there is none.
    pub(super) fn first_after(&self, event: EventId, go_on: &mut GoOn<'_>) -> Result<Vec<u32>> {
        reach::future(&self.graph, event, &mut Checkpoint::of_query(go_on))
    }

    /// By row of the table, whether that event leads to `event`.
    pub(super) fn past(&self, event: EventId, go_on: &mut GoOn<'_>) -> Result<Vec<bool>> {
        let clock = reach::past(&self.graph, event, None, &mut Checkpoint::of_query(go_on))?;
        Ok(self.rows_before(event, &clock))
    }

    /// By row of the table, whether `event` leads to that event.
    pub(super) fn future(&self, event: EventId, go_on: &mut GoOn<'_>) -> Result<Vec<bool>> {
        let first = self.first_after(event, go_on)?;
        Ok(self.rows_from(event, &first))
    }

    /// Marks so many of the first events of each machine, but for `event`.
    pub(super) fn rows_before(&self, event: EventId, clock: &[u32]) -> Vec<bool> {
        let mut rows = vec![false; self.graph.len()];
        for (place, &count) in clock.iter().enumerate() {
            let own = u32::from(place == event.place as usize);
            self.mark(&mut rows, place, 0..count - own);
        }
        rows
    }

    /// Marks the events of each machine from these on, but for `event`, which is the first on its own.
    pub(super) fn rows_from(&self, event: EventId, first: &[u32]) -> Vec<bool> {
        let mut rows = vec![false; self.graph.len()];
        for (place, &first) in first.iter().enumerate() {
            let others = first - u32::from(place != event.place as usize);
            self.mark(&mut rows, place, others..self.graph.length(place));
        }
        rows
    }

    fn mark(&self, rows: &mut [bool], place: usize, indices: std::ops::Range<u32>) {
        let start = self.graph.starts[place];
        let positions = (start + indices.start) as usize..(start + indices.end) as usize;
        for &row in &self.graph.rows[positions] {
            rows[row as usize] = true;
        }
    }
}
