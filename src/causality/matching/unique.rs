//! Receipts that tell the timestamp and not the sender: of one SEND alone, if only one has it.

use super::clue::Clue;
use super::draft::Draft;
use super::how::How;
use super::receipt_list::UNTOLD;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;

/// Matches a receipt if every machine that may have sent it would tell of it, and one alone does.
pub(super) fn find(draft: &mut Draft<'_, '_>, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
    let evidence = draft.evidence;
    let receipts = &evidence.receipts;
    if !evidence.is_closed {
        return Ok(());
    }
    for log in 0..evidence.notes.len() {
        let is_wanted = |receipt: &usize| {
            draft.sender[*receipt] == UNTOLD && matches!(receipts.clues[*receipt], Clue::Is(_))
        };
        if draft.open(log).find(is_wanted).is_none() {
            continue;
        }
        let mut candidates = evidence.candidates(log);
        for receipt in receipts.of(log) {
            checkpoint.after(8)?;
            if draft.how[receipt] == How::Ambiguous
                && draft.sender[receipt] == UNTOLD
                && let Clue::Is(stamp) = receipts.clues[receipt]
                && evidence.all_cover(log, evidence.rules.clock_of(stamp))
                && let (Some(send), None) = candidates.with(stamp)
            {
                draft.take(receipt, send as usize, How::Unique);
            }
        }
    }
    Ok(())
}
