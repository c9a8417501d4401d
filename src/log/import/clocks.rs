//! The clocks that a table does not tell but its rows prove.

use super::machine_index::MachineIndex;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::log::columns::UNKNOWN;
use crate::model::rules::{Receive, Rules, Start, Step};

/// Fills in old clocks from the rows before and new clocks from the rows behind.
///
/// The old clock of a machine's first row is known only if its new one proves that nothing came before. Returns the rows
/// that have to go: nobody tells the clock after the last event of a machine, or before a row that cannot be read,
/// which `is_behind` has the rows behind.
pub(super) fn fill(
    rows: &mut Rows,
    index: &MachineIndex,
    is_behind: &[bool],
    rules: &Rules,
) -> Result<Vec<usize>> {
    let mut gone = Vec::new();
    let is_behind = |row: usize| is_behind.get(row) == Some(&true);
    let is_known = |clocks: &[i64]| !clocks.contains(&UNKNOWN);
    if is_known(&rows.columns.new_clock) {
        if !is_known(&rows.columns.old_clock) {
            old_clocks(rows, index, is_behind, rules);
        }
        return Ok(gone);
    }
    // From the last row to the first: the row behind tells the clock after.
    let mut after: Vec<i64> = vec![UNKNOWN; index.ids.len()];
    for row in (0..rows.len()).rev() {
        let place = index.places[row] as usize;
        let columns = &mut rows.columns;
        if columns.new_clock[row] == UNKNOWN {
            columns.new_clock[row] = after[place];
        }
        after[place] = if is_behind(row) {
            UNKNOWN
        } else {
            columns.old_clock[row]
        };
    }
    // What is left follows by the rules, or not at all.
    let mut before = vec![UNKNOWN; index.ids.len()];
    for row in 0..rows.len() {
        let place = index.places[row] as usize;
        if rows.columns.old_clock[row] == UNKNOWN && !is_behind(row) {
            rows.columns.old_clock[row] = before[place];
        }
        if rows.columns.new_clock[row] == UNKNOWN {
            rows.columns.new_clock[row] = by_rules(rows, row, rules).unwrap_or(UNKNOWN);
        }
        before[place] = rows.columns.new_clock[row];
    }
    let mut is_last = vec![true; index.ids.len()];
    for row in (0..rows.len()).rev() {
        let place = index.places[row] as usize;
        if rows.columns.new_clock[row] == UNKNOWN {
            if !is_last[place] {
                return Err(Error::invalid(format!(
                    "{}: neither this row nor the next of its machine tells the clock after this event",
                    rows.place(row)
                )));
            }
            gone.push(row);
        } else {
            is_last[place] = false;
        }
        is_last[place] |= is_behind(row);
    }
    gone.reverse();
    old_clocks(rows, index, is_behind, rules);
    Ok(gone)
}

/// The clock after an event that the rules leave no choice.
fn by_rules(rows: &Rows, row: usize, rules: &Rules) -> Option<i64> {
    let columns = &rows.columns;
    let (old, Step::By(step)) = (columns.old_clock[row], rules.step) else {
        return None;
    };
    if old == UNKNOWN {
        return None;
    }
    match (columns.event[row].receives(), columns.sent_clock[row]) {
        (true, UNKNOWN) => None,
        (true, timestamp) => Some(rules.receive.of(old, timestamp, step)),
        (false, _) => Some(old + step),
    }
}

/// Fills in each event's clock before: that after the event before on its machine.
fn old_clocks(
    rows: &mut Rows,
    index: &MachineIndex,
    is_behind: impl Fn(usize) -> bool,
    rules: &Rules,
) {
    let first = first_clock(rules);
    let step = step(rules);
    let mut last = vec![UNKNOWN; index.ids.len()];
    let columns = &mut rows.columns;
    for (row, &place) in index.places.iter().enumerate() {
        let last = &mut last[place as usize];
        if is_behind(row) {
            *last = UNKNOWN;
        }
        if columns.old_clock[row] == UNKNOWN {
            let new = columns.new_clock[row];
            // A receipt that moves the clock to its timestamp alone proves nothing.
            let is_moved = rules.receive != Receive::Max || !columns.event[row].receives();
            columns.old_clock[row] = match (*last, first) {
                (UNKNOWN, Some(first)) if new == first + step && is_moved => first,
                (last, _) => last,
            };
        }
        *last = columns.new_clock[row];
    }
}

/// Where clocks begin, if that is known.
pub(super) fn first_clock(rules: &Rules) -> Option<i64> {
    match rules.start {
        Start::Proved => Some(0),
        Start::At(clock) => Some(clock),
        Start::Any => None,
    }
}

/// By how much an event moves the clock at least.
pub(super) fn step(rules: &Rules) -> i64 {
    match rules.step {
        Step::By(step) => step,
        Step::Any => 1,
    }
}
