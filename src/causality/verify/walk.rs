//! A channel: what was received against what was sent.

use std::collections::BTreeMap;

use super::channels::Receipt;
use super::conservation::{Conservation, Tally};
use super::report::{Report, Rule};
use super::time::{Taken, Times};
use super::{Case, Pause, end, rest};
use crate::error::Result;
use crate::log::columns::RECEIVE;
use crate::log::history::Note;

/// The channels, one after the other.
pub(super) struct Walk<'a, 'r> {
    pub(super) case: &'a Case<'a>,
    pub(super) report: &'r mut Report,
    pub(super) matched: Vec<u32>,
    pub(super) times: Times,
    pub(super) conservation: Conservation,
    /// By sender, how many receipts are newer than its unfinished log.
    pub(super) beyond: BTreeMap<usize, u64>,
    /// The clocks and rows of the present sender's SENDs with recipients that are not known.
    pub(super) unknown: Vec<(i64, u32)>,
}

impl Walk<'_, '_> {
    /// Checks the receipts of one channel against its sends, both in the order of their logs.
    pub(super) fn channel(
        &mut self,
        sender: usize,
        recipient: usize,
        sends: &[u32],
        receipts: &[Receipt],
        pause: &mut Pause<'_>,
    ) -> Result<()> {
        let clock = |place: usize| self.case.columns.new_clock[sends[place] as usize];
        let mut next = 0;
        let mut found = 0;
        // Made at the first receipt that is not the next: by clock, the places of the sends,
        // and by place, the receipt that took it.
        let mut damage: Option<(Vec<usize>, Vec<Option<Receipt>>)> = None;
        self.report.checked(Rule::Match, receipts.len() as u64);
        self.report.checked(Rule::Fifo, receipts.len() as u64);
        for (number, receipt) in receipts.iter().enumerate() {
            rest(number, pause)?;
            if next < sends.len()
                && clock(next) == receipt.clock
                && damage
                    .as_ref()
                    .is_none_or(|(_, taken)| taken[next].is_none())
            {
                if let Some((_, taken)) = &mut damage {
                    taken[next] = Some(*receipt);
                }
                self.take(sender, sends[next], recipient, *receipt);
                found += 1;
                next += 1;
                continue;
            }
            let (order, taken) = damage.get_or_insert_with(|| {
                let mut order: Vec<usize> = (0..sends.len()).collect();
                order.sort_by_key(|&place| clock(place));
                let taken = (0..sends.len())
                    .map(|place| (place < next).then(|| receipts[place.min(number)]));
                (order, taken.collect())
            });
            let first = order.partition_point(|&place| clock(place) < receipt.clock);
            let Some(&place) = order
                .get(first)
                .filter(|&&place| clock(place) == receipt.clock)
            else {
                self.stranger(sender, recipient, *receipt);
                continue;
            };
            if let Some(before) = taken[place] {
                let expected = format!(
                    "one receipt of the message, which was received at {}",
                    self.place(recipient, before)
                );
                self.add(
                    Rule::Match,
                    recipient,
                    *receipt,
                    expected,
                    "a second one".into(),
                );
                continue;
            }
            taken[place] = Some(*receipt);
            found += 1;
            if place > next {
                let missed = sends[next] as usize;
                let expected = format!(
                    "sent_clock {} of machine {}, sent before at {}",
                    clock(next),
                    self.case.logs()[sender].machine_id,
                    self.case.at_row(sender, missed)
                );
                self.add(
                    Rule::Fifo,
                    recipient,
                    *receipt,
                    expected,
                    format!("sent_clock {}", receipt.clock),
                );
            }
            next = next.max(place + 1);
            self.take(sender, sends[place], recipient, *receipt);
        }
        self.conservation.pair(
            self.case,
            (sender, recipient),
            &Tally {
                sent: sends.len() as u64,
                found,
                is_sure: self.unknown.is_empty(),
            },
            self.report,
        );
        Ok(())
    }

