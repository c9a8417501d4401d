//! Which SEND a receipt belongs to, or which it may: the one place that says so.
//!
//! A receipt is a RECEIVE or a message left UNREAD. It names its message by sender and timestamp. Rules,
//! the table of messages and the graph read what is found here, and which clocks each log covers.

mod by_clock;
mod by_sender;
mod channel;
mod clue;
mod common_cover;
mod completed;
mod cover;
mod draft;
mod evidence;
mod forced;
mod groups;
mod how;
mod in_order;
mod inference;
mod log_contents;
mod log_notes;
mod near;
mod one_log;
mod receipt;
mod receipt_list;
mod send_list;
mod sends_to;
mod tight;
mod unique;

pub(super) use by_clock::ByClock;
pub(super) use channel::Channel;
pub(super) use clue::Clue;
pub(super) use completed::Completed;
pub(super) use cover::Cover;
pub(super) use evidence::Evidence;
pub(super) use groups::{Crossed, Groups};
pub use how::How;
pub use inference::Inference;
pub(super) use log_notes::LogNotes;
pub(super) use receipt::{LoggedReceipt, Match, stamp_of};
pub(super) use receipt_list::{UNLOGGED, UNTOLD};

use super::checkpoint::Checkpoint;
use super::ids::Ids;
use crate::error::Result;
use channel::Open;
use groups::Items;

/// What logs tell of messages.
pub(super) trait MessageLog {
    /// The machines that have a log.
    fn ids(&self) -> &Ids;

    /// By SEND, however they are numbered, its clock.
    fn clocks(&self) -> &[i64];

    /// Which clocks a log covers.
    fn cover(&self, log: usize) -> Cover;

    /// Hands over each recipient of each SEND of a log, `None` if it is not known, with the number of the SEND.
    fn sends(
        &self,
        log: usize,
        checkpoint: &mut Checkpoint<'_>,
        each: impl FnMut(Option<u64>, u32),
    ) -> Result<()>;

    /// Hands over the sender of each receipt of a log that names its message and belongs to a channel.
    fn receipts(
        &self,
        log: usize,
        checkpoint: &mut Checkpoint<'_>,
        each: impl FnMut(u64, LoggedReceipt),
    ) -> Result<()>;
}

/// The SENDs and receipts of all logs by channel.
pub(super) struct Matching<'a, L> {
    logs: &'a L,
    /// By sender, the SENDs to each recipient.
    sends: Groups<u32>,
    /// By recipient, the receipts of what each sender sent.
    receipts: Groups<LoggedReceipt>,
    /// By log, how many recipients of its SENDs are not known.
    open: Vec<usize>,
    /// By log, how many messages it sent to machines that have no log, and received from them.
    unlogged: Vec<(usize, usize)>,
}

impl<'a, L: MessageLog> Matching<'a, L> {
    /// Of the messages between the machines that have a log.
    pub(super) fn new(logs: &'a L, checkpoint: &mut Checkpoint<'_>) -> Result<Self> {
        let count = logs.ids().all().len();
        let (mut open, mut unlogged) = (vec![0; count], vec![(0, 0); count]);
        let mut sends = SendItems {
            logs,
            checkpoint,
            open: &mut open,
            unlogged: &mut unlogged,
        };
        let sends = Groups::new(count, &mut sends)?;
        let mut receipts = ReceiptItems {
            logs,
            checkpoint,
            unlogged: &mut unlogged,
        };
        let receipts = Groups::new(count, &mut receipts)?;
        Ok(Self {
            logs,
            sends,
            receipts,
            open,
            unlogged,
        })
    }

    /// How many messages a log tells that were sent to machines without one, and received from them.
    pub(super) fn unlogged(&self, log: usize) -> (usize, usize) {
        self.unlogged[log]
    }

    /// By sender, the SENDs to each recipient.
    pub(super) fn into_sends(self) -> Groups<u32> {
        self.sends
    }

