//! The cuts of one level after those of another, each once, found by merging.
//!
//! The cuts of a level stand in order, machine by machine. With the next event of one machine they stay in order, so that
//! the next level is what as many lists as there are machines come to if they are merged: no set is needed.

use std::cmp::Ordering;

use super::lattice::Lattice;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;

/// A way from a cut of one level to one of the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct CutStep {
    /// Which of its level the cut is.
    pub(super) parent: u32,
    /// The place in rows of the machine whose event is taken.
    pub(super) place: u32,
}

impl Lattice {
    /// Visits the cuts that follow those of a level, rows without bits, in order: each with all steps to it,
    /// until `each` says no.
    pub(super) fn successors(
        &self,
        level: &[u32],
        checkpoint: &mut Checkpoint<'_>,
        mut each: impl FnMut(&[u32], &[CutStep]) -> Result<bool>,
    ) -> Result<()> {
        let width = self.width();
        // By machine, which cut of the level it goes on from; beyond the last if from none.
        let mut next = vec![0_usize; width];
        // The machines that go on.
        let mut left: Vec<usize> = Vec::with_capacity(width);
        for (place, next) in next.iter_mut().enumerate() {
            if self.go_on(level, place, next) {
                left.push(place);
            }
        }
        let mut steps: Vec<CutStep> = Vec::with_capacity(width);
        let mut least = vec![0_u32; width];
        while !left.is_empty() {
            let head = |place: usize| (next[place], place);
            let first = left
                .iter()
                .copied()
                .min_by(|&one, &other| order(level, width, head(one), head(other)));
            let first = head(first.expect("one is left"));
            least.copy_from_slice(&level[first.0 * width..(first.0 + 1) * width]);
            least[first.1] += 1;
            steps.clear();
            let mut kept = 0;
            let mut work = 4 * width;
            for at in 0..left.len() {
                let place = left[at];
                if order(level, width, (next[place], place), first).is_eq() {
                    steps.push(CutStep {
                        parent: next[place] as u32,
                        place: place as u32,
                    });
                    let before = next[place];
                    next[place] += 1;
                    let goes_on = self.go_on(level, place, &mut next[place]);
                    work += 2 * (next[place] - before);
                    if !goes_on {
                        continue;
                    }
                }
                left[kept] = place;
                kept += 1;
            }
            left.truncate(kept);
            if !each(&least, &steps)? {
                return Ok(());
            }
            checkpoint.after(work)?;
        }
        Ok(())
    }

    /// Goes to the next cut of a level in which a machine may take an event; whether there is one.
    fn go_on(&self, level: &[u32], place: usize, next: &mut usize) -> bool {
        let width = self.width();
        while let Some(row) = level.get(*next * width..(*next + 1) * width) {
            if self.may_take(row, place) {
                return true;
            }
            *next += 1;
        }
        false
    }
}

/// The order of two cuts of the next level, each a cut of a level and the place of the machine that goes on from it.
///
/// They are not made for it: that would be machines x machines.
#[inline]
fn order(level: &[u32], width: usize, one: (usize, usize), other: (usize, usize)) -> Ordering {
    if one.0 == other.0 {
        return other.1.cmp(&one.1);
    }
    let row = |(at, _): (usize, usize)| &level[at * width..(at + 1) * width];
    let pairs = row(one).iter().zip(row(other)).enumerate();
    for (place, (&count, &of_other)) in pairs {
        let count = count + u32::from(place == one.1);
        let of_other = of_other + u32::from(place == other.1);
        if count != of_other {
            return count.cmp(&of_other);
        }
    }
    Ordering::Equal
}
