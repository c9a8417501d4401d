//! The logs of a run, as arrays.

use std::collections::BTreeMap;
use std::mem::take;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use numpy::{Element, IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyDict, PyMapping};

use super::causality::PyCausality;
use super::error::LamportError;
use super::interrupt::interruptible;
use super::tables::{self, found};
use crate::causality::graph::{BASE_ONLY, Graph, Trace};
use crate::causality::happened::{Causality, Limits};
use crate::causality::machines::{Machines, machines};
use crate::causality::messages::{Messages, messages};
use crate::causality::order;
use crate::causality::shiviz::{Shown, Viewer, write};
use crate::causality::verify::{Options, verify};
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
    messages: Mutex<Matched>,
    machines: Mutex<Held<Machines>>,
    /// What there is beside the events.
    facts: Vec<Facts>,
    /// The recipients of the events, once Python has the other columns.
    recipients: Mutex<(Vec<usize>, Vec<i64>)>,
}

/// A table: the core's until Python asks for it, then Python's. It is never held twice.
enum Held<T> {
    Native(T),
    Arrays(Py<PyDict>),
    /// There is none, and why.
    Nothing(&'static str),
}

/// Messages are matched when someone first asks for them.
enum Matched {
    NotYet,
    /// The table, and how many messages were received without a known send.
    Done(Box<Held<Messages>>, usize),
}

const UNRECORDED: &str =
    "no event was recorded (record=False): only run.machines and what follows from it is there";

impl Logs {
    /// A run of which only the table of machines is known.
    pub(super) fn of_machines(machines: Machines) -> Self {
        Self {
            notes: Vec::new(),
            peers: BTreeMap::new(),
            sources: Vec::new(),
            columns: Mutex::new(Held::Nothing(UNRECORDED)),
            messages: Mutex::new(Matched::Done(Box::new(Held::Nothing(UNRECORDED)), 0)),
            machines: Mutex::new(Held::Native(machines)),
            facts: Vec::new(),
            recipients: Mutex::default(),
        }
    }

    pub(super) fn new(logs: facts::Logs) -> Self {
        let machines = machines(&logs);
        Self {
            notes: logs.notes,
            peers: logs.peers,
            sources: logs.sources,
            columns: Mutex::new(Held::Native(logs.columns)),
            messages: Mutex::new(Matched::NotYet),
            machines: Mutex::new(Held::Native(machines)),
            facts: logs.machines,
            recipients: Mutex::default(),
        }
    }

    /// The messages, matched if they are not, for `look` to see with how many have no known send.
    fn matched<T>(
        &self,
        py: Python<'_>,
        look: impl FnOnce(&mut Held<Messages>, usize) -> PyResult<T>,
    ) -> PyResult<T> {
        let mut matched = self
            .messages
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner);
        if matches!(*matched, Matched::NotYet) {
            let messages = self.match_messages(py)?;
            let unmatched = messages.as_ref().map_or(0, |messages| messages.unmatched);
            let held = messages.map_or(Held::Nothing(BASE_ONLY), Held::Native);
            *matched = Matched::Done(Box::new(held), unmatched);
        }
        match &mut *matched {
            Matched::Done(held, unmatched) => look(held, *unmatched),
            Matched::NotYet => unreachable!("they were just matched"),
        }
    }

    fn match_messages(&self, py: Python<'_>) -> PyResult<Option<Messages>> {
        let columns = self
            .columns
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner);
        if let Held::Native(columns) = &*columns {
            return Ok(py.detach(|| messages(columns, &self.facts)));
        }
        drop(columns);
        let columns = self.table(py)?;
        Ok(py.detach(|| messages(&columns, &self.facts)))
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

/// The columns of the events that causality reads, borrowed from Python.
struct Taken<'py> {
    machine_id: PyReadonlyArray1<'py, i64>,
    event: PyReadonlyArray1<'py, i8>,
    new_clock: PyReadonlyArray1<'py, i64>,
    sender: PyReadonlyArray1<'py, f64>,
    sent_clock: PyReadonlyArray1<'py, f64>,
}

impl<'py> Taken<'py> {
    fn new(events: &Bound<'py, PyDict>) -> PyResult<Self> {
        let events = events.as_mapping();
        Ok(Self {
            machine_id: array(events, "machine_id")?,
            event: array(events, "event")?,
            new_clock: array(events, "new_clock")?,
            sender: array(events, "sender")?,
            sent_clock: array(events, "sent_clock")?,
        })
    }

