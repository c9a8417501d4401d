//! When the events of a table happened, since the first of them.

use std::collections::BTreeMap;

use super::machine_index::MachineIndex;
use super::rows::Rows;
use super::table::MachineKey;
use crate::error::{Error, Result};
use crate::log::columns::Columns;

/// Times from here on, in seconds, are not since the start of a run.
const SINCE_START: f64 = 1e8;
/// No clock is wrong by more, in seconds.
const FARTHEST: f64 = 1e9;

/// Makes of the times that a table gives both that there are.
pub(super) fn both(columns: &mut Columns) {
    if columns.time.is_empty() {
        columns.time.clone_from(&columns.system_time);
    }
    if columns.system_time.is_empty() {
        columns.system_time.clone_from(&columns.time);
    }
}

/// Corrects the clocks of machines.
pub(super) fn offset(
    rows: &mut Rows,
    index: &MachineIndex,
    names: &BTreeMap<u64, String>,
    offsets: &[(MachineKey, f64)],
) -> Result<()> {
    if offsets.is_empty() {
        return Ok(());
    }
    let mut added = vec![0.0; index.ids.len()];
    for (key, seconds) in offsets {
        let id = match key {
            MachineKey::Id(id) => Some(*id),
            MachineKey::Name(name) => names
                .iter()
                .find(|(_, other)| *other == name)
                .map(|(&id, _)| id),
        };
        let place = id.and_then(|id| index.place(id as i64));
        let Some(place) = place else {
            let shown = match key {
                MachineKey::Id(id) => id.to_string(),
                MachineKey::Name(name) => format!("{name:?}"),
            };
            return Err(Error::invalid(format!(
                "offsets: there is no machine {shown} with events: {}",
                known(index, names)
            )));
        };
        if !(-FARTHEST..=FARTHEST).contains(seconds) {
            return Err(Error::invalid(format!(
                "offsets: {seconds} s is beyond {FARTHEST:e} s"
            )));
        }
        added[place] += seconds;
    }
    let columns = &mut rows.columns;
    for times in [
        &mut columns.time,
        &mut columns.system_time,
        &mut columns.arrived,
    ] {
        for (time, &place) in times.iter_mut().zip(&index.places) {
            *time += added[place as usize];
        }
    }
    Ok(())
}

/// The machines with events, as many as a message shows.
fn known(index: &MachineIndex, names: &BTreeMap<u64, String>) -> String {
    const SHOWN: usize = 8;
    let shown = index.ids.iter().take(SHOWN);
    let shown: Vec<String> = shown
        .map(|&id| {
            names
                .get(&(id as u64))
                .map_or_else(|| id.to_string(), |name| format!("{name:?}"))
        })
        .collect();
    let more = if index.ids.len() > SHOWN { ", ..." } else { "" };
    format!("there are {}{more}", shown.join(", "))
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

/// Stands in for times: the number of the row, in seconds.
pub(super) fn by_row(columns: &mut Columns) {
    columns.time = (0..columns.machine_id.len())
        .map(|row| row as f64)
        .collect();
    columns.system_time.clone_from(&columns.time);
}
