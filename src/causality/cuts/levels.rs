//! The consistent cuts of a stretch of a run, level by level: as many events, the same level.

use super::lattice::Lattice;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;

/// All cuts, and which is one event after which.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// How many machines there are.
    pub machines: usize,
    /// By cut and machine, how many of its events are in it.
    pub counts: Vec<u32>,
    /// Where the cuts of each level start, and at last how many there are.
    pub starts: Vec<u64>,
    /// From which cut to which one event leads.
    pub steps: Vec<(u32, u32)>,
}

impl Lattice {
    /// All cuts; `None` if they are more than `limit`.
    pub(super) fn levels(
        &self,
        limit: u64,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Option<Levels>> {
        let machines = self.machines_in_all();
        // There are more cuts than events.
        if self.events() as u64 >= limit {
            return Ok(None);
        }
        let mut levels = Levels {
            machines,
            starts: vec![0],
            ..Levels::default()
        };
        let mut scratch = vec![0; machines];
        let mut level = vec![0; self.width()];
        self.counts(&level, &mut scratch);
        levels.counts.extend_from_slice(&scratch);
        let mut count = 1_u64;
        for _ in 0..self.events() {
            let before = *levels.starts.last().expect("it is not empty");
            levels.starts.push(count);
            let mut after = Vec::new();
            let Levels { counts, steps, .. } = &mut levels;
            let mut is_within = true;
            self.successors(&level, checkpoint, |row, ways| {
                is_within &= count < limit;
                if is_within {
                    steps.extend(
                        ways.iter()
                            .map(|way| (before as u32 + way.parent, count as u32)),
                    );
                    self.counts(row, &mut scratch);
                    counts.extend_from_slice(&scratch);
                    after.extend_from_slice(row);
                    count += 1;
                }
                Ok(is_within)
            })?;
            if !is_within {
                return Ok(None);
            }
            level = after;
        }
        levels.starts.push(count);
        Ok(Some(levels))
    }
}
