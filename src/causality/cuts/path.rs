//! A path through the consistent cuts of a stretch.

use super::range::CutRange;
use crate::causality::checkpoint::Checkpoint;
use crate::causality::graph::{EventId, Graph};
use crate::error::Result;

/// The machines, by their places, that take the steps of a path which puts events off as a chain of them says.
///
/// What follows from the last event of the chain, or is it, comes last; before it what follows from the one before, and so on;
/// each of these in causal order.
pub(super) fn around(
    graph: &Graph,
    range: &CutRange,
    chain: &[EventId],
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<u32>> {
    let machines = range.first.len();
    let mut rank = vec![0_u32; graph.len()];
    for (&event, number) in chain.iter().zip(1..) {
        rank[graph.position(event)] = number;
    }
    let mut next = vec![0_u32; machines];
    let mut sizes = vec![0_usize; chain.len() + 2];
    let mut order: Vec<(u32, u32)> = Vec::with_capacity(range.events() as usize);
    for &place in &graph.sequence {
        let machine = place as usize;
        next[machine] += 1;
        checkpoint.after(8)?;
        if next[machine] <= range.first[machine] || next[machine] > range.last[machine] {
            continue;
        }
        let position = (graph.starts[machine] + next[machine]) as usize - 1;
        let mut own = rank[position];
        if next[machine] > range.first[machine] + 1 {
            own = own.max(rank[position - 1]);
        }
        for cause in graph.causes(position) {
            if cause.index > range.first[cause.place as usize] {
                own = own.max(rank[graph.position(cause)]);
            }
        }
        rank[position] = own;
        sizes[own as usize + 1] += 1;
        order.push((own, place));
    }
    for rank in 1..sizes.len() {
        sizes[rank] += sizes[rank - 1];
    }
    let mut path = vec![0; order.len()];
    for (rank, place) in order {
        let at = &mut sizes[rank as usize];
        path[*at] = place;
        *at += 1;
    }
    Ok(path)
}
