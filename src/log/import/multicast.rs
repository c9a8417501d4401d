//! Multicasts of which a log has a row for each recipient.

use std::collections::BTreeMap;

use super::machine_index::MachineIndex;
use super::rows::Rows;
use super::table::Lists;
use crate::log::columns::UNKNOWN;

/// Makes one SEND of consecutive SENDs of a machine with one clock and different recipients, and returns how many rows went.
///
/// No other history has such rows, as an event moves the clock. Without clocks nothing is merged, nor where a recipient is
/// not known, unless that is declared.
pub(super) fn merge(rows: &mut Rows, index: &mut MachineIndex, is_declared: bool) -> usize {
    let columns = &rows.columns;
    // By machine, the SEND that stood there last.
    let mut last: Vec<Option<usize>> = vec![None; index.ids.len()];
    // Which row a row joins.
    let mut joins: Vec<(usize, usize)> = Vec::new();
    for row in 0..rows.len() {
        let last = &mut last[index.places[row] as usize];
        if !columns.event[row].sends() {
            *last = None;
            continue;
        }
        match *last {
            Some(first) if is_same(rows, first, row) => joins.push((first, row)),
            _ => *last = Some(row),
        }
    }
    if joins.is_empty() {
        return 0;
    }
    let Some(given) = &rows.recipients else {
        return 0;
    };
    // Each may join only where its recipients are others than those before.
    joins.sort_unstable();
    let mut lists: Vec<(usize, Vec<i64>)> = Vec::new();
    let mut gone = vec![false; rows.len()];
    let mut refused = usize::MAX;
    // The message of a row that goes, and that of the row it joins.
    let mut other_numbers: BTreeMap<i64, i64> = BTreeMap::new();
    for (first, row) in joins {
        if lists.last().is_none_or(|(known, _)| *known != first) {
            lists.push((first, given.of(first).to_vec()));
        }
        let Some((_, list)) = lists.last_mut() else {
            continue;
        };
        let more = given.of(row);
        let is_new = |id: &i64| *id >= 0 && !list.contains(id) || is_declared && *id == UNKNOWN;
        if refused == first
            || more.is_empty()
            || !more.iter().all(is_new)
            || !is_declared && list.contains(&UNKNOWN)
        {
            // From here on they are what they say: events whose clock does not move.
            refused = first;
            continue;
        }
        list.extend_from_slice(more);
        gone[row] = true;
        if let Some(messages) = &rows.messages {
            other_numbers.insert(messages[row], messages[first]);
        }
    }
    let count = gone.iter().filter(|&&is_gone| is_gone).count();
    if count == 0 {
        return 0;
    }
    let mut whole = Lists::default();
    let mut merged = lists.into_iter().peekable();
    for row in 0..rows.len() {
        match merged.next_if(|&(first, _)| first == row) {
            Some((_, list)) => whole.push(list),
            None => whole.push(given.of(row).iter().copied()),
        }
    }
    rows.recipients = Some(whole);
    for message in rows.messages.iter_mut().flatten() {
        *message = other_numbers.get(message).copied().unwrap_or(*message);
    }
    let order: Vec<usize> = (0..rows.len()).filter(|&row| !gone[row]).collect();
    rows.take(&order);
    index.places = order.iter().map(|&row| index.places[row]).collect();
    count
}

/// Whether two rows tell one clock.
fn is_same(rows: &Rows, first: usize, row: usize) -> bool {
    let columns = &rows.columns;
    let same = |values: &[i64]| values[first] == values[row];
    let known = |values: &[i64]| values[first] != UNKNOWN;
    same(&columns.new_clock)
        && same(&columns.old_clock)
        && (known(&columns.new_clock) || known(&columns.old_clock))
        && same(&columns.sent_clock)
}
