//! SENDs and receipts of each machine, by who sent the message.

use super::evidence::Evidence;
use super::groups::Items;
use super::receipt_list::UNLOGGED;
use crate::error::Result;

/// By recipient, the places of the SENDs of each sender, by their timestamps.
pub(super) struct SendsBySender<'e, 'a>(pub(super) &'e Evidence<'a>);

impl Items<u32> for SendsBySender<'_, '_> {
    fn each(&mut self, log: usize, mut emit: impl FnMut(usize, u32)) -> Result<()> {
        for &send in self.0.sends_to().to(log) {
            emit(self.0.sends.logs[send as usize] as usize, send);
        }
        Ok(())
    }
}

/// By recipient, the places of the receipts of each sender that has a log, given the sender of each.
pub(super) struct BySender<'e, 'a>(pub(super) &'e Evidence<'a>, pub(super) &'e [u32]);

impl Items<u32> for BySender<'_, '_> {
    fn each(&mut self, log: usize, mut emit: impl FnMut(usize, u32)) -> Result<()> {
        for receipt in self.0.receipts.of(log) {
            if self.1[receipt] < UNLOGGED {
                emit(self.1[receipt] as usize, receipt as u32);
            }
        }
        Ok(())
    }
}
