//! What became of each message.

use std::collections::BTreeMap;

use super::by_machine::ByMachine;
use super::checkpoint::Checkpoint;
use super::matching::{Completed, How, Inference, Match, Matching, MessageLog, stamp_of};
use super::open_receipts::OpenReceipts;
use super::table_log::{ReceiptSource, TableLog};
use super::trace::Trace;
use crate::error::Result;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::line::End;
use crate::log::logs::{Logs, MachineSummary};
use crate::log::schema::reorder;

/// Stands where a message has no receipt.
const NONE: u32 = u32::MAX;

/// The message was received.
pub const RECEIVED: i8 = 0;
/// It was in the recipient's queue at the end.
pub const UNREAD: i8 = 1;
/// Its sender ended without hearing of its arrival.
pub const UNDELIVERED: i8 = 2;
/// No log tells what became of it.
pub const LOST_SIGHT: i8 = 3;

/// One row per message and recipient, sorted by (sent, sender, sent clock, recipient).
#[derive(Debug, Default)]
pub struct Messages {
    /// Who sent it.
    pub sender: Vec<i64>,
    /// Its timestamp.
    pub sent_clock: Vec<i64>,
    /// Who it went to, or [`UNKNOWN`].
    pub recipient: Vec<i64>,
    /// When it was sent, in seconds since the beginning of ticking.
    pub sent: Vec<f64>,
    /// When it entered the queue, NaN if unknown.
    pub arrived: Vec<f64>,
    /// When it was received, NaN if it was not.
    pub received: Vec<f64>,
    /// The recipient's clock at the receipt, [`UNKNOWN`] if there was none.
    pub received_clock: Vec<i64>,
    /// [`RECEIVED`], [`UNREAD`], [`UNDELIVERED`] or [`LOST_SIGHT`].
    pub status: Vec<i8>,
    /// How its receipt was found, as the number of [`How`]: ambiguous if a receipt may be of it, none if no receipt is.
    pub matched: Vec<i8>,
    /// How many messages were received without a known send.
    pub unmatched: usize,
    /// The rows of those of them that may be of several SENDs, in order.
    pub ambiguous: Vec<u32>,
}

/// The messages of these events, and of what is known beside them.
pub fn messages(columns: &Columns, beside: &Logs) -> Messages {
    inferred_messages(columns, beside, &Inference::default())
}

/// The same, where what is found of receipts is kept for others who ask of the same run.
pub fn inferred_messages(columns: &Columns, beside: &Logs, inference: &Inference) -> Messages {
    let mut messages = sends(columns);
    let settled = messages.settle(columns, beside, inference, &mut || true);
    settled.expect("nothing interrupts it, and nothing else is an error");
    messages.undelivered(&beside.machines);
    messages
}

fn sends(columns: &Columns) -> Messages {
    let count = columns.recipients.len();
    let mut messages = Messages {
        sender: vec![0; count],
        sent_clock: vec![0; count],
        recipient: columns.recipients.clone(),
        sent: vec![0.0; count],
        arrived: vec![f64::NAN; count],
        received: vec![f64::NAN; count],
        received_clock: vec![UNKNOWN; count],
        status: vec![LOST_SIGHT; count],
        matched: vec![How::None as i8; count],
        unmatched: 0,
        ambiguous: Vec::new(),
    };
    for (row, span) in columns.starts.windows(2).enumerate() {
        let span = span[0]..span[1];
        if span.is_empty() {
            continue;
        }
        if span.len() > 1 {
            messages.recipient[span.clone()].sort_unstable_by_key(|&id| unknown_last(id));
        }
        for message in span {
            messages.sender[message] = columns.machine_id[row];
            messages.sent_clock[message] = columns.new_clock[row];
            messages.sent[message] = columns.time[row];
        }
    }
    messages
}