    /// Hands over the channels by sender and recipient: where something was sent or received,
    /// and those to the machines that `also` gives for a sender, in order.
    pub(super) fn each(
        &self,
        checkpoint: &mut Checkpoint<'_>,
        also: impl Fn(usize) -> Vec<usize>,
        mut each: impl FnMut(&mut Channel<'_>, &mut Checkpoint<'_>) -> Result<()>,
    ) -> Result<()> {
        let clocks = self.logs.clocks();
        let received = self.receipts.crossed();
        for sender in 0..self.open.len() {
            let covered = self.logs.cover(sender);
            let mut open = self.open(sender, checkpoint)?;
            // Three lists of recipients, each in order; a channel may be in any of them.
            let mut sent = self.sends.of(sender).peekable();
            let mut received = received.of(sender).peekable();
            let mut also = also(sender).into_iter().peekable();
            loop {
                let next = [
                    sent.peek().map(|channel| channel.0),
                    received.peek().map(|channel| channel.0),
                    also.peek().copied(),
                ];
                let Some(recipient) = next.into_iter().flatten().min() else {
                    break;
                };
                let sends = sent.next_if(|channel| channel.0 == recipient);
                let receipts = received.next_if(|channel| channel.0 == recipient);
                while also.next_if_eq(&recipient).is_some() {}
                let mut channel = Channel::new(
                    (sender, recipient),
                    (
                        sends.map_or(&[], |channel| channel.1),
                        receipts.map_or(&[], |channel| channel.1),
                    ),
                    (clocks, &covered),
                    &mut open,
                );
                each(&mut channel, checkpoint)?;
            }
            checkpoint.row()?;
        }
        Ok(())
    }

    fn open(&self, log: usize, checkpoint: &mut Checkpoint<'_>) -> Result<Open> {
        if self.open[log] == 0 {
            return Ok(Open::default());
        }
        let clocks = self.logs.clocks();
        let mut open = Vec::with_capacity(self.open[log]);
        self.logs.sends(log, checkpoint, |recipient, send| {
            if recipient.is_none() {
                open.push((clocks[send as usize], send));
            }
        })?;
        Ok(Open::new(open))
    }
}

/// The SENDs of all logs, and what is counted of them on the way.
struct SendItems<'a, 'c, L> {
    logs: &'a L,
    checkpoint: &'a mut Checkpoint<'c>,
    open: &'a mut [usize],
    unlogged: &'a mut [(usize, usize)],
}

impl<L: MessageLog> Items<u32> for SendItems<'_, '_, L> {
    fn each(&mut self, log: usize, mut emit: impl FnMut(usize, u32)) -> Result<()> {
        let ids = self.logs.ids();
        let (mut open, mut unlogged) = (0, 0);
        self.logs.sends(log, self.checkpoint, |recipient, send| {
            match recipient.map(|id| ids.place(id)) {
                Some(Some(place)) => emit(place, send),
                Some(None) => unlogged += 1,
                None => open += 1,
            }
        })?;
        (self.open[log], self.unlogged[log].0) = (open, unlogged);
        Ok(())
    }
}

/// The receipts of all logs.
struct ReceiptItems<'a, 'c, L> {
    logs: &'a L,
    checkpoint: &'a mut Checkpoint<'c>,
    unlogged: &'a mut [(usize, usize)],
}

impl<L: MessageLog> Items<LoggedReceipt> for ReceiptItems<'_, '_, L> {
    fn each(&mut self, log: usize, mut emit: impl FnMut(usize, LoggedReceipt)) -> Result<()> {
        let ids = self.logs.ids();
        let mut unlogged = 0;
        self.logs
            .receipts(log, self.checkpoint, |sender, receipt| {
                match ids.place(sender) {
                    Some(place) => emit(place, receipt),
                    None => unlogged += 1,
                }
            })?;
        self.unlogged[log].1 = unlogged;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
