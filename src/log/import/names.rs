//! Names of machines and the numbers that stand for them: the one place where names become ids.

use std::collections::BTreeMap;

use super::natural;
use super::table::{ALL, BOTH, OTHERS, Table};
use crate::error::{Error, Result, clipped};
use crate::log::columns::UNKNOWN;
use crate::model::clock::MAX_CLOCK;

/// Puts ids in the place of names, and returns the name behind each id; nothing if the names are ids themselves.
pub(super) fn resolve(table: &mut Table) -> Result<BTreeMap<u64, String>> {
    let Some(names) = table.names.take() else {
        return Ok(BTreeMap::new());
    };
    if let Some(place) = names.iter().position(|name| !is_fit(name)) {
        let at = first_row(table, place as i64)
            .map_or_else(String::new, |row| format!("{}: ", table.place(row)));
        let why = if names[place].is_empty() {
            "is empty"
        } else {
            "holds a control character"
        };
        return Err(Error::invalid(format!(
            "{at}the name {:?} of a machine {why}: a name is any text without such",
            clipped(&names[place])
        )));
    }
    let (ids, named) = if names.iter().all(|name| is_decimal(digits(name))) {
        let mut ids = Vec::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            match digits(name).parse::<i64>() {
                Ok(id) if id <= MAX_CLOCK as i64 => ids.push(id),
                _ => {
                    let at = first_row(table, place as i64)
                        .map_or_else(String::new, |row| format!("{}: ", table.place(row)));
                    return Err(Error::invalid(format!(
                        "{at}the machine {} is beyond {MAX_CLOCK}: give ids up to that, or names such as m{}",
                        clipped(name),
                        clipped(name)
                    )));
                }
            }
        }
        (ids, BTreeMap::new())
    } else {
        note_alike(&names, &mut table.notes);
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|&a, &b| natural::compare(&names[a], &names[b]));
        let mut ids = vec![0; names.len()];
        for (number, &place) in order.iter().enumerate() {
            ids[place] = number as i64 + 1;
        }
        let named = names.into_iter().enumerate();
        let named = named
            .map(|(place, name)| (ids[place] as u64, name))
            .collect();
        (ids, named)
    };
    replace(table, &ids);
    Ok(named)
}

/// Says of names that differ in case and blanks alone that they are two machines.
fn note_alike(names: &[String], notes: &mut Vec<String>) {
    let mut by_letters: BTreeMap<String, &String> = BTreeMap::new();
    for name in names {
        let letters: String = name.to_lowercase().split_whitespace().collect();
        if let Some(other) = by_letters.insert(letters, name) {
            notes.push(format!("{other:?} and {name:?} are taken for two machines"));
        }
    }
}

/// The first row in which a machine stands, by its place among the names.
fn first_row(table: &Table, place: i64) -> Option<usize> {
    let columns = [&table.columns.machine_id, &table.columns.sender];
    let in_columns = columns
        .iter()
        .filter_map(|column| column.iter().position(|&id| id == place));
    let in_lists = |starts: &[usize], ids: &[i64]| {
        let at = ids.iter().position(|&id| id == place)?;
        Some(starts.partition_point(|&start| start <= at) - 1)
    };
    let recipients = table
        .recipients
        .as_ref()
        .and_then(|lists| in_lists(&lists.starts, &lists.values));
    let vectors = table
        .vectors
        .as_ref()
        .and_then(|vectors| in_lists(&vectors.starts, &vectors.machines));
    in_columns.chain(recipients).chain(vectors).min()
}

fn replace(table: &mut Table, ids: &[i64]) {
    let id = |place: &mut i64| {
        debug_assert!(*place >= BOTH && *place < ids.len() as i64);
        if let Some(&id) = usize::try_from(*place)
            .ok()
            .and_then(|place| ids.get(place))
        {
            *place = id;
        }
    };
    table.columns.machine_id.iter_mut().for_each(id);
    table.columns.sender.iter_mut().for_each(id);
    if let Some(lists) = &mut table.recipients {
        lists.values.iter_mut().for_each(id);
    }
    if let Some(vectors) = &mut table.vectors {
        let known = |place: &&mut i64| **place >= 0;
        vectors.machines.iter_mut().filter(known).for_each(id);
    }
    const { assert!(UNKNOWN < 0 && ALL < 0 && OTHERS < 0 && BOTH < 0) }
}

/// Whether a text can be a name.
fn is_fit(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(char::is_control)
}

/// An id as tables with floats write it, `3.0` where others of its column are missing, without its zero.
fn digits(name: &str) -> &str {
    name.strip_suffix(".0").unwrap_or(name)
}

/// Whether a text is a whole number as it is written plainly: `0`, `12`, not `01` or `+1`.
fn is_decimal(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
        && (name == "0" || !name.starts_with('0'))
        && !name.is_empty()
}
