//! Logs of algorithms played again, from Python.

use std::io::BufReader;
use std::path::PathBuf;

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::handler::{HandlerError, PyHandler};
use super::me::MachineSeat;
use crate::error::Result;
use crate::log::read::algorithm_log::algorithm_log;
use crate::log::read::input::LogInput;
use crate::log::read::lines::Lines;
use crate::log::read::relive::{ReliveError, relive};

/// What a log tells of the algorithm of its machine, None if that has none.
///
/// Returns
/// -------
/// dict
///     ``machine``, ``seed`` (None if it is not told), ``algorithm`` (``module:Class``), ``arguments`` (as
///     JSON), ``python`` (the minor version, or None), ``listen`` (host and port, or None), ``peers`` (host,
///     port, and id if the log knows it) and ``began`` (µs).
///
/// Raises
/// ------
/// LogError
///     It cannot be read, or is of several machines.
/// OSError
///     The same.
#[pyfunction]
pub(in crate::python) fn algorithm_of_log(
    py: Python<'_>,
    path: PathBuf,
) -> PyResult<Option<Bound<'_, PyDict>>> {
    let name = path.display().to_string();
    let found = py.detach(|| Lines::open(&path).and_then(|lines| algorithm_log(lines, &name)))?;
    let Some(found) = found else {
        return Ok(None);
    };
    let dict = PyDict::new(py);
    dict.set_item("machine", found.machine_id)?;
    dict.set_item("seed", found.seed)?;
    dict.set_item("algorithm", found.algorithm)?;
    dict.set_item("arguments", found.arguments)?;
    dict.set_item("python", found.python)?;
    let listen = found.listen.map(|place| (place.0.into_owned(), place.1));
    dict.set_item("listen", listen)?;
    let peers = found.peers.into_iter();
    let peers = peers.map(|(place, id)| (place.0.into_owned(), place.1, id));
    dict.set_item("peers", peers.collect::<Vec<_>>())?;
    dict.set_item("began", found.began)?;
    Ok(Some(dict))
}

/// A line of a log, what the machine does there, and what the log says.
type Unequal = (u64, String, String);

/// A line of a log whose handler fails, its time in s since ticking began, and what is raised.
type Raised = (u64, f64, Py<PyAny>);

/// Call the handlers of an instance again for every step of a log, and compare what they do.
///
/// Returns
/// -------
/// int
///     How many events happened again, before the first that did not.
/// tuple or None
///     That first one: its line in the log, what the machine does there, and what the log says.
/// tuple or None
///     Where a handler raised: the line, its time in s since ticking began, and the exception.
///
/// Raises
/// ------
/// LogError
///     The log cannot be read.
/// OSError
///     The same.
#[pyfunction]
#[pyo3(signature = (path, instance, *, seat, began))]
pub(in crate::python) fn replay_algorithm(
    py: Python<'_>,
    path: PathBuf,
    instance: Bound<'_, PyAny>,
    seat: MachineSeat,
    began: i64,
) -> PyResult<(u64, Option<Unequal>, Option<Raised>)> {
    let mut handler = PyHandler::new(py, instance, seat)?;
    let input: Result<LogInput> = LogInput::open(&path);
    let log = BufReader::with_capacity(1 << 18, input?);
    let name = path.display().to_string();
    match relive(log, &name, began, &mut handler) {
        Ok(relived) => Ok((relived.events, None, None)),
        Err(ReliveError::Log(error)) => Err(error.into()),
        Err(ReliveError::Differs(at)) => {
            let difference = at.difference;
            let unequal = (at.line, difference.expected, difference.found);
            Ok((at.events, Some(unequal), None))
        }
        Err(ReliveError::Handler { line, now, error }) => match error {
            HandlerError::Failed(error) => {
                let raised = error.into_value(py).into_any();
                Ok((0, None, Some((line, now as f64 / 1e6, raised))))
            }
            HandlerError::Interrupted(Some(error)) => Err(error),
            HandlerError::Interrupted(None) => Err(PyKeyboardInterrupt::new_err(())),
        },
    }
}
