//! The receipts of all logs, and what each tells of its message.

use std::ops::Range;

use super::clue::Clue;

/// Stands where a receipt does not tell its sender.
pub(in crate::causality) const UNTOLD: u32 = u32::MAX;
/// Stands where the sender has no log.
pub(in crate::causality) const UNLOGGED: u32 = u32::MAX - 1;

/// The receipts that came over channels, those of each log in its own order.
#[derive(Debug, Default)]
pub(in crate::causality) struct ReceiptList {
    /// Those of the log at k stand from `starts[k]` to `starts[k + 1]`.
    pub(super) starts: Vec<u32>,
    pub(in crate::causality) rows: Vec<u32>,
    /// Which of the events of its log each is.
    pub(in crate::causality) indices: Vec<u32>,
    /// The place of the sender that each tells, [`UNLOGGED`] or [`UNTOLD`].
    pub(in crate::causality) senders: Vec<u32>,
    /// What each tells of the timestamp.
    pub(in crate::causality) clues: Vec<Clue>,
}

impl ReceiptList {
    /// Makes room for so many.
    pub(super) fn make(&mut self, count: usize) {
        self.starts.push(count as u32);
        self.rows = vec![0; count];
        self.indices = vec![0; count];
        self.senders = vec![0; count];
        self.clues = vec![Clue::AtMost(0); count];
    }

    /// The places of those of a log.
    pub(in crate::causality) fn of(&self, log: usize) -> Range<usize> {
        self.starts[log] as usize..self.starts[log + 1] as usize
    }
}
