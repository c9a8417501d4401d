//! The recipients of sends in tables: lists of ids, of any kind where they come from elsewhere.

use std::collections::BTreeMap;

use numpy::PyArray1;
use numpy::ndarray::Array1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString, PyTuple};

use crate::log::columns::Columns;
use crate::log::import::table::Lists;
use crate::log::schema::{UNKNOWN, known};

/// The names of the column, the one that counts first.
const NAMES: [&str; 2] = ["recipient_ids", "recipients"];
/// Characters of a wrong value that a message shows.
const SHOWN: usize = 80;

/// Events between two looks at the signals.
const ROWS_PER_CHECK: usize = 1 << 16;

/// The recipients of each event: a tuple of ids, with None for one unknown; None if nothing was sent.
///
/// Events with the same recipients share a tuple, so that an event takes the 8 bytes of a pointer.
pub(super) fn tuples<'py>(
    py: Python<'py>,
    columns: &Columns,
) -> PyResult<Bound<'py, PyArray1<Py<PyAny>>>> {
    let mut shared: BTreeMap<&[i64], Bound<'py, PyTuple>> = BTreeMap::new();
    let mut cells: Vec<Py<PyAny>> = Vec::with_capacity(columns.len());
    for (row, kind) in columns.event.iter().enumerate() {
        if row.is_multiple_of(ROWS_PER_CHECK) {
            py.check_signals()?;
        }
        if !kind.sends() {
            cells.push(py.None());
            continue;
        }
        let list = columns.recipients(row);
        let tuple = if let Some(tuple) = shared.get(list) {
            tuple.clone()
        } else {
            let tuple = PyTuple::new(py, list.iter().map(|&id| known(id)))?;
            shared.entry(list).or_insert(tuple).clone()
        };
        cells.push(tuple.into_any().unbind());
    }
    Ok(PyArray1::from_owned_object_array(py, Array1::from(cells)))
}

/// The ids in each row, [`UNKNOWN`] for one unknown; nothing if there is no such column.
pub(super) fn recipients(columns: &Bound<'_, PyMapping>) -> PyResult<Option<Lists>> {
    for name in NAMES {
        if columns.contains(name)? {
            // Tuples do not change, and tables share them: each is read once, and held meanwhile.
            let mut read: BTreeMap<usize, (Bound<'_, PyAny>, Vec<i64>)> = BTreeMap::new();
            let mut lists = Lists::default();
            for (row, cell) in columns.get_item(name)?.try_iter()?.enumerate() {
                let cell = cell?;
                let place = cell.as_ptr() as usize;
                if let Some((_, list)) = read.get(&place) {
                    lists.push(list.iter().copied());
                    continue;
                }
                let list = ids(&cell)?.ok_or_else(|| wrong(row, name, &cell))?;
                let list: Vec<i64> = list.into_iter().map(|id| id.unwrap_or(UNKNOWN)).collect();
                lists.push(list.iter().copied());
                if cell.is_exact_instance_of::<PyTuple>() {
                    read.insert(place, (cell, list));
                }
            }
            return Ok(Some(lists));
        }
    }
    Ok(None)
}

/// The ids of a list, an array or the text of a list, as files of text keep it.
fn ids(cell: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Option<i64>>>> {
    if let Ok(text) = cell.cast::<PyString>() {
        return Ok(of_text(&text.to_cow()?));
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

/// The ids of a list in JSON, `[2, null]`, or as Python writes one, `(2, None)`.
fn of_text(text: &str) -> Option<Vec<Option<i64>>> {
    if let Ok(numbers) = serde_json::from_str(text) {
        return whole(numbers);
    }
    let text = text.trim();
    let inner = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'));
    let inner = inner.or_else(|| text.strip_prefix('[')?.strip_suffix(']'))?;
    let inner = inner.trim();
    if inner.is_empty() {
        return Some(Vec::new());
    }
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    let number = |word: &str| match word.trim() {
        "None" => Some(None),
        word => word.parse().ok().map(Some),
    };
    whole(inner.split(',').map(number).collect::<Option<_>>()?)
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
