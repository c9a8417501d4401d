//! Rule `time`: sent, arrived, received, in this order.
//!
//! On one machine exactly. Between machines exactly in virtual time, within 1 ms on one host, within
//! `clock_uncertainty` between hosts, and not at all where that is not given.

use super::case::Case;
use super::hosts::Hosts;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::history::Note;

const RULE: Rule = Rule::Time;

/// Checks of each message, whoever sent it, that it did not arrive after it was received.
///
/// Messages delivered by hand are exempt; so are those left unread in real time: a
/// machine does not wait for ever for what an added delay still holds back.
pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let columns = case.columns;
    for (place, log) in case.logs().iter().enumerate() {
        let off = case.resolutions[place].between();
        let mut checked = 0;
        checkpoint.rows(log.rows.clone(), |rows| {
            for (row, kind) in rows.clone().zip(&columns.event[rows]) {
                if !kind.receives() || columns.message(row).0.is_none() {
                    continue;
                }
                if columns.arrived[row] <= columns.system_time[row] + off {
                    checked += 1;
                } else {
                    ReceiptTimes::of(case, place, row).in_order(case, report);
                }
            }
        })?;
        report.checked(RULE, checked);
        if !log.startups().any(|(_, start)| start.is_virtual) {
            continue;
        }
        for (number, mark) in log.marks.iter().enumerate() {
            if let Note::Unread {
                sender: Some(_), ..
            } = mark.note
            {
                ReceiptTimes::of(case, place, columns.len() + number).in_order(case, report);
            }
        }
    }
    Ok(())
}

/// A message at its recipient: the line, and times in microseconds.
pub(super) struct ReceiptTimes {
    log: usize,
    line: u32,
    /// The row of the RECEIVE, unless it is UNREAD.
    row: Option<usize>,
    arrived: f64,
    received: f64,
}

impl ReceiptTimes {
    /// Those of the RECEIVE in row `at` of a log; from the number of rows on, of that UNREAD mark.
    #[inline]
    pub(super) fn of(case: &Case<'_>, log: usize, at: usize) -> Self {
        let columns = case.columns;
        let Some(number) = at.checked_sub(columns.len()) else {
            return Self {
                log,
                line: columns.line[at],
                row: Some(at),
                arrived: columns.arrived[at],
                received: columns.system_time[at],
            };
        };
        let mark = &case.logs()[log].marks[number];
        Self {
            log,
            line: mark.line,
            row: None,
            arrived: match mark.note {
                Note::Unread { arrived, .. } => arrived,
                _ => f64::NAN,
            },
            received: mark.time,
        }
    }

    fn in_order(&self, case: &Case<'_>, report: &mut Report) {
        if self.arrived.is_nan() {
            return;
        }
        report.checked(RULE, 1);
        if self.arrived > self.received + case.resolutions[self.log].between() {
            let expected = format!(
                "arrival_time up to {:.6}, the time of the line",
                self.received / 1e6
            );
            self.add(
                case,
                expected,
                format!("arrival_time {:.6}", self.arrived / 1e6),
                report,
            );
        }
    }

    fn add(&self, case: &Case<'_>, expected: String, found: String, report: &mut Report) {
        report.add(RULE, || match self.row {
            Some(row) => case.event(RULE, self.log, row, expected, found),
            None => case.line(RULE, self.log, self.line, expected, found),
        });
    }
}

/// Compares the times of sends and arrivals.
pub(super) struct Times<'a> {
    hosts: &'a Hosts,
    /// Messages between hosts whose clocks are not known to agree.
    unchecked: u64,
}

impl<'a> Times<'a> {
    pub(super) fn new(hosts: &'a Hosts) -> Self {
        Self {
            hosts,
            unchecked: 0,
        }
    }

    /// Checks that a message that was sent in `row` of `log` was not at its recipient before.
    pub(super) fn check(
        &mut self,
        case: &Case<'_>,
        (log, row): (usize, usize),
        times: &ReceiptTimes,
        report: &mut Report,
    ) {
        if !case.history.has_times {
            return;
        }
        let Some(tolerance) = self.hosts.tolerance(log, times.log) else {
            self.unchecked += u64::from(!self.hosts.is_aligned());
            return;
        };
        let sent = case.columns.system_time[row];
        let (name, then) = if times.arrived.is_nan() {
            // The check of arrivals has not counted it.
            report.checked(RULE, 1);
            ("system_time", times.received)
        } else {
            ("arrival_time", times.arrived)
        };
        if then + tolerance < sent {
            let expected = format!(
                "{name} from {:.6} on, when it was sent at {} (within {} s)",
                sent / 1e6,
                case.at_row(log, row),
                tolerance / 1e6
            );
            times.add(case, expected, format!("{name} {:.6}", then / 1e6), report);
        }
    }

    pub(super) fn finish(self, report: &mut Report) {
        if self.unchecked > 0 {
            report.unchecked(format!(
                "{} messages went between machines not known to share a host: that they were sent before they arrived is not checked (give clock_uncertainty)",
                self.unchecked
            ));
        }
    }
}
