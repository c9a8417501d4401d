//! Whether the values of a table are such as events can have.

use super::table::{OTHERS, Table};
use crate::error::{Error, Result};
use crate::log::columns::UNKNOWN;
use crate::log::schema::View;
use crate::model::clock::MAX_CLOCK;

/// The columns that every table has.
const REQUIRED: [&str; 2] = ["machine_id", "event"];

/// Refuses what no table can hold, with its row.
pub(super) fn check(table: &Table) -> Result<()> {
    let rows = table.columns.len();
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
        ("both", (!table.both.is_empty()).then_some(table.both.len())),
    ];
    for (name, length) in columns.chain(more) {
        if let Some(length) = length.filter(|&length| length != rows) {
            return Err(Error::invalid(format!(
                "the column {name} has {length} rows and event has {rows}: they must be as long"
            )));
        }
    }
    for (column, values) in views {
        let may_be_unknown = ["old_clock", "new_clock"].contains(&column.name);
        check_values(column.name, values, may_be_unknown)?;
    }
    // Times made up of the rows would not go with times of arrival that are real.
    let columns = &table.columns;
    if columns.time.is_empty()
        && columns.system_time.is_empty()
        && let Some(row) = position(&columns.arrived, |value| !value.is_nan())
    {
        return Err(Error::invalid(format!(
            "arrived is {} in row {row}, but there is neither time nor system_time: \
             add one of them on the same clock, or leave arrived out",
            columns.arrived[row]
        )));
    }
    if let Some(lists) = &table.recipients {
        let is_id = |id: i64| is_whole(id) || (OTHERS..=UNKNOWN).contains(&id);
        if let Some(place) = position(&lists.values, |id| !is_id(id)) {
            let row = lists.starts.partition_point(|&start| start <= place) - 1;
            return Err(not_whole("recipients", row, lists.values[place]));
        }
    }
    Ok(())
}

/// Whether the values of a column are such as an event can have.
fn check_values(name: &str, values: View<'_>, may_be_unknown: bool) -> Result<()> {
    match values {
        View::Whole(values) if !may_be_unknown => {
            match position(values, |value| !is_whole(value)) {
                Some(row) => Err(not_whole(name, row, values[row])),
                None => Ok(()),
            }
        }
        View::Whole(values) | View::MaybeWhole(values) => {
            match position(values, |value| value != UNKNOWN && !is_whole(value)) {
                Some(row) => Err(not_whole(name, row, values[row])),
                None => Ok(()),
            }
        }
        View::Seconds(values) => match position(values, |value| !value.is_finite()) {
            Some(row) => Err(Error::invalid(format!(
                "{name} is {} in row {row}: it must be a number of seconds",
                values[row]
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

fn not_whole(name: &str, row: usize, value: impl std::fmt::Display) -> Error {
    Error::invalid(format!(
        "{name} is {value} in row {row}: it must be a whole number from 0 to {MAX_CLOCK}"
    ))
}