    /// A receipt that is none of the messages sent on its channel.
    fn stranger(&mut self, sender: usize, recipient: usize, receipt: Receipt) {
        let first = self
            .unknown
            .partition_point(|&(clock, _)| clock < receipt.clock);
        if let Some(&(clock, row)) = self.unknown.get(first)
            && clock == receipt.clock
        {
            self.take(sender, row, recipient, receipt);
            return;
        }
        let log = &self.case.logs()[sender];
        let clocks = &self.case.columns.new_clock[log.rows.clone()];
        if end(log).is_none()
            && !self.case.history.is_table
            && clocks.last().is_none_or(|&last| last < receipt.clock)
        {
            *self.beyond.entry(sender).or_default() += 1;
            return;
        }
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
        self.times.check(
            self.case,
            Some((sender, send as usize)),
            &taken,
            self.report,
        );
    }

    /// Receipts of machines that have no log here: each message once, in order.
    pub(super) fn strangers(&mut self, pause: &mut Pause<'_>) -> Result<()> {
        let columns = self.case.columns;
        let mut missing: BTreeMap<u64, u64> = BTreeMap::new();
        for (place, log) in self.case.logs().iter().enumerate() {
            let mut newest: BTreeMap<u64, i64> = BTreeMap::new();
            let mut take = |walk: &mut Self, sender: u64, receipt: Receipt| {
                if walk.case.ids.place(sender).is_none() {
                    *missing.entry(sender).or_default() += 1;
                    let last = newest.entry(sender).or_insert(-1);
                    walk.follows(place, sender, *last, receipt);
                    *last = receipt.clock.max(*last);
                }
            };
            for row in log.rows.clone() {
                rest(row, pause)?;
                if columns.event[row] == RECEIVE
                    && let (Some(sender), Some(clock)) = self.case.message(row)
                {
                    take(self, sender, Receipt { clock, at: row });
                }
            }
            for (number, mark) in log.marks.iter().enumerate() {
                if let Note::Unread {
                    sender: Some(sender),
                    sent_clock,
                    ..
                } = mark.note
                {
                    let (clock, at) = (sent_clock as i64, columns.len() + number);
                    take(self, sender, Receipt { clock, at });
                }
            }
        }
        for (sender, count) in missing {
            self.report.unchecked(format!(
                "machine {sender} has no log here: {count} messages received from it are not matched"
            ));
        }
        Ok(())
    }

    /// A receipt of a machine without a log comes after the one before.
    fn follows(&mut self, place: usize, sender: u64, last: i64, receipt: Receipt) {
        if last >= receipt.clock {
            let rule = if last == receipt.clock {
                Rule::Match
            } else {
                Rule::Fifo
            };
            let expected = format!("a sent_clock of machine {sender} above {last}");
            let found = format!("sent_clock {}", receipt.clock);
            self.add(rule, place, receipt, expected, found);
        }
    }

    /// Says what was not checked, and gives the SEND of each row.
    pub(super) fn finish(self) -> Vec<u32> {
        for (sender, count) in self.beyond {
            let id = self.case.logs()[sender].machine_id;
            self.report.unchecked(format!(
                "{count} messages of machine {id} are newer than its log, which has no END: match and fifo are not checked for them"
            ));
        }
        self.times.finish(self.report);
        self.conservation.finish(self.report);
        self.matched
    }

    fn add(&mut self, rule: Rule, log: usize, receipt: Receipt, expected: String, found: String) {
        let case = self.case;
        self.report.add(rule, || {
            if receipt.at < case.columns.len() {
                case.event(rule, log, receipt.at, expected, found)
            } else {
                let mark = &case.logs()[log].marks[receipt.at - case.columns.len()];
                case.line(rule, log, mark.line, expected, found)
            }
        });
    }

    fn place(&self, log: usize, receipt: Receipt) -> String {
        let rows = self.case.columns.len();
        if receipt.at < rows {
            self.case.at_row(log, receipt.at)
        } else {
            self.case
                .at(log, self.case.logs()[log].marks[receipt.at - rows].line)
        }
    }
}
