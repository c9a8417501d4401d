//! The events of a graph one by one, each after all that it follows from.

use super::super::checkpoint::Checkpoint;
use super::super::graph::Graph;
use crate::error::Result;

/// An event that is visited.
#[derive(Clone, Copy)]
pub(super) struct Visited {
    /// Where it stands.
    pub(super) position: usize,
    /// The place of its machine.
    pub(super) place: usize,
    /// Its number on its machine, from 1.
    pub(super) index: u32,
}

impl Visited {
    /// Where the event before on its machine stands, if there is one.
    #[inline]
    pub(super) fn before(self) -> Option<usize> {
        (self.index > 1).then(|| self.position - 1)
    }
}

/// Visits all events; `each` returns its own work.
pub(super) fn each_event(
    graph: &Graph,
    checkpoint: &mut Checkpoint<'_>,
    mut each: impl FnMut(Visited) -> Result<usize>,
) -> Result<()> {
    let mut next = vec![0_u32; graph.machines().len()];
    for &place in &graph.sequence {
        let place = place as usize;
        let position = (graph.starts[place] + next[place]) as usize;
        next[place] += 1;
        let index = next[place];
        let work = each(Visited {
            position,
            place,
            index,
        })?;
        checkpoint.after(8 + work)?;
    }
    Ok(())
}
