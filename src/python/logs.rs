//! The logs of a run, as arrays.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use numpy::{Element, IntoPyArray, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyDict, PyMapping};

use super::error::LamportError;
use crate::causality::machines::{Machines, machines};
use crate::causality::messages::{Messages, messages};
use crate::causality::verify::report::{Report, Rule};
use crate::causality::verify::{Options, verify};
use crate::error::Result;
use crate::log::columns::Columns;
use crate::log::facts::{Facts, Source};
use crate::log::history::History;
use crate::log::table::Table;
use crate::log::{diaries, facts, merge, reader};

/// The logs of one run, read into columns.
#[pyclass(frozen, module = "lamport._lamport")]
pub(super) struct Logs {
    notes: Vec<String>,
    peers: BTreeMap<u64, Vec<u64>>,
    sources: Vec<Source>,
    columns: Mutex<Held<Columns>>,
    messages: Mutex<Held<Messages>>,
    machines: Mutex<Held<Machines>>,
    /// What there is beside the events, where no file tells.
    facts: Vec<Facts>,
    /// The recipients of the events, once Python has the other columns and where no file tells.
    recipients: Mutex<(Vec<usize>, Vec<i64>)>,
}

/// A table: the core's until Python asks for it, then Python's. It is never held twice.
enum Held<T> {
    Native(T),
    Arrays(Py<PyDict>),
    /// There is none, and why.
    Nothing(&'static str),
}

const BASE_ONLY: &str = "the logs hold base fields only: their RECEIVE lines lack sender and sent_clock, so receipts cannot be matched to sends";
const UNRECORDED: &str =
    "no event was recorded (record=False): only run.machines and what follows from it is there";

impl Logs {
    /// A run of which only the table of machines is known.
    pub(super) fn of_machines(logs: facts::Logs, machines: Machines) -> Self {
        Self {
            notes: logs.notes,
            peers: logs.peers,
            sources: logs.sources,
            columns: Mutex::new(Held::Nothing(UNRECORDED)),
            messages: Mutex::new(Held::Nothing(UNRECORDED)),
            machines: Mutex::new(Held::Native(machines)),
            facts: Vec::new(),
            recipients: Mutex::default(),
        }
    }

    pub(super) fn new(logs: facts::Logs) -> Self {
        let messages = messages(&logs);
        let machines = machines(&logs);
        let facts = if logs.sources.is_empty() {
            logs.machines
        } else {
            Vec::new()
        };
        let mut notes = logs.notes;
        let unmatched = messages.as_ref().map_or(0, |messages| messages.unmatched);
        if unmatched > 0 {
            notes.push(format!(
                "{unmatched} messages were received without a known send: by hand, or of a machine whose log is not here"
            ));
        }
        Self {
            notes,
            peers: logs.peers,
            sources: logs.sources,
            columns: Mutex::new(Held::Native(logs.columns)),
            messages: Mutex::new(messages.map_or(Held::Nothing(BASE_ONLY), Held::Native)),
            machines: Mutex::new(Held::Native(machines)),
            facts,
            recipients: Mutex::default(),
        }
    }

    /// The events of a table as verification reads them.
    fn table(&self, py: Python<'_>) -> PyResult<Columns> {
        let dict = self.events(py)?;
        let recipients = self
            .recipients
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner);
        Ok(Columns {
            time: required(dict.as_mapping(), "time")?,
            machine_id: required(dict.as_mapping(), "machine_id")?,
            event: required(dict.as_mapping(), "event")?,
            old_clock: required(dict.as_mapping(), "old_clock")?,
            new_clock: required(dict.as_mapping(), "new_clock")?,
            queue_len: required(dict.as_mapping(), "queue_len")?,
            sender: required(dict.as_mapping(), "sender")?,
            sent_clock: required(dict.as_mapping(), "sent_clock")?,
            arrived: required(dict.as_mapping(), "arrived")?,
            starts: recipients.0.clone(),
            recipients: recipients.1.clone(),
            ..Columns::default()
        })
    }
}

/// What verification found, as a dict of lists.
fn found(py: Python<'_>, report: Report) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("ok", report.is_ok())?;
    let count = |values: [u64; 9]| {
        let counts = PyDict::new(py);
        for rule in Rule::ALL {
            counts.set_item(rule.name(), values[rule as usize])?;
        }
        Ok::<_, PyErr>(counts)
    };
    dict.set_item("counts", count(report.counts)?)?;
    dict.set_item("checked", count(report.checked)?)?;
    dict.set_item("unchecked", report.unchecked)?;
    let mut columns = (vec![], vec![], vec![], vec![], vec![], vec![], vec![]);
    for violation in report.violations {
        columns.0.push(violation.rule.name());
        columns.1.push(violation.file);
        columns.2.push(violation.line);
        columns.3.push(violation.machine_id);
        columns.4.push(violation.clock);
        columns.5.push(violation.expected);
        columns.6.push(violation.found);
    }
    dict.set_item("rule", columns.0)?;
    dict.set_item("file", columns.1)?;
    dict.set_item("line", columns.2)?;
    dict.set_item("machine_id", columns.3)?;
    dict.set_item("clock", columns.4)?;
    dict.set_item("expected", columns.5)?;
    dict.set_item("found", columns.6)?;
    Ok(dict)
}

