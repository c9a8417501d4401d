//! A pass over the receipts of all channels: each goes, with what it is matched with, to the rules about messages.

use std::collections::BTreeMap;

use super::case::{Case, NONE};
use super::conservation::{ChannelCount, Conservation};
use super::fifo::Fifo;
use super::hosts::Hosts;
use super::report::Report;
use super::time::{ReceiptTimes, Times};
use super::{clock_condition, matches};
use crate::causality::checkpoint::Checkpoint;
use crate::causality::matching::{Channel, LoggedReceipt, Match, Matching};
use crate::error::Result;

/// For each row, that of the SEND of the message received in it, or [`NONE`].
pub(super) fn check(
    case: &Case<'_>,
    hosts: &Hosts,
    matching: &Matching<'_, Case<'_>>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<u32>> {
    let mut receipts = ReceiptRules {
        case,
        report,
        matched: vec![NONE; case.columns.len()],
        times: Times::new(hosts),
        conservation: Conservation::new(case, hosts),
        unlogged: BTreeMap::new(),
    };
    let counted = |sender| Conservation::counted(case, sender);
    matching.each(checkpoint, counted, |channel, checkpoint| {
        receipts.channel(channel, checkpoint)
    })?;
    Ok(receipts.finish())
}

/// The rules about messages, on their way through the channels.
struct ReceiptRules<'a, 'r> {
    case: &'a Case<'a>,
    report: &'r mut Report,
    matched: Vec<u32>,
    times: Times<'a>,
    conservation: Conservation<'a>,
    /// By sender, how many receipts may be of messages that its log does not tell.
    unlogged: BTreeMap<usize, u64>,
}

impl ReceiptRules<'_, '_> {
    fn channel(
        &mut self,
        channel: &mut Channel<'_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let (case, receipts) = (self.case, channel.receipts);
        let mut fifo = Fifo::new(case, channel.recipient);
        let mut found = 0;
        for &receipt in receipts {
            checkpoint.row()?;
            let due = channel.due;
            match channel.match_next() {
                Match::Certain(place) => {
                    matches::found(self.report);
                    fifo.named(case, channel, receipt, (due, place), self.report);
                    found += 1;
                    self.settle(channel, channel.sends[place], receipt);
                }
                Match::Taken { .. } if case.rules.channel.duplicating => {
                    matches::found(self.report);
                }
                Match::Taken { before, .. } => {
                    matches::second(case, channel, receipt, before, self.report);
                }
                Match::Open { send, .. } => {
                    fifo.unnamed(case, channel, receipt, self.report);
                    self.settle(channel, send, receipt);
                }
                Match::MayBeUnlogged => {
                    fifo.unnamed(case, channel, receipt, self.report);
                    *self.unlogged.entry(channel.sender).or_default() += 1;
                }
                Match::None => matches::none(case, channel, receipt, self.report),
            }
        }
        let count = ChannelCount {
            sent: channel.sends.len() as u64,
            found,
            is_sure: channel.is_known(),
        };
        let pair = (channel.sender, channel.recipient);
        self.conservation.pair(case, pair, &count, self.report);
        Ok(())
    }

    /// A receipt and its SEND: the clock condition and the times.
    fn settle(&mut self, channel: &Channel<'_>, send: u32, receipt: LoggedReceipt) {
        let case = self.case;
        let pair = (channel.sender, channel.recipient);
        if receipt.at < case.columns.len() {
            self.matched[receipt.at] = send;
            self.report.matched += 1;
            clock_condition::check(case, pair, send as usize, receipt, self.report);
        }
        let times = ReceiptTimes::of(case, channel.recipient, receipt.at);
        self.times
            .check(case, (channel.sender, send as usize), &times, self.report);
    }

    /// Says what was not checked, and gives the SEND of each row.
    fn finish(self) -> Vec<u32> {
        for (sender, count) in self.unlogged {
            let id = self.case.logs()[sender].machine_id;
            let why = if self.case.is_whole(sender) {
                "are newer than its log, which has no END"
            } else {
                "may be in lines that are missing of its log"
            };
            self.report.unchecked(format!(
                "{count} messages of machine {id} {why}: that they were sent, and none was skipped, is not checked"
            ));
        }
        self.times.finish(self.report);
        self.conservation.finish(self.report);
        self.matched
    }
}
