//! Pairs of some events with all others, where there are too many pairs.

use std::ops::Range;

use super::super::checkpoint::Checkpoint;
use super::super::graph::{EventId, Graph};
use super::super::reach::each_related;
use super::super::stamps::{Stamps, varint};
use super::late::{HostReadings, Misread};
use super::ordered::spans;
use super::pair_count::PairCount;
use crate::error::Result;
use crate::model::random::Generator;

/// An event that was drawn.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DrawnEvent {
    pub(super) position: usize,
    /// How many events happened before it, or after it.
    pub(super) ordered: u64,
    /// What physical clocks say wrongly of it and these.
    pub(super) misread: Misread,
    /// How many machines it knows of, and how many bytes their entries take in its vector clock.
    known: (u64, u64),
}

impl DrawnEvent {
    /// How many bytes its vector clock takes.
    pub(super) fn vector_bytes(&self, machines: usize) -> u64 {
        machines as u64 - self.known.0 + self.known.1
    }
}

/// Draws so many events, which may be the same, and says which happened before or after them.
pub(super) fn draw(
    graph: &Graph,
    samples: usize,
    seed: u64,
    clocks: Option<&HostReadings<'_>>,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<DrawnEvent>> {
    let mut generator = Generator::new(seed, 0, 0);
    let mut drawn = vec![DrawnEvent::default(); samples];
    for block in drawn.chunks_mut(64) {
        for event in &mut *block {
            event.position = generator.below(graph.len() as u64) as usize;
        }
        let events: Vec<EventId> = block
            .iter()
            .map(|event| graph.event_at(event.position as u32))
            .collect();
        each_related(graph, &events, checkpoint, |related| {
            let event = &mut block[related.event];
            let count = related.positions.len() as u64;
            event.ordered += count;
            if related.are_before {
                event.known.0 += 1;
                event.known.1 += varint::bytes(count);
            }
            if let Some(clocks) = clocks {
                let (others, are_before) = (related.positions, related.are_before);
                event
                    .misread
                    .add(clocks.with(event.position, others, are_before));
            }
        })?;
        for event in &mut *block {
            // It is among those before and those after, and no earlier than itself.
            event.ordered -= 2;
            event.misread.missed -= if clocks.is_some() { 2 } else { 0 };
        }
    }
    Ok(drawn)
}

/// How many events a clock orders with one; its stamps only grow along each machine.
pub(super) fn ordered_with(graph: &Graph, stamps: &impl Stamps, position: usize) -> u64 {
    let mut ordered = 0;
    for span in spans(graph) {
        let before = first(span.clone(), |other| !stamps.precedes(other, position));
        let after = first(span.clone(), |other| stamps.precedes(position, other));
        ordered += (before - span.start + span.end - after) as u64;
    }
    ordered
}

/// The first position from which on something is so; the end if there is none.
fn first(span: Range<usize>, is_so: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (span.start, span.end);
    while low < high {
        let middle = usize::midpoint(low, high);
        if is_so(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// How many pairs of so many events there are of a kind, if those drawn are in so many each.
pub(super) fn estimate(events: usize, of_each: impl ExactSizeIterator<Item = u64>) -> PairCount {
    if of_each.len() == 0 {
        return PairCount::default();
    }
    let samples = of_each.len() as f64;
    let counts: Vec<f64> = of_each.map(|count| count as f64).collect();
    let mean = counts.iter().sum::<f64>() / samples;
    let squares: f64 = counts.iter().map(|count| (count - mean).powi(2)).sum();
    // Each pair is one of two events.
    let half = events as f64 / 2.0;
    PairCount {
        value: (half * mean).round() as u64,
        error: half * (squares / (samples - 1.0) / samples).sqrt(),
    }
}
