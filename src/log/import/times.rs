//! When the events of a table happened, since the first of them.

use crate::log::columns::Columns;

/// Times from here on, in seconds, are not since the start of a run.
const SINCE_START: f64 = 1e8;

/// Makes of the times that a table gives both that there are; without any, rows are a second apart.
pub(super) fn fill(columns: &mut Columns) {
    match (columns.time.is_empty(), columns.system_time.is_empty()) {
        (false, false) => {}
        (false, true) => columns.system_time.clone_from(&columns.time),
        (true, false) => columns.time.clone_from(&columns.system_time),
        (true, true) => {
            columns.time = (0..columns.len()).map(|row| row as f64).collect();
            columns.system_time.clone_from(&columns.time);
        }
    }
}

/// Lets times of day start with the first event; those since the start stay as they are.
pub(super) fn since_start(columns: &mut Columns) {
    let first = columns.time.iter().copied().fold(f64::INFINITY, f64::min);
    if first.abs() > SINCE_START {
        for time in columns.time.iter_mut().chain(&mut columns.arrived) {
            *time = ((*time - first) * 1e6).round() / 1e6;
        }
    }
}
