//! The columns that happened-before follows from.

use crate::log::columns::{Columns, UNKNOWN};
use crate::log::schema::EventKind;

/// The columns that matching and happened-before read; all have one row per event.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    /// The machine of each event.
    pub machine_id: &'a [i64],
    /// What it is.
    pub event: &'a [EventKind],
    /// The clock before it, or a negative number.
    pub old_clock: &'a [i64],
    /// The clock after it.
    pub new_clock: &'a [i64],
    /// Who sent the message received, or a negative number.
    pub sender: &'a [i64],
    /// The timestamp of the message received, or a negative number.
    pub sent_clock: &'a [i64],
    /// Whether the message received was delivered by hand: it has no send.
    pub by_hand: &'a [bool],
    /// Row i's recipients are `recipients[starts[i]..starts[i + 1]]`.
    pub starts: &'a [usize],
    /// The recipients of all SENDs.
    pub recipients: &'a [i64],
}

impl<'a> Trace<'a> {
    /// What it takes of the columns of a run.
    pub fn of(columns: &'a Columns) -> Self {
        Self {
            machine_id: &columns.machine_id,
            event: &columns.event,
            old_clock: &columns.old_clock,
            new_clock: &columns.new_clock,
            sender: &columns.sender,
            sent_clock: &columns.sent_clock,
            by_hand: &columns.by_hand,
            starts: &columns.starts,
            recipients: &columns.recipients,
        }
    }

    /// How many events there are.
    pub(in crate::causality) fn len(&self) -> usize {
        self.event.len()
    }

    /// The recipients of the event in `row`.
    pub(in crate::causality) fn recipients(&self, row: usize) -> &'a [i64] {
        &self.recipients[self.starts[row]..self.starts[row + 1]]
    }

    /// Where rows begin, and recipients, without those that are not known beside others that are.
    ///
    /// Where no SEND tells its recipients each may have had more, and need not.
    pub fn without_doubtful(&self) -> (Vec<usize>, Vec<i64>) {
        let (mut starts, mut certain) = (vec![0], Vec::new());
        for row in 0..self.len() {
            let recipients = self.recipients(row);
            let is_any_known = recipients.iter().any(|&id| id >= 0);
            let kept = recipients.iter().filter(|&&id| id >= 0 || !is_any_known);
            certain.extend(kept);
            starts.push(certain.len());
        }
        (starts, certain)
    }

    /// Whether a message of the event in `row` may have gone to a machine.
    pub(in crate::causality) fn may_name(&self, row: usize, id: u64) -> bool {
        let recipients = self.recipients(row);
        recipients.contains(&(id as i64)) || recipients.contains(&UNKNOWN)
    }
}
