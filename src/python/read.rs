//! Logs from files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::interrupt::interruptible;
use super::logs::PyLogs;
use super::members::{self, Stated};
use super::rules::RulesArgument;
use super::tables::found;
use crate::causality::diagnose::judge;
use crate::causality::verify::Options;
use crate::log::read::reader;

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
#[pyo3(signature = (paths, *, offsets = None, clock_uncertainty = None, members = None, rules = None, align = false))]
pub(super) fn verify_logs(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    offsets: Option<BTreeMap<u64, f64>>,
    clock_uncertainty: Option<f64>,
    members: Option<Stated>,
    rules: Option<RulesArgument>,
    align: bool,
) -> PyResult<Bound<'_, PyDict>> {
    let offsets = offsets.unwrap_or_default();
    let options = Options {
        align,
        clock_uncertainty,
        members: members::members(members)?,
        rules: rules.map(|RulesArgument(rules)| rules),
    };
    let judged = interruptible(py, |go_on| {
        judge(
            &reader::read_history(&paths, &offsets, go_on)?,
            &options,
            go_on,
        )
    })?;
    found(py, judged)
}
