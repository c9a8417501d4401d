//! Rules `match` and `fifo`: on each channel, what was received against what was sent.

use std::collections::BTreeMap;

use super::channels::{Groups, Receipt, receipts, sends};
use super::conservation::{Conservation, Tally};
use super::report::{Report, Rule};
use super::time::{Taken, Times};
use super::{Case, NONE, Options, Pause, end};
use crate::error::Result;
use crate::log::columns::{RECEIVE, SEND, UNKNOWN};
use crate::log::history::Note;

/// For each row, that of the SEND of the message received in it, or [`NONE`].
pub(super) fn check(
    case: &Case<'_>,
    options: &Options,
    report: &mut Report,
    pause: &mut Pause<'_>,
) -> Result<Vec<u32>> {
    let (sends, receipts) = (sends(case), receipts(case));
    pause()?;
    let mut walk = Walk {
        case,
        report,
        matched: vec![NONE; case.columns.len()],
        times: Times::new(case, options),
        conservation: Conservation::new(case),
        beyond: BTreeMap::new(),
        unknown: Vec::new(),
    };
    let logs = case.logs().len();
    let mut cursors: Vec<usize> = (0..logs).map(|log| receipts.firsts[log]).collect();
    for sender in 0..logs {
        walk.unknown = unknown(case, sender);
        for (recipient, span) in &sends.spans[sends.of(sender)] {
            let recipient = *recipient;
            // Receipts of senders before, who sent nothing here, are over by now.
            let cursor = &mut cursors[recipient];
            let last = receipts.firsts[recipient + 1];
            let mut taken: &[Receipt] = &[];
            if *cursor < last && receipts.spans[*cursor].0 == sender {
                taken = &receipts.items[receipts.spans[*cursor].1.clone()];
                *cursor += 1;
            }
            walk.channel(sender, recipient, &sends.items[span.clone()], taken);
        }
        for silent in silent(case, sender, &sends) {
            walk.channel(sender, silent, &[], &[]);
        }
        // Machines that received from this one although it sent them nothing.
        for (recipient, cursor) in cursors.iter_mut().enumerate() {
            if *cursor < receipts.firsts[recipient + 1] && receipts.spans[*cursor].0 == sender {
                let taken = &receipts.items[receipts.spans[*cursor].1.clone()];
                *cursor += 1;
                walk.channel(sender, recipient, &[], taken);
            }
        }
        pause()?;
    }
    walk.strangers();
    for (sender, count) in std::mem::take(&mut walk.beyond) {
        let id = case.logs()[sender].machine_id;
        walk.report.unchecked(format!(
            "{count} messages of machine {id} are newer than its log, which has no END: match and fifo are not checked for them"
        ));
    }
    let Walk {
        matched,
        times,
        conservation,
        report,
        ..
    } = walk;
    times.finish(report);
    conservation.finish(report);
    Ok(matched)
}

/// The machines to which END counts undelivered messages although none was sent.
fn silent(case: &Case<'_>, sender: usize, sends: &Groups<u32>) -> Vec<usize> {
    let spans = &sends.spans[sends.of(sender)];
    let ends = end(&case.logs()[sender]).into_iter();
    let peers = ends.flat_map(|(_, end)| &end.undelivered);
    let places = peers.filter_map(|&(peer, _)| case.ids.place(peer?));
    places
        .filter(|place| spans.binary_search_by_key(place, |span| span.0).is_err())
        .collect()
}

/// The clocks and rows of the SENDs of a log with recipients that are not known.
fn unknown(case: &Case<'_>, log: usize) -> Vec<(i64, u32)> {
    let columns = case.columns;
    let mut rows: Vec<(i64, u32)> = case.logs()[log]
        .rows
        .clone()
        .filter(|&row| columns.event[row] == SEND && columns.recipients(row).contains(&UNKNOWN))
        .map(|row| (columns.new_clock[row], row as u32))
        .collect();
    rows.sort_unstable();
    rows
}

struct Walk<'a, 'r> {
    case: &'a Case<'a>,
    report: &'r mut Report,
    matched: Vec<u32>,
    times: Times,
    conservation: Conservation,
    /// By sender, how many receipts are newer than its unfinished log.
    beyond: BTreeMap<usize, u64>,
    /// Of the present sender.
    unknown: Vec<(i64, u32)>,
}

impl Walk<'_, '_> {
    /// Checks the receipts of one channel against its sends, both in the order of their logs.
    fn channel(&mut self, sender: usize, recipient: usize, sends: &[u32], receipts: &[Receipt]) {
        let clock = |place: usize| self.case.columns.new_clock[sends[place] as usize];
        let mut next = 0;
        let mut found = 0;
        // Made at the first receipt that is not the next: by clock, the places of the sends,
        // and by place, the receipt that took it.
        let mut damage: Option<(Vec<usize>, Vec<Option<Receipt>>)> = None;
        self.report.checked(Rule::Match, receipts.len() as u64);
        self.report.checked(Rule::Fifo, receipts.len() as u64);
        for (number, receipt) in receipts.iter().enumerate() {
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
    fn strangers(&mut self) {
        let columns = self.case.columns;
        let mut missing: BTreeMap<u64, u64> = BTreeMap::new();
        for (place, log) in self.case.logs().iter().enumerate() {
            let mut newest: BTreeMap<u64, i64> = BTreeMap::new();
            let events = log
                .rows
                .clone()
                .filter(|&row| columns.event[row] == RECEIVE);
            let events = events.map(|row| (self.case.message(row), row));
            let left = log
                .marks
                .iter()
                .enumerate()
                .filter_map(|(number, mark)| match mark.note {
                    Note::Unread {
                        sender, sent_clock, ..
                    } => Some(((sender, Some(sent_clock as i64)), columns.len() + number)),
                    _ => None,
                });
            let all: Vec<_> = events
                .chain(left)
                .filter_map(|(message, at)| match message {
                    (Some(sender), Some(clock)) if self.case.ids.place(sender).is_none() => {
                        Some((sender, Receipt { clock, at }))
                    }
                    _ => None,
                })
                .collect();
            for (sender, receipt) in all {
                *missing.entry(sender).or_default() += 1;
                let last = newest.entry(sender).or_insert(-1);
                if *last >= receipt.clock {
                    let rule = if *last == receipt.clock {
                        Rule::Match
                    } else {
                        Rule::Fifo
                    };
                    let expected = format!("a sent_clock of machine {sender} above {last}");
                    self.add(
                        rule,
                        place,
                        receipt,
                        expected,
                        format!("sent_clock {}", receipt.clock),
                    );
                }
                *last = receipt.clock.max(*last);
            }
        }
        for (sender, count) in missing {
            self.report.unchecked(format!(
                "machine {sender} has no log here: {count} messages received from it are not matched"
            ));
        }
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