/// How many receipts have a sender and a timestamp.
fn receipts(columns: &Columns, completed: &Completed<'_>, machines: &[MachineSummary]) -> usize {
    let (senders, stamps) = (&*completed.sender, &*completed.sent_clock);
    let is_stamped = |&row: &usize| {
        let stamp = stamp_of(senders[row], stamps[row], columns.by_hand[row]);
        columns.event[row].receives() && stamp.is_some()
    };
    let received = (0..columns.len()).filter(is_stamped).count();
    let unread = machines.iter().flat_map(|summary| &summary.unread);
    received + unread.filter(|unread| unread.sender.is_some()).count()
}

impl Messages {
    /// Leaves out the recipients that are not known of SENDs that somebody received.
    ///
    /// Where no SEND tells its recipients each may have had more; they are no rows of their own.
    pub fn leave_out_doubtful(&mut self) {
        let message = |row: usize| (self.sender[row], self.sent_clock[row]);
        let is_of = |row: usize, other: Option<usize>| {
            other.is_some_and(|other| other < self.sender.len() && message(row) == message(other))
        };
        let is_doubtful = |row: usize| {
            self.recipient[row] == UNKNOWN
                && self.status[row] == LOST_SIGHT
                && self.matched[row] == How::None as i8
        };
        let kept: Vec<usize> = (0..self.sender.len())
            .filter(|&row| {
                !is_doubtful(row) || !(is_of(row, row.checked_sub(1)) || is_of(row, Some(row + 1)))
            })
            .collect();
        self.keep(&kept);
    }

    fn keep(&mut self, kept: &[usize]) {
        fn of<T: Copy>(values: &mut Vec<T>, kept: &[usize]) {
            *values = kept.iter().map(|&row| values[row]).collect();
        }
        of(&mut self.sender, kept);
        of(&mut self.sent_clock, kept);
        of(&mut self.recipient, kept);
        of(&mut self.sent, kept);
        of(&mut self.arrived, kept);
        of(&mut self.received, kept);
        of(&mut self.received_clock, kept);
        of(&mut self.status, kept);
        of(&mut self.matched, kept);
    }

    /// Gives each receipt to its message.
    fn settle(
        &mut self,
        columns: &Columns,
        beside: &Logs,
        inference: &Inference,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let machines = &beside.machines;
        let others = machines.iter().map(|summary| summary.id);
        let by_machine = ByMachine::new(&columns.machine_id, others, checkpoint)?;
        let trace = Trace::of(columns);
        let inferred = if Completed::is_complete(&trace, &beside.rules) {
            None
        } else {
            Some(inference.of(&trace, beside, || by_machine.clone(), checkpoint)?)
        };
        let completed = match &inferred {
            Some(inferred) => inferred.completed(&trace),
            None => Completed::as_logged(&trace),
        };
        self.assign(columns, machines, by_machine, &completed, checkpoint)
    }

