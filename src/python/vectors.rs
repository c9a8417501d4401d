//! Columns of vector clocks.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

use super::names::{is_missing, shown, whole};
use crate::log::import::spellings::{Spelling, Spellings};
use crate::log::import::vector_text;
use crate::log::vector_column::VectorColumn;

const NAME: &str = "vector_clock";

/// Reads the column, if it is there: mappings of machines to counts, lists of counts, or their texts; with the places of names.
pub(super) fn vectors(
    columns: &Bound<'_, PyMapping>,
    spellings: &mut Spellings,
) -> PyResult<Option<VectorColumn>> {
    if !columns.contains(NAME)? {
        return Ok(None);
    }
    let mut vectors = VectorColumn {
        starts: vec![0],
        ..VectorColumn::default()
    };
    for (row, cell) in columns.get_item(NAME)?.try_iter()?.enumerate() {
        read(&cell?, row, &mut vectors, spellings)?;
        vectors.starts.push(vectors.machines.len());
    }
    Ok(Some(vectors))
}

fn read(
    cell: &Bound<'_, PyAny>,
    row: usize,
    vectors: &mut VectorColumn,
    spellings: &mut Spellings,
) -> PyResult<()> {
    let wrong = |why: &str| {
        PyValueError::new_err(format!(
            "row {row}: {NAME} {} is not a vector clock: {why}",
            shown(cell)
        ))
    };
    if let Ok(text) = cell.cast::<PyString>() {
        let text = text.to_cow()?;
        if text.trim().is_empty() {
            return Ok(());
        }
        let mut number = 0;
        let mut refused = None;
        let mut each = |name: Option<&str>, count: i64| {
            let machine = match name {
                Some(name) => match spellings.place(name, Spelling::Either, (NAME, row)) {
                    Ok(place) => place,
                    Err(error) => {
                        refused.get_or_insert(error);
                        return;
                    }
                },
                None => !number,
            };
            number += 1;
            vectors.machines.push(machine);
            vectors.counts.push(count);
        };
        vector_text::read(&text, &mut each).map_err(wrong)?;
        return refused.map_or(Ok(()), |error| Err(error.into()));
    }
    let count = |value: &Bound<'_, PyAny>| {
        whole(value)?
            .map(|count| count as i64)
            .ok_or_else(|| wrong("its counts must be whole numbers from 0 up"))
    };
    if let Ok(map) = cell.cast::<PyDict>() {
        for (name, value) in map {
            // Arrow gives the entries of other rows too, without a value.
            if is_missing(&value)? {
                continue;
            }
            let text: String = match whole(&name)? {
                Some(number) => number.to_string(),
                None => name
                    .extract()
                    .map_err(|_| wrong("its keys must be machines"))?,
            };
            vectors
                .machines
                .push(spellings.place(&text, Spelling::Either, (NAME, row))?);
            vectors.counts.push(count(&value)?);
        }
        return Ok(());
    }
    if is_missing(cell)? {
        return Ok(());
    }
    let Ok(entries) = cell.try_iter() else {
        return Err(wrong(
            "give a mapping such as {\"a\": 1, \"b\": 2}, a list of counts, or the text of one",
        ));
    };
    for (number, entry) in entries.enumerate() {
        vectors.machines.push(!(number as i64));
        vectors.counts.push(count(&entry?)?);
    }
    Ok(())
}
