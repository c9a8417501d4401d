//! The logs to verify, and what every rule asks of them.

use super::report::{Rule, Violation};
use crate::causality::checkpoint::Checkpoint;
use crate::causality::ids::Ids;
use crate::causality::matching::{Cover, LoggedReceipt, MessageLog, stamp};
use crate::error::Result;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::history::{History, LogHistory, Mark, Note, Skipped};
use crate::log::line::End;

/// Stands where there is no row.
pub(super) const NONE: u32 = u32::MAX;

/// What every rule looks at.
pub(super) struct Case<'a> {
    pub(super) history: &'a History,
    pub(super) columns: &'a Columns,
    pub(super) ids: Ids,
    /// By log, how many SENDs do not tell all their recipients.
    pub(super) unknown: Vec<u64>,
    /// By log, the receipts that may be of any channel.
    pub(super) vague: Vec<Vague>,
    /// By log, its END.
    pub(super) ends: Vec<Option<(&'a Mark, &'a End)>>,
}

impl<'a> Case<'a> {
    pub(super) fn new(history: &'a History) -> Self {
        let columns = &history.columns;
        let unknown = if columns.recipients.contains(&UNKNOWN) {
            let is_unknown = |&row: &usize| columns.recipients(row).contains(&UNKNOWN);
            let count = |log: &LogHistory| log.rows.clone().filter(is_unknown).count() as u64;
            history.logs.iter().map(count).collect()
        } else {
            vec![0; history.logs.len()]
        };
        Self {
            history,
            columns,
            ids: Ids::new(history.logs.iter().map(|log| log.machine_id).collect()),
            unknown,
            vague: history
                .logs
                .iter()
                .map(|log| Vague::of(log, columns))
                .collect(),
            ends: history.logs.iter().map(end).collect(),
        }
    }

