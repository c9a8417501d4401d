//! In which order the rows of a table stand: each machine's in its own, machines among each other by time or by cause.

use std::collections::BTreeMap;

use super::machine_index::MachineIndex;
use super::rows::Rows;
use crate::log::columns::UNKNOWN;
use crate::model::rules::{Rules, Stamp, Step};

/// Puts each machine's rows in its own order, and all in that of time if they have times.
///
/// A machine's order is that of its own entry where there are vectors, else that of its log where rows come from files,
/// else that of time; rows of one time stand as they came.
pub(super) fn by_time(rows: &mut Rows, index: &mut MachineIndex, has_times: bool) {
    let is_logged = rows.origin.is_some();
    if has_times && !is_logged {
        sort(rows, index, None);
    }
    if rows.vectors.is_some() {
        by_own_entry(rows, index);
    }
    if has_times && (is_logged || rows.vectors.is_some()) {
        let latest = latest(&rows.columns.time, index);
        sort(rows, index, Some(&latest));
    }
}

/// Sorts by (time, machine), equal ones as they stand.
fn sort(rows: &mut Rows, index: &mut MachineIndex, times: Option<&[f64]>) {
    let times = times.unwrap_or(&rows.columns.time);
    let compare = |&a: &usize, &b: &usize| {
        let machines = index.places[a].cmp(&index.places[b]);
        times[a].total_cmp(&times[b]).then(machines)
    };
    if (1..times.len()).all(|row| compare(&(row - 1), &row).is_le()) {
        return;
    }
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by(compare);
    put(rows, index, &order);
}

fn put(rows: &mut Rows, index: &mut MachineIndex, order: &[usize]) {
    rows.take(order);
    index.places = order.iter().map(|&row| index.places[row]).collect();
}

/// The latest time of each row's machine so far: a clock that was set back does not change the order of a log.
fn latest(times: &[f64], index: &MachineIndex) -> Vec<f64> {
    let mut last = vec![f64::NEG_INFINITY; index.ids.len()];
    let mut latest = Vec::with_capacity(times.len());
    for (&time, &place) in times.iter().zip(&index.places) {
        let last = &mut last[place as usize];
        *last = last.max(time);
        latest.push(*last);
    }
    latest
}

/// Puts the rows of each machine, in the places that they have, in the order of its own entry.
///
/// A row without one stays behind the row before it.
fn by_own_entry(rows: &mut Rows, index: &MachineIndex) {
    let Some(vectors) = &rows.vectors else { return };
    let (starts, mine) = index.rows();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut is_changed = false;
    for (place, &id) in index.ids.iter().enumerate() {
        let mine = &mine[starts[place]..starts[place + 1]];
        let mut last = 0;
        let mut keyed: Vec<(i64, u32)> = Vec::with_capacity(mine.len());
        for &row in mine {
            last = own_entry(vectors.of(row as usize), id).unwrap_or(last);
            keyed.push((last, row));
        }
        if keyed.is_sorted_by_key(|&(entry, _)| entry) {
            continue;
        }
        is_changed = true;
        keyed.sort_by_key(|&(entry, _)| entry);
        for (&at, &(_, row)) in mine.iter().zip(&keyed) {
            order[at as usize] = row as usize;
        }
    }
    if is_changed {
        // Machines stand where they stood.
        rows.take(&order);
    }
}

/// How many events of its own machine a vector tells.
pub(super) fn own_entry((machines, counts): (&[i64], &[i64]), id: i64) -> Option<i64> {
    let place = machines.iter().position(|&machine| machine == id)?;
    Some(counts[place])
}

/// Puts rows without times in an order in which no message is received before it was sent.
///
/// They stay as they are if they stand so; else they go by the clock.
pub(super) fn by_cause(rows: &mut Rows, index: &mut MachineIndex, rules: &Rules) {
    if is_causal(rows, rules) {
        return;
    }
    let columns = &rows.columns;
    // What a machine did before stands before.
    let mut last = vec![(i64::MIN, false); index.ids.len()];
    let mut keys = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        let last = &mut last[index.places[row] as usize];
        *last = (*last).max((columns.new_clock[row], columns.event[row].receives()));
        keys.push(*last);
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| keys[row]);
    put(rows, index, &order);
}

/// Whether each receipt stands behind its SEND, as far as the two can be known.
fn is_causal(rows: &Rows, rules: &Rules) -> bool {
    let columns = &rows.columns;
    let step = match rules.step {
        Step::By(step) => step,
        Step::Any => 1,
    };
    // By machine and stamp, and by stamp alone, the first SEND.
    let mut named: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    let mut any: BTreeMap<i64, usize> = BTreeMap::new();
    for row in 0..rows.len() {
        if columns.event[row].sends() {
            let stamp = stamp(rows, row, rules);
            named.entry((columns.machine_id[row], stamp)).or_insert(row);
            any.entry(stamp).or_insert(row);
        }
    }
    (0..rows.len()).all(|row| {
        if !columns.event[row].receives() || columns.by_hand[row] {
            return true;
        }
        let jump = columns.old_clock[row] != UNKNOWN
            && columns.new_clock[row] > columns.old_clock[row] + step;
        let send = match (columns.sender[row], columns.sent_clock[row]) {
            (UNKNOWN, UNKNOWN) if jump => any.get(&(columns.new_clock[row] - step)),
            (UNKNOWN, UNKNOWN) => None,
            (UNKNOWN, stamp) => any.get(&stamp),
            (sender, UNKNOWN) if jump => named.get(&(sender, columns.new_clock[row] - step)),
            (_, UNKNOWN) => None,
            key => named.get(&key),
        };
        send.is_none_or(|&send| send < row)
    })
}

/// The timestamp that the message of a SEND carries.
pub(super) fn stamp(rows: &Rows, row: usize, rules: &Rules) -> i64 {
    let columns = &rows.columns;
    match (columns.sent_clock[row], rules.stamp) {
        (UNKNOWN, Stamp::After) => columns.new_clock[row],
        (UNKNOWN, Stamp::Before) => columns.old_clock[row],
        (stamp, _) => stamp,
    }
}
