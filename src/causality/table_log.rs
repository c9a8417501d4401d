//! The events of a table, and what logs say beside them, as the matcher reads them.

use super::by_machine::{ByMachine, MachineRows};
use super::checkpoint::Checkpoint;
use super::ids::Ids;
use super::matching::{Completed, Cover, LoggedReceipt, MessageLog, stamp_of};
use crate::error::Result;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::logs::{MachineSummary, Unread};
use crate::log::schema::EventKind;

/// A message is numbered as the columns number recipients, and an UNREAD message from the number of rows on.
pub(super) struct TableLog<'a> {
    columns: &'a Columns,
    completed: &'a Completed<'a>,
    ids: Ids,
    rows: MachineRows,
    /// What all machines left in their queues.
    unread: Vec<&'a Unread>,
    /// By machine, where those of its queue start, and at last how many there are.
    queues: Vec<usize>,
    /// By message, its timestamp and its recipient.
    messages: (&'a [i64], &'a [i64]),
}

/// Where a receipt stands.
pub(super) enum ReceiptSource<'a> {
    /// In this row.
    Row(usize),
    /// Among the messages left in the queue.
    Queue(&'a Unread),
}

impl<'a> TableLog<'a> {
    /// With the timestamp and the recipient of each message, in whatever order a SEND has its own.
    pub(super) fn new(
        columns: &'a Columns,
        machines: &'a [MachineSummary],
        by_machine: ByMachine,
        completed: &'a Completed<'a>,
        messages: (&'a [i64], &'a [i64]),
    ) -> Self {
        let ByMachine { ids, places } = by_machine;
        let count = ids.all().len();
        let rows = MachineRows::new(count, &places, &columns.event);
        let mut by_place = vec![&[][..]; count];
        for summary in machines {
            if let Some(place) = ids.place(summary.id) {
                by_place[place] = &summary.unread;
            }
        }
        let (mut unread, mut queues) = (Vec::new(), vec![0]);
        for queue in by_place {
            unread.extend(queue);
            queues.push(unread.len());
        }
        Self {
            columns,
            completed,
            ids,
            rows,
            unread,
            queues,
            messages,
        }
    }

    /// Where the receipt with this number stands.
    pub(super) fn source(&self, at: usize) -> ReceiptSource<'a> {
        match at.checked_sub(self.columns.len()) {
            None => ReceiptSource::Row(at),
            Some(number) => ReceiptSource::Queue(self.unread[number]),
        }
    }
}

impl MessageLog for TableLog<'_> {
    fn ids(&self) -> &Ids {
        &self.ids
    }

    fn clocks(&self) -> &[i64] {
        self.messages.0
    }

    /// What is not here does not become of a message, whether it was logged or not.
    fn cover(&self, _log: usize) -> Cover {
        Cover::whole()
    }

    fn sends(
        &self,
        log: usize,
        checkpoint: &mut Checkpoint<'_>,
        mut each: impl FnMut(Option<u64>, u32),
    ) -> Result<()> {
        for row in self.rows.of(log, EventKind::Send) {
            checkpoint.row()?;
            for message in self.columns.starts[row]..self.columns.starts[row + 1] {
                let recipient = self.messages.1[message];
                each(
                    (recipient != UNKNOWN).then_some(recipient as u64),
                    message as u32,
                );
            }
        }
        Ok(())
    }

    fn receipts(
        &self,
        log: usize,
        checkpoint: &mut Checkpoint<'_>,
        mut each: impl FnMut(u64, LoggedReceipt),
    ) -> Result<()> {
        let columns = self.columns;
        let (senders, stamps) = (&*self.completed.sender, &*self.completed.sent_clock);
        for row in self.rows.of(log, EventKind::Receive) {
            checkpoint.row()?;
            let stamp = stamp_of(senders[row], stamps[row], columns.by_hand[row]);
            if let Some((sender, clock)) = stamp {
                each(sender, LoggedReceipt { clock, at: row });
            }
        }
        for number in self.queues[log]..self.queues[log + 1] {
            let message = self.unread[number];
            if let Some(sender) = message.sender {
                let (clock, at) = (message.sent_clock as i64, columns.len() + number);
                each(sender, LoggedReceipt { clock, at });
            }
        }
        Ok(())
    }
}
