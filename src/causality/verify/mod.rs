//! Whether logs are a possible history, and if not, which line breaks which rule.
//!
//! Every rule is a pass over the logs in their own order, linear in their length. A table is checked
//! as far as its columns go; what could not be checked is said.

mod absent;
mod addresses;
mod bounds;
mod channels;
mod conservation;
mod exactness;
mod hosts;
mod matching;
mod queue;
pub mod report;
mod step;
mod structure;
mod time;
mod walk;

use super::checkpoint::Checkpoint;
use super::ids::{Ids, few};
use crate::error::{Error, Result};
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::history::{Diary, History, Mark, Note};
use crate::log::line::End;
use bounds::Bounds;
use hosts::Hosts;
use report::{Report, Rule, Violation};

/// What a caller decides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How far the clocks of two hosts may differ, in seconds, if that is known.
    pub clock_uncertainty: Option<f64>,
}

/// Stands where there is no row.
const NONE: u32 = u32::MAX;

/// Checks every rule.
///
/// `go_on` is asked every few milliseconds; when it says no, it ends with an error.
pub fn verify(
    history: &History,
    options: &Options,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Report> {
    if let Some(seconds) = options.clock_uncertainty
        && !(0.0..=1e9).contains(&seconds)
    {
        return Err(Error::invalid(format!(
            "clock_uncertainty is {seconds} s: it lies between 0 and 1e9"
        )));
    }
    if history.columns.len() >= NONE as usize {
        return Err(Error::invalid(format!(
            "{} events are too many to verify at once: at most {} are",
            history.columns.len(),
            NONE - 1
        )));
    }
    let case = Case::new(history);
    let mut report = Report::default();
    let mut checkpoint = Checkpoint::of_verification(go_on);
    let checkpoint = &mut checkpoint;
    let hosts = Hosts::new(&case, options.clock_uncertainty);
    case.limits(&mut report, checkpoint)?;
    structure::check(&case, &mut report, checkpoint)?;
    addresses::check(&case, &mut report, checkpoint)?;
    step::check(&case, &mut report, checkpoint)?;
    let sends = channels::sends(&case, checkpoint)?;
    let matched = matching::check(&case, &hosts, &sends, &mut report, checkpoint)?;
    let is_whole = absent::check(&case, &mut report, checkpoint)?;
    exactness::check(&case, &matched, &mut report, checkpoint)?;
    let bounds = is_whole.then(|| Bounds::new(&case, &hosts, &sends));
    queue::check(&case, bounds.as_ref(), &mut report, checkpoint)?;
    time::check(&case, &mut report, checkpoint)?;
    report.finish();
    Ok(report)
}

/// What every rule looks at.
struct Case<'a> {
    history: &'a History,
    columns: &'a Columns,
    ids: Ids,
    /// By log, how many SENDs do not tell all their recipients.
    unknown: Vec<u64>,
    /// By log, its END.
    ends: Vec<Option<(&'a Mark, &'a End)>>,
}

impl<'a> Case<'a> {
    fn new(history: &'a History) -> Self {
        let columns = &history.columns;
        let unknown = if columns.recipients.contains(&UNKNOWN) {
            let is_unknown = |&row: &usize| columns.recipients(row).contains(&UNKNOWN);
            let count = |log: &Diary| log.rows.clone().filter(is_unknown).count() as u64;
            history.logs.iter().map(count).collect()
        } else {
            vec![0; history.logs.len()]
        };
        Self {
            history,
            columns,
            ids: Ids::new(history.logs.iter().map(|log| log.machine_id).collect()),
            unknown,
            ends: history.logs.iter().map(end).collect(),
        }
    }

