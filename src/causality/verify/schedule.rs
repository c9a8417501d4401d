//! Rule `schedule`: ticks come at the rate of their machine.
//!
//! Tick k is due (k - 1) / rate after the first, and END tells how late ticks were at most: over the last start of a
//! log with END, what lies between a tick and its due time spreads no more than that.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::history::LogHistory;

const RULE: Rule = Rule::Schedule;
/// What is lost where times become whole microseconds, in microseconds.
const ROUNDED: f64 = 2.0;

pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    for (place, log) in case.logs().iter().enumerate() {
        if let Some(last) = LastStart::of(case, place, log) {
            last.check(case, place, report, checkpoint)?;
        }
    }
    Ok(())
}

/// The last start of a machine that ended.
struct LastStart {
    rows: std::ops::Range<usize>,
    /// Microseconds from tick to tick.
    period: f64,
    /// How late ticks were at most, in microseconds.
    latest: f64,
}

impl LastStart {
    /// That of a log which tells all of it, and how late its ticks were.
    fn of(case: &Case<'_>, place: usize, log: &LogHistory) -> Option<Self> {
        let (mark, start) = log.startups().last()?;
        let (_, end) = case.ends[place]?;
        let (rate, lateness) = start.clock_rate.zip(end.lateness)?;
        let rows = mark.row..log.rows.end;
        let follows = |row: usize| {
            row == rows.start || case.columns.old_clock[row] == case.columns.new_clock[row - 1]
        };
        let is_whole = log.gaps.iter().all(|lines| lines.line < mark.line)
            && (case.is_plain() || rows.clone().all(follows))
            && rows
                .clone()
                .next_back()
                .is_none_or(|last| case.columns.new_clock[last] == end.final_clock as i64)
            && rows
                .clone()
                .next()
                .is_none_or(|first| case.columns.old_clock[first] == start.local_clock as i64);
        // Ticks of a machine in real time that are never late are made by hand.
        let is_periodic = start.is_virtual || lateness.max > 0.0;
        (is_whole && is_periodic && rate > 0.0 && case.is_paced(place) && case.history.has_times)
            .then(|| Self {
                rows,
                period: 1e6 / rate,
                latest: lateness.max * 1e6,
            })
    }

    fn check(
        &self,
        case: &Case<'_>,
        place: usize,
        report: &mut Report,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let times = &case.columns.system_time;
        let manual = &case.columns.manual[self.rows.clone()];
        let Some(first) = manual.iter().position(|&manual| !manual) else {
            return Ok(());
        };
        let first = self.rows.start + first;
        let start = times[first];
        // The row of the earliest and of the latest tick against what is due, and by how much.
        let (mut earliest, mut latest) = ((0.0, first), (0.0, first));
        let mut count = 0_u32;
        for row in first..self.rows.end {
            checkpoint.row()?;
            if case.columns.is_manual(row) {
                continue;
            }
            let late = times[row] - start - f64::from(count) * self.period;
            if late < earliest.0 {
                earliest = (late, row);
            } else if late > latest.0 {
                latest = (late, row);
            }
            count += 1;
        }
        report.checked(RULE, u64::from(count));
        let allowed = self.latest + ROUNDED + case.resolutions[place].of_times();
        let spread = latest.0 - earliest.0;
        if spread > allowed {
            report.add(RULE, || {
                let (row, other) = if latest.1 == first {
                    (earliest.1, latest.1)
                } else {
                    (latest.1, earliest.1)
                };
                let expected = format!(
                    "a tick at most {:.6} s off its due time against that at {}, as late as ticks were by END",
                    allowed / 1e6,
                    case.at_row(place, other)
                );
                case.event(RULE, place, row, expected, format!("{:.6} s off", spread / 1e6))
            });
        }
        Ok(())
    }
}
