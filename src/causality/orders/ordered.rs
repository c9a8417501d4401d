//! How many pairs of events a clock orders.

use std::ops::Range;

use super::super::checkpoint::Checkpoint;
use super::super::graph::Graph;
use super::super::order::sort_by;
use crate::error::Result;

/// How many pairs of so many events there are.
pub(super) fn pairs(events: u64) -> u64 {
    events * events.saturating_sub(1) / 2
}

/// The positions of the events of each machine that has any.
pub(super) fn spans(graph: &Graph) -> Vec<Range<usize>> {
    let spans = graph.starts.windows(2);
    let spans = spans.map(|span| span[0] as usize..span[1] as usize);
    spans.filter(|span| !span.is_empty()).collect()
}

/// How many pairs of so many events differ in one of two numbers, the `key` and the `minor`. O(events).
pub(super) fn by_numbers(
    events: usize,
    key: impl Fn(u32) -> u64,
    minor: impl Fn(u32) -> u64,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<u64> {
    let mut positions: Vec<u32> = (0..events as u32).collect();
    sort_by(&mut positions, &minor, checkpoint)?;
    sort_by(&mut positions, &key, checkpoint)?;
    let equal = positions.chunk_by(|&a, &b| (key(a), minor(a)) == (key(b), minor(b)));
    let equal: u64 = equal.map(|all| pairs(all.len() as u64)).sum();
    Ok(pairs(events as u64) - equal)
}

/// Times as numbers of the same order from 0 on.
pub(super) fn from_least(times: impl Iterator<Item = i64> + Clone) -> impl Fn(i64) -> u64 {
    let least = times.min().unwrap_or(0);
    move |time| time.wrapping_sub(least) as u64
}
