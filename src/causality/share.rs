//! How many pairs of events are concurrent.

use super::checkpoint::Checkpoint;
use super::graph::{EventId, Graph};
use super::order::sort_by;
use super::reach::related;
use super::vectors::{ClockRows, traverse, whole};
use crate::error::{Error, Result};
use crate::model::random::Generator;

/// A share of all pairs of two events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// The share, NaN where there are no pairs; the middle between `low` and `high`.
    pub value: f64,
    /// Its standard error, 0 if every pair was counted; and half the way from `low` to `high`.
    pub error: f64,
    /// The least that it can be: of pairs that the logs leave open none counts.
    pub low: f64,
    /// The most that it can be: they all count.
    pub high: f64,
    /// How many pairs were looked at.
    pub pairs: u64,
}

impl Share {
    /// A share that leaves nothing open.
    fn certain(value: f64, error: f64, pairs: u64) -> Self {
        Self {
            value,
            error,
            low: value,
            high: value,
            pairs,
        }
    }

    /// What lies between this and a smaller share.
    pub(super) fn down_to(&self, least: &Self) -> Self {
        let (low, high) = (least.value.min(self.value), self.value);
        Self {
            value: f64::midpoint(low, high),
            error: (high - low) / 2.0 + self.error.max(least.error),
            low,
            high,
            pairs: self.pairs,
        }
    }
}

/// The most events that are drawn.
const MOST_SAMPLES: usize = 1 << 20;

/// An error if so few or so many events are not drawn.
pub(super) fn check_samples(samples: Option<usize>) -> Result<()> {
    match samples {
        Some(drawn) if !(2..=MOST_SAMPLES).contains(&drawn) => Err(Error::invalid(format!(
            "samples is {drawn}: a standard error needs 2 or more, and at most {MOST_SAMPLES} events are drawn"
        ))),
        _ => Ok(()),
    }
}

/// How many pairs of so many events there are.
fn pairs(events: u64) -> u64 {
    events * events.saturating_sub(1) / 2
}

/// The share of concurrent pairs, every pair counted.
///
/// The events that one follows from are the sum of its vector clock: one pass, and no pair is ever made.
pub(super) fn exact(graph: &Graph, checkpoint: &mut Checkpoint<'_>) -> Result<Share> {
    let mut rows = ClockRows::new(graph.machines().len(), None);
    let (from, to) = whole(graph);
    let mut sums = vec![0_u64; graph.machines().len()];
    let mut ordered = 0_u64;
    traverse(graph, &from, &to, &mut rows, checkpoint, |step| {
        if step.is_new {
            let all: u64 = step.row.iter().map(|&entry| u64::from(entry)).sum();
            sums[step.place] = all - u64::from(step.row[step.place]);
        }
        ordered += sums[step.place] + u64::from(step.index) - 1;
        Ok(0)
    })?;
    let pairs = pairs(graph.len() as u64);
    let value = (pairs - ordered) as f64 / pairs as f64;
    Ok(Share::certain(value, 0.0, pairs))
}

/// The share of concurrent pairs, from the pairs of so many events, drawn by `seed`, with all others.
pub(super) fn sampled(
    graph: &Graph,
    samples: usize,
    seed: u64,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Share> {
    let others = graph.len().saturating_sub(1) as f64;
    if others == 0.0 {
        return exact(graph, checkpoint);
    }
    let mut generator = Generator::new(seed, 0, 0);
    let mut shares = Vec::new();
    while shares.len() < samples {
        let block = (samples - shares.len()).min(64);
        let events: Vec<EventId> = (0..block)
            .map(|_| graph.event_at(generator.below(graph.len() as u64) as u32))
            .collect();
        let counts = related(graph, &events, checkpoint)?;
        shares.extend(counts.iter().map(|&count| 1.0 - count as f64 / others));
    }
    let count = samples as f64;
    let value = shares.iter().sum::<f64>() / count;
    let squares: f64 = shares.iter().map(|share| (share - value).powi(2)).sum();
    let variance = squares / (count - 1.0);
    let compared = (samples as u64).saturating_mul(graph.len() as u64 - 1);
    Ok(Share::certain(value, (variance / count).sqrt(), compared))
}

/// The share of pairs with equal clocks, none of which happened before the other.
///
/// That and the share of pairs that clocks order are only told apart where the clock condition
/// holds; it is an error if it does not.
pub(super) fn ties(graph: &Graph, checkpoint: &mut Checkpoint<'_>) -> Result<f64> {
    for position in 0..graph.len() {
        checkpoint.after(4)?;
        if let Some(send) = graph.cause(position)
            && graph.clocks[graph.position(send)] >= graph.clocks[position]
        {
            let receipt = graph.event_at(position as u32);
            let id = |event: EventId| graph.machines()[event.place as usize];
            return Err(Error::state(format!(
                "machine {} received at clock {} what machine {} sent at clock {}: these are no Lamport clocks, and run.verify() says what is wrong",
                id(receipt),
                graph.clocks[position],
                id(send),
                graph.clocks[graph.position(send)]
            )));
        }
    }
    let clock = |position: u32| graph.clocks[position as usize];
    let mut positions: Vec<u32> = (0..graph.len() as u32).collect();
    sort_by(
        &mut positions,
        |position| clock(position) as u64,
        checkpoint,
    )?;
    let equal = positions.chunk_by(|&a, &b| clock(a) == clock(b));
    let equal: u64 = equal.map(|run| pairs(run.len() as u64)).sum();
    Ok(equal as f64 / pairs(graph.len() as u64) as f64)
}
