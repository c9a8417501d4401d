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
                && let Some(send) = only(draft, log, stamp, checkpoint)?
            {
                draft.take(receipt.row, send, How::Unique);
            }
        }
    }
    Ok(())
}

/// The one SEND with a timestamp that a log's machine can have received.
fn only(
    draft: &Draft<'_, '_>,
    log: usize,
    stamp: i64,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Option<usize>> {
    let evidence = draft.evidence;
    let id = evidence.ids.all()[log];
    let clock = evidence.rules.clock_of(stamp);
    let mut found = None;
    for sender in 0..evidence.notes.len() {
        if !evidence.may_send(sender, log) {
            continue;
        }
        checkpoint.after(8)?;
        if !evidence.covers[sender].has(clock) {
            return Ok(None);
        }
        for send in evidence.sends.with(sender, stamp) {
            if evidence.may_be(send, id) && found.replace(send).is_some() {
                return Ok(None);
            }
        }
    }
    Ok(found)
}
