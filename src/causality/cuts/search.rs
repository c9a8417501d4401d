//! The first consistent cut, level by level, in which something holds.

use super::lattice::Lattice;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;

/// Whether something holds in a cut: by machine, how many of its events are in it.
pub type Predicate<'a> = dyn FnMut(&[u32]) -> Result<bool> + 'a;

/// What became of a search.
#[derive(Debug)]
pub(super) enum Searched<T> {
    /// This was found.
    Found(T),
    /// All was looked at.
    Nothing,
    /// There is more than was to be visited.
    Limit,
}

impl Lattice {
    /// Searches for a cut with the fewest events in which something holds; also how many were visited.
    ///
    /// Each is made from its parent, once, and two levels are kept.
    pub(super) fn search(
        &self,
        limit: u64,
        holds: &mut Predicate<'_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<(Searched<Vec<u32>>, u64)> {
        let (width, stride) = (self.width(), self.stride());
        let mut cut = vec![0; self.machines_in_all()];
        let mut level = self.first_row();
        self.counts(&level, &mut cut);
        if limit == 0 {
            return Ok((Searched::Limit, 0));
        }
        if holds(&cut)? {
            return Ok((Searched::Found(cut), 1));
        }
        let mut visited = 1;
        let mut after = Vec::new();
        let mut row = vec![0; stride];
        for _ in 0..self.events() {
            after.clear();
            for parent in level.chunks_exact(stride) {
                for place in self.begin(parent)..width {
                    if !self.may_take(parent, place) {
                        continue;
                    }
                    row.copy_from_slice(parent);
                    if !self.take(&mut row, place) {
                        continue;
                    }
                    if visited == limit {
                        return Ok((Searched::Limit, visited));
                    }
                    visited += 1;
                    self.counts(&row, &mut cut);
                    if holds(&cut)? {
                        return Ok((Searched::Found(cut), visited));
                    }
                    after.extend_from_slice(&row);
                }
                checkpoint.after(4 * stride)?;
            }
            std::mem::swap(&mut level, &mut after);
        }
        Ok((Searched::Nothing, visited))
    }
}