    fn logs(&self) -> &'a [Diary] {
        &self.history.logs
    }

    /// Where a line is, as people read it.
    fn at(&self, log: usize, line: u32) -> String {
        let log = &self.history.logs[log];
        if log.file.is_empty() {
            format!("row {line}")
        } else {
            format!("{}:{line}", log.file)
        }
    }

    /// Where the event in `row` of a log is.
    fn at_row(&self, log: usize, row: usize) -> String {
        self.at(log, self.columns.line[row])
    }

    /// A violation at the event in `row`.
    fn event(
        &self,
        rule: Rule,
        log: usize,
        row: usize,
        expected: String,
        found: String,
    ) -> Violation {
        Violation {
            rule,
            file: self.history.logs[log].file.clone(),
            line: self.columns.line[row],
            machine_id: self.history.logs[log].machine_id,
            clock: Some(self.columns.new_clock[row] as u64),
            expected,
            found,
        }
    }

    /// A violation at a line that is no event.
    fn line(
        &self,
        rule: Rule,
        log: usize,
        line: u32,
        expected: String,
        found: String,
    ) -> Violation {
        Violation {
            rule,
            file: self.history.logs[log].file.clone(),
            line,
            machine_id: self.history.logs[log].machine_id,
            clock: None,
            expected,
            found,
        }
    }

    /// What the event in `row` is, in few words.
    fn kind(&self, row: usize) -> &'static str {
        self.columns.event[row].name()
    }

    /// The sender and the timestamp of what was received in `row`, as far as the log tells.
    fn message(&self, row: usize) -> (Option<u64>, Option<i64>) {
        self.columns.message(row)
    }

    /// Says once what cannot be checked of whole logs.
    fn limits(&self, report: &mut Report, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        for (place, log) in self.logs().iter().enumerate() {
            let name = if log.file.is_empty() {
                format!("machine {}", log.machine_id)
            } else {
                log.file.clone()
            };
            if let Some(line) = log.torn {
                report.unchecked(format!(
                    "{name}:{line}: the last line has no newline and is not counted"
                ));
            }
            if self.history.is_table {
                // Said once for all.
            } else if log.is_base(self.columns) {
                report.unchecked(format!(
                    "{name}: base fields only, no STARTUP and no END: final clock and conservation are not checked"
                ));
            } else if self.ends[place].is_none() {
                report.unchecked(format!(
                    "{name}: no END: the machine was killed or still runs, or its last lines are missing; final clock and conservation are not checked"
                ));
            }
            let mut nameless = 0;
            for row in log.rows.clone() {
                checkpoint.row()?;
                let is_receive = self.columns.event[row].receives();
                nameless += u64::from(is_receive && self.columns.sent_clock[row] == UNKNOWN);
            }
            if nameless > 0 {
                report.unchecked(format!(
                    "{name}: {nameless} RECEIVE events do not say which message was received: match, clock condition, exactness, fifo and time are not checked for them"
                ));
            }
        }
        let unknown: u64 = self.unknown.iter().sum();
        if unknown > 0 {
            let logs = self.logs().iter().zip(&self.unknown);
            let ids = logs.filter(|(_, count)| **count > 0);
            let ids: Vec<u64> = ids.map(|(log, _)| log.machine_id).collect();
            report.unchecked(format!(
                "{unknown} SENDs of machines {} do not tell all their recipients: that none of those messages was skipped is not checked",
                few(&ids)
            ));
        }
        if self.history.is_table {
            let ends = self.ends.iter().flatten().count();
            let more = if ends < self.ends.len() {
                ", nor final clocks and conservation, which need END"
            } else {
                ""
            };
            report.unchecked(format!(
                "a table has no lines: STARTUP, CONNECT and the order of lines are not checked{more}"
            ));
        }
        Ok(())
    }
}

impl Diary {
    /// Whether the log holds base fields only.
    fn is_base(&self, columns: &Columns) -> bool {
        self.marks.is_empty()
            && self
                .rows
                .clone()
                .all(|row| columns.sent_clock[row] == UNKNOWN)
    }

    /// Whether its clock is known to start from 0.
    fn starts_from_zero(&self, columns: &Columns) -> bool {
        match self.startups().next() {
            Some((_, start)) => start.local_clock == 0,
            None => self.rows.is_empty() || columns.old_clock[self.rows.start] == 0,
        }
    }
}

/// The END of a log.
fn end(log: &Diary) -> Option<(&Mark, &End)> {
    log.marks.iter().rev().find_map(|mark| match &mark.note {
        Note::End(end) => Some((mark, end.as_ref())),
        _ => None,
    })
}
