//! Receipts completed: sender and timestamp of each message received, as the logs tell them or as follows from them.

use std::borrow::Cow;
use std::ops::Range;

use super::clue::Clue;
use super::draft::Draft;
use super::evidence::Evidence;
use super::how::How;
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
    /// How each RECEIVE was matched, by row; empty if every receipt tells sender and timestamp.
    pub(in crate::causality) how: Vec<How>,
    /// The rows of ambiguous receipts, and what they tell of the timestamp; those of a machine in its order.
    pub(in crate::causality) open: Vec<(usize, Clue)>,
}

impl<'a> Completed<'a> {
    /// As the logs stand, which is all there is if every receipt tells sender and timestamp.
    pub(in crate::causality) fn as_logged(trace: &Trace<'a>) -> Self {
        Self {
            sender: Cow::Borrowed(trace.sender),
            sent_clock: Cow::Borrowed(trace.sent_clock),
            stamps: Cow::Borrowed(trace.new_clock),
            how: Vec::new(),
            open: Vec::new(),
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
        let sends = &evidence.sends;
        let is_as_logged = |(&row, &stamp): (&u32, &i64)| trace.new_clock[row as usize] == stamp;
        let stamps = if sends.rows.iter().zip(&sends.stamps).all(is_as_logged) {
            Cow::Borrowed(trace.new_clock)
        } else {
            let mut stamps = vec![UNKNOWN; trace.len()];
            for (&row, &stamp) in sends.rows.iter().zip(&sends.stamps) {
                stamps[row as usize] = stamp;
            }
            Cow::Owned(stamps)
        };
        let logs = 0..evidence.notes.len();
        let open = logs.flat_map(|log| draft.open_receipts(log));
        let open = open.map(|receipt| (receipt.row, receipt.clue)).collect();
        Ok(Self {
            open,
            sender: Cow::Owned(draft.sender),
            sent_clock: Cow::Owned(draft.sent_clock),
            stamps,
            how: draft.how,
        })
    }

    /// Whether the timestamps of SENDs are not the clocks after them.
    pub(in crate::causality) fn has_own_stamps(&self) -> bool {
        matches!(self.stamps, Cow::Owned(_))
    }

    /// How the RECEIVE in a row was matched.
    pub(in crate::causality) fn how(&self, row: usize) -> How {
        self.how.get(row).copied().unwrap_or_default()
    }
}
