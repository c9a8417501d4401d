//! A path through the consistent cuts that avoids those in which something holds.

use super::lattice::Lattice;
use super::search::{Predicate, Searched};
use super::successors::CutStep;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;

/// What became of the search for a path.
pub(super) struct Avoided {
    /// The machines that take the steps of a path, by their places.
    pub(super) path: Searched<Vec<u32>>,
    /// A cut with the fewest events in which something holds, among those that were visited.
    pub(super) cut: Option<Vec<u32>>,
    /// How many were visited.
    pub(super) visited: u64,
}

impl Lattice {
    /// Searches for a path from the first cut to the last on which something holds nowhere.
    ///
    /// Level by level, those cuts are kept that can be reached so: two levels of them, and 8 bytes for each.
    pub(super) fn avoid(
        &self,
        limit: u64,
        holds: &mut Predicate<'_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Avoided> {
        let mut counts = vec![0; self.machines_in_all()];
        let mut level = vec![0; self.width()];
        self.counts(&level, &mut counts);
        let mut found = Avoided {
            path: Searched::Limit,
            cut: None,
            visited: 0,
        };
        if limit == 0 {
            return Ok(found);
        }
        found.visited = 1;
        if holds(&counts)? {
            (found.path, found.cut) = (Searched::Nothing, Some(counts));
            return Ok(found);
        }
        // By level, the first step to each cut that is kept.
        let mut ways: Vec<Vec<CutStep>> = Vec::with_capacity(self.events());
        for _ in 0..self.events() {
            let (mut after, mut way) = (Vec::new(), Vec::new());
            let mut is_within = true;
            self.successors(&level, checkpoint, |row, steps| {
                is_within = found.visited < limit;
                if !is_within {
                    return Ok(false);
                }
                found.visited += 1;
                self.counts(row, &mut counts);
                if !holds(&counts)? {
                    after.extend_from_slice(row);
                    way.push(steps[0]);
                } else if found.cut.is_none() {
                    found.cut = Some(counts.clone());
                }
                Ok(true)
            })?;
            if !is_within {
                return Ok(found);
            }
            if way.is_empty() {
                found.path = Searched::Nothing;
                return Ok(found);
            }
            ways.push(way);
            level = after;
        }
        // The last level is the last cut alone.
        let mut at = 0;
        let mut path: Vec<u32> = Vec::with_capacity(ways.len());
        for way in ways.iter().rev() {
            let step = way[at];
            path.push(self.machine(step.place as usize));
            at = step.parent as usize;
        }
        path.reverse();
        found.path = Searched::Found(path);
        Ok(found)
    }
}
