//! Receipts that tell the sender alone: their channel delivers everything, in order.
//!
//! From one matched pair of a channel it is counted on and back: the next receipt is of the next SEND, as long as
//! nothing can be missing in between, in either log. Where both logs begin at the beginning the first receipt
//! is of the first SEND. What is cut off at the end of a log, or was left unread, does no harm.

use super::by_sender::BySender;
use super::draft::Draft;
use super::groups::Groups;
use super::how::How;
use super::near::first_from;
use super::receipt::NONE;
use super::receipt_list::{UNLOGGED, UNTOLD};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::UNKNOWN;

/// Matches what can be, if channels keep the order and lose nothing.
pub(super) fn find(draft: &mut Draft<'_, '_>, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
    let evidence = draft.evidence;
    let logs = evidence.notes.len();
    let is_wanted = |log: usize| {
        let mut open = draft.open(log);
        open.any(|receipt| draft.sender[receipt] < UNLOGGED)
    };
    if !evidence.rules.channel.is_fifo() || !(0..logs).any(is_wanted) {
        return Ok(());
    }
    let all = draft.channels()?;
    let receipts = Groups::new(logs, &mut BySender(evidence, &draft.sender))?;
    // Where timestamps do not go up, no order of messages is known.
    let goes_up = |log: usize| evidence.sends.indices[evidence.sends.of(log)].is_sorted();
    let is_ordered: Vec<bool> = (0..logs).map(goes_up).collect();
    let send_breaks: Vec<Vec<u32>> = (0..logs).map(|log| breaks(draft, log, true)).collect();
    let mut found = Vec::new();
    for log in 0..logs {
        let receipt_breaks = breaks(draft, log, false);
        let mut channels = all.of(log).peekable();
        for (sender, receipts) in receipts.of(log) {
            checkpoint.after(8 * receipts.len())?;
            while channels.next_if(|channel| channel.0 < sender).is_some() {}
            let sends = channels.next_if(|channel| channel.0 == sender && is_ordered[sender]);
            let channel = InOrder {
                draft,
                sends: sends.map_or(&[], |channel| channel.1),
                receipts,
                firsts: (
                    evidence.sends.of(sender).start as u32,
                    evidence.receipts.of(log).start as u32,
                ),
                breaks: (&send_breaks[sender], &receipt_breaks),
            };
            channel.find(&mut found);
        }
    }
    for (receipt, send) in found {
        draft.take(receipt, send, How::Fifo);
    }
    Ok(())
}

/// By SEND or by receipt of a log, how often something of any channel may be missing up to it.
fn breaks(draft: &Draft<'_, '_>, log: usize, of_sends: bool) -> Vec<u32> {
    let evidence = draft.evidence;
    let mut restarts = evidence.notes[log].restarts.iter().peekable();
    let mut cuts = evidence.breaks[log].iter().peekable();
    let mut count = 0;
    // A vague event parts what is before it from what is after it, and from itself.
    let mut at = |index: u32, is_vague: bool| {
        loop {
            let next = [cuts.peek(), restarts.peek()];
            let next = next.into_iter().flatten().map(|&&cut| cut).min();
            let Some(cut) = next.filter(|&cut| cut <= index) else {
                break;
            };
            while cuts.next_if_eq(&&cut).is_some() {}
            while restarts.next_if_eq(&&cut).is_some() {}
            count += 1;
        }
        count += u32::from(is_vague);
        count
    };
    if of_sends {
        let sends = &evidence.sends;
        let span = sends.of(log);
        let is_vague = |send: usize| {
            let recipients = evidence.trace.recipients(sends.rows[send] as usize);
            recipients.contains(&UNKNOWN)
        };
        span.map(|send| at(sends.indices[send], is_vague(send)))
            .collect()
    } else {
        let receipts = &evidence.receipts;
        let is_vague = |receipt: usize| draft.sender[receipt] == UNTOLD;
        let span = receipts.of(log);
        span.map(|receipt| at(receipts.indices[receipt], is_vague(receipt)))
            .collect()
    }
}

