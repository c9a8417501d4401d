//! What events follow from by the vector clocks that were logged with them.

use super::checkpoint::Checkpoint;
use super::graph::{EventId, Graph, MoreCauses};
use crate::error::Result;
use crate::log::vector_column::VectorColumn;

/// For each event the latest of another machine that its vector tells of, where the event before tells of less.
///
/// An entry that is of no event here, as rows are missing, tells of all before it.
pub(super) fn causes(
    graph: &Graph,
    vectors: &VectorColumn,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<MoreCauses> {
    let machines = graph.machines().len();
    let entries = |row: u32| {
        let span = vectors.starts[row as usize]..vectors.starts[row as usize + 1];
        let ids = vectors.machines[span.clone()].iter();
        ids.zip(&vectors.counts[span])
            .map(|(&id, &count)| (id, count))
    };
    // By position, how many of its own events a machine tells of there or, where it tells nothing, next.
    let mut counts = vec![i64::MAX; graph.len()];
    for place in 0..machines {
        let own = graph.machines()[place] as i64;
        let mut next = i64::MAX;
        for position in (graph.starts[place]..graph.starts[place + 1]).rev() {
            let mut told = entries(graph.rows[position as usize]);
            let count = told.find(|&(id, _)| id == own);
            next = next.min(count.map_or(i64::MAX, |entry| entry.1));
            counts[position as usize] = next;
        }
    }
    let mut more = MoreCauses::default();
    let mut given = vec![0; machines];
    for place in 0..machines {
        given.fill(0);
        for position in graph.starts[place]..graph.starts[place + 1] {
            more.starts.push(more.events.len() as u32);
            for (id, count) in entries(graph.rows[position as usize]) {
                checkpoint.after(16)?;
                if count <= 0 {
                    continue;
                }
                let Some(other) = graph.ids.place(id as u64).filter(|&other| other != place) else {
                    continue;
                };
                let span = graph.starts[other] as usize..graph.starts[other + 1] as usize;
                let index = counts[span].partition_point(|&own| own <= count) as u32;
                if index > given[other] {
                    given[other] = index;
                    more.events.push(EventId {
                        place: other as u32,
                        index,
                    });
                }
            }
        }
    }
    more.starts.push(more.events.len() as u32);
    Ok(more)
}
