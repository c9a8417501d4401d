//! Where something may be missing among the events of a table: rows that cannot be read are of some machine.

use super::machine_index::MachineIndex;
use super::rows::Rows;
use crate::log::bad_row::BadRow;

/// By machine, which of its events may follow a row that cannot be read; in order. Behind the last is the number of events.
///
/// Such a row may be of any machine that has rows in its file.
pub(super) fn places(rows: &Rows, index: &MachineIndex, bad_rows: &[BadRow]) -> Vec<Vec<u32>> {
    let mut places = vec![Vec::new(); index.ids.len()];
    if bad_rows.is_empty() {
        return places;
    }
    let (starts, mine) = index.rows();
    for (number, places) in places.iter_mut().enumerate() {
        let mine = &mine[starts[number]..starts[number + 1]];
        for bad_row in bad_rows {
            let source = |&row: &u32| rows.source.get(row as usize).copied().unwrap_or(row);
            let in_file = |row: &u32| bad_row.rows.contains(&source(row));
            let is_before = |row: &u32| in_file(row) && source(row) < bad_row.row;
            let is_after = |row: &u32| in_file(row) && source(row) >= bad_row.row;
            let first = mine.iter().position(is_after);
            let last = mine.iter().rposition(is_before).map(|last| last + 1);
            let Some((a, b)) = first.or(last).zip(last.or(first)) else {
                continue;
            };
            // Where rows are not in the order of the file it may be anywhere between.
            places.extend((a.min(b)..=a.max(b)).map(|place| place as u32));
        }
        places.sort_unstable();
        places.dedup();
    }
    places
}

/// By row, whether the event before it on its machine may be missing; empty if none is.
pub(super) fn behind(rows: &Rows, index: &MachineIndex, bad_rows: &[BadRow]) -> Vec<bool> {
    if bad_rows.is_empty() {
        return Vec::new();
    }
    let (starts, mine) = index.rows();
    let mut is_behind = vec![false; rows.len()];
    for (number, places) in places(rows, index, bad_rows).into_iter().enumerate() {
        let mine = &mine[starts[number]..starts[number + 1]];
        for row in places.iter().filter_map(|&place| mine.get(place as usize)) {
            is_behind[*row as usize] = true;
        }
    }
    is_behind
}

/// The machine of the row behind one that cannot be read, or before it: whose it is nobody knows.
pub(super) fn guess(machine_id: &[i64], bad_row: &BadRow) -> u64 {
    let behind = machine_id.get(bad_row.row as usize);
    let before = || machine_id.get((bad_row.row as usize).checked_sub(1)?);
    let id = behind.or_else(before).copied().unwrap_or_default();
    u64::try_from(id).unwrap_or_default()
}
