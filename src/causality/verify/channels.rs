//! The messages of each ordered pair of machines, as sent and as received.

use std::ops::Range;

use super::report::{Report, Rule, Violation};
use super::{Case, Checkpoint};
use crate::error::Result;
use crate::log::columns::UNKNOWN;
use crate::log::history::Note;

/// Items grouped by a pair of places, the first of which is the log they come from.
pub(super) struct Groups<T> {
    pub(super) items: Vec<T>,
    /// The other place and where its items are; sorted within each log.
    pub(super) spans: Vec<(usize, Range<usize>)>,
    /// Where the spans of each log begin, and at last where all end.
    pub(super) firsts: Vec<usize>,
}

/// A receipt: an event, or a message left in the queue.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Receipt {
    pub(super) clock: i64,
    /// The row of the RECEIVE; from the number of rows on, that many marks into the log.
    pub(super) at: usize,
}

impl Receipt {
    /// A violation at the receipt, which stands in `log`.
    pub(super) fn violation(
        self,
        case: &Case<'_>,
        (rule, log): (Rule, usize),
        expected: String,
        found: String,
    ) -> Violation {
        match self.at.checked_sub(case.columns.len()) {
            None => case.event(rule, log, self.at, expected, found),
            Some(mark) => {
                let line = case.logs()[log].marks[mark].line;
                case.line(rule, log, line, expected, found)
            }
        }
    }

    /// Where it stands, as people read it.
    pub(super) fn place(self, case: &Case<'_>, log: usize) -> String {
        match self.at.checked_sub(case.columns.len()) {
            None => case.at_row(log, self.at),
            Some(mark) => case.at(log, case.logs()[log].marks[mark].line),
        }
    }

    /// Checks of a receipt whose send is not here that it comes after `newest`, the newest of its
    /// sender so far: each message once, in order.
    pub(super) fn follows(
        self,
        case: &Case<'_>,
        (sender, log): (u64, usize),
        newest: &mut i64,
        report: &mut Report,
    ) {
        report.checked(Rule::Match, 1);
        report.checked(Rule::Fifo, 1);
        let last = *newest;
        if self.clock <= last {
            let rule = if self.clock == last {
                Rule::Match
            } else {
                Rule::Fifo
            };
            report.add(rule, || {
                let expected = format!("a sent_clock of machine {sender} above {last}");
                let found = format!("sent_clock {}", self.clock);
                self.violation(case, (rule, log), expected, found)
            });
        }
        *newest = last.max(self.clock);
    }
}

/// Counts, then fills: linear, and in the order of the log within each group.
///
/// `each` hands over the key and the value of each item of a log.
fn group<T: Copy + Default>(
    logs: usize,
    mut each: impl FnMut(usize, &mut dyn FnMut(usize, T)) -> Result<()>,
) -> Result<Groups<T>> {
    let mut groups = Groups {
        items: Vec::new(),
        spans: Vec::new(),
        firsts: Vec::with_capacity(logs + 1),
    };
    let mut next = vec![0_usize; logs];
    let mut touched = Vec::new();
    for log in 0..logs {
        groups.firsts.push(groups.spans.len());
        touched.clear();
        each(log, &mut |key, _| {
            if next[key] == 0 {
                touched.push(key);
            }
            next[key] += 1;
        })?;
        touched.sort_unstable();
        let mut start = groups.items.len();
        for &key in &touched {
            let end = start + next[key];
            groups.spans.push((key, start..end));
            next[key] = start;
            start = end;
        }
        groups.items.resize(start, T::default());
        each(log, &mut |key, item| {
            groups.items[next[key]] = item;
            next[key] += 1;
        })?;
        for &key in &touched {
            next[key] = 0;
        }
    }
    groups.firsts.push(groups.spans.len());
    Ok(groups)
}

impl<T> Groups<T> {
    /// The spans of a log.
    pub(super) fn of(&self, log: usize) -> Range<usize> {
        self.firsts[log]..self.firsts[log + 1]
    }
}

/// The rows of the SENDs of each log, by recipient.
pub(super) fn sends(case: &Case<'_>, checkpoint: &mut Checkpoint<'_>) -> Result<Groups<u32>> {
    let columns = case.columns;
    group(case.logs().len(), |log, emit| {
        for row in case.logs()[log].rows.clone() {
            checkpoint.row()?;
            if !columns.event[row].sends() {
                continue;
            }
            for &id in columns.recipients(row) {
                if id != UNKNOWN
                    && let Some(place) = case.ids.place(id as u64)
                {
                    emit(place, row as u32);
                }
            }
        }
        Ok(())
    })
}

/// What each log says was received or left in the queue, by sender.
pub(super) fn receipts(
    case: &Case<'_>,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Groups<Receipt>> {
    let columns = case.columns;
    group(case.logs().len(), |log, emit| {
        for row in case.logs()[log].rows.clone() {
            checkpoint.row()?;
            if columns.event[row].receives()
                && let (Some(sender), Some(clock)) = case.message(row)
                && let Some(place) = case.ids.place(sender)
            {
                emit(place, Receipt { clock, at: row });
            }
        }
        for (number, mark) in case.logs()[log].marks.iter().enumerate() {
            if let Note::Unread {
                sender: Some(sender),
                sent_clock,
                ..
            } = mark.note
                && let Some(place) = case.ids.place(sender)
            {
                let at = columns.len() + number;
                emit(
                    place,
                    Receipt {
                        clock: sent_clock as i64,
                        at,
                    },
                );
            }
        }
        Ok(())
    })
}
