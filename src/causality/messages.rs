//! Which RECEIVE belongs to which SEND.

use std::collections::BTreeMap;

use crate::causality::by_channel::by_channel;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::facts::Facts;
use crate::log::schema::reorder;

/// The message was received.
pub const RECEIVED: i8 = 0;
/// It was in the recipient's queue at the end.
pub const UNREAD: i8 = 1;
/// Its sender ended without hearing of its arrival.
pub const UNDELIVERED: i8 = 2;
/// No log tells what became of it.
pub const LOST_SIGHT: i8 = 3;

/// A row a message and recipient, sorted by (sent, sender, sent clock, recipient).
#[derive(Debug, Default)]
pub struct Messages {
    /// Who sent it.
    pub sender: Vec<i64>,
    /// Its timestamp.
    pub sent_clock: Vec<i64>,
    /// Who it went to, or [`UNKNOWN`].
    pub recipient: Vec<i64>,
    /// When it was sent, in seconds since the earliest line.
    pub sent: Vec<f64>,
    /// When it entered the queue, NaN if unknown.
    pub arrived: Vec<f64>,
    /// When it was received, NaN if it was not.
    pub received: Vec<f64>,
    /// The recipient's clock at the receipt, [`UNKNOWN`] if there was none.
    pub received_clock: Vec<i64>,
    /// [`RECEIVED`], [`UNREAD`], [`UNDELIVERED`] or [`LOST_SIGHT`].
    pub status: Vec<i8>,
    /// How many messages were received without a known send.
    pub unmatched: usize,
}

/// One message at its recipient.
#[derive(Clone, Copy)]
struct Receipt {
    /// (sender, recipient, sent clock).
    key: (i64, i64, i64),
    arrived: f64,
    received: f64,
    received_clock: i64,
    status: i8,
}

/// The messages of these events and of what the logs of these machines say beside them, or `None` if no RECEIVE says which message it took.
pub fn messages(columns: &Columns, machines: &[Facts]) -> Option<Messages> {
    let mut receives = (0..columns.len())
        .filter(|&row| columns.event[row].receives())
        .peekable();
    if receives.peek().is_some() && receives.all(|row| columns.sent_clock[row] == UNKNOWN) {
        return None;
    }
    let mut messages = sends(columns);
    let (receipts, nameless) = receipts(columns, machines);
    let leftover = messages.settle(receipts, false);
    // A message whose recipient was unknown is known by who received it.
    let leftover = messages.settle(leftover, true);
    let strangers = leftover.iter().filter(|left| left.status == RECEIVED);
    messages.unmatched = strangers.count() + nameless;
    messages.undelivered(machines);
    Some(messages)
}

fn sends(columns: &Columns) -> Messages {
    let mut messages = Messages::default();
    let rows = columns.recipients.len();
    messages.sender.reserve_exact(rows);
    messages.sent_clock.reserve_exact(rows);
    messages.recipient.reserve_exact(rows);
    messages.sent.reserve_exact(rows);
    let mut recipients = Vec::new();
    for row in (0..columns.len()).filter(|&row| columns.event[row].sends()) {
        recipients.clear();
        recipients.extend_from_slice(columns.recipients(row));
        recipients.sort_unstable_by_key(|&id| unknown_last(id));
        for &recipient in &recipients {
            messages.sender.push(columns.machine_id[row]);
            messages.sent_clock.push(columns.new_clock[row]);
            messages.recipient.push(recipient);
            messages.sent.push(columns.time[row]);
        }
    }
    messages.arrived = vec![f64::NAN; rows];
    messages.received = vec![f64::NAN; rows];
    messages.received_clock = vec![UNKNOWN; rows];
    messages.status = vec![LOST_SIGHT; rows];
    messages
}

/// What was received or left in a queue, and how many receipts do not name their message.
fn receipts(columns: &Columns, machines: &[Facts]) -> (Vec<Receipt>, usize) {
    let mut receipts = Vec::new();
    let mut nameless = 0;
    for row in (0..columns.len()).filter(|&row| columns.event[row].receives()) {
        let (Some(sender), Some(sent_clock)) = columns.message(row) else {
            nameless += 1;
            continue;
        };
        receipts.push(Receipt {
            key: (sender as i64, columns.machine_id[row], sent_clock),
            arrived: columns.arrived[row],
            received: columns.time[row],
            received_clock: columns.new_clock[row],
            status: RECEIVED,
        });
    }
    for facts in machines {
        for message in &facts.unread {
            let Some(sender) = message.sender else {
                continue;
            };
            receipts.push(Receipt {
                key: (sender as i64, facts.id as i64, message.sent_clock as i64),
                arrived: message.arrived,
                received: f64::NAN,
                received_clock: UNKNOWN,
                status: UNREAD,
            });
        }
    }
    (receipts, nameless)
}