/// A channel that keeps the order of its messages.
struct InOrder<'c, 'e, 'a> {
    draft: &'c Draft<'e, 'a>,
    /// The places of the SENDs to the recipient in the list of all.
    sends: &'c [u32],
    /// The places of the receipts of what the sender sent.
    receipts: &'c [u32],
    /// Where the sender's SENDs begin, and the recipient's receipts.
    firsts: (u32, u32),
    /// By SEND of the sender and by receipt of the recipient.
    breaks: (&'c [u32], &'c [u32]),
}

impl InOrder<'_, '_, '_> {
    fn is_open(&self, receipt: usize) -> bool {
        self.draft.how[self.receipts[receipt] as usize] == How::Ambiguous
    }

    /// By how many breaks a SEND of the channel is behind.
    fn breaks_before(&self, send: usize) -> Option<u32> {
        Some(self.breaks.0[(*self.sends.get(send)? - self.firsts.0) as usize])
    }

    /// By how many breaks a receipt of the channel is behind.
    fn breaks_at(&self, receipt: usize) -> u32 {
        self.breaks.1[(self.receipts[receipt] - self.firsts.1) as usize]
    }

    /// Adds receipts, each with the place of its SEND in the list of all.
    fn find(&self, found: &mut Vec<(usize, usize)>) {
        let count = self.receipts.len();
        if self.sends.is_empty() || !(0..count).any(|receipt| self.is_open(receipt)) {
            return;
        }
        let mut hint = 0;
        let anchors = (0..count).map(|receipt| self.anchor(receipt, &mut hint));
        let mut of: Vec<Option<usize>> = anchors.collect();
        of[0] = of[0].or_else(|| (self.is_begun() && self.fits(0, 0)).then_some(0));
        for receipt in 1..count {
            if of[receipt].is_none() && self.is_next(receipt - 1) {
                of[receipt] = of[receipt - 1].and_then(|send| self.step(send, send + 1, receipt));
            }
        }
        for receipt in (1..count).rev() {
            if of[receipt - 1].is_none() && self.is_next(receipt - 1) {
                let send = of[receipt].filter(|&send| send > 0);
                of[receipt - 1] = send.and_then(|send| self.step(send - 1, send - 1, receipt - 1));
            }
        }
        for (receipt, send) in of.into_iter().enumerate() {
            if self.is_open(receipt)
                && let Some(send) = send
            {
                found.push((self.receipts[receipt] as usize, self.sends[send] as usize));
            }
        }
    }

    /// Which SEND of the channel a receipt is known to be of, looked for from where the last was.
    fn anchor(&self, receipt: usize, hint: &mut usize) -> Option<usize> {
        let send = self.draft.send[self.receipts[receipt] as usize];
        if send == NONE {
            return None;
        }
        let key = |place: usize| i64::from(self.sends[place]);
        *hint = first_from(self.sends.len(), key, *hint, i64::from(send));
        (self.sends.get(*hint) == Some(&send)).then_some(*hint)
    }

    /// Whether the first receipt is of the first SEND.
    fn is_begun(&self) -> bool {
        self.breaks_before(0) == Some(0) && self.breaks_at(0) == 0
    }

    /// Whether no receipt can be missing between one and the next.
    fn is_next(&self, receipt: usize) -> bool {
        self.breaks_at(receipt) == self.breaks_at(receipt + 1)
    }

    /// The SEND of a receipt, where none can be missing between that at `first` and the next.
    fn step(&self, first: usize, send: usize, receipt: usize) -> Option<usize> {
        let is_whole = self.breaks_before(first)? == self.breaks_before(first + 1)?;
        (is_whole && self.fits(receipt, send)).then_some(send)
    }

    /// Whether the clock of a receipt allows the timestamp of a SEND.
    fn fits(&self, receipt: usize, send: usize) -> bool {
        let evidence = self.draft.evidence;
        let clue = evidence.receipts.clues[self.receipts[receipt] as usize];
        clue.allows(evidence.sends.stamps[self.sends[send] as usize])
    }
}
