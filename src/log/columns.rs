//! The events of a run as a struct of arrays.

use std::borrow::Cow;

use crate::log::schema::known;
pub use crate::log::schema::{Columns, Row, UNKNOWN};
pub use crate::model::message::Micros;

impl Columns {
    /// How many events there are.
    pub fn len(&self) -> usize {
        self.event.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.event.is_empty()
    }

    /// The recipients of the event in `row`; none unless it is a SEND.
    pub fn recipients(&self, row: usize) -> &[i64] {
        &self.recipients[self.starts[row]..self.starts[row + 1]]
    }

    /// Whether SENDs tell their recipients: not if each has one that is not known.
    pub fn tells_recipients(&self) -> bool {
        let mut sends = (0..self.len())
            .filter(|&row| self.event[row].sends())
            .peekable();
        sends.peek().is_none() || sends.any(|row| !self.recipients(row).contains(&UNKNOWN))
    }

    /// Whether the event in `row` was made by hand, and is no tick's.
    #[inline]
    pub fn is_manual(&self, row: usize) -> bool {
        self.manual[row]
    }

    /// Whether the event in `row` is a tick's: not made by hand, and not caused by the event before it.
    #[inline]
    pub fn is_tick(&self, row: usize) -> bool {
        !self.manual[row] && !self.caused[row]
    }

    /// Which of the events in these rows are no ticks.
    pub fn are_no_ticks(&self, rows: std::ops::Range<usize>) -> Cow<'_, [bool]> {
        let (manual, caused) = (&self.manual[rows.clone()], &self.caused[rows]);
        if !caused.contains(&true) {
            return Cow::Borrowed(manual);
        }
        let both = manual.iter().zip(caused);
        both.map(|(manual, caused)| *manual || *caused).collect()
    }

    /// Calls `each` with the sender and the recipient of every message whose recipient is known, and whether it
    /// was sent by hand.
    ///
    /// The same may come several times.
    pub fn each_link(&self, mut each: impl FnMut(u64, u64, bool)) {
        let mut last = (UNKNOWN, UNKNOWN, false);
        for row in 0..self.len() {
            for &recipient in self.recipients(row) {
                let link = (self.machine_id[row], recipient, self.is_manual(row));
                if link != last && recipient != UNKNOWN {
                    each(link.0 as u64, link.1 as u64, link.2);
                    last = link;
                }
            }
        }
    }

    /// The sender and the timestamp of the message received in `row`, as far as they are known.
    ///
    /// A message that was delivered by hand is of no channel, whatever its name: it has no sender here.
    #[inline]
    pub fn message(&self, row: usize) -> (Option<u64>, Option<i64>) {
        let sender = if self.by_hand[row] {
            None
        } else {
            known(self.sender[row])
        };
        (
            sender,
            known(self.sent_clock[row]).map(|clock| clock as i64),
        )
    }

    /// Appends a recipient of the event pushed last.
    pub fn recipient(&mut self, recipient: i64) {
        self.recipients.push(recipient);
    }

    /// Ends a sequence of pushes: rows are sorted.
    pub fn finish(&mut self) {
        self.starts.push(self.recipients.len());
        self.end_said();
        self.sort();
    }

    /// Sorts the rows by (time, machine), equal ones as they stand: what one machine did keeps its order.
    pub fn sort(&mut self) {
        let order = |&a: &usize, &b: &usize| {
            self.time[a]
                .total_cmp(&self.time[b])
                .then_with(|| self.machine_id[a].cmp(&self.machine_id[b]))
        };
        if (1..self.len()).all(|row| order(&(row - 1), &row).is_le()) {
            return;
        }
        let mut rows: Vec<usize> = (0..self.len()).collect();
        // The logs are sorted runs, which a stable sort merges.
        rows.sort_by(order);
        self.reorder(&rows);
    }

    /// Puts the event of row `order[i]` in row i; columns that are empty stay so.
    pub(crate) fn reorder(&mut self, order: &[usize]) {
        let mut recipients = Vec::with_capacity(self.recipients.len());
        let mut starts = Vec::with_capacity(self.starts.len());
        for &row in order {
            starts.push(recipients.len());
            recipients.extend_from_slice(self.recipients(row));
        }
        starts.push(recipients.len());
        (self.recipients, self.starts) = (recipients, starts);
        self.reorder_values(order);
    }
}
