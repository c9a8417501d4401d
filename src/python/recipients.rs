//! The recipients of sends in tables: lists of ids, of any kind where they come from elsewhere.

use std::collections::BTreeMap;

use numpy::PyArray1;
use numpy::ndarray::Array1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString, PyTuple};

use super::names::{is_missing, machine, shown, whole};
use crate::log::columns::Columns;
use crate::log::import::recipient_text::{self, Addressee, is_address};
use crate::log::import::spellings::{Spelling, Spellings};
use crate::log::import::table::{ALL, BOTH, Lists, OTHERS};
use crate::log::schema::{UNKNOWN, known};

/// The names of the column, the one that counts first.
const NAMES: [&str; 2] = ["recipient_ids", "recipients"];
/// Cells that are kept to be known again.
const MOST_KNOWN: usize = 1 << 16;

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

/// The recipients of each row.
pub(super) enum RecipientColumn {
    /// Their ids.
    Ids(Lists),
    /// The places of their names.
    Places(Lists),
}

/// Reads the column of recipients, if it is there. Where machines have `ids`, and all recipients too, no name is made of them.
pub(super) fn recipients(
    columns: &Bound<'_, PyMapping>,
    has_ids: bool,
    spellings: &mut Spellings,
) -> PyResult<Option<RecipientColumn>> {
    for name in NAMES {
        if columns.contains(name)? {
            let column = columns.get_item(name)?;
            if has_ids && let Some(lists) = read(&column, |cell, _| ids(cell))? {
                return Ok(Some(RecipientColumn::Ids(lists)));
            }
            // Whom the other columns name is a machine, whatever its name looks like.
            let lists = read(&column, |cell, row| {
                named(cell, (name, row), spellings)?
                    .ok_or_else(|| wrong(row, name, cell))
                    .map(Some)
            })?;
            return Ok(lists.map(RecipientColumn::Places));
        }
    }
    Ok(None)
}