    pub(super) fn logs(&self) -> &'a [LogHistory] {
        &self.history.logs
    }

    /// Between which clocks of a log lines are missing, all gaps taken as one.
    fn gap(&self, log: &LogHistory) -> Option<(i64, i64)> {
        let clocks = |lines: &Skipped| {
            let at = |row: usize| log.rows.contains(&row).then_some(row);
            let before = lines.row.checked_sub(1).and_then(at);
            let before = before.map_or(i64::MIN, |row| self.columns.new_clock[row]);
            let after = at(lines.row).map_or(i64::MAX, |row| self.columns.old_clock[row]);
            (before, after)
        };
        log.gaps
            .iter()
            .map(clocks)
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Whether some SEND does not tell all its recipients.
    pub(super) fn has_unknown(&self) -> bool {
        self.unknown.iter().any(|&count| count > 0)
    }

    /// Where a line is, as people read it.
    pub(super) fn at(&self, log: usize, line: u32) -> String {
        let log = &self.history.logs[log];
        if log.file.is_empty() {
            format!("row {line}")
        } else {
            format!("{}:{line}", log.file)
        }
    }

    /// Where the event in `row` of a log is.
    pub(super) fn at_row(&self, log: usize, row: usize) -> String {
        self.at(log, self.columns.line[row])
    }

    /// A violation at the event in `row`.
    pub(super) fn event(
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

    /// A violation at a line that is not an event.
    pub(super) fn line(
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

    /// Where a receipt of a log is.
    pub(super) fn at_receipt(&self, log: usize, receipt: LoggedReceipt) -> String {
        match receipt.at.checked_sub(self.columns.len()) {
            None => self.at_row(log, receipt.at),
            Some(mark) => self.at(log, self.logs()[log].marks[mark].line),
        }
    }

    /// A violation at a receipt, which stands in `log`.
    pub(super) fn receipt(
        &self,
        (rule, log): (Rule, usize),
        receipt: LoggedReceipt,
        expected: String,
        found: String,
    ) -> Violation {
        match receipt.at.checked_sub(self.columns.len()) {
            None => self.event(rule, log, receipt.at, expected, found),
            Some(mark) => {
                let line = self.logs()[log].marks[mark].line;
                self.line(rule, log, line, expected, found)
            }
        }
    }

    /// What the event in `row` is, in few words.
    pub(super) fn kind(&self, row: usize) -> &'static str {
        self.columns.event[row].name()
    }
}

/// The receipts of a log that do not name their message, and were not delivered by hand as far as it tells.
#[derive(Debug, Default)]
pub(super) struct Vague {
    /// Those that do not tell the timestamp.
    pub(super) blind: u64,
    /// The timestamps of those that tell no sender, in order.
    clocks: Vec<i64>,
}

impl Vague {
    fn of(log: &LogHistory, columns: &Columns) -> Self {
        let mut vague = Self::default();
        for row in log.rows.clone() {
            if !columns.event[row].receives() || columns.by_hand[row] {
                continue;
            }
            if columns.sent_clock[row] == UNKNOWN {
                vague.blind += 1;
            } else if columns.sender[row] == UNKNOWN {
                vague.clocks.push(columns.sent_clock[row]);
            }
        }
        for mark in &log.marks {
            if let Note::Unread {
                sender: None,
                sent_clock,
                ..
            } = mark.note
            {
                vague.clocks.push(sent_clock as i64);
            }
        }
        vague.clocks.sort_unstable();
        vague
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.blind + self.clocks.len() as u64
    }

    /// Whether one of them may be of the message with this timestamp.
    pub(super) fn may_be(&self, clock: i64) -> bool {
        self.blind > 0 || self.clocks.binary_search(&clock).is_ok()
    }
}

/// A SEND is numbered by its row; an UNREAD message by its mark, from the number of rows on.
impl MessageLog for Case<'_> {
    fn ids(&self) -> &Ids {
        &self.ids
    }

    fn clocks(&self) -> &[i64] {
        &self.columns.new_clock
    }

    /// What came after the last event is not told, unless END says that nothing did.
    fn cover(&self, log: usize) -> Cover {
        let history = &self.logs()[log];
        let first = match history.startups().next() {
            Some((_, start)) => Some(start.local_clock as i64),
            None => self.columns.old_clock[history.rows.clone()]
                .first()
                .copied(),
        };
        let last = self.columns.new_clock[history.rows.clone()].last().copied();
        Cover {
            begins: first.unwrap_or(0) == 0,
            from: first.unwrap_or(0),
            to: last.unwrap_or(i64::MIN),
            is_ended: self.ends[log].is_some(),
            gaps: self.gap(history).into_iter().collect(),
        }
    }

    fn sends(
        &self,
        log: usize,
        checkpoint: &mut Checkpoint<'_>,
        mut each: impl FnMut(Option<u64>, u32),
    ) -> Result<()> {
        for row in self.logs()[log].rows.clone() {
            checkpoint.row()?;
            if !self.columns.event[row].sends() {
                continue;
            }
            for &id in self.columns.recipients(row) {
                each((id != UNKNOWN).then_some(id as u64), row as u32);
            }
        }
        Ok(())
    }

    fn receipts(
        &self,
        log: usize,
        checkpoint: &mut Checkpoint<'_>,
        mut each: impl FnMut(u64, LoggedReceipt),
    ) -> Result<()> {
        let columns = self.columns;
        for row in self.logs()[log].rows.clone() {
            checkpoint.row()?;
            if columns.event[row].receives()
                && let Some((sender, clock)) = stamp(columns, row)
            {
                each(sender, LoggedReceipt { clock, at: row });
            }
        }
        for (number, mark) in self.logs()[log].marks.iter().enumerate() {
            if let Note::Unread {
                sender: Some(sender),
                sent_clock,
                ..
            } = mark.note
            {
                let (clock, at) = (sent_clock as i64, columns.len() + number);
                each(sender, LoggedReceipt { clock, at });
            }
        }
        Ok(())
    }
}

impl LogHistory {
    /// Whether the log holds base fields only.
    pub(super) fn is_base(&self, columns: &Columns) -> bool {
        self.marks.is_empty()
            && self
                .rows
                .clone()
                .all(|row| columns.sent_clock[row] == UNKNOWN)
    }
}

/// The END of a log.
fn end(log: &LogHistory) -> Option<(&Mark, &End)> {
    log.marks.iter().rev().find_map(|mark| match &mark.note {
        Note::End(end) => Some((mark, end.as_ref())),
        _ => None,
    })
}
