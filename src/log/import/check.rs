//! Whether the values of a table are such as events can have.

use super::table::{BOTH, Table};
use crate::error::{Error, Result};
use crate::log::columns::UNKNOWN;
use crate::log::schema::View;
use crate::model::clock::MAX_CLOCK;

/// The columns that every table has.
const REQUIRED: [&str; 1] = ["machine_id"];

/// Refuses what no table can hold, with its row.
pub(super) fn check(table: &Table) -> Result<()> {
    let rows = table.columns.machine_id.len();
    let views = table.columns.views();
    let columns = views.iter().map(|(column, values)| {
        let is_needed = REQUIRED.contains(&column.name) || !values.is_empty();
        (column.name, is_needed.then_some(values.len()))
    });
    let more = [
        (
            "recipients",
            table.recipients.as_ref().map(super::table::Lists::len),
        ),
        (
            "vector_clock",
            table
                .vectors
                .as_ref()
                .map(|vectors| vectors.starts.len().saturating_sub(1)),
        ),
        ("message", table.messages.as_ref().map(Vec::len)),
        (
            "lines",
            table.origin.as_ref().map(|origin| origin.line.len()),
        ),
        ("rows", table.rows.as_ref().map(Vec::len)),
        ("both", (!table.both.is_empty()).then_some(table.both.len())),
    ];
    for (name, length) in columns.chain(more) {
        if let Some(length) = length.filter(|&length| length != rows) {
            return Err(Error::invalid(format!(
                "the column {name} has {length} rows and machine_id has {rows}: they must be as long"
            )));
        }
    }
    for (column, values) in views {
        let may_be_unknown = ["old_clock", "new_clock"].contains(&column.name);
        check_values(table, column.name, values, may_be_unknown)?;
    }
    // Times made up of the rows would not go with times of arrival that are real.
    let columns = &table.columns;
    if columns.time.is_empty()
        && columns.system_time.is_empty()
        && let Some(row) = position(&columns.arrived, |value| !value.is_nan())
    {
        return Err(Error::invalid(format!(
            "arrived is {} in {}, but there is neither time nor system_time: \
             add one of them on the same clock, or leave arrived out",
            columns.arrived[row],
            table.place(row)
        )));
    }
    if let Some(vectors) = &table.vectors
        && let Some(place) = position(&vectors.counts, |count| !is_whole(count))
    {
        let row = vectors.starts.partition_point(|&start| start <= place) - 1;
        return Err(not_whole(
            table,
            "a count of vector_clock",
            row,
            vectors.counts[place],
        ));
    }
    if let Some(lists) = &table.recipients {
        let is_id = |id: i64| is_whole(id) || (BOTH..=UNKNOWN).contains(&id);
        if let Some(place) = position(&lists.values, |id| !is_id(id)) {
            let row = lists.starts.partition_point(|&start| start <= place) - 1;
            return Err(not_whole(table, "recipients", row, lists.values[place]));
        }
    }
    Ok(())
}

/// Whether the values of a column are such as an event can have.
fn check_values(table: &Table, name: &str, values: View<'_>, may_be_unknown: bool) -> Result<()> {
    match values {
        View::Whole(values) if !may_be_unknown => {
            match position(values, |value| !is_whole(value)) {
                Some(row) => Err(not_whole(table, name, row, values[row])),
                None => Ok(()),
            }
        }
        View::Whole(values) | View::MaybeWhole(values) => {
            match position(values, |value| value != UNKNOWN && !is_whole(value)) {
                Some(row) => Err(not_whole(table, name, row, values[row])),
                None => Ok(()),
            }
        }
        View::Seconds(values) => match position(values, |value| !value.is_finite()) {
            Some(row) if values[row].is_nan() => Err(Error::invalid(format!(
                "{name} is NaN in {}: give a time to all rows, or to none (columns={{{name:?}: None}} leaves times aside)",
                table.place(row)
            ))),
            Some(row) => Err(Error::invalid(format!(
                "{name} is {} in {}: it must be a number of seconds",
                values[row],
                table.place(row)
            ))),
            None => Ok(()),
        },
        View::MaybeSeconds(_) | View::Kind(_) | View::Flag(_) => Ok(()),
    }
}

fn position<T: Copy>(values: &[T], bad: impl Fn(T) -> bool) -> Option<usize> {
    values.iter().position(|&value| bad(value))
}

fn is_whole(value: i64) -> bool {
    (0..=MAX_CLOCK as i64).contains(&value)
}

fn not_whole(table: &Table, name: &str, row: usize, value: impl std::fmt::Display) -> Error {
    Error::invalid(format!(
        "{name} is {value} in {}: it must be a whole number from 0 to {MAX_CLOCK}",
        table.place(row)
    ))
}
