//! Logs from files and tables.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use super::columns::values;
use super::interrupt::interruptible;
use super::logs::PyLogs;
use super::recipients::recipients;
use super::tables::found;
use crate::causality::verify::{Options, verify};
use crate::log::columns::Columns;
use crate::log::import::table::{REQUIRED, Table};
use crate::log::read::{diaries, reader};
use crate::log::schema::COLUMNS;

#[pyfunction]
#[pyo3(signature = (paths, *, offsets = None))]
pub(super) fn read_logs(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    offsets: Option<BTreeMap<u64, f64>>,
) -> PyResult<PyLogs> {
    let offsets = offsets.unwrap_or_default();
    interruptible(py, |go_on| {
        reader::read_logs(&paths, &offsets, go_on).map(PyLogs::new)
    })
}

#[pyfunction]
#[pyo3(signature = (paths, *, offsets = None, clock_uncertainty = None))]
pub(super) fn verify_logs(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    offsets: Option<BTreeMap<u64, f64>>,
    clock_uncertainty: Option<f64>,
) -> PyResult<Bound<'_, PyDict>> {
    let offsets = offsets.unwrap_or_default();
    let options = Options { clock_uncertainty };
    let report = interruptible(py, |go_on| {
        verify(
            &diaries::read_history(&paths, &offsets, go_on)?,
            &options,
            go_on,
        )
    })?;
    found(py, report)
}

#[pyfunction]
pub(super) fn table_logs(py: Python<'_>, columns: &Bound<'_, PyMapping>) -> PyResult<PyLogs> {
    let mut table = Table {
        columns: Columns::default(),
        recipients: recipients(columns)?,
    };
    if let Some(name) = missing(columns)? {
        return Err(PyValueError::new_err(format!(
            "there is no column {name}: a table of events needs {}",
            REQUIRED.join(", ")
        )));
    }
    for &column in COLUMNS {
        if let Some(values) = values(columns, column)? {
            table.columns.set(column.name, values);
        }
    }
    Ok(py.detach(|| table.into_logs().map(PyLogs::new))?)
}

/// The first column that a table of events needs and has not.
fn missing(columns: &Bound<'_, PyMapping>) -> PyResult<Option<&'static str>> {
    for name in REQUIRED {
        if !columns.contains(name)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