    fn trace(&self) -> PyResult<Trace<'_>> {
        Ok(Trace {
            machine_id: self.machine_id.as_slice()?,
            event: self.event.as_slice()?,
            new_clock: self.new_clock.as_slice()?,
            sender: self.sender.as_slice()?,
            sent_clock: self.sent_clock.as_slice()?,
        })
    }
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
    converted(py, &mut held, convert)
}

/// As [`arrays`], of a table at hand.
fn converted<'py, T>(
    py: Python<'py>,
    held: &mut Held<T>,
    convert: impl FnOnce(Python<'py>, T) -> PyResult<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = match std::mem::replace(held, Held::Nothing("an earlier conversion failed")) {
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
    fn notes(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let mut notes = self.notes.clone();
        let unmatched = self.matched(py, |_, unmatched| Ok(unmatched))?;
        if unmatched > 0 {
            notes.push(format!(
                "{unmatched} messages were received without a known send: by hand, or of a machine whose log is not here"
            ));
        }
        Ok(notes)
    }

    fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        arrays(py, &self.columns, |py, mut columns| {
            *self
                .recipients
                .lock_py_attached(py)
                .unwrap_or_else(PoisonError::into_inner) =
                (take(&mut columns.starts), take(&mut columns.recipients));
            tables::events(py, columns)
        })
    }

    fn messages<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        py.import("numpy")?;
        self.matched(py, |held, _| converted(py, held, tables::messages))
    }

    fn machines<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        arrays(py, &self.machines, tables::machines)
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

    #[pyo3(signature = (*, clock_uncertainty = None))]
    fn verify<'py>(
        &self,
        py: Python<'py>,
        clock_uncertainty: Option<f64>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let options = Options { clock_uncertainty };
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

    fn causality(&self, py: Python<'_>) -> PyResult<PyCausality> {
        let machines: Vec<i64> = required(self.machines(py)?.as_mapping(), "machine_id")?;
        let taken = Taken::new(&self.events(py)?)?;
        let trace = taken.trace()?;
        let graph = interruptible(py, |go_on| Graph::new(&trace, &machines, go_on))?;
        Ok(PyCausality(Causality::new(graph, Limits::default())))
    }

    fn total_order<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let taken = Taken::new(&self.events(py)?)?;
        let (machine_id, new_clock) = (taken.machine_id.as_slice()?, taken.new_clock.as_slice()?);
        let rows = interruptible(py, |go_on| order::total_order(machine_id, new_clock, go_on))?;
        Ok(rows.into_pyarray(py))
    }

    #[pyo3(signature = (causality, viewer, path, *, start=None, stop=None))]
    fn view(
        &self,
        py: Python<'_>,
        causality: &PyCausality,
        viewer: &str,
        path: PathBuf,
        start: Option<f64>,
        stop: Option<f64>,
    ) -> PyResult<u64> {
        let viewer = Viewer::named(viewer)?;
        let dict = self.events(py)?;
        let taken = Taken::new(&dict)?;
        let column = |name| array::<f64>(dict.as_mapping(), name);
        let (time, system_time) = (column("time")?, column("system_time")?);
        let queue_len = column("queue_len")?;
        let shown = Shown {
            trace: taken.trace()?,
            time: time.as_slice()?,
            system_time: system_time.as_slice()?,
            queue_len: queue_len.as_slice()?,
        };
        let graph = causality.0.graph();
        if graph.len() != shown.time.len() {
            return Err(PyValueError::new_err(format!(
                "the causality of {} events does not go with these {}: take that of the same logs",
                graph.len(),
                shown.time.len()
            )));
        }
        interruptible(py, |go_on| {
            write(graph, &shown, viewer, (start, stop), &path, go_on)
        })
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
    if !columns.contains(name)? {
        return Ok(None);
    }
    let array: PyReadonlyArray1<'_, T> = array(columns, name)?;
    Ok(Some(array.as_array().iter().copied().collect()))
}

fn array<'py, T: Element>(
    columns: &Bound<'py, PyMapping>,
    name: &str,
) -> PyResult<PyReadonlyArray1<'py, T>> {
    columns.get_item(name)?.extract().map_err(|_| {
        let kind = numpy::dtype::<T>(columns.py());
        PyValueError::new_err(format!(
            "the column {name} must be a one-dimensional array of {kind}"
        ))
    })
}

fn required<T: Element + Copy>(columns: &Bound<'_, PyMapping>, name: &str) -> PyResult<Vec<T>> {
    column(columns, name)?.ok_or_else(|| {
        PyValueError::new_err(format!(
            "there is no column {name}: a table of events needs machine_id, event and new_clock"
        ))
    })
}
