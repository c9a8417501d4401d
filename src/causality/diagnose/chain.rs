//! The events of each machine one after the other, as far as nothing is missing between them.

use super::habit::{Habit, is_next_to_nothing};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::history::{History, LogHistory};

/// Calls `each` with every row of a log, and whether the row before it is the event before it.
pub(super) fn each_row(
    log: &LogHistory,
    checkpoint: &mut Checkpoint<'_>,
    mut each: impl FnMut(usize, bool),
) -> Result<()> {
    let starts = log.startups().map(|(mark, _)| mark.row);
    let mut breaks: Vec<usize> = starts
        .chain(log.gaps.iter().map(|lines| lines.row))
        .collect();
    breaks.sort_unstable();
    let mut breaks = breaks.into_iter().peekable();
    for row in log.rows.clone() {
        checkpoint.row()?;
        let mut follows = row > log.rows.start;
        while breaks.next_if(|&at| at <= row).is_some() {
            follows = false;
        }
        each(row, follows);
    }
    Ok(())
}

/// Whether two rows are one SEND, which is logged for each recipient; the first is right before the other.
pub(super) fn is_one_send(columns: &Columns, first: usize, other: usize) -> bool {
    let sends = |row: usize| columns.event[row].sends();
    let (old, new) = (&columns.old_clock, &columns.new_clock);
    let others = columns.recipients(other);
    sends(first)
        && sends(other)
        && new[first] == new[other]
        // Without a column of old clocks, it is the clock of the row before.
        && (old[other] == old[first] || old[other] == new[first])
        && !columns
            .recipients(first)
            .iter()
            .any(|id| *id != UNKNOWN && others.contains(id))
}

/// Whether SENDs to several machines stand there once for each.
pub(super) fn multicast_rows(
    history: &History,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Option<Habit>> {
    let columns = &history.columns;
    // Rows of one SEND; SENDs that do not move the clock otherwise.
    let (mut repeated, mut still) = (0, 0);
    for log in &history.logs {
        each_row(log, checkpoint, |row, follows| {
            if !columns.event[row].sends() {
                return;
            }
            if follows && is_one_send(columns, row - 1, row) {
                repeated += 1;
            } else if columns.new_clock[row] <= columns.old_clock[row] {
                still += 1;
            }
        })?;
    }
    let is_so = repeated > 0 && is_next_to_nothing(still, repeated);
    Ok(is_so.then_some(Habit::MulticastRows))
}
