//! To whom the SENDs of a table went.

use std::collections::{BTreeMap, BTreeSet};

use super::machine_index::MachineIndex;
use super::order::stamp;
use super::rows::Rows;
use super::table::{ALL, BOTH, Lists, OTHERS};
use crate::error::{Error, Result};
use crate::log::columns::UNKNOWN;
use crate::model::rules::Rules;

/// No table may have more recipients, where "all" stands for many.
const MOST: usize = 1 << 26;

/// Puts machines in the place of "all", "others" and "both": those that the table names, without the sender unless it hears itself.
pub(super) fn expand(
    rows: &mut Rows,
    index: &MachineIndex,
    names: &BTreeMap<u64, String>,
) -> Result<()> {
    let columns = &rows.columns;
    let Some(lists) = &rows.recipients else {
        return Ok(());
    };
    let is_word = |&id: &i64| id == ALL || id == OTHERS || id == BOTH;
    if !lists.values.iter().any(is_word) {
        return Ok(());
    }
    let mut machines: BTreeSet<i64> = index.ids.iter().copied().collect();
    machines.extend(names.keys().map(|&id| id as i64));
    machines.extend(
        columns
            .sender
            .iter()
            .chain(&lists.values)
            .filter(|&&id| id >= 0),
    );
    let heard = (0..rows.len()).filter(|&row| columns.sender[row] == columns.machine_id[row]);
    let hears_itself: BTreeSet<i64> = heard.map(|row| columns.machine_id[row]).collect();
    let words = (0..rows.len()).filter(|&row| lists.of(row).iter().any(is_word));
    if let Some(row) = words.clone().nth(MOST / machines.len().max(1)) {
        return Err(Error::invalid(format!(
            "{}: up to here {} rows went to all of {} machines, which is more than {MOST} messages: \
             load a part of the table",
            rows.place(row),
            words.count(),
            machines.len()
        )));
    }
    let mut new = Lists::default();
    for row in 0..rows.len() {
        let list = lists.of(row);
        if !columns.event[row].sends() && !rows.both.get(row).copied().unwrap_or(false) {
            new.push([]);
            continue;
        }
        let own = columns.machine_id[row];
        if let Some(&word) = list.iter().find(|id| is_word(id)) {
            let is_one = |id: &&i64| **id != own || word == ALL && hears_itself.contains(&own);
            let found: Vec<i64> = machines.iter().filter(is_one).copied().collect();
            if word == BOTH && found.len() != 2 {
                // Which two of them is not known.
                new.push([UNKNOWN; 2]);
            } else {
                new.push(found);
            }
        } else {
            new.push(list.iter().copied());
        }
    }
    rows.recipients = Some(new);
    Ok(())
}

/// Puts the recipients of each SEND into the columns: those that are given, else those that received it and maybe others.
pub(super) fn fill(rows: &mut Rows, rules: &Rules) {
    let lists = rows
        .recipients
        .take()
        .unwrap_or_else(|| receivers(rows, rules));
    let columns = &mut rows.columns;
    columns.starts.reserve(lists.len() + 1);
    for row in 0..lists.len() {
        columns.starts.push(columns.recipients.len());
        if columns.event[row].sends() {
            match lists.of(row) {
                [] => {}
                list => columns.recipients.extend_from_slice(list),
            }
        }
    }
    columns.starts.push(columns.recipients.len());
}

/// For each SEND the machines that received it, and one unknown recipient.
fn receivers(rows: &Rows, rules: &Rules) -> Lists {
    let columns = &rows.columns;
    let receipt = |row: usize| {
        let (sender, sent_clock) = columns.message(row);
        let key = (sender? as i64, sent_clock?, columns.machine_id[row]);
        columns.event[row].receives().then_some(key)
    };
    let mut receipts: Vec<_> = (0..columns.event.len()).filter_map(receipt).collect();
    receipts.sort_unstable();
    receipts.dedup();
    let mut lists = Lists::default();
    for row in 0..columns.event.len() {
        if columns.event[row].sends() {
            let stamp = stamp(rows, row, rules);
            let key = (columns.machine_id[row], stamp);
            let first = receipts.partition_point(|&(sender, clock, _)| (sender, clock) < key);
            let same = receipts[first..]
                .iter()
                .take_while(|&&(sender, clock, _)| (sender, clock) == key);
            lists.values.extend(same.map(|&(.., recipient)| recipient));
            lists.values.push(UNKNOWN);
        }
        lists.starts.push(lists.values.len());
    }
    lists
}
