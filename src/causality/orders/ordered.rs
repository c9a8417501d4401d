//! How many pairs of events a clock orders.

use std::ops::Range;

use super::super::checkpoint::Checkpoint;
use super::super::graph::Graph;
use super::super::order::sort_by;
use super::super::stamps::Stamps;
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

/// How many pairs a clock orders whose stamps only grow along each machine. O(machines x events).
///
/// The events of a machine that are before another are its first few, and more for each that comes later on that
/// one's machine: a pointer into each of two machines, and neither goes back.
pub(super) fn by_pointers(
    graph: &Graph,
    stamps: &impl Stamps,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<u64> {
    let spans = spans(graph);
    let mut ordered = 0;
    for later in &spans {
        for earlier in &spans {
            let mut next = earlier.start;
            for position in later.clone() {
                while next < earlier.end && stamps.precedes(next, position) {
                    next += 1;
                }
                ordered += (next - earlier.start) as u64;
            }
            checkpoint.after(4 * (later.len() + earlier.len()))?;
        }
    }
    Ok(ordered)
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
