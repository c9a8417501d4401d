//! Whether logs are a possible history, and if not, which line breaks which rule.
//!
//! Every rule is a pass over the logs in their own order, linear in their length. A table is checked
//! as far as its columns go; what could not be checked is said.

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

use super::ids::Ids;
use crate::error::{Error, Result};
use crate::log::columns::{Columns, RECEIVE, UNKNOWN};
use crate::log::history::{Diary, History, Mark, Note};
use crate::log::parse::End;
use report::{Report, Rule, Violation};

/// What a caller decides.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How far the clocks of two hosts may differ, in seconds, if that is known.
    pub clock_uncertainty: Option<f64>,
    /// How many violations are listed; all are counted.
    pub most: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock_uncertainty: None,
            most: 1000,
        }
    }
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
    let case = Case {
        history,
        columns: &history.columns,
        ids: Ids::new(history.logs.iter().map(|log| log.machine_id).collect()),
        has_unknown: history.columns.recipients.contains(&UNKNOWN),
    };
    let mut report = Report::new(options.most);
    let mut pause = || {
        if go_on() {
            Ok(())
        } else {
            Err(Error::state("verification was interrupted"))
        }
    };
    case.limits(&mut report, &mut pause)?;
    structure::check(&case, &mut report, &mut pause)?;
    step::check(&case, &mut report, &mut pause)?;
    let matched = matching::check(&case, options, &mut report, &mut pause)?;
    exactness::check(&case, &matched, &mut report, &mut pause)?;
    queue::check(&case, &mut report, &mut pause)?;
    report.finish();
    Ok(report)
}

/// What every rule looks at.
struct Case<'a> {
    history: &'a History,
    columns: &'a Columns,
    ids: Ids,
    /// Whether a recipient of some SEND is not known.
    has_unknown: bool,
}

/// Asked now and then whether to go on.
type Pause<'a> = dyn FnMut() -> Result<()> + 'a;

/// So many rows are looked at between two pauses.
const ROWS_PER_PAUSE: usize = 1 << 15;

/// Pauses at some rows.
#[inline]
fn rest(row: usize, pause: &mut Pause<'_>) -> Result<()> {
    if row.is_multiple_of(ROWS_PER_PAUSE) {
        return pause();
    }
    Ok(())
}

impl<'a> Case<'a> {
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
        ["SEND", "RECEIVE", "INTERNAL"][self.columns.event[row].clamp(0, 2) as usize]
    }

    /// The sender and the timestamp of what was received in `row`, as far as the log tells.
    fn message(&self, row: usize) -> (Option<u64>, Option<i64>) {
        let known = |value: f64| (!value.is_nan()).then_some(value);
        (
            known(self.columns.sender[row]).map(|id| id as u64),
            known(self.columns.sent_clock[row]).map(|clock| clock as i64),
        )
    }

    /// Says once what cannot be checked of whole logs.
    fn limits(&self, report: &mut Report, pause: &mut Pause<'_>) -> Result<()> {
        for log in self.logs() {
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
            if log.is_base(self.columns) && !self.history.is_table {
                report.unchecked(format!(
                    "{name}: base fields only: no STARTUP, no END, and receipts do not name their message"
                ));
            } else if end(log).is_none() {
                report.unchecked(format!(
                    "{name}: no END: the machine was killed or still runs, or its last lines are missing; final clock, conservation and the upper bound of queue_len are not checked"
                ));
            }
            let mut nameless = 0;
            for row in log.rows.clone() {
                rest(row, pause)?;
                let is_receive = self.columns.event[row] == RECEIVE;
                nameless += u64::from(is_receive && self.columns.sent_clock[row].is_nan());
            }
            if nameless > 0 {
                report.unchecked(format!(
                    "{name}: {nameless} RECEIVE events do not say which message was received: match, clock condition, exactness, fifo and time are not checked for them"
                ));
            }
        }
        if self.history.is_table {
            report.unchecked(
                "a table has no lines: STARTUP, CONNECT and the order of lines are not checked"
                    .into(),
            );
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
                .all(|row| columns.sent_clock[row].is_nan())
    }

    fn startups(&self) -> impl Iterator<Item = (&Mark, &crate::log::history::Start)> {
        self.marks.iter().filter_map(|mark| match &mark.note {
            Note::Startup(start) => Some((mark, start.as_ref())),
            _ => None,
        })
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
