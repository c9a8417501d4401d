//! The logs to verify, and what every rule asks of them.

use super::report::{Rule, Violation};
use super::survey::{self, Survey};
use super::vague::Vague;
use crate::causality::checkpoint::Checkpoint;
use crate::causality::ids::Ids;
use crate::causality::matching::{
    Completed, Cover, Evidence, How, LoggedReceipt, MessageLog, stamp_of,
};
use crate::causality::resolution::Resolution;
use crate::error::Result;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::history::{History, LogHistory, Mark, Note};
use crate::log::line::End;
use crate::model::rules::{Paced, Rules};

/// Stands where there is no row.
pub(super) const NONE: u32 = u32::MAX;

/// What every rule looks at.
pub(super) struct Case<'a> {
    pub(super) history: &'a History,
    pub(super) columns: &'a Columns,
    pub(super) rules: &'a Rules,
    pub(super) ids: &'a Ids,
    /// What was received in each row, as far as it is logged or can only have been one way.
    pub(super) completed: &'a Completed<'a>,
    /// What the logs tell of messages, unless each receipt tells its own and no line is missing.
    pub(super) evidence: Option<&'a Evidence<'a>>,
    /// By log, which clocks it covers.
    pub(super) covers: Vec<Cover>,
    /// By log, in what steps it tells times.
    pub(super) resolutions: Vec<Resolution>,
    /// By log, how many receipts came over channels.
    pub(super) received: &'a [u64],
    /// By log, how many SENDs do not tell all their recipients.
    pub(super) unknown: Vec<u64>,
    /// By log, the receipts that may be of any channel.
    pub(super) vague: Vec<Vague>,
    /// By log, its END.
    pub(super) ends: Vec<Option<(&'a Mark, &'a End)>>,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        (history, rules): (&'a History, &'a Rules),
        survey: &'a Survey,
        evidence: Option<&'a Evidence<'a>>,
        completed: &'a Completed<'a>,
    ) -> Self {
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
            rules,
            ids: &survey.ids,
            completed,
            evidence,
            covers: survey.covers(columns, evidence),
            resolutions: history
                .logs
                .iter()
                .map(|log| Resolution::of(log, columns, history.resolution * 1e6))
                .collect(),
            received: &survey.received,
            unknown,
            vague: survey::vague(history, survey, completed),
            ends: history.logs.iter().map(end).collect(),
        }
    }

    pub(super) fn logs(&self) -> &'a [LogHistory] {
        &self.history.logs
    }

    /// Whether lines of a log are missing after its first.
    pub(super) fn is_holed(&self, log: usize) -> bool {
        self.logs()[log].has_gap() || !self.covers[log].gaps.is_empty()
    }

    /// Whether lines of a log may be missing before a receipt, after its first line: without END nothing tells that what was
    /// left unread comes right after the last event.
    pub(super) fn may_lack_lines_before(&self, log: usize, receipt: LoggedReceipt) -> bool {
        let is_unread = receipt.at >= self.columns.len();
        self.is_holed(log) || is_unread && self.ends[log].is_none()
    }

    /// What is the matter with lines of a log that is holed, in words.
    pub(super) fn lack(&self, log: usize) -> &'static str {
        if self.logs()[log].has_gap() {
            "cannot be read"
        } else {
            "are missing"
        }
    }

    /// Whether a log tells all that its machine did up to its last line.
    pub(super) fn is_whole(&self, log: usize) -> bool {
        self.covers[log].begins && !self.is_holed(log)
    }

    /// Whether a machine empties its queue before anything else and ticks at its rate, by its log or by the rules.
    pub(super) fn is_paced(&self, log: usize) -> bool {
        match self.rules.pace {
            Paced::Kept => true,
            Paced::Free => false,
            Paced::Log => self.logs()[log]
                .startups()
                .any(|(_, start)| start.clock_rate.is_some()),
        }
    }

    /// Whether each receipt tells its message, and each event has the clock of the one before.
    pub(super) fn is_plain(&self) -> bool {
        self.evidence.is_none()
    }

    /// The clock before the event in `row` of a log, if it is known.
    #[inline]
    pub(super) fn old(&self, log: usize, row: usize) -> Option<i64> {
        match self.columns.old_clock[row] {
            UNKNOWN => self
                .evidence
                .and_then(|evidence| evidence.old(log, row - self.logs()[log].rows.start)),
            old => Some(old),
        }
    }

    /// Whether a log ends in a line that tells what is left in its queue and at its peers.
    pub(super) fn tells_queue(&self, log: usize) -> bool {
        self.ends[log].is_some_and(|(_, end)| end.queue_len.is_some())
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
            let (file, line) = log.place(line);
            format!("{file}:{line}")
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
        let (file, line) = self.history.logs[log].place(self.columns.line[row]);
        Violation {
            rule,
            file: file.to_owned(),
            line,
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
        let (file, line) = self.history.logs[log].place(line);
        Violation {
            rule,
            file: file.to_owned(),
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

/// A SEND is numbered by its row; an UNREAD message by its mark, from the number of rows on.
impl MessageLog for Case<'_> {
    fn ids(&self) -> &Ids {
        self.ids
    }

    fn clocks(&self) -> &[i64] {
        &self.completed.stamps
    }

    /// By timestamps, which are those of the clocks less what lies between the clock of a SEND and its stamp.
    fn cover(&self, log: usize) -> Cover {
        let mut cover = self.covers[log].clone();
        let ahead = self.rules.clock_of(0);
        cover.from = cover.from.saturating_sub(ahead);
        cover.to = cover.to.saturating_sub(ahead);
        for gap in &mut cover.gaps {
            *gap = (gap.0.saturating_sub(ahead), gap.1.saturating_sub(ahead));
        }
        cover
    }

    fn sends(
        &self,
        log: usize,
        checkpoint: &mut Checkpoint<'_>,
        mut each: impl FnMut(Option<u64>, u32),
    ) -> Result<()> {
        checkpoint.rows(self.logs()[log].rows.clone(), |rows| {
            for (row, kind) in rows.clone().zip(&self.columns.event[rows]) {
                if !kind.sends() {
                    continue;
                }
                for &id in self.columns.recipients(row) {
                    each((id != UNKNOWN).then_some(id as u64), row as u32);
                }
            }
        })
    }

    fn receipts(
        &self,
        log: usize,
        checkpoint: &mut Checkpoint<'_>,
        mut each: impl FnMut(u64, LoggedReceipt),
    ) -> Result<()> {
        let columns = self.columns;
        let (senders, clocks) = (&*self.completed.sender, &*self.completed.sent_clock);
        checkpoint.rows(self.logs()[log].rows.clone(), |rows| {
            for (row, kind) in rows.clone().zip(&columns.event[rows]) {
                if kind.receives()
                    && let Some((sender, clock)) =
                        stamp_of(senders[row], clocks[row], columns.by_hand[row])
                    // What follows from a jump and has no SEND is judged by the rule of jumps.
                    && (columns.sent_clock[row] != UNKNOWN || self.completed.how(row) != How::None)
                {
                    each(sender, LoggedReceipt { clock, at: row });
                }
            }
        })?;
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
