//! Names of machines in columns of tables.

use std::collections::BTreeMap;

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyMapping, PyString};

use crate::log::columns::UNKNOWN;
use crate::log::import::spellings::{Spelling, Spellings};

/// Characters of a wrong value that a message shows.
const SHOWN: usize = 80;

/// The machines of a column.
pub(super) enum MachineColumn {
    /// Their ids; there are no names in it.
    Ids(Vec<i64>),
    /// The places of their names.
    Places(Vec<i64>),
}

/// Reads a column of machines, if it is there: an array of ids, or of names and ids as objects.
pub(super) fn machines(
    columns: &Bound<'_, PyMapping>,
    name: &'static str,
    spellings: &mut Spellings,
) -> PyResult<Option<MachineColumn>> {
    if !columns.contains(name)? {
        return Ok(None);
    }
    let column = columns.get_item(name)?;
    if column.extract::<PyReadonlyArray1<'_, i64>>().is_ok()
        || column.extract::<PyReadonlyArray1<'_, f64>>().is_ok()
    {
        let ids = super::columns::maybe_whole(columns, name)?;
        return Ok(ids.map(MachineColumn::Ids));
    }
    // Texts that come again are mostly one object, which is held meanwhile.
    let mut read: BTreeMap<usize, (Bound<'_, PyAny>, i64)> = BTreeMap::new();
    let mut places = Vec::new();
    for (row, cell) in column.try_iter()?.enumerate() {
        let cell = cell?;
        let at = cell.as_ptr() as usize;
        if let Some(&(_, place)) = read.get(&at) {
            places.push(place);
            continue;
        }
        let place = machine(&cell, spellings, (name, row))?;
        places.push(place);
        if read.len() < 1 << 16 {
            read.insert(at, (cell, place));
        }
    }
    Ok(Some(MachineColumn::Places(places)))
}

impl MachineColumn {
    /// The places of the names; ids are names written as numbers.
    pub(super) fn into_places(
        self,
        name: &'static str,
        spellings: &mut Spellings,
    ) -> PyResult<Vec<i64>> {
        let ids = match self {
            Self::Places(places) => return Ok(places),
            Self::Ids(ids) => ids,
        };
        let mut known: BTreeMap<i64, i64> = BTreeMap::new();
        let place = |(row, &id): (usize, &i64)| {
            if id < 0 {
                return Ok(UNKNOWN);
            }
            if let Some(&place) = known.get(&id) {
                return Ok(place);
            }
            let place = spellings.place(&id.to_string(), Spelling::Number, (name, row))?;
            known.insert(id, place);
            Ok(place)
        };
        ids.iter().enumerate().map(place).collect()
    }
}

/// The place of the machine in a cell; [`UNKNOWN`] if there is none.
pub(super) fn machine(
    cell: &Bound<'_, PyAny>,
    spellings: &mut Spellings,
    at: (&'static str, usize),
) -> PyResult<i64> {
    if let Ok(text) = cell.cast::<PyString>() {
        return Ok(spellings.place(&text.to_cow()?, Spelling::Text, at)?);
    }
    if let Some(number) = whole(cell)? {
        return Ok(spellings.place(&number.to_string(), Spelling::Number, at)?);
    }
    if is_missing(cell)? {
        return Ok(UNKNOWN);
    }
    let (name, row) = at;
    Err(PyValueError::new_err(format!(
        "row {row}: {name} {} is neither a whole number from 0 to 2^53 - 1 nor a name",
        shown(cell)
    )))
}

/// A whole number from 0 up, of any type.
pub(super) fn whole(cell: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
    if cell.is_instance_of::<PyBool>() {
        return Ok(None);
    }
    if cell.is_instance_of::<PyInt>() {
        return Ok(cell.extract().ok());
    }
    if let Ok(number) = cell.extract::<u64>() {
        return Ok(Some(number));
    }
    let number: f64 = if let Ok(number) = cell.cast::<PyFloat>() {
        number.value()
    } else if cell.hasattr("dtype")?
        && let Ok(number) = cell.extract()
    {
        number
    } else {
        return Ok(None);
    };
    let is_whole = number.fract() == 0.0 && (0.0..9.1e15).contains(&number);
    Ok(is_whole.then_some(number as u64))
}

/// Whether a cell says that there is nothing: None, NaN or pandas' NA.
pub(super) fn is_missing(cell: &Bound<'_, PyAny>) -> PyResult<bool> {
    if cell.is_none() {
        return Ok(true);
    }
    if let Ok(number) = cell.extract::<f64>() {
        return Ok(number.is_nan());
    }
    let kind = cell.get_type().name()?;
    Ok(kind == "NAType" || kind == "NaTType")
}

/// So much of a cell that a message shows it.
pub(super) fn shown(cell: &Bound<'_, PyAny>) -> String {
    cell.repr().map_or_else(
        |_| cell.get_type().to_string(),
        |repr| repr.to_string().chars().take(SHOWN).collect(),
    )
}
