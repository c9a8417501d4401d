//! What is found out of receipts, step by step.

use std::collections::BTreeMap;

use super::clue::Clue;
use super::evidence::Evidence;
use super::how::How;
use super::receipt::NONE;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::UNKNOWN;

/// Sender and timestamp of each message received, as far as they are found.
pub(super) struct Draft<'e, 'a> {
    pub(super) evidence: &'e Evidence<'a>,
    /// By row, who sent the message received, or [`UNKNOWN`].
    pub(super) sender: Vec<i64>,
    /// By row, its timestamp, or [`UNKNOWN`].
    pub(super) sent_clock: Vec<i64>,
    /// By row of a RECEIVE, how it was matched; what is not yet is ambiguous.
    pub(super) how: Vec<How>,
    /// By row of a RECEIVE, the place of its SEND in the list of all, or [`NONE`].
    pub(super) send: Vec<u32>,
}

/// A RECEIVE whose SEND is not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenReceipt {
    pub(super) row: usize,
    pub(super) clue: Clue,
}

impl<'e, 'a> Draft<'e, 'a> {
    pub(super) fn new(evidence: &'e Evidence<'a>) -> Self {
        let trace = &evidence.trace;
        Self {
            evidence,
            sender: trace.sender.to_vec(),
            sent_clock: trace.sent_clock.to_vec(),
            how: vec![How::Exact; trace.len()],
            send: vec![NONE; trace.len()],
        }
    }

    /// Takes receipts that tell sender and timestamp, be it by a jump of the clock.
    pub(super) fn exact(&mut self, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        let evidence = self.evidence;
        for log in 0..evidence.notes.len() {
            for (index, &row) in evidence.rows_of(log).iter().enumerate() {
                let row = row as usize;
                if !evidence.trace.event[row].receives() || evidence.trace.by_hand[row] {
                    continue;
                }
                checkpoint.after(16)?;
                if evidence.is_nobodys(log, row) {
                    self.how[row] = How::None;
                    continue;
                }
                self.how[row] = How::Ambiguous;
                let Clue::Is(stamp) = evidence.clue(log, index) else {
                    continue;
                };
                self.sent_clock[row] = stamp;
                let Some(place) = evidence.sender(row) else {
                    continue;
                };
                self.how[row] = How::Exact;
                if let Some(place) = place {
                    let id = evidence.ids.all()[log];
                    let mut sends = evidence.sends.with(place, stamp);
                    let send = sends.find(|&send| evidence.may_be(send, id));
                    self.send[row] = send.map_or(NONE, |send| send as u32);
                    if send.is_none()
                        && evidence.trace.sent_clock[row] == UNKNOWN
                        && evidence.covers[place].has(evidence.rules.clock_of(stamp))
                    {
                        self.how[row] = How::None;
                    }
                }
            }
        }
        Ok(())
    }

    /// The receipts of a log that have no SEND yet, as far as they came over a channel.
    pub(super) fn open_receipts(&self, log: usize) -> impl Iterator<Item = OpenReceipt> {
        let rows = self.evidence.rows_of(log).iter().enumerate();
        rows.filter_map(move |(index, &row)| {
            let row = row as usize;
            (self.how[row] == How::Ambiguous).then(|| OpenReceipt {
                row,
                clue: self.evidence.clue(log, index),
            })
        })
    }

    /// Gives a receipt the SEND at a place of the list.
    pub(super) fn take(&mut self, row: usize, send: usize, how: How) {
        let evidence = self.evidence;
        let machine = evidence.trace.machine_id[evidence.sends.rows[send] as usize];
        self.sender[row] = machine;
        self.sent_clock[row] = evidence.sends.stamps[send];
        self.send[row] = send as u32;
        self.how[row] = how;
    }

    /// Tells receipts that may be of some SEND here from those that are of none.
    pub(super) fn judge_others(&mut self, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        let evidence = self.evidence;
        for log in 0..evidence.notes.len() {
            let id = evidence.ids.all()[log];
            // By sender, the earliest timestamp of what it may have sent here.
            let mut earliest: BTreeMap<usize, i64> = BTreeMap::new();
            let mut earliest_of = |sender: usize| {
                *earliest.entry(sender).or_insert_with(|| {
                    let mut sends = evidence.sends.of(sender);
                    let first = sends.find(|&send| evidence.may_be(send, id));
                    first.map_or(i64::MAX, |send| evidence.sends.stamps[send])
                })
            };
            let mut earliest_of_all = None;
            let open: Vec<OpenReceipt> = self.open_receipts(log).collect();
            for receipt in open {
                checkpoint.after(16)?;
                let may_be = |sender: usize, earliest: i64| match receipt.clue {
                    Clue::AtMost(most) => earliest <= most,
                    Clue::Is(stamp) => {
                        let mut sends = evidence.sends.with(sender, stamp);
                        sends.any(|send| evidence.may_be(send, id))
                    }
                };
                let is_possible = match (evidence.sender(receipt.row), receipt.clue) {
                    (Some(None), _) => false,
                    (Some(Some(sender)), _) => may_be(sender, earliest_of(sender)),
                    (None, Clue::Is(stamp)) => evidence.candidates(log, stamp).next().is_some(),
                    (None, Clue::AtMost(most)) => {
                        *earliest_of_all.get_or_insert_with(|| {
                            let senders = 0..evidence.notes.len();
                            let senders = senders.filter(|&sender| evidence.may_send(sender, log));
                            senders.map(&mut earliest_of).min().unwrap_or(i64::MAX)
                        }) <= most
                    }
                };
                if !is_possible {
                    self.how[receipt.row] = How::None;
                }
            }
        }
        Ok(())
    }
}
