//! Receipts that tell the timestamp and not the sender: of one SEND alone, if only one has it.

use super::clue::Clue;
use super::draft::{Draft, OpenReceipt};
use super::how::How;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;

/// Matches a receipt if every machine that may have sent it would tell of it, and one alone does.
pub(super) fn find(draft: &mut Draft<'_, '_>, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
    if !draft.evidence.is_closed {
        return Ok(());
    }
    for log in 0..draft.evidence.notes.len() {
        let open: Vec<OpenReceipt> = draft.open_receipts(log).collect();
        for receipt in open {
            checkpoint.after(16)?;
            if draft.sender[receipt.row] < 0
                && let Clue::Is(stamp) = receipt.clue
                && let Some(send) = only(draft, log, stamp)
            {
                draft.take(receipt.row, send, How::Unique);
            }
        }
    }
    Ok(())
}

/// The one SEND with a timestamp that a log's machine can have received.
fn only(draft: &Draft<'_, '_>, log: usize, stamp: i64) -> Option<usize> {
    let evidence = draft.evidence;
    if !evidence.all_cover(log, evidence.rules.clock_of(stamp)) {
        return None;
    }
    let mut candidates = evidence.candidates(log, stamp);
    candidates.next().filter(|_| candidates.next().is_none())
}
