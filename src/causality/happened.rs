//! Happened-before between the events of a run.

use std::sync::{Mutex, OnceLock, PoisonError};

pub use super::graph::{EventId, Graph, Trace};
pub use super::share::Share;

use super::checkpoint::{Checkpoint, GoOn};
use super::vectors::Vectors;
use super::{cut, reach, share};
use crate::error::{Error, Result};

/// Up to which size an answer is kept or exact.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All vector clocks are kept up to this many entries (receipts x machines, 4 bytes each).
    pub kept: u64,
    /// Up to this many, every pair of events is counted.
    pub exact: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            kept: 1 << 27,
            exact: 1 << 30,
        }
    }
}

/// Which event happened before which.
///
/// Vector clocks are made at the first question that they answer and kept, if they are within the limits; else each
/// question follows the edges of the graph.
#[derive(Debug)]
pub struct Causality {
    graph: Graph,
    limits: Limits,
    vectors: OnceLock<Vectors>,
    making: Mutex<()>,
}

impl Causality {
    /// What follows from a graph.
    pub fn new(graph: Graph, limits: Limits) -> Self {
        Self {
            graph,
            limits,
            vectors: OnceLock::new(),
            making: Mutex::new(()),
        }
    }

    /// The events and their edges.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How many bytes the kept vector clocks take; 0 before they are made.
    pub fn kept(&self) -> usize {
        self.vectors.get().map_or(0, Vectors::bytes)
    }

    /// Makes the vector clocks of all events, if they are within the limits.
    pub fn keep(&self, go_on: &mut GoOn<'_>) -> Result<()> {
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
    fn entries(&self) -> u64 {
        (self.graph.matched as u64 + 1) * self.graph.machines().len() as u64
    }

    /// Whether `a` happened before `b`.
    pub fn happened_before(&self, a: EventId, b: EventId, go_on: &mut GoOn<'_>) -> Result<bool> {
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

    /// Whether neither happened before the other; no event is concurrent with itself.
    pub fn concurrent(&self, a: EventId, b: EventId, go_on: &mut GoOn<'_>) -> Result<bool> {
        Ok(a != b && !self.happened_before(a, b, go_on)? && !self.happened_before(b, a, go_on)?)
    }

    /// By machine, how many of its events happened before `event` or are it.
    pub fn vector_clock(&self, event: EventId, go_on: &mut GoOn<'_>) -> Result<Vec<u32>> {
        let mut checkpoint = Checkpoint::of_query(go_on);
        match self.vectors(&mut checkpoint)? {
            Some(vectors) => Ok(vectors.clock(self.graph.position(event), event)),
            None => reach::past(&self.graph, event, None, &mut checkpoint),
        }
    }

    /// By row of the table, whether that event happened before `event`.
    pub fn past(&self, event: EventId, go_on: &mut GoOn<'_>) -> Result<Vec<bool>> {
        let clock = reach::past(&self.graph, event, None, &mut Checkpoint::of_query(go_on))?;
        let mut rows = vec![false; self.graph.len()];
        for (place, &count) in clock.iter().enumerate() {
            let own = u32::from(place == event.place as usize);
            self.mark(&mut rows, place, 0..count - own);
        }
        Ok(rows)
    }

    /// By row of the table, whether `event` happened before that event.
    pub fn future(&self, event: EventId, go_on: &mut GoOn<'_>) -> Result<Vec<bool>> {
        let first = reach::future(&self.graph, event, &mut Checkpoint::of_query(go_on))?;
        let mut rows = vec![false; self.graph.len()];
        for (place, &first) in first.iter().enumerate() {
            let others = first - u32::from(place != event.place as usize);
            self.mark(&mut rows, place, others..self.graph.length(place));
        }
        Ok(rows)
    }

    fn mark(&self, rows: &mut [bool], place: usize, indices: std::ops::Range<u32>) {
        let start = self.graph.starts[place];
        let positions = (start + indices.start) as usize..(start + indices.end) as usize;
        for &row in &self.graph.rows[positions] {
            rows[row as usize] = true;
        }
    }

    /// Whether a cut has with each event all it follows from.
    ///
    /// The cut gives the clock of the last event in it, 0 for none, by machine; machines it does
    /// not name have none.
    pub fn cut_is_consistent(&self, cut: &[(i64, i64)], go_on: &mut GoOn<'_>) -> Result<bool> {
        let mut counts = vec![0; self.graph.machines().len()];
        for &(machine_id, clock) in cut {
            let place = self.graph.place(machine_id)?;
            counts[place] = match clock {
                0 => 0,
                _ => self.graph.event(machine_id, clock)?.index,
            };
        }
        cut::is_consistent(&self.graph, &counts, &mut Checkpoint::of_query(go_on))
    }

    /// The share of concurrent pairs among all pairs of events.
    ///
    /// Every pair is counted up to the limit; above it, or with `samples`, this many events drawn by
    /// `seed` are compared with all others.
    pub fn concurrent_share(
        &self,
        samples: Option<usize>,
        seed: u64,
        go_on: &mut GoOn<'_>,
    ) -> Result<Share> {
        if let Some(few) = samples.filter(|&samples| samples < 2) {
            return Err(Error::invalid(format!(
                "samples is {few}: a standard error needs 2 or more"
            )));
        }
        let mut checkpoint = Checkpoint::of_query(go_on);
        match samples {
            None if self.entries() <= self.limits.exact => {
                share::exact(&self.graph, &mut checkpoint)
            }
            _ => share::sampled(
                &self.graph,
                samples.unwrap_or(SAMPLES),
                seed,
                &mut checkpoint,
            ),
        }
    }

    /// The share of pairs of events that are concurrent although their Lamport clocks differ.
    ///
    /// Pairs are counted or sampled as for the concurrent share; pairs with equal clocks always counted.
    pub fn false_order_rate(
        &self,
        samples: Option<usize>,
        seed: u64,
        go_on: &mut GoOn<'_>,
    ) -> Result<Share> {
        let ties = share::ties(&self.graph, &mut Checkpoint::of_query(go_on))?;
        let share = self.concurrent_share(samples, seed, go_on)?;
        Ok(Share {
            value: (share.value - ties).clamp(0.0, 1.0),
            ..share
        })
    }
}

/// How many events are drawn unless the caller says.
const SAMPLES: usize = 1024;
