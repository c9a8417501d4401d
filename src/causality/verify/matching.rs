//! Rules `match` and `fifo`: each channel, what was received against what was sent.

use super::channels::{Groups, Receipt, receipts};
use super::hosts::Hosts;
use super::report::Report;
use super::walk::Walk;
use super::{Case, Checkpoint};
use crate::error::Result;
use crate::log::columns::UNKNOWN;

/// For each row, that of the SEND of the message received in it, or [`NONE`].
pub(super) fn check(
    case: &Case<'_>,
    hosts: &Hosts,
    sends: &Groups<u32>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<u32>> {
    let receipts = receipts(case, checkpoint)?;
    let received = by_sender(case.logs().len(), &receipts);
    let mut walk = Walk::new(case, hosts, report);
    for sender in 0..case.logs().len() {
        walk.unknown = unknown(case, sender, checkpoint)?;
        // Three lists of recipients, each in order; a channel may be in any of them.
        let mut sent = sends.spans[sends.of(sender)].iter().peekable();
        let mut taken = received.of(sender).peekable();
        let mut silent = silent(case, sender).into_iter().peekable();
        loop {
            let next = [
                sent.peek().map(|span| span.0),
                taken.peek().map(|channel| channel.0),
                silent.peek().copied(),
            ];
            let Some(recipient) = next.into_iter().flatten().min() else {
                break;
            };
            let sends = sent
                .next_if(|span| span.0 == recipient)
                .map_or(&[][..], |span| &sends.items[span.1.clone()]);
            let receipts = taken
                .next_if(|channel| channel.0 == recipient)
                .map_or(&[][..], |channel| &receipts.items[channel.1]);
            while silent.next_if_eq(&recipient).is_some() {}
            walk.channel((sender, recipient), sends, receipts, checkpoint)?;
        }
        checkpoint.row()?;
    }
    Ok(walk.finish())
}

/// The spans of receipts by sender, and of each sender by recipient.
struct Received<'a> {
    receipts: &'a Groups<Receipt>,
    /// The recipient, and which span.
    channels: Vec<(usize, usize)>,
    /// Where those of each sender begin, and at last where all end.
    firsts: Vec<usize>,
}

fn by_sender(logs: usize, receipts: &Groups<Receipt>) -> Received<'_> {
    let mut firsts = vec![0; logs + 1];
    for (sender, _) in &receipts.spans {
        firsts[sender + 1] += 1;
    }
    for sender in 0..logs {
        firsts[sender + 1] += firsts[sender];
    }
    let mut next = firsts.clone();
    let mut channels = vec![(0, 0); receipts.spans.len()];
    for recipient in 0..logs {
        for span in receipts.of(recipient) {
            let place = &mut next[receipts.spans[span].0];
            channels[*place] = (recipient, span);
            *place += 1;
        }
    }
    Received {
        receipts,
        channels,
        firsts,
    }
}

impl Received<'_> {
    /// The recipients of a sender, and where their receipts are.
    fn of(&self, sender: usize) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
        let channels = &self.channels[self.firsts[sender]..self.firsts[sender + 1]];
        channels
            .iter()
            .map(|&(recipient, span)| (recipient, self.receipts.spans[span].1.clone()))
    }
}

/// The machines to which END counts undelivered messages, in order.
fn silent(case: &Case<'_>, sender: usize) -> Vec<usize> {
    let ends = case.ends[sender].iter();
    let peers = ends.flat_map(|(_, end)| &end.undelivered);
    let mut places: Vec<_> = peers
        .filter_map(|&(peer, _)| case.ids.place(peer?))
        .collect();
    places.sort_unstable();
    places
}

/// The clocks and rows of the SENDs of a log with recipients that are not known.
fn unknown(
    case: &Case<'_>,
    log: usize,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<(i64, u32)>> {
    let columns = case.columns;
    let mut unknown = Vec::new();
    if case.unknown[log] == 0 {
        return Ok(unknown);
    }
    for row in case.logs()[log].rows.clone() {
        checkpoint.row()?;
        if columns.event[row].sends() && columns.recipients(row).contains(&UNKNOWN) {
            unknown.push((columns.new_clock[row], row as u32));
        }
    }
    unknown.sort_unstable();
    Ok(unknown)
}
