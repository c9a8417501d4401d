//! The recipients of sends in a table made elsewhere: lists of ids, of any kind.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};

/// The names of the column, the one that counts first.
const NAMES: [&str; 2] = ["recipient_ids", "recipients"];
/// Characters of a wrong value that a message shows.
const SHOWN: usize = 80;

/// The ids in each row, `None` for one unknown; nothing if there is no such column.
pub(super) fn recipients(
    columns: &Bound<'_, PyMapping>,
) -> PyResult<Option<Vec<Vec<Option<i64>>>>> {
    for name in NAMES {
        if columns.contains(name)? {
            let rows = columns.get_item(name)?.try_iter()?.enumerate();
            let lists = rows.map(|(row, cell)| {
                let cell = cell?;
                ids(&cell)?.ok_or_else(|| wrong(row, name, &cell))
            });
            return lists.collect::<PyResult<_>>().map(Some);
        }
    }
    Ok(None)
}

/// The ids of a list, an array or the JSON text of a list, as files of text keep it.
fn ids(cell: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Option<i64>>>> {
    if let Ok(text) = cell.cast::<PyString>() {
        return Ok(serde_json::from_str(&text.to_cow()?).ok().and_then(whole));
    }
    let Ok(entries) = cell.try_iter() else {
        return Ok(None);
    };
    let entries: Vec<Bound<'_, PyAny>> = entries.collect::<PyResult<_>>()?;
    let ids: PyResult<_> = entries.iter().map(PyAnyMethods::extract).collect();
    if let Ok(ids) = ids {
        return Ok(Some(ids));
    }
    let numbers: PyResult<_> = entries.iter().map(PyAnyMethods::extract).collect();
    Ok(numbers.ok().and_then(whole))
}

/// Whole numbers in any type, NaN for an unknown id. The bounds of ids are for the table to check.
fn whole(numbers: Vec<Option<f64>>) -> Option<Vec<Option<i64>>> {
    let known = |number: Option<f64>| number.filter(|number| !number.is_nan());
    let mut given = numbers.iter().copied().filter_map(known);
    if given.any(|number| number.fract() != 0.0) {
        return None;
    }
    let ids = numbers.into_iter().map(known);
    Some(ids.map(|id| id.map(|number| number as i64)).collect())
}

fn wrong(row: usize, name: &str, cell: &Bound<'_, PyAny>) -> PyErr {
    let shown = cell.repr().map_or_else(
        |_| cell.get_type().to_string(),
        |repr| repr.to_string().chars().take(SHOWN).collect(),
    );
    PyValueError::new_err(format!(
        "row {row}: {name} {shown} is not a list of machine ids: give one like [2, 3]"
    ))
}
