//! Logs from files.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::execution::ExecutionArgument;
use super::interrupt::interruptible;
use super::logs::PyLogs;
use super::members::{self, Stated};
use super::rules::RulesArgument;
use super::tables::found;
use crate::causality::diagnose::judge;
use crate::causality::verify::Options;
use crate::error::Result;
use crate::log::logs::Logs;
use crate::log::read::executions;
use crate::log::read::peek::{peek, whole};
use crate::log::read::reader::{self, LogFiles};

/// What a file holds, as Python has it.
type Bytes = Cow<'static, [u8]>;

/// The files that have lines of an execution, and its run; all files where none is named.
fn chosen(
    paths: Vec<PathBuf>,
    execution: Option<ExecutionArgument>,
) -> Result<(Vec<PathBuf>, Option<String>)> {
    let Some(ExecutionArgument(wanted)) = execution else {
        return Ok((paths, None));
    };
    let (run_id, paths) = executions::choose(&paths, &wanted)?;
    Ok((paths, Some(run_id)))
}

/// Read the logs of one run.
///
/// Parameters
/// ----------
/// paths : sequence of str
///     The log files, with the lines of machines in any grouping.
/// offsets : mapping of int to float, optional
///     Seconds to add to the times of a machine's log, to correct its host's clock.
/// skip : bool
///     Leave lines aside that cannot be read, and note them.
/// rules : Rules, optional
///     What is taken for true of the program.
/// execution : int or str, optional
///     The number, from 1, or the run id of the one whose lines count, where there are several.
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
#[pyo3(signature = (paths, *, offsets = None, skip = false, rules = None, execution = None))]
pub(super) fn read_logs(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    offsets: Option<BTreeMap<u64, f64>>,
    skip: bool,
    rules: Option<RulesArgument>,
    execution: Option<ExecutionArgument>,
) -> PyResult<PyLogs> {
    let offsets = offsets.unwrap_or_default();
    let rules = rules.map(|RulesArgument(rules)| rules).unwrap_or_default();
    interruptible(py, |go_on| {
        let (paths, execution) = chosen(paths, execution)?;
        let files = LogFiles {
            paths: &paths,
            execution: execution.as_deref(),
        };
        let logs = reader::read_logs_of(files, &offsets, skip, go_on);
        logs.map(|logs| PyLogs::new(Logs { rules, ..logs }))
    })
}

/// The bytes of a file, as they were before compression, without a byte order mark.
///
/// Raises
/// ------
/// LogError
///     The file is an archive, an image, or something else that is not text.
/// OSError
///     It cannot be read.
#[pyfunction]
pub(super) fn read_bytes(py: Python<'_>, path: PathBuf) -> PyResult<Cow<'static, [u8]>> {
    Ok(py.detach(|| whole(&path))?.into())
}

/// The first and the last bytes of a file, as they were before compression, without a byte order mark.
///
/// Raises
/// ------
/// LogError
///     The file is an archive, an image, or something else that is not text.
/// OSError
///     It cannot be read.
#[pyfunction]
#[pyo3(signature = (path))]
pub(super) fn peek_file(py: Python<'_>, path: PathBuf) -> PyResult<(Bytes, Bytes)> {
    let (head, tail) = py.detach(|| peek(&path))?;
    Ok((head.into(), tail.into()))
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
#[pyo3(signature = (paths, *, offsets = None, clock_uncertainty = None, members = None, rules = None, align = false, execution = None))]
#[expect(clippy::too_many_arguments, reason = "each is a keyword of Python")]
pub(super) fn verify_logs(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    offsets: Option<BTreeMap<u64, f64>>,
    clock_uncertainty: Option<f64>,
    members: Option<Stated>,
    rules: Option<RulesArgument>,
    align: bool,
    execution: Option<ExecutionArgument>,
) -> PyResult<Bound<'_, PyDict>> {
    let offsets = offsets.unwrap_or_default();
    let options = Options {
        align,
        clock_uncertainty,
        members: members::members(members)?,
        rules: rules.map(|RulesArgument(rules)| rules),
    };
    let judged = interruptible(py, |go_on| {
        let (paths, execution) = chosen(paths, execution)?;
        let files = LogFiles {
            paths: &paths,
            execution: execution.as_deref(),
        };
        let history = reader::read_history_of(files, &offsets, go_on)?;
        judge(&history, &options, go_on)
    })?;
    found(py, judged)
}
