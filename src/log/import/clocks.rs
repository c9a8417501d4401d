//! The clocks that a table does not tell but its rows prove.

use std::collections::BTreeMap;

use crate::log::columns::Columns;

/// Each event's clock before: that after the event before on its machine, 0 at first.
pub(super) fn old_clocks(columns: &Columns) -> Vec<i64> {
    let mut last = BTreeMap::new();
    let events = columns.machine_id.iter().zip(&columns.new_clock);
    events
        .map(|(&machine, &clock)| last.insert(machine, clock).unwrap_or(0))
        .collect()
}
