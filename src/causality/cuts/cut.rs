//! Cuts: for each machine, how many of its first events.

use crate::causality::checkpoint::Checkpoint;
use crate::causality::graph::{EventId, Graph};
use crate::error::Result;

/// Whether every event in the cut has all it follows from in the cut too.
pub(in crate::causality) fn is_consistent(
    graph: &Graph,
    cut: &[u32],
    checkpoint: &mut Checkpoint<'_>,
) -> Result<bool> {
    for (place, &count) in cut.iter().enumerate() {
        let start = graph.starts[place];
        for position in start..start + count {
            let is_outside = |send: EventId| send.index > cut[send.place as usize];
            if graph.causes(position as usize).any(is_outside) {
                return Ok(false);
            }
        }
        checkpoint.after(2 * count as usize + 1)?;
    }
    Ok(true)
}

/// The largest consistent cut without an event at or after `stop`; `time` is by row.
pub(in crate::causality) fn before(
    graph: &Graph,
    time: &[f64],
    stop: f64,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<u32>> {
    let machines = graph.machines().len();
    let mut cut = vec![0_u32; machines];
    let mut next = vec![0_u32; machines];
    for &place in &graph.sequence {
        let machine = place as usize;
        let position = (graph.starts[machine] + next[machine]) as usize;
        let is_next = cut[machine] == next[machine];
        next[machine] += 1;
        let is_inside = |send: EventId| send.index <= cut[send.place as usize];
        let has_cause = graph.causes(position).all(is_inside);
        if is_next && has_cause && time[graph.rows[position] as usize] < stop {
            cut[machine] += 1;
        }
        checkpoint.after(8)?;
    }
    Ok(cut)
}

/// Whether a cut is consistent in any order of events: nothing is in it, everything, or only one machine has events.
pub(in crate::causality) fn is_in_any_order(graph: &Graph, cut: &[u32]) -> bool {
    let places = 0..cut.len();
    let lengths = places.map(|place| graph.length(place));
    lengths.clone().filter(|&length| length > 0).count() <= 1
        || cut.iter().all(|&count| count == 0)
        || cut.iter().copied().eq(lengths)
}