    /// Gives each receipt to its message, by what is known of receipts.
    fn assign(
        &mut self,
        columns: &Columns,
        machines: &[MachineSummary],
        by_machine: ByMachine,
        completed: &Completed<'_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let stamps = self.stamps(columns, completed);
        let messages = (
            stamps.as_deref().unwrap_or(&self.sent_clock),
            &self.recipient[..],
        );
        let table = TableLog::new(columns, machines, by_machine, completed, messages);
        let matching = Matching::new(&table, checkpoint)?;
        // By message, its receipt: filled in channel by channel, read in the order of the table.
        let mut taken = vec![NONE; self.status.len()];
        // How many receipts there are of messages whose recipients are known.
        let mut named = 0;
        // The recipients that become known by who received the message.
        let mut guessed = Vec::new();
        // What was received beside the messages that are told, as the same SEND.
        let mut more: Vec<(u32, u64, u32)> = Vec::new();
        matching.each(
            checkpoint,
            |_| Vec::new(),
            |channel, checkpoint| {
                for &receipt in channel.receipts {
                    checkpoint.row()?;
                    let message = match channel.match_next() {
                        Match::Certain(place) => {
                            named += 1;
                            channel.sends[place]
                        }
                        Match::Taken {
                            open: Some(send), ..
                        }
                        | Match::Open {
                            free: Some(send), ..
                        } => {
                            guessed.push((send, table.ids().all()[channel.recipient]));
                            send
                        }
                        // Where recipients are not told, nor is how many there are.
                        Match::Open { send, free: None } => {
                            let recipient = table.ids().all()[channel.recipient];
                            if guessed.last() != Some(&(send, recipient)) {
                                more.push((send, recipient, receipt.at as u32));
                            }
                            continue;
                        }
                        _ => continue,
                    };
                    taken[message as usize] = receipt.at as u32;
                }
                Ok(())
            },
        )?;
        drop(matching);
        more.dedup_by_key(|&mut (send, recipient, _)| (send, recipient));
        self.ambiguous = completed.open.iter().map(|&(row, _)| row as u32).collect();
        self.ambiguous.sort_unstable();
        if !completed.open.is_empty() {
            let open = OpenReceipts::new(columns, completed);
            for (message, matched) in self.matched.iter_mut().enumerate() {
                let told = (self.sender[message], messages.0[message]);
                if taken[message] == NONE && open.may_be(told, messages.1[message]) {
                    *matched = How::Ambiguous as i8;
                }
            }
        }
        let receives = columns.event.iter().filter(|event| event.receives());
        self.unmatched = receives.count();
        for (message, &at) in taken.iter().enumerate() {
            if at == NONE {
                continue;
            }
            match table.source(at as usize) {
                ReceiptSource::Row(row) => {
                    self.unmatched -= 1;
                    self.arrived[message] = columns.arrived[row];
                    self.received[message] = columns.time[row];
                    self.received_clock[message] = columns.new_clock[row];
                    self.status[message] = RECEIVED;
                    self.matched[message] = completed.how(row) as i8;
                }
                ReceiptSource::Queue(unread) => {
                    self.arrived[message] = unread.arrived;
                    self.status[message] = UNREAD;
                    self.matched[message] = How::Exact as i8;
                }
            }
        }
        // A message left in a queue, of which no SEND is left, has no row.
        let row = |at: u32| match table.source(at as usize) {
            ReceiptSource::Row(row) => Some(row),
            ReceiptSource::Queue(_) => None,
        };
        let of_row = |(send, recipient, at)| Some((send as usize, recipient, row(at)?));
        let more: Vec<_> = more.into_iter().filter_map(of_row).collect();
        for (send, recipient, row) in more {
            self.unmatched -= 1;
            self.receive(send, recipient, row, columns, completed.how(row));
        }
        if columns.recipients.contains(&UNKNOWN) && named < receipts(columns, completed, machines) {
            for (message, recipient) in guessed {
                self.recipient[message as usize] = recipient as i64;
            }
            self.sort();
        }
        Ok(())
    }

    /// Adds a message of the same SEND as another, which was received in a row.
    fn receive(&mut self, message: usize, recipient: u64, row: usize, columns: &Columns, how: How) {
        self.sender.push(self.sender[message]);
        self.sent_clock.push(self.sent_clock[message]);
        self.recipient.push(recipient as i64);
        self.sent.push(self.sent[message]);
        self.arrived.push(columns.arrived[row]);
        self.received.push(columns.time[row]);
        self.received_clock.push(columns.new_clock[row]);
        self.status.push(RECEIVED);
        self.matched.push(how as i8);
    }

    /// The timestamp of each message, where it is not the clock of its SEND.
    fn stamps(&self, columns: &Columns, completed: &Completed<'_>) -> Option<Vec<i64>> {
        if !completed.has_own_stamps {
            return None;
        }
        let mut stamps = vec![UNKNOWN; self.sender.len()];
        for row in 0..columns.len() {
            stamps[columns.starts[row]..columns.starts[row + 1]].fill(completed.stamps[row]);
        }
        Some(stamps)
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
        reorder(&mut self.matched, &rows);
    }

