//! How many consistent cuts there are.

use super::lattice::Lattice;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;

impl Lattice {
    /// How many cuts there are; `None` if they are more than `limit`.
    ///
    /// They are visited one after the other, each from its parent: what is kept is the way to the one at hand.
    pub(super) fn count(&self, limit: u64, checkpoint: &mut Checkpoint<'_>) -> Result<Option<u64>> {
        let (width, stride) = (self.width(), self.stride());
        let words = stride - width;
        let mut row = self.first_row();
        // The machine that each step took an event of, and the bits that were before.
        let mut steps: Vec<u32> = Vec::new();
        let mut bits: Vec<u32> = Vec::new();
        let mut count = 1_u64;
        let mut next = 0;
        if count > limit {
            return Ok(None);
        }
        loop {
            let mut place = next;
            bits.extend_from_slice(&row[width..]);
            while place < width && !(self.may_take(&row, place) && self.take(&mut row, place)) {
                place += 1;
            }
            if place < width {
                count += 1;
                if count > limit {
                    return Ok(None);
                }
                steps.push(place as u32);
                next = self.begin(&row);
                checkpoint.after(place + 4)?;
                continue;
            }
            bits.truncate(bits.len() - words);
            let Some(step) = steps.pop() else {
                return Ok(Some(count));
            };
            row[step as usize] -= 1;
            row[width..].copy_from_slice(&bits[bits.len() - words..]);
            bits.truncate(bits.len() - words);
            next = step as usize + 1;
        }
    }
}
