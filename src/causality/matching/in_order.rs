//! Receipts that tell the sender alone: their channel delivers everything, in order.
//!
//! From one matched pair of a channel it is counted on and back: the next receipt is of the next SEND, as long as
//! nothing can be missing in between, in either log. Where both logs begin at the beginning the first receipt
//! is of the first SEND. What is cut off at the end of a log, or was left unread, does no harm.

use super::draft::Draft;
use super::groups::{Groups, Items};
use super::how::How;
use super::receipt::NONE;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::UNKNOWN;

/// Matches what can be, if channels keep the order and lose nothing.
pub(super) fn find(draft: &mut Draft<'_, '_>, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
    let evidence = draft.evidence;
    let logs = evidence.notes.len();
    let is_wanted = |log: usize| {
        let mut open = draft.open_receipts(log);
        open.any(|receipt| draft.sender[receipt.row] >= 0)
    };
    if !evidence.rules.channel.is_fifo() || !(0..logs).any(is_wanted) {
        return Ok(());
    }
    let sends = Groups::new(logs, &mut ChannelSends(draft))?;
    let receipts = Groups::new(logs, &mut ChannelReceipts(draft))?;
    let send_breaks: Vec<Vec<u32>> = (0..logs).map(|log| breaks(draft, log, true)).collect();
    let mut found = Vec::new();
    for log in 0..logs {
        let receipt_breaks = breaks(draft, log, false);
        for (sender, indices) in receipts.of(log) {
            let span = sends.of(sender).find(|&(to, _)| to == log);
            let places = span.map_or(&[][..], |(_, places)| places);
            checkpoint.after(16 * indices.len())?;
            let channel = InOrder {
                draft,
                pair: (sender, log),
                sends: places,
                receipts: indices,
                breaks: (&send_breaks[sender], &receipt_breaks),
            };
            channel.find(&mut found);
        }
    }
    for (row, send) in found {
        draft.take(row, send, How::Fifo);
    }
    Ok(())
}

/// By event of a log, how often something of any channel may be missing up to it.
fn breaks(draft: &Draft<'_, '_>, log: usize, of_sends: bool) -> Vec<u32> {
    let evidence = draft.evidence;
    let restarts = &evidence.notes[log].restarts;
    let mut count = 0;
    let rows = evidence.rows_of(log).iter().enumerate();
    rows.map(|(index, &row)| {
        let row = row as usize;
        let kind = evidence.trace.event[row];
        let is_vague = if of_sends {
            kind.sends() && evidence.trace.recipients(row).contains(&UNKNOWN)
        } else {
            kind.receives() && draft.sender[row] < 0 && !evidence.trace.by_hand[row]
        };
        let is_cut =
            !evidence.follows(log, index) || restarts.binary_search(&(index as u32)).is_ok();
        // A vague event parts what is before it from what is after it, and from itself.
        count += u32::from(is_cut) + u32::from(is_vague);
        count
    })
    .collect()
}

/// A channel that keeps the order of its messages.
struct InOrder<'c, 'e, 'a> {
    draft: &'c Draft<'e, 'a>,
    /// The sender and the recipient.
    pair: (usize, usize),
    /// The places of the SENDs to the recipient in the list of all.
    sends: &'c [u32],
    /// Which of the events of the recipient's log receive from the sender.
    receipts: &'c [u32],
    breaks: (&'c [u32], &'c [u32]),
}

impl InOrder<'_, '_, '_> {
    fn row(&self, receipt: usize) -> usize {
        self.draft.evidence.rows_of(self.pair.1)[self.receipts[receipt] as usize] as usize
    }

    /// By how many breaks a SEND of the channel is behind.
    fn breaks_before(&self, send: usize) -> Option<u32> {
        let place = *self.sends.get(send)? as usize;
        Some(self.breaks.0[self.draft.evidence.sends.indices[place] as usize])
    }

    /// Adds the rows of receipts, each with the place of its SEND in the list of all.
    fn find(&self, found: &mut Vec<(usize, usize)>) {
        let count = self.receipts.len();
        if (0..count).all(|receipt| self.draft.how[self.row(receipt)] != How::Ambiguous) {
            return;
        }
        let mut of: Vec<Option<usize>> = (0..count).map(|receipt| self.anchor(receipt)).collect();
        if let Some(first) = of.first_mut() {
            *first = first.or_else(|| {
                self.is_begun()
                    .then_some(0)
                    .filter(|&send| self.fits(0, send))
            });
        }
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
            let row = self.row(receipt);
            if self.draft.how[row] == How::Ambiguous
                && let Some(send) = send
            {
                found.push((row, self.sends[send] as usize));
            }
        }
    }

    /// Which SEND of the channel a receipt is known to be of.
    fn anchor(&self, receipt: usize) -> Option<usize> {
        let send = self.draft.send[self.row(receipt)];
        (send != NONE).then(|| self.sends.binary_search(&send).ok())?
    }

    /// Whether the first receipt is of the first SEND.
    fn is_begun(&self) -> bool {
        let first = self.receipts.first();
        self.breaks_before(0) == Some(0)
            && first.is_some_and(|&index| self.breaks.1[index as usize] == 0)
    }

    /// Whether no receipt can be missing between one and the next.
    fn is_next(&self, receipt: usize) -> bool {
        let breaks = |receipt: usize| self.breaks.1[self.receipts[receipt] as usize];
        breaks(receipt) == breaks(receipt + 1)
    }

    /// The SEND of a receipt, where none can be missing between that at `first` and the next.
    fn step(&self, first: usize, send: usize, receipt: usize) -> Option<usize> {
        let is_whole = self.breaks_before(first)? == self.breaks_before(first + 1)?;
        (is_whole && self.fits(receipt, send)).then_some(send)
    }

    /// Whether the clock of a receipt allows the timestamp of a SEND.
    fn fits(&self, receipt: usize, send: usize) -> bool {
        let evidence = self.draft.evidence;
        let clue = evidence.clue(self.pair.1, self.receipts[receipt] as usize);
        clue.allows(evidence.sends.stamps[self.sends[send] as usize])
    }
}

/// By sender, the SENDs to each recipient, where their timestamps go up.
struct ChannelSends<'c, 'e, 'a>(&'c Draft<'e, 'a>);

impl Items<u32> for ChannelSends<'_, '_, '_> {
    fn each(&mut self, log: usize, mut emit: impl FnMut(usize, u32)) -> Result<()> {
        let evidence = self.0.evidence;
        let span = evidence.sends.of(log);
        if !evidence.sends.indices[span.clone()].is_sorted() {
            return Ok(());
        }
        for send in span {
            let row = evidence.sends.rows[send] as usize;
            for &id in evidence.trace.recipients(row) {
                if id != UNKNOWN
                    && let Some(place) = evidence.ids.place(id as u64)
                {
                    emit(place, send as u32);
                }
            }
        }
        Ok(())
    }
}

/// By recipient, which events receive from each sender.
struct ChannelReceipts<'c, 'e, 'a>(&'c Draft<'e, 'a>);

impl Items<u32> for ChannelReceipts<'_, '_, '_> {
    fn each(&mut self, log: usize, mut emit: impl FnMut(usize, u32)) -> Result<()> {
        let draft = self.0;
        for (index, &row) in draft.evidence.rows_of(log).iter().enumerate() {
            let row = row as usize;
            if draft.evidence.trace.event[row].receives()
                && !draft.evidence.trace.by_hand[row]
                && draft.sender[row] >= 0
                && let Some(place) = draft.evidence.ids.place(draft.sender[row] as u64)
            {
                emit(place, index as u32);
            }
        }
        Ok(())
    }
}