/// The table in `held` as a new dict of the same arrays.
fn arrays<'py, T>(
    py: Python<'py>,
    held: &Mutex<Held<T>>,
    convert: impl FnOnce(Python<'py>, T) -> PyResult<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyDict>> {
    py.import("numpy")?;
    let mut held = held
        .lock_py_attached(py)
        .unwrap_or_else(PoisonError::into_inner);
    let dict = match std::mem::replace(&mut *held, Held::Nothing("an earlier conversion failed")) {
        Held::Native(table) => convert(py, table)?.unbind(),
        Held::Arrays(dict) => dict,
        Held::Nothing(why) => {
            *held = Held::Nothing(why);
            return Err(LamportError::new_err(why));
        }
    };
    let copy = dict.bind(py).copy()?;
    *held = Held::Arrays(dict);
    Ok(copy)
}

#[pymethods]
impl Logs {
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        arrays(py, &self.columns, |py, columns| {
            if self.sources.is_empty() {
                *self
                    .recipients
                    .lock_py_attached(py)
                    .unwrap_or_else(PoisonError::into_inner) = (columns.starts, columns.recipients);
            }
            let dict = PyDict::new(py);
            dict.set_item("time", columns.time.into_pyarray(py))?;
            dict.set_item("system_time", columns.system_time.into_pyarray(py))?;
            dict.set_item("machine_id", columns.machine_id.into_pyarray(py))?;
            dict.set_item("event", columns.event.into_pyarray(py))?;
            dict.set_item("old_clock", columns.old_clock.into_pyarray(py))?;
            dict.set_item("new_clock", columns.new_clock.into_pyarray(py))?;
            dict.set_item("queue_len", columns.queue_len.into_pyarray(py))?;
            dict.set_item("sender", columns.sender.into_pyarray(py))?;
            dict.set_item("sent_clock", columns.sent_clock.into_pyarray(py))?;
            dict.set_item("arrived", columns.arrived.into_pyarray(py))?;
            Ok(dict)
        })
    }

    fn messages<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        arrays(py, &self.messages, |py, messages| {
            let dict = PyDict::new(py);
            dict.set_item("sender", messages.sender.into_pyarray(py))?;
            dict.set_item("sent_clock", messages.sent_clock.into_pyarray(py))?;
            dict.set_item("recipient", messages.recipient.into_pyarray(py))?;
            dict.set_item("sent", messages.sent.into_pyarray(py))?;
            dict.set_item("arrived", messages.arrived.into_pyarray(py))?;
            dict.set_item("received", messages.received.into_pyarray(py))?;
            dict.set_item("received_clock", messages.received_clock.into_pyarray(py))?;
            dict.set_item("status", messages.status.into_pyarray(py))?;
            Ok(dict)
        })
    }

    fn machines<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        arrays(py, &self.machines, |py, table| {
            let dict = PyDict::new(py);
            dict.set_item("machine_id", table.machine_id.into_pyarray(py))?;
            dict.set_item("clock_rate", table.clock_rate.into_pyarray(py))?;
            dict.set_item("ticks", table.ticks.into_pyarray(py))?;
            dict.set_item("sends", table.sends.into_pyarray(py))?;
            dict.set_item("receives", table.receives.into_pyarray(py))?;
            dict.set_item("internals", table.internals.into_pyarray(py))?;
            dict.set_item("final_clock", table.final_clock.into_pyarray(py))?;
            dict.set_item("mean_jump", table.mean_jump.into_pyarray(py))?;
            dict.set_item("max_jump", table.max_jump.into_pyarray(py))?;
            dict.set_item("max_queue_len", table.max_queue_len.into_pyarray(py))?;
            dict.set_item("final_queue_len", table.final_queue_len.into_pyarray(py))?;
            dict.set_item("duration", table.duration.into_pyarray(py))?;
            dict.set_item("lateness_p50", table.lateness_p50.into_pyarray(py))?;
            dict.set_item("lateness_p99", table.lateness_p99.into_pyarray(py))?;
            dict.set_item("lateness_max", table.lateness_max.into_pyarray(py))?;
            dict.set_item("ended", table.ended.into_pyarray(py))?;
            dict.set_item(
                "internal_probability",
                table.internal_probability.into_pyarray(py),
            )?;
            dict.set_item("broadcast_share", table.broadcast_share.into_pyarray(py))?;
            dict.set_item("run_id", table.run_id)?;
            dict.set_item("file", table.file)?;
            Ok(dict)
        })
    }

    fn peers(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        let dict = PyDict::new(py);
        for (machine, peers) in &self.peers {
            dict.set_item(machine, peers)?;
        }
        Ok(dict.unbind())
    }

    #[pyo3(signature = (path, *, start=None, stop=None))]
    fn lines(
        &self,
        py: Python<'_>,
        path: PathBuf,
        start: Option<f64>,
        stop: Option<f64>,
    ) -> PyResult<u64> {
        let window = start.unwrap_or(f64::NEG_INFINITY)..stop.unwrap_or(f64::INFINITY);
        interruptible(py, |go_on| {
            merge::write_lines(&self.sources, &path, window, go_on)
        })
    }

    #[pyo3(signature = (*, clock_uncertainty = None, most = 1000))]
    fn verify<'py>(
        &self,
        py: Python<'py>,
        clock_uncertainty: Option<f64>,
        most: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let options = Options {
            clock_uncertainty,
            most,
        };
        let report = if self.sources.is_empty() {
            let columns = self.table(py)?;
            interruptible(py, |go_on| {
                verify(&History::of_table(columns, &self.facts), &options, go_on)
            })?
        } else {
            let paths: Vec<PathBuf> = self.sources.iter().map(|log| log.path.clone()).collect();
            let seconds = |log: &Source| (log.machine_id, log.offset as f64 / 1e6);
            let offsets = self.sources.iter().map(seconds).collect();
            interruptible(py, |go_on| {
                verify(
                    &diaries::read_history(&paths, &offsets, go_on)?,
                    &options,
                    go_on,
                )
            })?
        };
        found(py, report)
    }

    fn __repr__(&self) -> String {
        format!("<lamport logs of {} machines>", self.peers.len())
    }
}