impl Messages {
    /// Gives each receipt to its message, and returns those without one.
    ///
    /// With `guess`, messages to an unknown recipient take any
    /// receipt of them; else only those of their recipient.
    fn settle(&mut self, receipts: Vec<Receipt>, guess: bool) -> Vec<Receipt> {
        if receipts.is_empty() {
            return receipts;
        }
        let rows: Vec<u32> = (0..self.sender.len() as u32)
            .filter(|&row| (self.recipient[row as usize] == UNKNOWN) == guess)
            .collect();
        if rows.is_empty() {
            return receipts;
        }
        let recipient = |id: i64| if guess { UNKNOWN } else { id };
        let key = |messages: &Self, row: usize| {
            (
                messages.sender[row],
                recipient(messages.recipient[row]),
                messages.sent_clock[row],
            )
        };
        let receipt_key = |receipt: &Receipt| {
            let (sender, id, clock) = receipt.key;
            (sender, recipient(id), clock)
        };
        let order = by_channel(rows.len(), |place| key(self, rows[place] as usize));
        let taken = by_channel(receipts.len(), |place| receipt_key(&receipts[place]));
        let mut order = order
            .into_iter()
            .map(|place| rows[place as usize] as usize)
            .peekable();
        let mut leftover = Vec::new();
        for receipt in taken.into_iter().map(|place| receipts[place as usize]) {
            let wanted = receipt_key(&receipt);
            while order.next_if(|&row| key(self, row) < wanted).is_some() {}
            match order.next_if(|&row| key(self, row) == wanted) {
                Some(row) => self.take(row, &receipt),
                None => leftover.push(receipt),
            }
        }
        if guess {
            self.sort();
        }
        leftover
    }

    fn take(&mut self, row: usize, receipt: &Receipt) {
        self.recipient[row] = receipt.key.1;
        self.arrived[row] = receipt.arrived;
        self.received[row] = receipt.received;
        self.received_clock[row] = receipt.received_clock;
        self.status[row] = receipt.status;
    }

    /// Restores the order within each send after recipients became known.
    fn sort(&mut self) {
        let mut rows: Vec<usize> = (0..self.sender.len()).collect();
        rows.sort_by(|&a, &b| {
            self.sent[a]
                .total_cmp(&self.sent[b])
                .then_with(|| self.sender[a].cmp(&self.sender[b]))
                .then_with(|| self.sent_clock[a].cmp(&self.sent_clock[b]))
                .then_with(|| unknown_last(self.recipient[a]).cmp(&unknown_last(self.recipient[b])))
        });
        reorder(&mut self.sender, &rows);
        reorder(&mut self.sent_clock, &rows);
        reorder(&mut self.recipient, &rows);
        reorder(&mut self.sent, &rows);
        reorder(&mut self.arrived, &rows);
        reorder(&mut self.received, &rows);
        reorder(&mut self.received_clock, &rows);
        reorder(&mut self.status, &rows);
    }

    /// Marks what each sender's END line says did not arrive: the newest messages of each pair.
    fn undelivered(&mut self, machines: &[Facts]) {
        // By (sender, recipient), how many of the newest are undelivered.
        let mut newest: BTreeMap<(i64, i64), u64> = BTreeMap::new();
        // By sender, the counts for peers that never connected.
        let mut nameless: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
        for facts in machines {
            for &(peer, count) in facts.end.iter().flat_map(|end| &end.undelivered) {
                let sender = facts.id as i64;
                match peer {
                    Some(id) => *newest.entry((sender, id as i64)).or_default() += count,
                    None => nameless.entry(sender).or_default().push(count),
                }
            }
        }
        if newest.is_empty() && nameless.is_empty() {
            return;
        }
        // A peer that never connected has all of its messages undelivered.
        let mut totals: BTreeMap<(i64, i64), u64> = BTreeMap::new();
        for (&sender, &recipient) in self.sender.iter().zip(&self.recipient) {
            if nameless.contains_key(&sender) {
                *totals.entry((sender, recipient)).or_default() += 1;
            }
        }
        for ((sender, recipient), total) in totals {
            let all = recipient == UNKNOWN || nameless[&sender].contains(&total);
            if all {
                newest.entry((sender, recipient)).or_insert(total);
            }
        }
        for row in (0..self.sender.len()).rev() {
            let pair = (self.sender[row], self.recipient[row]);
            if let Some(left) = newest.get_mut(&pair).filter(|left| **left > 0) {
                *left -= 1;
                if self.status[row] == LOST_SIGHT {
                    self.status[row] = UNDELIVERED;
                }
            }
        }
    }
}

