//! What is found out of receipts, step by step.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::by_sender::SendsBySender;
use super::clue::Clue;
use super::evidence::Evidence;
use super::groups::Groups;
use super::how::How;
use super::receipt::NONE;
use super::receipt_list::{UNLOGGED, UNTOLD};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::UNKNOWN;

/// How each receipt is matched, as far as that is found.
pub(super) struct Draft<'e, 'a> {
    pub(super) evidence: &'e Evidence<'a>,
    /// By receipt of the list of all, how it was matched; what is not yet is ambiguous.
    pub(super) how: Vec<How>,
    /// The place of its SEND in the list of all, or [`NONE`].
    pub(super) send: Vec<u32>,
    /// The place of who sent the message, [`UNLOGGED`] or [`UNTOLD`].
    pub(super) sender: Vec<u32>,
    /// The SENDs by recipient and sender, once someone asks.
    channels: OnceCell<Groups<u32>>,
}

impl<'e, 'a> Draft<'e, 'a> {
    pub(super) fn new(evidence: &'e Evidence<'a>) -> Self {
        let count = evidence.receipts.rows.len();
        Self {
            evidence,
            how: vec![How::Ambiguous; count],
            send: vec![NONE; count],
            sender: evidence.receipts.senders.clone(),
            channels: OnceCell::new(),
        }
    }

    /// By recipient, the SENDs of each sender, by their timestamps.
    pub(super) fn channels(&self) -> Result<&Groups<u32>> {
        if let Some(channels) = self.channels.get() {
            return Ok(channels);
        }
        let made = Groups::new(self.evidence.notes.len(), &mut SendsBySender(self.evidence))?;
        Ok(self.channels.get_or_init(|| made))
    }

    /// Takes receipts that tell sender and timestamp, be it by a jump of the clock.
    pub(super) fn exact(&mut self, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        let evidence = self.evidence;
        let receipts = &evidence.receipts;
        // By sender, where the SEND found last stands.
        let mut hints = vec![0; evidence.notes.len()];
        for log in 0..evidence.notes.len() {
            let id = evidence.ids.all()[log];
            let is_own = evidence.notes[log].is_own;
            for receipt in receipts.of(log) {
                checkpoint.after(8)?;
                let Clue::Is(stamp) = receipts.clues[receipt] else {
                    continue;
                };
                let is_stamped =
                    || evidence.trace.sent_clock[receipts.rows[receipt] as usize] != UNKNOWN;
                match receipts.senders[receipt] {
                    // The message was, it seems, put into the queue in nobody's name; or its sender is lost.
                    UNTOLD if is_own && is_stamped() => self.how[receipt] = How::None,
                    UNTOLD => {}
                    UNLOGGED => self.how[receipt] = How::Exact,
                    place => {
                        let place = place as usize;
                        let mut sends = evidence.sends.with_near(place, stamp, &mut hints[place]);
                        let send = sends.find(|&send| evidence.may_be(send, id));
                        self.send[receipt] = send.map_or(NONE, |send| send as u32);
                        let is_none = send.is_none()
                            && !is_stamped()
                            && evidence.covers[place].has(evidence.rules.clock_of(stamp));
                        self.how[receipt] = if is_none { How::None } else { How::Exact };
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether something was found of who sent a message.
    pub(super) fn has_news(&self) -> bool {
        self.sender != self.evidence.receipts.senders
    }

    /// The receipts of a log that have no SEND yet, as far as they came over a channel.
    pub(super) fn open(&self, log: usize) -> impl Iterator<Item = usize> {
        let receipts = self.evidence.receipts.of(log);
        receipts.filter(|&receipt| self.how[receipt] == How::Ambiguous)
    }

    /// Gives a receipt the SEND at a place of the list.
    pub(super) fn take(&mut self, receipt: usize, send: usize, how: How) {
        self.sender[receipt] = self.evidence.sends.logs[send];
        self.send[receipt] = send as u32;
        self.how[receipt] = how;
    }

    /// Tells receipts that may be of some SEND here from those that are of none.
    pub(super) fn judge_others(&mut self, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        let evidence = self.evidence;
        let (receipts, sends) = (&evidence.receipts, &evidence.sends);
        for log in 0..evidence.notes.len() {
            if self.open(log).next().is_none() {
                continue;
            }
            let id = evidence.ids.all()[log];
            let mut candidates = evidence.candidates(log);
            let earliest_of_all = candidates.earliest().unwrap_or(i64::MAX);
            // By sender, the earliest timestamp of what it may have sent here.
            let mut earliest: BTreeMap<u32, i64> = BTreeMap::new();
            let mut earliest_of = |sender: u32| {
                *earliest.entry(sender).or_insert_with(|| {
                    let mut its = sends.of(sender as usize);
                    let first = its.find(|&send| evidence.may_be(send, id));
                    first.map_or(i64::MAX, |send| sends.stamps[send])
                })
            };
            for receipt in receipts.of(log) {
                if self.how[receipt] != How::Ambiguous {
                    continue;
                }
                checkpoint.after(8)?;
                let is_possible = match (receipts.senders[receipt], receipts.clues[receipt]) {
                    (UNLOGGED, _) => false,
                    (UNTOLD, Clue::Is(stamp)) => candidates.with(stamp).0.is_some(),
                    (UNTOLD, Clue::AtMost(most)) => earliest_of_all <= most,
                    (sender, Clue::AtMost(most)) => earliest_of(sender) <= most,
                    (sender, Clue::Is(stamp)) => {
                        let mut its = sends.with(sender as usize, stamp);
                        its.any(|send| evidence.may_be(send, id))
                    }
                };
                if !is_possible {
                    self.how[receipt] = How::None;
                }
            }
        }
        Ok(())
    }
}
