//! A stretch of a run, from one consistent cut to another.

use super::cut::before;
use crate::causality::checkpoint::Checkpoint;
use crate::causality::graph::Graph;
use crate::causality::vectors::whole;
use crate::error::{Error, Result};

/// The cuts from one to another, both among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutRange {
    /// The first: by place of the machine, how many of its events are in it.
    pub first: Vec<u32>,
    /// The last.
    pub last: Vec<u32>,
}

impl CutRange {
    /// From the largest consistent cut without an event at or after `start` to that of `stop`; `time` is by row.
    ///
    /// Without `start` it begins before all events, without `stop` it ends after them.
    pub(in crate::causality) fn new(
        graph: &Graph,
        time: &[f64],
        (start, stop): (Option<f64>, Option<f64>),
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        if time.len() != graph.len() {
            return Err(Error::invalid(format!(
                "there are {} times of {} events",
                time.len(),
                graph.len()
            )));
        }
        let (mut first, mut last) = whole(graph);
        if let Some(start) = start {
            first = before(graph, time, start, checkpoint)?;
        }
        if let Some(stop) = stop {
            last = before(graph, time, stop, checkpoint)?;
        }
        // A last cut before the first holds nothing between.
        for (last, &first) in last.iter_mut().zip(&first) {
            *last = first.max(*last);
        }
        Ok(Self { first, last })
    }

    /// How many events are between.
    pub fn events(&self) -> u64 {
        let pairs = self.first.iter().zip(&self.last);
        pairs.map(|(&first, &last)| u64::from(last - first)).sum()
    }
}
