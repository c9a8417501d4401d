//! Receipts completed: sender and timestamp of each message received, as the logs tell them or as follows from them.

use std::borrow::Cow;
use std::ops::Range;

use super::clue::Clue;
use super::draft::Draft;
use super::evidence::Evidence;
use super::how::How;
use super::receipt::NONE;
use super::receipt_list::UNLOGGED;
use super::{in_order, tight, unique};
use crate::causality::checkpoint::Checkpoint;
use crate::causality::trace::Trace;
use crate::error::Result;
use crate::log::columns::UNKNOWN;
use crate::model::rules::{Rules, Stamp};

/// Rows that are looked at together.
const CHUNK: usize = 1 << 12;

/// Who sent the message received in each row, and its timestamp, as far as that is known.
#[derive(Debug, Clone)]
pub(in crate::causality) struct Completed<'a> {
    /// Who sent it, or [`UNKNOWN`].
    pub(in crate::causality) sender: Cow<'a, [i64]>,
    /// Its timestamp, or [`UNKNOWN`].
    pub(in crate::causality) sent_clock: Cow<'a, [i64]>,
    /// The timestamp that the messages of the SEND in a row carry; negative if it is not known.
    pub(in crate::causality) stamps: Cow<'a, [i64]>,
    /// Whether these are not the clocks after the SENDs.
    pub(in crate::causality) has_own_stamps: bool,
    /// How each RECEIVE was matched, by row; empty if every receipt tells sender and timestamp.
    pub(in crate::causality) how: Cow<'a, [How]>,
    /// The rows of ambiguous receipts, and what they tell of the timestamp; those of a machine in its order.
    pub(in crate::causality) open: Cow<'a, [(usize, Clue)]>,
    /// By receipt of the list of all, the place of its SEND in the list of all, if one is known; empty as `how` is.
    sends: Cow<'a, [u32]>,
}

/// The same without the columns that are as they were logged.
#[derive(Debug)]
pub(super) struct KeptCompleted {
    /// Senders, timestamps of receipts and of SENDs, if they are not.
    columns: [Option<Vec<i64>>; 3],
    how: Vec<How>,
    open: Vec<(usize, Clue)>,
    sends: Vec<u32>,
}

impl<'a> Completed<'a> {
    /// As the logs stand, which is all there is if every receipt tells sender and timestamp.
    pub(in crate::causality) fn as_logged(trace: &Trace<'a>) -> Self {
        Self {
            sender: Cow::Borrowed(trace.sender),
            sent_clock: Cow::Borrowed(trace.sent_clock),
            stamps: Cow::Borrowed(trace.new_clock),
            has_own_stamps: false,
            how: Cow::Borrowed(&[]),
            open: Cow::Borrowed(&[]),
            sends: Cow::Borrowed(&[]),
        }
    }

