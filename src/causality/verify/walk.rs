//! A channel: what was received against what was sent.

use std::collections::BTreeMap;

use super::channels::Receipt;
use super::conservation::{Conservation, Tally};
use super::hosts::Hosts;
use super::report::{Report, Rule};
use super::time::{Taken, Times};
use super::{Case, Checkpoint, NONE};
use crate::error::Result;
use crate::log::history::Note;

/// The channels, one after the other.
pub(super) struct Walk<'a, 'r> {
    case: &'a Case<'a>,
    report: &'r mut Report,
    matched: Vec<u32>,
    times: Times<'a>,
    conservation: Conservation,
    /// By sender, how many receipts are newer than its unfinished log.
    beyond: BTreeMap<usize, u64>,
    /// The clocks and rows of the present sender's SENDs with recipients that are not known.
    pub(super) unknown: Vec<(i64, u32)>,
}

/// A channel on the way through its receipts.
struct Channel<'a> {
    sender: usize,
    recipient: usize,
    /// The rows of its SENDs.
    sends: &'a [u32],
    /// The SEND that comes next.
    next: usize,
    /// How many SENDs have a receipt.
    found: u64,
    /// The newest clock received.
    newest: i64,
    /// The newest received of which no SEND names the recipient.
    newest_loose: i64,
    damage: Option<Damage>,
}

/// What is looked at from the first receipt on that is not the next.
struct Damage {
    /// The places of the sends, by clock.
    order: Vec<usize>,
    /// By place, the receipt that took it.
    taken: Vec<Option<Receipt>>,
}

impl<'a, 'r> Walk<'a, 'r> {
    pub(super) fn new(case: &'a Case<'a>, hosts: &'a Hosts, report: &'r mut Report) -> Self {
        Self {
            case,
            report,
            matched: vec![NONE; case.columns.len()],
            times: Times::new(hosts),
            conservation: Conservation::new(case),
            beyond: BTreeMap::new(),
            unknown: Vec::new(),
        }
    }

    /// Checks the receipts of one channel against its sends, both in the order of their logs.
    pub(super) fn channel(
        &mut self,
        (sender, recipient): (usize, usize),
        sends: &[u32],
        receipts: &[Receipt],
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let mut channel = Channel {
            sender,
            recipient,
            sends,
            next: 0,
            found: 0,
            newest: -1,
            newest_loose: -1,
            damage: None,
        };
        for number in 0..receipts.len() {
            checkpoint.row()?;
            self.receipt(&mut channel, receipts, number);
        }
        self.conservation.pair(
            self.case,
            (sender, recipient),
            &Tally {
                sent: sends.len() as u64,
                found: channel.found,
                is_sure: self.unknown.is_empty(),
            },
            self.report,
        );
        Ok(())
    }

    /// Checks the receipt with this number.
    fn receipt(&mut self, channel: &mut Channel<'_>, receipts: &[Receipt], number: usize) {
        let columns = self.case.columns;
        let (sends, next, receipt) = (channel.sends, channel.next, receipts[number]);
        let clock = |place: usize| columns.new_clock[sends[place] as usize];
        let is_taken = |damage: &Damage| damage.taken[next].is_some();
        if next < sends.len()
            && clock(next) == receipt.clock
            && !channel.damage.as_ref().is_some_and(is_taken)
        {
            self.settle(channel, next, receipt);
            return;
        }
        let damage = channel.damage.get_or_insert_with(|| {
            let mut order: Vec<usize> = (0..sends.len()).collect();
            order.sort_by_key(|&place| clock(place));
            let taken = (0..sends.len())
                .map(|place| (place < next).then(|| receipts[place.min(number)]))
                .collect();
            Damage { order, taken }
        });
        let first = damage
            .order
            .partition_point(|&place| clock(place) < receipt.clock);
        let place = damage.order.get(first).copied();
        let Some(place) = place.filter(|&place| clock(place) == receipt.clock) else {
            self.stranger(channel, receipt);
            return;
        };
        if let Some(before) = damage.taken[place] {
            let expected = format!(
                "one receipt of the message, which was received at {}",
                before.place(self.case, channel.recipient)
            );
            let found = "a second one".into();
            self.report.checked(Rule::Match, 1);
            self.add(Rule::Match, channel.recipient, receipt, expected, found);
            return;
        }
        if place > next {
            let expected = format!(
                "sent_clock {} of machine {}, sent before at {}",
                clock(next),
                self.case.logs()[channel.sender].machine_id,
                self.case.at_row(channel.sender, sends[next] as usize)
            );
            let found = format!("sent_clock {}", receipt.clock);
            self.add(Rule::Fifo, channel.recipient, receipt, expected, found);
        }
        self.settle(channel, place, receipt);
    }

