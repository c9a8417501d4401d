//! Rule `vector`: logged vector clocks are those of the events that happened before.
//!
//! The own entry goes up by one with each event and no entry goes back; no entry is ahead of a log with END; where an
//! entry grew to (j, x), what the x-th event of j knew is known; and a receipt knows what its SEND knew.

use std::collections::BTreeMap;

use super::case::{Case, NONE};
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::vector_column::VectorColumn;

const RULE: Rule = Rule::Vector;

/// A vector clock: how many events of each machine, in order of machines.
type Entries = Vec<(i64, i64)>;

pub(super) fn check(
    case: &Case<'_>,
    matched: &[u32],
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let Some(column) = &case.history.vectors else {
        return Ok(());
    };
    let own = own_entries(case, column);
    for place in 0..case.logs().len() {
        let mut vectors = LogVectors {
            case,
            column,
            own: &own,
            place,
        };
        vectors.check(matched, report, checkpoint)?;
    }
    Ok(())
}

/// By log, which row has which own entry, in order of entries.
fn own_entries(case: &Case<'_>, column: &VectorColumn) -> Vec<Vec<(i64, usize)>> {
    let logs = case.logs().iter();
    logs.map(|log| {
        let rows = log.rows.clone();
        let own = rows.filter_map(|row| {
            let count = count_of(&entries(column, row), log.machine_id as i64);
            (count > 0).then_some((count, row))
        });
        let mut own: Vec<_> = own.collect();
        own.sort_by_key(|&(count, _)| count);
        own
    })
    .collect()
}

fn entries(column: &VectorColumn, row: usize) -> Entries {
    let (machines, counts) = column.of(row);
    let mut entries: Entries = machines
        .iter()
        .copied()
        .zip(counts.iter().copied())
        .collect();
    entries.sort_unstable();
    entries
}

fn count_of(entries: &[(i64, i64)], machine: i64) -> i64 {
    let place = entries.binary_search_by_key(&machine, |entry| entry.0);
    place.map_or(0, |place| entries[place].1)
}

/// The first machine of which `more` knows less than `less`, with what that is.
fn lacks(more: &[(i64, i64)], less: &[(i64, i64)]) -> Option<(i64, i64)> {
    let mut known = more.iter().peekable();
    less.iter().copied().find(|&(machine, count)| {
        while known.next_if(|entry| entry.0 < machine).is_some() {}
        let has = known
            .peek()
            .filter(|entry| entry.0 == machine)
            .map_or(0, |entry| entry.1);
        has < count
    })
}

/// The vectors of one log.
struct LogVectors<'a> {
    case: &'a Case<'a>,
    column: &'a VectorColumn,
    own: &'a [Vec<(i64, usize)>],
    place: usize,
}

impl LogVectors<'_> {
    fn check(
        &mut self,
        matched: &[u32],
        report: &mut Report,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let log = &self.case.logs()[self.place];
        let id = log.machine_id as i64;
        let mut before: Entries = Vec::new();
        // Events since the last with a vector; none was if nothing came before the first.
        let mut since = self.case.covers[self.place].begins.then_some(0);
        for row in log.rows.clone() {
            checkpoint.row()?;
            let columns = self.case.columns;
            let follows =
                row == log.rows.start || columns.old_clock[row] == columns.new_clock[row - 1];
            let is_cut = !follows || log.gaps.iter().any(|lines| lines.row == row);
            since = since.filter(|_| !is_cut).map(|since| since + 1);
            let now = entries(self.column, row);
            if now.is_empty() {
                continue;
            }
            checkpoint.after(now.len())?;
            report.checked(RULE, 1);
            let (had, has) = (count_of(&before, id), count_of(&now, id));
            let most = since.map_or(i64::MAX, |since| had.saturating_add(since));
            if has <= had || has > most {
                let right = if since == Some(1) {
                    (had + 1).to_string()
                } else {
                    format!("above {had}")
                };
                self.add(
                    row,
                    format!("the own entry {right}"),
                    &has.to_string(),
                    report,
                );
            }
            if let Some((machine, count)) = lacks(&now, &before).filter(|entry| entry.0 != id) {
                self.add(
                    row,
                    format!("an entry of machine {machine} from {count} on, as before"),
                    &count_of(&now, machine).to_string(),
                    report,
                );
            }
            self.grown(row, &before, &now, report);
            self.received(row, &now, matched, report);
            before = now;
            since = Some(0);
        }
        Ok(())
    }

    /// Where an entry grew, what that event knew is known.
    fn grown(&self, row: usize, before: &[(i64, i64)], now: &[(i64, i64)], report: &mut Report) {
        let id = self.case.logs()[self.place].machine_id as i64;
        for &(machine, count) in now {
            if machine == id || count <= count_of(before, machine) {
                continue;
            }
            let Some(other) = u64::try_from(machine)
                .ok()
                .and_then(|id| self.case.ids.place(id))
            else {
                continue;
            };
            let own = &self.own[other];
            let last = own.last().map_or(0, |&(count, _)| count);
            if count > last
                && self.case.ends[other].is_some()
                && !self.case.is_holed(other)
                && !own.is_empty()
            {
                self.add(
                    row,
                    format!("an entry of machine {machine} of at most {last}, its last event"),
                    &count.to_string(),
                    report,
                );
            }
            if let Ok(place) = own.binary_search_by_key(&count, |&(count, _)| count) {
                self.contains(row, now, (other, own[place].1), report);
            }
        }
    }

    /// A receipt knows what its SEND knew.
    fn received(&self, row: usize, now: &[(i64, i64)], matched: &[u32], report: &mut Report) {
        let send = matched[row];
        if send != NONE {
            let id = self.case.columns.machine_id[send as usize] as u64;
            if let Some(sender) = self.case.ids.place(id) {
                self.contains(row, now, (sender, send as usize), report);
            }
        }
    }

    /// All that an event of another log knew is known.
    fn contains(
        &self,
        row: usize,
        now: &[(i64, i64)],
        (other, cause): (usize, usize),
        report: &mut Report,
    ) {
        let known = entries(self.column, cause);
        if lacks(now, &known).is_some() {
            // All of it, as people read it.
            let mut right: BTreeMap<i64, i64> = now.iter().copied().collect();
            for (machine, count) in known {
                let entry = right.entry(machine).or_default();
                *entry = count.max(*entry);
            }
            let expected = format!(
                "{}, with what is known at {}",
                shown(right.into_iter()),
                self.case.at_row(other, cause)
            );
            self.add(row, expected, &shown(now.iter().copied()), report);
        }
    }

    fn add(&self, row: usize, expected: String, found: &str, report: &mut Report) {
        report.add(RULE, || {
            self.case.event(
                RULE,
                self.place,
                row,
                expected,
                format!("vector clock: {found}"),
            )
        });
    }
}

fn shown(entries: impl Iterator<Item = (i64, i64)>) -> String {
    let entries = entries.map(|(machine, count)| format!("machine {machine}: {count}"));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}
