//! What an event follows from and what follows from it, found by going along the edges.
//!
//! Nothing is kept between two questions: for the past the time is O(past), for the future O(events).

use std::ops::Range;

use super::checkpoint::Checkpoint;
use super::graph::{EventId, Graph};
use crate::error::Result;

/// The vector clock of an event; once it reaches `goal`, it may be less.
pub(super) fn past(
    graph: &Graph,
    event: EventId,
    goal: Option<EventId>,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<u32>> {
    let mut reach = vec![0; graph.machines().len()];
    let mut ahead = vec![event];
    while let Some(EventId { place, index }) = ahead.pop() {
        let known = &mut reach[place as usize];
        if index <= *known {
            continue;
        }
        let start = graph.starts[place as usize];
        let news = start + *known..start + index;
        *known = index;
        if goal.is_some_and(|goal| goal.place == place && goal.index <= index) {
            break;
        }
        checkpoint.after(2 * news.len() + 8)?;
        // The newest last: what it reaches covers most of what the others do.
        for position in news {
            if let Some(send) = graph.cause(position as usize)
                && send.index > reach[send.place as usize]
            {
                ahead.push(send);
            }
            let more = graph.more.of(position as usize).iter();
            ahead.extend(more.filter(|cause| cause.index > reach[cause.place as usize]));
        }
    }
    Ok(reach)
}

/// By machine, the first event that is `event` or follows from it; one beyond the last if none does.
pub(super) fn future(
    graph: &Graph,
    event: EventId,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<u32>> {
    let machines = graph.machines().len();
    let mut first: Vec<u32> = (0..machines).map(|place| graph.length(place) + 1).collect();
    first[event.place as usize] = event.index;
    let mut next = vec![0_u32; machines];
    for &place in &graph.sequence {
        let machine = place as usize;
        let position = (graph.starts[machine] + next[machine]) as usize;
        next[machine] += 1;
        let follows = |send: EventId| send.index >= first[send.place as usize];
        if next[machine] < first[machine] && graph.causes(position).any(follows) {
            first[machine] = next[machine];
        }
        checkpoint.after(4)?;
    }
    Ok(first)
}

/// How many events precede or follow each of up to 64 events.
pub(super) fn related(
    graph: &Graph,
    events: &[EventId],
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<u64>> {
    let mut counts = vec![0_u64; events.len()];
    each_related(graph, events, checkpoint, |related| {
        counts[related.event] += related.positions.len() as u64;
    })?;
    // Both passes count the event itself.
    Ok(counts.into_iter().map(|count| count - 2).collect())
}

/// Events of one machine of which each precedes, or each follows, one of those given.
pub(super) struct Related {
    /// Which of those given.
    pub(super) event: usize,
    /// Where they stand; the event itself is among those of its own machine.
    pub(super) positions: Range<usize>,
    /// Whether they precede it.
    pub(super) are_before: bool,
}

/// Tells of each of up to 64 events which ones precede and which follow it, in two passes for all of them.
///
/// An event has a bit for each of the given that reaches it; on a machine, bits only come, so
/// that the passes tell where they come first.
pub(super) fn each_related(
    graph: &Graph,
    events: &[EventId],
    checkpoint: &mut Checkpoint<'_>,
    mut each: impl FnMut(Related),
) -> Result<()> {
    let mut bits = vec![0_u64; graph.len()];
    for (bit, &event) in events.iter().enumerate() {
        bits[graph.position(event)] |= 1 << bit;
    }
    let mut back = bits.clone();
    let mut tell = |mut news: u64, positions: Range<usize>, are_before: bool| {
        while news != 0 {
            each(Related {
                event: news.trailing_zeros() as usize,
                positions: positions.clone(),
                are_before,
            });
            news &= news - 1;
        }
    };
    let machines = graph.machines().len();
    let mut known = vec![0_u64; machines];
    let mut next = vec![0_u32; machines];
    for &place in &graph.sequence {
        let machine = place as usize;
        let position = (graph.starts[machine] + next[machine]) as usize;
        let mut here = known[machine] | bits[position];
        if let Some(send) = graph.cause(position) {
            here |= bits[graph.position(send)];
        }
        for &cause in graph.more.of(position) {
            here |= bits[graph.position(cause)];
        }
        let end = graph.starts[machine + 1] as usize;
        tell(here & !known[machine], position..end, false);
        bits[position] = here;
        known[machine] = here;
        next[machine] += 1;
        checkpoint.after(8)?;
    }
    known.fill(0);
    for &place in graph.sequence.iter().rev() {
        let machine = place as usize;
        next[machine] -= 1;
        let position = (graph.starts[machine] + next[machine]) as usize;
        let here = known[machine] | back[position];
        let start = graph.starts[machine] as usize;
        tell(here & !known[machine], start..position + 1, true);
        known[machine] = here;
        if let Some(send) = graph.cause(position) {
            back[graph.position(send)] |= here;
        }
        for &cause in graph.more.of(position) {
            back[graph.position(cause)] |= here;
        }
        checkpoint.after(8)?;
    }
    Ok(())
}