/// The lists of a column; nothing if some cell has none.
fn read(
    column: &Bound<'_, PyAny>,
    mut list: impl FnMut(&Bound<'_, PyAny>, usize) -> PyResult<Option<Vec<i64>>>,
) -> PyResult<Option<Lists>> {
    // Tuples and texts do not change, and tables share them: each is read once, and held meanwhile.
    let mut known: BTreeMap<usize, (Bound<'_, PyAny>, Vec<i64>)> = BTreeMap::new();
    let mut lists = Lists::default();
    for (row, cell) in column.try_iter()?.enumerate() {
        let cell = cell?;
        let place = cell.as_ptr() as usize;
        if let Some((_, list)) = known.get(&place) {
            lists.push(list.iter().copied());
            continue;
        }
        let Some(list) = list(&cell, row)? else {
            return Ok(None);
        };
        lists.push(list.iter().copied());
        if known.len() < MOST_KNOWN
            && (cell.is_exact_instance_of::<PyTuple>() || cell.is_exact_instance_of::<PyString>())
        {
            known.insert(place, (cell, list));
        }
    }
    Ok(Some(lists))
}

/// The ids of a list, an array or the text of a list of numbers alone, as files of text keep it.
fn ids(cell: &Bound<'_, PyAny>) -> PyResult<Option<Vec<i64>>> {
    if let Ok(text) = cell.cast::<PyString>() {
        return Ok(of_text(&text.to_cow()?));
    }
    let Ok(entries) = cell.try_iter() else {
        return Ok(None);
    };
    let entries: Vec<Bound<'_, PyAny>> = entries.collect::<PyResult<_>>()?;
    let ids: PyResult<Vec<Option<i64>>> = entries.iter().map(PyAnyMethods::extract).collect();
    if let Ok(ids) = ids {
        return Ok(Some(
            ids.into_iter().map(|id| id.unwrap_or(UNKNOWN)).collect(),
        ));
    }
    let numbers: PyResult<_> = entries.iter().map(PyAnyMethods::extract).collect();
    Ok(numbers.ok().and_then(whole_numbers))
}

/// The ids of a list in JSON, `[2, null]`, or as Python writes one, `(2, None)`.
fn of_text(text: &str) -> Option<Vec<i64>> {
    if text.trim_start().starts_with('[')
        && let Ok(numbers) = serde_json::from_str(text)
    {
        return whole_numbers(numbers);
    }
    let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?.trim();
    if inner.is_empty() {
        return Some(Vec::new());
    }
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    let number = |word: &str| match word.trim() {
        "None" => Some(None),
        word => word.parse().ok().map(Some),
    };
    whole_numbers(inner.split(',').map(number).collect::<Option<_>>()?)
}

/// Whole numbers in any type, NaN for an unknown id. The bounds of ids are for the table to check.
fn whole_numbers(numbers: Vec<Option<f64>>) -> Option<Vec<i64>> {
    let known = |number: Option<f64>| number.filter(|number| !number.is_nan());
    let mut given = numbers.iter().copied().filter_map(known);
    if given.any(|number| number.fract() != 0.0) {
        return None;
    }
    let ids = numbers.into_iter().map(known);
    Some(
        ids.map(|id| id.map_or(UNKNOWN, |number| number as i64))
            .collect(),
    )
}

/// The places of the names in a cell of any kind.
fn named(
    cell: &Bound<'_, PyAny>,
    at: (&'static str, usize),
    spellings: &mut Spellings,
) -> PyResult<Option<Vec<i64>>> {
    if let Ok(text) = cell.cast::<PyString>() {
        return split(&text.to_cow()?, at, spellings);
    }
    if is_missing(cell)? {
        return Ok(Some(vec![UNKNOWN]));
    }
    if whole(cell)?.is_some() {
        return Ok(Some(vec![machine(cell, spellings, at)?]));
    }
    let Ok(entries) = cell.try_iter() else {
        return Ok(None);
    };
    let mut places = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Ok(text) = entry.cast::<PyString>() {
            let name = text.to_cow()?;
            places.push(if is_address(&name) && !spellings.has(&name) {
                UNKNOWN
            } else {
                spellings.place(&name, Spelling::Text, at)?
            });
        } else if is_missing(&entry)? || is_pair(&entry)? {
            places.push(UNKNOWN);
        } else if whole(&entry)?.is_some() {
            places.push(machine(&entry, spellings, at)?);
        } else {
            return Ok(None);
        }
    }
    Ok(Some(places))
}

/// The places of the names in a text, nothing if it is the text of something else.
fn split(
    text: &str,
    at: (&'static str, usize),
    spellings: &mut Spellings,
) -> PyResult<Option<Vec<i64>>> {
    if text.trim().is_empty() {
        return Ok(Some(vec![UNKNOWN]));
    }
    let Some(found) = recipient_text::split(text, &|name| spellings.has(name)) else {
        return Ok(None);
    };
    let mut places = Vec::with_capacity(found.len());
    for addressee in found {
        places.push(match addressee {
            Addressee::Named(name) => spellings.place(&name, Spelling::Either, at)?,
            Addressee::Unknown => UNKNOWN,
            Addressee::All => ALL,
            Addressee::Others => OTHERS,
            Addressee::Both => BOTH,
        });
    }
    Ok(Some(places))
}

/// Whether it is a pair of host and port.
fn is_pair(entry: &Bound<'_, PyAny>) -> PyResult<bool> {
    if entry.len().is_err() || entry.len()? != 2 {
        return Ok(false);
    }
    let (host, port) = (entry.get_item(0), entry.get_item(1));
    let (Ok(host), Ok(port)) = (host, port) else {
        return Ok(false);
    };
    Ok(host.is_instance_of::<PyString>() && whole(&port)?.is_some())
}

fn wrong(row: usize, name: &str, cell: &Bound<'_, PyAny>) -> PyErr {
    PyValueError::new_err(format!(
        "row {row}: {name} {} is not a list of machine ids: give one like [2, 3], or of names like ['a', 'b']",
        shown(cell)
    ))
}
