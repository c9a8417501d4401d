//! Receipts of which the clock says that the timestamp is at most so much: of one SEND alone, if others need the rest.

use super::by_sender::BySender;
use super::clue::Clue;
use super::draft::Draft;
use super::evidence::Evidence;
use super::forced::forced;
use super::groups::Groups;
use super::how::How;
use super::receipt::NONE;
use super::receipt_list::{UNLOGGED, UNTOLD};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;

/// Matches what can be, where recipients are known and no message is received twice.
pub(super) fn find(draft: &mut Draft<'_, '_>, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
    let evidence = draft.evidence;
    let is_bounded = |receipt: usize| matches!(evidence.receipts.clues[receipt], Clue::AtMost(_));
    let is_wanted = |&log: &usize| draft.open(log).any(is_bounded);
    let wanted: Vec<usize> = (0..evidence.notes.len()).filter(is_wanted).collect();
    if evidence.rules.channel.duplicating || wanted.is_empty() {
        return Ok(());
    }
    if evidence.has_unknown_stamps {
        return Ok(());
    }
    let lists = evidence.sends_to();
    if lists.is_any_doubled {
        return Ok(());
    }
    let is_all_known = evidence.is_closed && lists.is_known.iter().all(|&is_known| is_known);
    if !is_all_known && !lists.is_known.contains(&true) {
        return Ok(());
    }
    // Receipts by the sender that they tell, once some do.
    let mut told: Option<Groups<u32>> = None;
    // By SEND, the last machine with a receipt of it, as its number from 1.
    let mut taken = vec![0_u32; evidence.sends.rows.len()];
    let mut pairs = Vec::new();
    for log in wanted {
        checkpoint.after(8 * (lists.to(log).len() + evidence.receipts.of(log).len()) + 1)?;
        mark_taken(draft, log, &mut taken);
        if is_all_known {
            let is_free = |&send: &u32| taken[send as usize] != log as u32 + 1;
            let free: Vec<u32> = lists.to(log).iter().copied().filter(is_free).collect();
            let limit = evidence.first_missing(log);
            let open: Vec<usize> = draft.open(log).collect();
            pair(evidence, &open, &free, limit, &mut pairs);
        }
        take_all(draft, &mut pairs, |send| taken[send] = log as u32 + 1);
        let is_told = |receipt: usize| evidence.receipts.senders[receipt] < UNLOGGED;
        if draft.open(log).any(is_told) {
            let receipts = if let Some(receipts) = told.take() {
                receipts
            } else {
                let senders = &evidence.receipts.senders;
                Groups::new(evidence.notes.len(), &mut BySender(evidence, senders))?
            };
            by_sender(draft, log, &receipts, &taken, &mut pairs)?;
            told = Some(receipts);
            take_all(draft, &mut pairs, |_| {});
        }
    }
    Ok(())
}

fn take_all(
    draft: &mut Draft<'_, '_>,
    pairs: &mut Vec<(usize, usize)>,
    mut each: impl FnMut(usize),
) {
    let evidence = draft.evidence;
    for (receipt, send) in pairs.drain(..) {
        let sender = draft.sender[receipt];
        if sender == UNTOLD || sender == evidence.sends.logs[send] {
            draft.take(receipt, send, How::Unique);
            each(send);
        }
    }
}

/// Adds the pairs of what is left of the messages to a machine whose receipts tell the sender.
fn by_sender(
    draft: &Draft<'_, '_>,
    log: usize,
    receipts: &Groups<u32>,
    taken: &[u32],
    pairs: &mut Vec<(usize, usize)>,
) -> Result<()> {
    let evidence = draft.evidence;
    let is_known = &evidence.sends_to().is_known;
    let is_free = |&send: &u32| taken[send as usize] != log as u32 + 1;
    let is_open = |&receipt: &usize| draft.how[receipt] == How::Ambiguous;
    let mut channels = draft.channels()?.of(log).peekable();
    for (sender, receipts) in receipts.of(log) {
        while channels.next_if(|channel| channel.0 < sender).is_some() {}
        let sends = channels.next_if(|channel| channel.0 == sender && is_known[sender]);
        let Some((_, sends)) = sends else {
            continue;
        };
        let receipts = receipts.iter().map(|&receipt| receipt as usize);
        let open: Vec<usize> = receipts.filter(is_open).collect();
        let free: Vec<u32> = sends.iter().copied().filter(is_free).collect();
        let limit = evidence.covers[sender].first_missing();
        pair(evidence, &open, &free, limit, pairs);
    }
    Ok(())
}

/// Marks the SENDs that a machine has receipts of, or left unread.
fn mark_taken(draft: &Draft<'_, '_>, log: usize, taken: &mut [u32]) {
    let evidence = draft.evidence;
    let number = log as u32 + 1;
    for &send in &draft.send[evidence.receipts.of(log)] {
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
    receipts: &[usize],
    sends: &[u32],
    limit: i64,
    pairs: &mut Vec<(usize, usize)>,
) {
    let stamp = |&send: &u32| evidence.sends.stamps[send as usize];
    let stamps: Vec<i64> = sends.iter().map(stamp).collect();
    let clue = |&receipt: &usize| evidence.receipts.clues[receipt];
    let clues: Vec<Clue> = receipts.iter().map(clue).collect();
    // In timestamps, which are below the clocks that are covered.
    let limit = limit.saturating_sub(evidence.rules.clock_of(0));
    let found = forced(&clues, &stamps, limit).into_iter();
    pairs.extend(found.map(|(receipt, send)| (receipts[receipt], sends[send] as usize)));
}
