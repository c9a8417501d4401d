//! Receipts of which the clock says that the timestamp is at most so much: of one SEND alone, if others need the rest.

use super::clue::Clue;
use super::draft::{Draft, OpenReceipt};
use super::evidence::Evidence;
use super::forced::forced;
use super::how::How;
use super::receipt::NONE;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::UNKNOWN;

/// Matches what can be, where recipients are known and no message is received twice.
pub(super) fn find(draft: &mut Draft<'_, '_>, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
    let evidence = draft.evidence;
    let is_bounded = |receipt: &OpenReceipt| matches!(receipt.clue, Clue::AtMost(_));
    let is_wanted = |log| draft.open_receipts(log).any(|receipt| is_bounded(&receipt));
    let wanted: Vec<usize> = (0..evidence.notes.len())
        .filter(|&log| is_wanted(log))
        .collect();
    if evidence.rules.channel.duplicating || wanted.is_empty() {
        return Ok(());
    }
    let Some(lists) = SendsTo::new(evidence, checkpoint)? else {
        return Ok(());
    };
    let is_known = |log: &usize| lists.is_known[*log];
    let is_all_known = evidence.is_closed && (0..evidence.notes.len()).all(|log| is_known(&log));
    // By SEND, the last machine with a receipt of it, as its number from 1.
    let mut taken = vec![0_u32; evidence.sends.rows.len()];
    for log in wanted {
        mark_taken(draft, log, &mut taken);
        let is_free = |&send: &u32| taken[send as usize] != log as u32 + 1;
        let free: Vec<u32> = lists.to(log).iter().copied().filter(is_free).collect();
        checkpoint.after(lists.to(log).len() + 1)?;
        let mut pairs = Vec::new();
        if is_all_known {
            let limit = evidence.first_missing(log);
            let open: Vec<OpenReceipt> = draft.open_receipts(log).collect();
            pair(evidence, &open, &free, limit, &mut pairs);
        }
        take_all(draft, &mut pairs);
        mark_taken(draft, log, &mut taken);
        let is_free = |&send: &u32| taken[send as usize] != log as u32 + 1;
        let free: Vec<u32> = free.into_iter().filter(is_free).collect();
        by_sender(draft, log, &free, &lists, &mut pairs);
        take_all(draft, &mut pairs);
    }
    Ok(())
}

fn take_all(draft: &mut Draft<'_, '_>, pairs: &mut Vec<(usize, usize)>) {
    let evidence = draft.evidence;
    for (row, send) in pairs.drain(..) {
        let sender = evidence.trace.machine_id[evidence.sends.rows[send] as usize];
        if draft.sender[row] < 0 || draft.sender[row] == sender {
            draft.take(row, send, How::Unique);
        }
    }
}

/// The same for the receipts of each sender that some of them name.
fn by_sender(
    draft: &Draft<'_, '_>,
    log: usize,
    free: &[u32],
    lists: &SendsTo,
    pairs: &mut Vec<(usize, usize)>,
) {
    let evidence = draft.evidence;
    let mut open: Vec<(usize, OpenReceipt)> = draft
        .open_receipts(log)
        .filter_map(|receipt| Some((evidence.sender(receipt.row)??, receipt)))
        .collect();
    open.sort_by_key(|&(sender, _)| sender);
    for channel in open.chunk_by(|a, b| a.0 == b.0) {
        let sender = channel[0].0;
        if !lists.is_known[sender] {
            continue;
        }
        let span = evidence.sends.of(sender);
        let is_its = |&send: &u32| span.contains(&(send as usize));
        let sends: Vec<u32> = free.iter().copied().filter(is_its).collect();
        let receipts: Vec<OpenReceipt> = channel.iter().map(|&(_, receipt)| receipt).collect();
        let limit = evidence.covers[sender].first_missing();
        pair(evidence, &receipts, &sends, limit, pairs);
    }
}

/// Marks the SENDs that a machine has receipts of, or left unread.
fn mark_taken(draft: &Draft<'_, '_>, log: usize, taken: &mut [u32]) {
    let evidence = draft.evidence;
    let number = log as u32 + 1;
    for &row in evidence.rows_of(log) {
        let send = draft.send[row as usize];
        if send != NONE {
            taken[send as usize] = number;
        }
    }
    for &(sender, stamp) in &evidence.notes[log].unread {
        if let Some(sender) = evidence.ids.place(sender) {
            let mut sends = evidence.sends.with(sender, stamp);
            let id = evidence.ids.all()[log];
            if let Some(send) = sends.find(|&send| evidence.may_be(send, id)) {
                taken[send] = number;
            }
        }
    }
}

/// Adds the pairs of receipts, in their order, and SENDs, in that of their timestamps, that belong together in every way.
///
/// From the clock `limit` on, SENDs may be missing.
fn pair(
    evidence: &Evidence<'_>,
    receipts: &[OpenReceipt],
    sends: &[u32],
    limit: i64,
    pairs: &mut Vec<(usize, usize)>,
) {
    let stamps: Vec<i64> = sends
        .iter()
        .map(|&send| evidence.sends.stamps[send as usize])
        .collect();
    let clues: Vec<Clue> = receipts.iter().map(|receipt| receipt.clue).collect();
    // In timestamps, which are below the clocks that are covered.
    let limit = limit.saturating_sub(evidence.rules.clock_of(0));
    let found = forced(&clues, &stamps, limit).into_iter();
    pairs.extend(found.map(|(receipt, send)| (receipts[receipt].row, sends[send] as usize)));
}

/// The SENDs to each machine, by their timestamps.
struct SendsTo {
    starts: Vec<usize>,
    sends: Vec<u32>,
    /// By log, whether its SENDs tell all their recipients.
    is_known: Vec<bool>,
}

impl SendsTo {
    /// `None` where a SEND names a machine twice, or a timestamp is not known.
    fn new(evidence: &Evidence<'_>, checkpoint: &mut Checkpoint<'_>) -> Result<Option<Self>> {
        let (all, logs) = (&evidence.sends, evidence.notes.len());
        if all.stamps.iter().any(|&stamp| stamp < 0) {
            return Ok(None);
        }
        let mut is_known = vec![true; logs];
        let mut starts = vec![0; logs + 1];
        for (log, is_known) in is_known.iter_mut().enumerate() {
            for send in all.of(log) {
                for &id in evidence.trace.recipients(all.rows[send] as usize) {
                    *is_known &= id != UNKNOWN;
                    if let Some(place) = evidence.ids.place(id as u64) {
                        starts[place + 1] += 1;
                    }
                }
                checkpoint.after(8)?;
            }
        }
        for place in 0..logs {
            starts[place + 1] += starts[place];
        }
        let mut next = starts.clone();
        let mut sends = vec![0; starts[logs]];
        for &send in all.order() {
            for &id in evidence.trace.recipients(all.rows[send as usize] as usize) {
                let Some(place) = evidence.ids.place(id as u64) else {
                    continue;
                };
                if next[place] > starts[place] && sends[next[place] - 1] == send {
                    return Ok(None);
                }
                sends[next[place]] = send;
                next[place] += 1;
            }
            checkpoint.after(8)?;
        }
        Ok(Some(Self {
            starts,
            sends,
            is_known,
        }))
    }

    /// Those to the machine of a log.
    fn to(&self, log: usize) -> &[u32] {
        &self.sends[self.starts[log]..self.starts[log + 1]]
    }
}