    /// Gives a receipt to its SEND, which names the recipient.
    fn settle(&mut self, channel: &mut Channel<'_>, place: usize, receipt: Receipt) {
        self.report.checked(Rule::Match, 1);
        self.report.checked(Rule::Fifo, 1);
        if let Some(damage) = &mut channel.damage {
            damage.taken[place] = Some(receipt);
        }
        if receipt.clock <= channel.newest_loose {
            let id = self.case.logs()[channel.sender].machine_id;
            let expected = format!(
                "a sent_clock of machine {id} above {}",
                channel.newest_loose
            );
            let found = format!("sent_clock {}", receipt.clock);
            self.add(Rule::Fifo, channel.recipient, receipt, expected, found);
        }
        channel.found += 1;
        channel.next = channel.next.max(place + 1);
        channel.newest = channel.newest.max(receipt.clock);
        self.take(
            channel.sender,
            channel.sends[place],
            channel.recipient,
            receipt,
        );
    }

    /// A receipt that is none of the messages whose recipients are known.
    fn stranger(&mut self, channel: &mut Channel<'_>, receipt: Receipt) {
        let (sender, recipient) = (channel.sender, channel.recipient);
        let log = &self.case.logs()[sender];
        let pair = (log.machine_id, recipient);
        let first = self
            .unknown
            .partition_point(|&(clock, _)| clock < receipt.clock);
        let unknown = self.unknown.get(first).copied();
        let unknown = unknown.filter(|&(clock, _)| clock == receipt.clock);
        let clocks = &self.case.columns.new_clock[log.rows.clone()];
        let is_beyond = self.case.ends[sender].is_none()
            && !self.case.history.is_table
            && clocks.last().is_none_or(|&last| last < receipt.clock);
        if unknown.is_some() || is_beyond {
            receipt.follows(self.case, pair, &mut channel.newest, self.report);
            channel.newest_loose = channel.newest;
            match unknown {
                Some((_, row)) => self.take(sender, row, recipient, receipt),
                None => *self.beyond.entry(sender).or_default() += 1,
            }
            return;
        }
        self.report.checked(Rule::Match, 1);
        let id = self.case.logs()[recipient].machine_id;
        let place = clocks.partition_point(|&clock| clock < receipt.clock);
        let there = match clocks.get(place) {
            Some(&clock) if clock == receipt.clock => {
                let row = log.rows.start + place;
                let to = self.case.columns.recipients(row);
                let kind = self.case.kind(row);
                let at = self.case.at_row(sender, row);
                if to.is_empty() {
                    format!("{kind} there at {at}")
                } else {
                    format!("{kind} to {to:?} there at {at}")
                }
            }
            _ => "no event there with this clock".into(),
        };
        let expected = format!(
            "a SEND of machine {} with clock {} to machine {id}",
            log.machine_id, receipt.clock
        );
        self.add(Rule::Match, recipient, receipt, expected, there);
    }

    /// A receipt and its send: the clock condition and the times.
    fn take(&mut self, sender: usize, send: u32, recipient: usize, receipt: Receipt) {
        let columns = self.case.columns;
        let log = &self.case.logs()[recipient];
        let taken = if receipt.at < columns.len() {
            self.matched[receipt.at] = send;
            self.report.checked(Rule::ClockCondition, 1);
            let new = columns.new_clock[receipt.at];
            if new <= receipt.clock {
                let expected = format!(
                    "a clock above {}, that of its send at {}",
                    receipt.clock,
                    self.case.at_row(sender, send as usize)
                );
                self.add(
                    Rule::ClockCondition,
                    recipient,
                    receipt,
                    expected,
                    format!("new_clock {new}"),
                );
            }
            Taken {
                log: recipient,
                line: columns.line[receipt.at],
                row: Some(receipt.at),
                arrived: columns.arrived[receipt.at],
                received: columns.system_time[receipt.at],
            }
        } else {
            let mark = &log.marks[receipt.at - columns.len()];
            let arrived = match mark.note {
                Note::Unread { arrived, .. } => arrived,
                _ => f64::NAN,
            };
            Taken {
                log: recipient,
                line: mark.line,
                row: None,
                arrived,
                received: mark.time,
            }
        };
        self.times
            .check(self.case, (sender, send as usize), &taken, self.report);
    }

    /// Says what was not checked, and gives the SEND of each row.
    pub(super) fn finish(self) -> Vec<u32> {
        for (sender, count) in self.beyond {
            let id = self.case.logs()[sender].machine_id;
            self.report.unchecked(format!(
                "{count} messages of machine {id} are newer than its log, which has no END: that they were sent, and none was skipped, is not checked"
            ));
        }
        self.times.finish(self.report);
        self.conservation.finish(self.report);
        self.matched
    }

    fn add(&mut self, rule: Rule, log: usize, receipt: Receipt, expected: String, found: String) {
        let case = self.case;
        self.report.add(rule, || {
            receipt.violation(case, (rule, log), expected, found)
        });
    }
}
