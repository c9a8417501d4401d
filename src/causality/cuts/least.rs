//! The least consistent cut in which a conjunction holds (Cooper and Marzullo 1991).
//!
//! A machine in whose state its condition does not hold goes on to the next where it does: no such cut has less of it. What
//! comes in with the events that it takes brings the events of their senders in. Each event is looked at once.

use super::range::CutRange;
use super::states::States;
use crate::causality::checkpoint::Checkpoint;
use crate::causality::graph::Graph;
use crate::error::Result;

/// The least cut, if there is one, and how many events were looked at.
pub(super) fn least(
    graph: &Graph,
    range: &CutRange,
    states: &States<'_>,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<(Option<Vec<u32>>, u64)> {
    let CutRange { first, last } = range;
    // How many events of each machine have to be in it, and of how many the senders are in.
    let (mut cut, mut done) = (first.clone(), first.clone());
    let visited = |cut: &[u32]| {
        let pairs = cut.iter().zip(first);
        pairs.map(|(&now, &first)| u64::from(now - first)).sum()
    };
    let mut due: Vec<usize> = states.named().collect();
    while let Some(place) = due.pop() {
        let before = cut[place];
        while !states.holds_at(graph, place, cut[place]) {
            if cut[place] == last[place] {
                return Ok((None, visited(&cut)));
            }
            cut[place] += 1;
        }
        let start = graph.starts[place];
        for position in start + done[place]..start + cut[place] {
            for cause in graph.causes(position as usize) {
                let sender = cause.place as usize;
                if cause.index > cut[sender] {
                    cut[sender] = cause.index;
                    due.push(sender);
                }
            }
        }
        let taken = cut[place] - done[place] + cut[place] - before;
        done[place] = cut[place];
        checkpoint.after(4 * taken as usize + 4)?;
    }
    let visited = visited(&cut);
    Ok((Some(cut), visited))
}