/// The place of a recipient in the order of a send's: unknown ones come last.
fn unknown_last(recipient: i64) -> i64 {
    if recipient == UNKNOWN {
        i64::MAX
    } else {
        recipient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::import::table::Table;
    use crate::log::schema::EventKind;
    use proptest::prelude::*;

    /// Sends 1, 2, ... of machine 0 to machines 1 and 2, and who received which.
    fn table(both: &[bool], received: &[(i64, i64)]) -> Table {
        let sends = both.len();
        let rows = sends + received.len();
        let machine = |row: usize| {
            if row < sends {
                0
            } else {
                received[row - sends].0
            }
        };
        let sent = |row: usize| match row.checked_sub(sends) {
            Some(place) => received[place].1,
            None => UNKNOWN,
        };
        Table {
            columns: Columns {
                machine_id: (0..rows).map(machine).collect(),
                event: (0..rows)
                    .map(|row| EventKind::ALL[usize::from(row >= sends)])
                    .collect(),
                new_clock: (0..rows).map(|row| row as i64 + 1).collect(),
                sender: (0..rows).map(|row| sent(row).min(0)).collect(),
                sent_clock: (0..rows).map(sent).collect(),
                ..Columns::default()
            },
            recipients: Some(
                (0..rows)
                    .map(|row| match both.get(row) {
                        Some(true) => vec![Some(2), Some(1)],
                        Some(false) => vec![Some(1)],
                        None => vec![],
                    })
                    .collect(),
            ),
        }
    }

    proptest! {
        #[test]
        fn each_receipt_settles_one_message(
            both in prop::collection::vec(any::<bool>(), 0..12),
            received in prop::collection::vec((1_i64..3, 1_i64..14), 0..30),
        ) {
            let logs = table(&both, &received).into_logs().unwrap();
            let Some(messages) = messages(&logs.columns, &logs.machines) else { unreachable!("sent clocks are there") };
            let mut row = 0;
            for (place, &both) in both.iter().enumerate() {
                for recipient in 1..=if both { 2 } else { 1 } {
                    let clock = place as i64 + 1;
                    prop_assert_eq!((messages.sender[row], messages.sent_clock[row]), (0, clock));
                    prop_assert_eq!(messages.recipient[row], recipient);
                    let there = received.contains(&(recipient, clock));
                    prop_assert_eq!(messages.status[row] == RECEIVED, there);
                    prop_assert_eq!(messages.received[row].is_nan(), !there);
                    row += 1;
                }
            }
            prop_assert_eq!(messages.sender.len(), row);
            let settled = messages.status.iter().filter(|&&status| status == RECEIVED).count();
            prop_assert_eq!(settled + messages.unmatched, received.len());
        }

        #[test]
        fn without_recipients_those_who_received_are_taken(
            both in prop::collection::vec(any::<bool>(), 1..12),
            received in prop::collection::btree_set((1_i64..3, 1_i64..12), 0..12),
        ) {
            let received: Vec<_> = received.into_iter().collect();
            let mut table = table(&both, &received);
            table.recipients = None;
            let logs = table.into_logs().unwrap();
            let Some(messages) = messages(&logs.columns, &logs.machines) else { unreachable!("sent clocks are there") };
            let known = received.iter().filter(|(_, clock)| *clock <= both.len() as i64).count();
            let settled = messages.status.iter().filter(|&&status| status == RECEIVED).count();
            prop_assert_eq!(settled, known);
            prop_assert_eq!(messages.unmatched, received.len() - known);
            let unknown = messages.recipient.iter().filter(|&&id| id == UNKNOWN).count();
            prop_assert_eq!(unknown + known, messages.sender.len());
        }
    }
}
