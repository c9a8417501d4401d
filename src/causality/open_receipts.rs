//! What the receipts that are matched with no message may be of.

use std::collections::BTreeMap;

use super::matching::{Clue, Completed};
use crate::log::columns::{Columns, UNKNOWN};

/// The receipts that may be of several SENDs.
pub(super) struct OpenReceipts {
    /// By recipient.
    recipients: BTreeMap<i64, OpenRecipient>,
    /// The largest timestamp that a receipt which does not tell its sender allows, with its recipient, and the largest of
    /// the other recipients.
    most: [(i64, i64); 2],
}

/// Those of one recipient.
#[derive(Default)]
struct OpenRecipient {
    /// The largest timestamp that one of them allows which does not tell its sender.
    most: Option<i64>,
    /// The same of those that tell a sender.
    by_sender: BTreeMap<i64, i64>,
    /// The senders, which may be unknown, and the timestamps that some of them tell; in order.
    stamps: Vec<(i64, i64)>,
}

impl OpenReceipts {
    pub(super) fn new(columns: &Columns, completed: &Completed<'_>) -> Self {
        let mut recipients: BTreeMap<i64, OpenRecipient> = BTreeMap::new();
        // Those of a machine stand together.
        for receipts in completed
            .open
            .chunk_by(|a, b| columns.machine_id[a.0] == columns.machine_id[b.0])
        {
            let id = columns.machine_id[receipts[0].0];
            let recipient = recipients.entry(id).or_default();
            for &(row, clue) in receipts {
                recipient.add(columns.sender[row], clue);
            }
            recipient.stamps.sort_unstable();
            recipient.stamps.dedup();
        }
        let mut most = [(i64::MIN, UNKNOWN); 2];
        for (&id, recipient) in &recipients {
            let its = (recipient.most.unwrap_or(i64::MIN), id);
            if its.0 > most[0].0 {
                most = [its, most[0]];
            } else if its.0 > most[1].0 {
                most[1] = its;
            }
        }
        Self { recipients, most }
    }

    /// Whether one of them may be of a message with a sender and a timestamp.
    pub(super) fn may_be(&self, told: (i64, i64), recipient: i64) -> bool {
        if recipient != UNKNOWN {
            let found = self.recipients.get(&recipient);
            return found.is_some_and(|open| open.may_be(told));
        }
        // Of most messages the first recipient that is another machine may be the recipient.
        let (most, _) = self.most[usize::from(self.most[0].1 == told.0)];
        let mut others = self.recipients.iter().filter(|&(&id, _)| id != told.0);
        told.1 <= most || others.any(|(_, open)| open.may_be(told))
    }
}

impl OpenRecipient {
    fn add(&mut self, sender: i64, clue: Clue) {
        match clue {
            Clue::Is(stamp) => self.stamps.push((sender, stamp)),
            Clue::AtMost(most) if sender == UNKNOWN => {
                self.most = Some(self.most.map_or(most, |known| known.max(most)));
            }
            Clue::AtMost(most) => {
                let known = self.by_sender.entry(sender).or_insert(most);
                *known = most.max(*known);
            }
        }
    }

    fn may_be(&self, (sender, stamp): (i64, i64)) -> bool {
        self.most.is_some_and(|most| stamp <= most)
            || self
                .by_sender
                .get(&sender)
                .is_some_and(|&most| stamp <= most)
            || !self.stamps.is_empty()
                && [sender, UNKNOWN]
                    .iter()
                    .any(|&from| self.stamps.binary_search(&(from, stamp)).is_ok())
    }
}
