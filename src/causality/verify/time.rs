//! Rule `time`: sent, arrived, received, in this order.
//!
//! On one machine exactly. Between machines exactly in virtual time, within 1 ms on one host, within
//! `clock_uncertainty` between hosts, and not at all where that is not given.

use super::hosts::Hosts;
use super::report::{Report, Rule};
use super::{Case, Options};

const RULE: Rule = Rule::Time;

/// How far the clocks of two processes of a host may differ, in microseconds.
const PROCESSES: f64 = 1000.0;

pub(super) struct Times {
    hosts: Hosts,
    between_hosts: Option<f64>,
    /// Messages between hosts whose clocks are not known to agree.
    unchecked: u64,
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

impl Times {
    pub(super) fn new(case: &Case<'_>, options: &Options) -> Self {
        Self {
            hosts: Hosts::new(case),
            between_hosts: options
                .clock_uncertainty
                .map(|seconds| (seconds * 1e6).round()),
            unchecked: 0,
        }
    }

    /// Checks one message sent in `row` of `log`, if its send is known.
    pub(super) fn check(
        &mut self,
        case: &Case<'_>,
        send: Option<(usize, usize)>,
        taken: &Taken,
        report: &mut Report,
    ) {
        report.checked(RULE, 1);
        let violation = |expected: String, found: String| match taken.row {
            Some(row) => case.event(RULE, taken.log, row, expected, found),
            None => case.line(RULE, taken.log, taken.line, expected, found),
        };
        if taken.arrived > taken.received {
            report.add(RULE, || {
                violation(
                    format!(
                        "arrival_time up to {:.6}, the time of the line",
                        taken.received / 1e6
                    ),
                    format!("arrival_time {:.6}", taken.arrived / 1e6),
                )
            });
        }
        let Some((log, row)) = send else { return };
        let tolerance = if self.hosts.is_virtual {
            0.0
        } else if self.hosts.are_one(log, taken.log) {
            PROCESSES
        } else if let Some(tolerance) = self.between_hosts {
            tolerance
        } else {
            self.unchecked += 1;
            return;
        };
        let sent = case.columns.system_time[row];
        let (name, then) = if taken.arrived.is_nan() {
            ("system_time", taken.received)
        } else {
            ("arrival_time", taken.arrived)
        };
        if then + tolerance < sent {
            report.add(RULE, || {
                violation(
                    format!(
                        "{name} from {:.6} on, when it was sent at {} (within {} s)",
                        sent / 1e6,
                        case.at_row(log, row),
                        tolerance / 1e6
                    ),
                    format!("{name} {:.6}", then / 1e6),
                )
            });
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