#[pyfunction]
#[pyo3(signature = (paths, *, offsets = None))]
pub(super) fn read_logs(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    offsets: Option<BTreeMap<u64, f64>>,
) -> PyResult<Logs> {
    let offsets = offsets.unwrap_or_default();
    interruptible(py, |go_on| {
        reader::read_logs(&paths, &offsets, go_on).map(Logs::new)
    })
}

#[pyfunction]
#[pyo3(signature = (paths, *, offsets = None, clock_uncertainty = None, most = 1000))]
pub(super) fn verify_logs(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    offsets: Option<BTreeMap<u64, f64>>,
    clock_uncertainty: Option<f64>,
    most: usize,
) -> PyResult<Bound<'_, PyDict>> {
    let offsets = offsets.unwrap_or_default();
    let options = Options {
        clock_uncertainty,
        most,
    };
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
pub(super) fn table_logs(py: Python<'_>, columns: &Bound<'_, PyMapping>) -> PyResult<Logs> {
    let table = Table {
        machine_id: required(columns, "machine_id")?,
        event: required(columns, "event")?,
        new_clock: required(columns, "new_clock")?,
        time: column(columns, "time")?,
        system_time: column(columns, "system_time")?,
        old_clock: column(columns, "old_clock")?,
        queue_len: column(columns, "queue_len")?,
        sender: column(columns, "sender")?,
        sent_clock: column(columns, "sent_clock")?,
        arrived: column(columns, "arrived")?,
        recipients: match item(columns, "recipients")? {
            Some(lists) => Some(lists.extract()?),
            None => None,
        },
    };
    Ok(py.detach(|| table.into_logs().map(Logs::new))?)
}

fn item<'py>(columns: &Bound<'py, PyMapping>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if columns.contains(name)? {
        return columns.get_item(name).map(Some);
    }
    Ok(None)
}

fn column<T: Element + Copy>(
    columns: &Bound<'_, PyMapping>,
    name: &str,
) -> PyResult<Option<Vec<T>>> {
    let Some(values) = item(columns, name)? else {
        return Ok(None);
    };
    let array: PyReadonlyArray1<'_, T> = values.extract().map_err(|_| {
        let kind = numpy::dtype::<T>(columns.py());
        PyValueError::new_err(format!(
            "the column {name} must be a one-dimensional array of {kind}"
        ))
    })?;
    Ok(Some(array.as_array().iter().copied().collect()))
}

fn required<T: Element + Copy>(columns: &Bound<'_, PyMapping>, name: &str) -> PyResult<Vec<T>> {
    column(columns, name)?.ok_or_else(|| {
        PyValueError::new_err(format!(
            "there is no column {name}: a table of events needs machine_id, event and new_clock"
        ))
    })
}

/// Runs `work` detached; where it asks whether to go on, Ctrl-C says no.
fn interruptible<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&mut dyn FnMut() -> bool) -> Result<T> + Send,
) -> PyResult<T> {
    let mut signal = None;
    let result = py.detach(|| {
        work(&mut || {
            Python::attach(|py| signal = py.check_signals().err());
            signal.is_none()
        })
    });
    match signal {
        Some(error) => Err(error),
        None => Ok(result?),
    }
}
