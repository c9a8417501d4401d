//! Matrix clocks (Wuu and Bernstein 1984): of each machine, the vector clock that it is known to have had.
//!
//! The row of a machine is the vector clock of the last of its events that this one knows of. So the least of a column is
//! how many events of that machine all are known to know of.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::{EventId, Graph};
use super::super::vectors::{ClockRows, traverse, whole};
use super::wanted::Wanted;
use crate::error::Result;

/// The matrices of the events that are asked for, one after the other, row by row.
///
/// Two passes: the vectors of these events tell whose vectors are their rows. What is kept beyond the table is a number for
/// each of its rows.
pub fn table(graph: &Graph, wanted: &Wanted, go_on: &mut GoOn<'_>) -> Result<Vec<i64>> {
    let checkpoint = &mut Checkpoint::of_query(go_on);
    let width = graph.machines().len();
    let mut table = wanted.zeros("matrix", width.saturating_mul(width))?;
    let (from, to) = whole(graph);
    // The events that rows are of, by the rows.
    let mut uses: Vec<(u32, u32)> = Vec::new();
    let mut rows = ClockRows::new(width, None);
    traverse(graph, &from, &to, &mut rows, checkpoint, |step| {
        let Some(slot) = wanted.slot(step.position) else {
            return Ok(0);
        };
        for (place, &entry) in step.row.iter().enumerate() {
            let index = if place == step.place {
                step.index
            } else {
                entry
            };
            if index > 0 {
                let place_of = EventId {
                    place: place as u32,
                    index,
                };
                let position = graph.position(place_of) as u32;
                uses.push((position, (slot * width + place) as u32));
            }
        }
        Ok(4 * width)
    })?;
    uses.sort_unstable();
    let mut rows = ClockRows::new(width, None);
    traverse(graph, &from, &to, &mut rows, checkpoint, |step| {
        let position = step.position as u32;
        let first = uses.partition_point(|&(of, _)| of < position);
        let used = uses[first..].iter().take_while(|&&(of, _)| of == position);
        let mut work = 16;
        for &(_, row) in used {
            let row = &mut table[row as usize * width..][..width];
            for (to, &entry) in row.iter_mut().zip(step.row) {
                *to = entry.into();
            }
            row[step.place] = step.index.into();
            work += width;
        }
        Ok(work)
    })?;
    Ok(table)
}
