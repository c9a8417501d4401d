//! Logs from files and tables.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use super::columns::values;
use super::interrupt::interruptible;
use super::logs::PyLogs;
use super::members::{self, Stated};
use super::recipients::recipients;
use super::rules::RulesArgument;
use super::tables::found;
use crate::causality::verify::{Options, verify};
use crate::log::import::table::{Declared, Table};
use crate::log::read::reader;
use crate::log::schema::COLUMNS;

/// Read the logs of one run.
///
/// Parameters
/// ----------
/// paths : sequence of str
///     The log files, one per machine.
/// offsets : mapping of int to float, optional
///     Seconds to add to the times of a machine's log, to correct its host's clock.
///
/// Raises
/// ------
/// LogError
///     A line is malformed (a torn last line is a note, not an error), a file is empty or no log,
///     two logs are of one machine or of different runs.
/// ValueError
///     No paths; `offsets` names a machine without a log, or is beyond 1e9 s.
/// OSError
///     A file cannot be read.
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

/// Check log files that `read_logs` may refuse, see `Logs.verify`.
///
/// Raises
/// ------
/// LogError
///     A file has no line of a log, two logs are of one machine or of different runs.
/// ValueError
///     No paths, or an argument is out of range.
/// OSError
///     A file cannot be read.
#[pyfunction]
#[pyo3(signature = (paths, *, offsets = None, clock_uncertainty = None, members = None, rules = None))]
pub(super) fn verify_logs(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    offsets: Option<BTreeMap<u64, f64>>,
    clock_uncertainty: Option<f64>,
    members: Option<Stated>,
    rules: Option<RulesArgument>,
) -> PyResult<Bound<'_, PyDict>> {
    let offsets = offsets.unwrap_or_default();
    let options = Options {
        clock_uncertainty,
        members: members::members(members)?,
        rules: rules.map(|RulesArgument(rules)| rules),
    };
    let report = interruptible(py, |go_on| {
        verify(
            &reader::read_history(&paths, &offsets, go_on)?,
            &options,
            go_on,
        )
    })?;
    found(py, report)
}

/// Make `Logs` of a table: arrays of one length, named as in `Logs.events`.
///
/// ``machine_id`` (int64), ``event`` (int8 codes) and ``new_clock`` (int64) are required;
/// ``time`` or ``system_time`` (float64, else the row number in s), ``old_clock`` (int64; else the machine's
/// clock before), ``queue_len``, ``sender``, ``sent_clock`` (int64, -1 where there is none, or float64 with
/// NaN there), ``arrived`` (float64; on the clock of ``time``, or of ``system_time`` without it),
/// ``manual``, ``by_hand`` (bool) and ``recipient_ids`` or ``recipients`` (for each row a list of ids, or
/// its text, empty for other events; else those that received the message) are used where present, other
/// columns are not. Times beyond 1e8 s are taken for times of day: the first event is
/// then at 0.
///
/// Raises
/// ------
/// ValueError
///     A column is missing, has another type or length, or a value no event can have; or there are times of
///     arrival but no others.
#[pyfunction]
pub(super) fn table_logs(py: Python<'_>, columns: &Bound<'_, PyMapping>) -> PyResult<PyLogs> {
    let mut table = Table {
        recipients: recipients(columns)?,
        ..Table::default()
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
    Ok(py.detach(|| table.into_logs(&Declared::default()).map(PyLogs::new))?)
}

/// The columns that every table has.
const REQUIRED: [&str; 3] = ["machine_id", "event", "new_clock"];

/// The first column that a table of events needs and has not.
fn missing(columns: &Bound<'_, PyMapping>) -> PyResult<Option<&'static str>> {
    for name in REQUIRED {
        if !columns.contains(name)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
