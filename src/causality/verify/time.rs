//! Rule `time`: sent, arrived, received, in this order.
//!
//! On one machine exactly. Between machines exactly in virtual time, within 1 ms on one host, within
//! `clock_uncertainty` between hosts, and not at all where that is not given.

use super::hosts::Hosts;
use super::report::{Report, Rule};
use super::{Case, Checkpoint};
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
        for row in log.rows.clone() {
            checkpoint.row()?;
            if columns.event[row].receives() && columns.message(row).0.is_some() {
                let taken = Taken {
                    log: place,
                    line: columns.line[row],
                    row: Some(row),
                    arrived: columns.arrived[row],
                    received: columns.system_time[row],
                };
                taken.in_order(case, report);
            }
        }
        if !log.startups().any(|(_, start)| start.is_virtual) {
            continue;
        }
        for mark in &log.marks {
            if let Note::Unread {
                sender: Some(_),
                arrived,
                ..
            } = mark.note
            {
                let taken = Taken {
                    log: place,
                    line: mark.line,
                    row: None,
                    arrived,
                    received: mark.time,
                };
                taken.in_order(case, report);
            }
        }
    }
    Ok(())
}

/// A message at its recipient: the line, and times in microseconds.
pub(super) struct Taken {
    pub(super) log: usize,
    pub(super) line: u32,
    /// The row of the RECEIVE, unless it is UNREAD.
    pub(super) row: Option<usize>,
    pub(super) arrived: f64,
    pub(super) received: f64,
}

impl Taken {
    fn in_order(&self, case: &Case<'_>, report: &mut Report) {
        if self.arrived.is_nan() {
            return;
        }
        report.checked(RULE, 1);
        if self.arrived > self.received {
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
        taken: &Taken,
        report: &mut Report,
    ) {
        let Some(tolerance) = self.hosts.tolerance(log, taken.log) else {
            self.unchecked += 1;
            return;
        };
        let sent = case.columns.system_time[row];
        let (name, then) = if taken.arrived.is_nan() {
            // The check of arrivals has not counted it.
            report.checked(RULE, 1);
            ("system_time", taken.received)
        } else {
            ("arrival_time", taken.arrived)
        };
        if then + tolerance < sent {
            let expected = format!(
                "{name} from {:.6} on, when it was sent at {} (within {} s)",
                sent / 1e6,
                case.at_row(log, row),
                tolerance / 1e6
            );
            taken.add(case, expected, format!("{name} {:.6}", then / 1e6), report);
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
