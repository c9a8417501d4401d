//! To whom the SENDs of a table went.

use super::table::{Lists, OTHERS};
use crate::log::columns::{Columns, UNKNOWN};

/// Puts the recipients of each SEND into the columns: those that are given, else those that received it.
pub(super) fn fill(columns: &mut Columns, given: Option<Lists>) {
    let lists = given.unwrap_or_else(|| receivers(columns));
    for row in 0..columns.len() {
        columns.starts.push(columns.recipients.len());
        if columns.event[row].sends() {
            columns.recipients.extend_from_slice(lists.of(row));
        }
    }
    columns.starts.push(columns.recipients.len());
    debug_assert!(columns.recipients.iter().all(|&id| id > OTHERS));
}

/// For each SEND the machines that received it, or one unknown recipient if none did.
fn receivers(columns: &Columns) -> Lists {
    let receipt = |row: usize| {
        let (sender, sent_clock) = columns.message(row);
        let key = (sender? as i64, sent_clock?, columns.machine_id[row]);
        columns.event[row].receives().then_some(key)
    };
    let mut receipts: Vec<_> = (0..columns.len()).filter_map(receipt).collect();
    receipts.sort_unstable();
    receipts.dedup();
    let mut lists = Lists::default();
    for row in 0..columns.len() {
        if !columns.event[row].sends() {
            lists.push([]);
            continue;
        }
        let key = (columns.machine_id[row], columns.new_clock[row]);
        let first = receipts.partition_point(|&(sender, clock, _)| (sender, clock) < key);
        let same = receipts[first..]
            .iter()
            .take_while(|&&(sender, clock, _)| (sender, clock) == key);
        let known = lists.values.len();
        lists.values.extend(same.map(|&(.., recipient)| recipient));
        if lists.values.len() == known {
            lists.values.push(UNKNOWN);
        }
        lists.starts.push(lists.values.len());
    }
    lists
}