    /// Whether the logs tell sender and timestamp of every message received: then nothing is to be completed.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "without branches many rows are looked at in one step"
    )]
    pub(in crate::causality) fn is_complete(trace: &Trace<'_>, rules: &Rules) -> bool {
        let is_told = |row: usize| {
            let is_stamped = trace.sent_clock[row] >= 0;
            if trace.event[row].receives() {
                is_stamped && trace.sender[row] >= 0 || trace.by_hand[row]
            } else {
                !is_stamped
            }
        };
        // Many rows at a time, where each receipt tells both, as nearly everywhere.
        let is_plain = |rows: Range<usize>| {
            let told = trace.sent_clock[rows.clone()].iter();
            let told = told.zip(&trace.sender[rows.clone()]);
            let rows = trace.event[rows].iter().zip(told);
            !rows.fold(false, |any, (kind, (&sent, &sender))| {
                let is_received = kind.receives();
                any | (is_received != (sent >= 0)) | (is_received & (sender < 0))
            })
        };
        let mut chunks = (0..trace.len()).step_by(CHUNK);
        rules.stamp == Stamp::After
            && chunks.all(|start| {
                let mut rows = start..trace.len().min(start + CHUNK);
                is_plain(rows.clone()) || rows.all(is_told)
            })
    }

    /// Completes what can only have been one way in every history that has this record and obeys the rules.
    ///
    /// `trace` is that of the evidence.
    pub(in crate::causality) fn new(
        trace: &Trace<'a>,
        evidence: &Evidence<'_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let mut draft = Draft::new(evidence);
        draft.exact(checkpoint)?;
        if !evidence.is_computed {
            if !evidence.is_vast() {
                unique::find(&mut draft, checkpoint)?;
                tight::find(&mut draft, checkpoint)?;
            }
            in_order::find(&mut draft, checkpoint)?;
        }
        if !evidence.is_vast() {
            draft.judge_others(checkpoint)?;
        }
        let mut completed = Self::as_logged(trace);
        if evidence.has_own_stamps {
            let mut stamps = vec![UNKNOWN; trace.len()];
            let sends = &evidence.sends;
            for (&row, &stamp) in sends.rows.iter().zip(&sends.stamps) {
                stamps[row as usize] = stamp;
            }
            completed.stamps = Cow::Owned(stamps);
            completed.has_own_stamps = true;
        }
        completed.fill(trace, draft);
        Ok(completed)
    }

    /// Takes what was found of each receipt.
    fn fill(&mut self, trace: &Trace<'_>, draft: Draft<'_, '_>) {
        let evidence = draft.evidence;
        let (receipts, sends) = (&evidence.receipts, &evidence.sends);
        // What all tell is as it was logged.
        let mut sender = draft.has_news().then(|| trace.sender.to_vec());
        let is_untimed = |&row: &u32| trace.sent_clock[row as usize] == UNKNOWN;
        let has_untimed = receipts.rows.iter().any(is_untimed);
        let mut sent_clock = has_untimed.then(|| trace.sent_clock.to_vec());
        let mut how = vec![How::Exact; trace.len()];
        // In the order of the rows, so that memory is gone through once.
        let mut next = receipts.starts.clone();
        for (row, &place) in evidence.places.iter().enumerate() {
            if !trace.event[row].receives() || trace.by_hand[row] {
                continue;
            }
            let receipt = next[place as usize] as usize;
            next[place as usize] += 1;
            how[row] = draft.how[receipt];
            let send = draft.send[receipt];
            if let Some(sender) = &mut sender
                && send != NONE
            {
                let log = sends.logs[send as usize];
                sender[row] = evidence.ids.all()[log as usize] as i64;
            }
            if let Some(sent_clock) = &mut sent_clock {
                if send != NONE {
                    sent_clock[row] = sends.stamps[send as usize];
                } else if let Clue::Is(stamp) = receipts.clues[receipt] {
                    sent_clock[row] = stamp;
                }
            }
        }
        let is_open = |receipt: &usize| draft.how[*receipt] == How::Ambiguous;
        let open = (0..receipts.rows.len()).filter(is_open);
        let open = open.map(|receipt| (receipts.rows[receipt] as usize, receipts.clues[receipt]));
        self.open = Cow::Owned(open.collect());
        if let Some(sender) = sender {
            self.sender = Cow::Owned(sender);
        }
        if let Some(sent_clock) = sent_clock {
            self.sent_clock = Cow::Owned(sent_clock);
        }
        self.how = Cow::Owned(how);
        self.sends = Cow::Owned(draft.send);
    }

    /// The same, to be kept without the columns that it is of.
    pub(super) fn kept(self) -> KeptCompleted {
        fn own<T: Clone>(values: Cow<'_, [T]>) -> Option<Vec<T>> {
            match values {
                Cow::Owned(values) => Some(values),
                Cow::Borrowed(_) => None,
            }
        }
        KeptCompleted {
            columns: [own(self.sender), own(self.sent_clock), own(self.stamps)],
            how: self.how.into_owned(),
            open: self.open.into_owned(),
            sends: self.sends.into_owned(),
        }
    }

    /// What was kept, with the columns that it is of.
    pub(super) fn of_kept(kept: &'a KeptCompleted, trace: &Trace<'a>) -> Self {
        let [sender, sent_clock, stamps] = &kept.columns;
        let column = |own: &'a Option<Vec<i64>>, logged: &'a [i64]| {
            Cow::Borrowed(own.as_deref().unwrap_or(logged))
        };
        Self {
            sender: column(sender, trace.sender),
            sent_clock: column(sent_clock, trace.sent_clock),
            stamps: column(stamps, trace.new_clock),
            has_own_stamps: stamps.is_some(),
            how: Cow::Borrowed(&kept.how),
            open: Cow::Borrowed(&kept.open),
            sends: Cow::Borrowed(&kept.sends),
        }
    }

    /// How the RECEIVE in a row was matched.
    pub(in crate::causality) fn how(&self, row: usize) -> How {
        self.how.get(row).copied().unwrap_or_default()
    }

    /// The place of the SEND of a receipt in the list of all: of the one that names the machine or, where none does, of
    /// that with the sender and the timestamp that the receipt tells.
    pub(in crate::causality) fn send(
        &self,
        evidence: &Evidence<'_>,
        receipt: usize,
    ) -> Option<usize> {
        let send = self.sends[receipt];
        if send != NONE {
            return Some(send as usize);
        }
        let sender = evidence.receipts.senders[receipt];
        match evidence.receipts.clues[receipt] {
            Clue::Is(stamp) if sender < UNLOGGED => {
                evidence.sends.with(sender as usize, stamp).next()
            }
            _ => None,
        }
    }
}
