//! Receipts that do not tell which message they are of.

use crate::causality::matching::Completed;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::history::{LogHistory, Note};

/// The receipts of a log whose message is not known, and were not delivered by hand as far as it tells.
#[derive(Debug, Default)]
pub(super) struct Vague {
    /// Those of which the timestamp is not known.
    pub(super) blind: u64,
    /// The timestamps of those whose sender is not known, in order.
    clocks: Vec<i64>,
}

impl Vague {
    /// With what of them was completed, where some tell less than all.
    pub(super) fn of(
        log: &LogHistory,
        columns: &Columns,
        completed: Option<&Completed<'_>>,
    ) -> Self {
        let mut vague = Self::default();
        if let Some(completed) = completed {
            for row in log.rows.clone() {
                if !columns.event[row].receives() || columns.by_hand[row] {
                    continue;
                }
                if completed.sent_clock[row] == UNKNOWN {
                    vague.blind += 1;
                } else if completed.sender[row] == UNKNOWN {
                    vague.clocks.push(completed.sent_clock[row]);
                }
            }
        }
        for mark in &log.marks {
            if let Note::Unread {
                sender: None,
                sent_clock,
                ..
            } = mark.note
            {
                vague.clocks.push(sent_clock as i64);
            }
        }
        vague.clocks.sort_unstable();
        vague
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.blind + self.clocks.len() as u64
    }

    /// Whether one of them may be of the message with this timestamp.
    pub(super) fn may_be(&self, clock: i64) -> bool {
        self.blind > 0 || self.clocks.binary_search(&clock).is_ok()
    }
}
