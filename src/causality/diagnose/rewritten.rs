//! Logs as they would be if a program's habits were not in their rows.

use std::borrow::Cow;

use super::chain::is_one_send;
use super::habit::Habit;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::history::{History, LogHistory, Note};
use crate::model::rules::{Rules, Step};

/// The logs as these habits have them read.
pub(super) fn rewritten<'a>(
    history: &'a History,
    habits: &[Habit],
    rules: &Rules,
) -> Cow<'a, History> {
    let mut seen = Cow::Borrowed(history);
    for habit in habits {
        match *habit {
            Habit::MulticastRows => join_sends(seen.to_mut()),
            Habit::ClockBefore => shift(seen.to_mut(), true, rules),
            Habit::ClockAfter => shift(seen.to_mut(), false, rules),
            Habit::Start(clock) => begin(seen.to_mut(), clock),
            Habit::QueueBefore => {
                for left in &mut seen.to_mut().columns.queue_len {
                    *left = (*left - 1).max(UNKNOWN);
                }
            }
            Habit::Stamp(_) | Habit::Receive(_) | Habit::Step(_) | Habit::DrawsAfterReceive => {}
        }
    }
    seen
}

/// Makes one SEND of those that are logged for each recipient.
fn join_sends(history: &mut History) {
    let columns = &mut history.columns;
    let is_repeated =
        |log: &LogHistory, row: usize| row > log.rows.start && is_one_send(columns, row - 1, row);
    let rows = |log: &LogHistory| log.rows.clone();
    let kept: Vec<usize> = history
        .logs
        .iter()
        .flat_map(|log| {
            rows(log)
                .filter(|&row| !is_repeated(log, row))
                .collect::<Vec<_>>()
        })
        .collect();
    // Recipients stand one after the other: those of a row that goes become those of the row before it.
    let mut starts: Vec<usize> = kept.iter().map(|&row| columns.starts[row]).collect();
    starts.push(columns.recipients.len());
    columns.reorder_values(&kept);
    columns.starts = starts;
    let place = |row: usize| kept.partition_point(|&other| other < row);
    for log in &mut history.logs {
        log.rows = place(log.rows.start)..place(log.rows.end);
        for mark in &mut log.marks {
            mark.row = place(mark.row);
        }
        for lines in log.gaps.iter_mut().chain(&mut log.blanks) {
            lines.row = place(lines.row);
        }
        count_ticks(log, &history.columns);
    }
    history.vectors = history
        .vectors
        .take()
        .map(|vectors| vectors.reordered(&kept));
    if let Some(origins) = &mut history.origins {
        origins.file = kept.iter().map(|&row| origins.file[row]).collect();
        origins.line = kept.iter().map(|&row| origins.line[row]).collect();
    }
}

/// Lets END count the events that are no longer what its ticks were counted by.
fn count_ticks(log: &mut LogHistory, columns: &Columns) {
    let events = log.rows.clone().filter(|&row| columns.is_tick(row));
    let events = events.count() as u64;
    for mark in &mut log.marks {
        if let Note::End(end) = &mut mark.note {
            end.ticks = end.ticks.map(|_| events);
        }
    }
}

/// Takes what is logged as the clock after each event for that before it, or the other way round.
fn shift(history: &mut History, is_before: bool, rules: &Rules) {
    let columns = &mut history.columns;
    let step = match rules.step {
        Step::By(step) => step,
        Step::Any => 1,
    };
    for log in &history.logs {
        let rows = log.rows.clone();
        if is_before {
            let end = log.marks.iter().find_map(|mark| match &mark.note {
                Note::End(end) => Some(end.final_clock as i64),
                _ => None,
            });
            for row in rows.clone() {
                columns.old_clock[row] = columns.new_clock[row];
                columns.new_clock[row] = if row + 1 < rows.end {
                    columns.new_clock[row + 1]
                } else if let Some(clock) = end.filter(|&clock| clock > columns.old_clock[row]) {
                    clock
                } else {
                    // Nothing tells what a last receipt made of the clock: at least this.
                    columns.old_clock[row] + step
                };
            }
        } else {
            for row in rows.clone().rev() {
                columns.new_clock[row] = columns.old_clock[row];
                columns.old_clock[row] = if row > rows.start {
                    columns.old_clock[row - 1]
                } else {
                    (columns.new_clock[row] - step).max(0)
                };
            }
        }
    }
}

/// Lets the clocks of machines that start begin here.
fn begin(history: &mut History, clock: i64) {
    for log in &mut history.logs {
        let first = log.marks.iter_mut().find_map(|mark| match &mut mark.note {
            Note::Startup(startup) => Some(startup),
            _ => None,
        });
        if let Some(startup) = first.filter(|startup| startup.local_clock == Some(0)) {
            startup.local_clock = Some(clock as u64);
        }
    }
}