    /// Marks what each sender's END line says did not arrive: the newest messages of each pair.
    fn undelivered(&mut self, machines: &[MachineSummary]) {
        // By (sender, recipient), how many of the newest are undelivered.
        let mut newest: BTreeMap<(i64, i64), u64> = BTreeMap::new();
        // By sender, the counts for peers that never connected.
        let mut unnamed: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
        for summary in machines {
            for &(peer, count) in summary.end.iter().flat_map(End::counts) {
                let sender = summary.id as i64;
                match peer {
                    Some(id) => *newest.entry((sender, id as i64)).or_default() += count,
                    None => unnamed.entry(sender).or_default().push(count),
                }
            }
        }
        if newest.is_empty() && unnamed.is_empty() {
            return;
        }
        for counts in unnamed.values_mut() {
            counts.sort_unstable();
        }
        // A peer that never connected has all of its messages undelivered.
        let mut totals: BTreeMap<(i64, i64), u64> = BTreeMap::new();
        for (&sender, &recipient) in self.sender.iter().zip(&self.recipient) {
            if unnamed.contains_key(&sender) {
                *totals.entry((sender, recipient)).or_default() += 1;
            }
        }
        for ((sender, recipient), total) in totals {
            let all = recipient == UNKNOWN || unnamed[&sender].binary_search(&total).is_ok();
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
    use crate::log::import::table::{Declared, Table};
    use crate::log::schema::EventKind;
    use proptest::prelude::*;

    /// Sends 1, 2, ... of machine 0 to machines 1 and 2, which have a log each, and who received which.
    fn table(both: &[bool], received: &[(i64, i64)]) -> Table {
        let sends = both.len();
        let last = sends + received.len();
        let rows = last + 2;
        let receipt = |row: usize| received.get(row.checked_sub(sends)?);
        let machine = |row: usize| match receipt(row) {
            Some(&(recipient, _)) => recipient,
            None if row < sends => 0,
            None => (row - last) as i64 + 1,
        };
        let sent = |row: usize| receipt(row).map_or(UNKNOWN, |&(_, clock)| clock);
        Table {
            columns: Columns {
                machine_id: (0..rows).map(machine).collect(),
                event: (0..rows)
                    .map(|row| EventKind::ALL[usize::from(row >= sends) + usize::from(row >= last)])
                    .collect(),
                new_clock: (0..rows).map(|row| row as i64 + 1).collect(),
                sender: (0..rows).map(|row| sent(row).min(0)).collect(),
                sent_clock: (0..rows).map(sent).collect(),
                ..Columns::default()
            },
            recipients: Some(
                (0..rows)
                    .map(|row| match both.get(row) {
                        Some(true) => vec![2, 1],
                        Some(false) => vec![1],
                        None => vec![],
                    })
                    .collect(),
            ),
            ..Table::default()
        }
    }

    proptest! {
        #[test]
        fn each_receipt_settles_one_message(
            both in prop::collection::vec(any::<bool>(), 0..12),
            received in prop::collection::vec((1_i64..3, 1_i64..14), 0..30),
        ) {
            let logs = table(&both, &received).into_logs(&Declared::default()).unwrap();
            let messages = messages(&logs.columns, &logs);
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
            let logs = table.into_logs(&Declared::default()).unwrap();
            let messages = messages(&logs.columns, &logs);
            let known = received.iter().filter(|(_, clock)| *clock <= both.len() as i64).count();
            let settled = messages.status.iter().filter(|&&status| status == RECEIVED).count();
            prop_assert_eq!(settled, known);
            prop_assert_eq!(messages.unmatched, received.len() - known);
            let unknown = messages.recipient.iter().filter(|&&id| id == UNKNOWN).count();
            prop_assert_eq!(unknown + known, messages.sender.len());
        }
    }
}
