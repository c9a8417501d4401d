//! The logs of a run, as arrays.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyDict;

use super::causality::PyCausality;
use super::columns::{BorrowedTrace, array, required, values};
use super::held::{Held, arrays, converted};
use super::interrupt::interruptible;
use super::recipients;
use super::tables::{self, found};
use crate::causality::export::shiviz::{Shown, Viewer, write};
use crate::causality::graph::{BASE_ONLY, Graph};
use crate::causality::happened::{Causality, Limits};
use crate::causality::machines::{Machines, machines};
use crate::causality::messages::{Messages, messages};
use crate::causality::order;
use crate::causality::verify::{Options, verify};
use crate::log::columns::Columns;
use crate::log::facts;
use crate::log::facts::{Facts, Source};
use crate::log::history::History;
use crate::log::read::diaries;
use crate::log::schema::COLUMNS;
use crate::log::write::merge;

/// The logs of one run, read into columns.
#[pyclass(name = "Logs", frozen, module = "lamport._lamport")]
pub(super) struct PyLogs {
    notes: Vec<String>,
    peers: BTreeMap<u64, Vec<u64>>,
    sources: Vec<Source>,
    columns: Mutex<Held<Columns>>,
    messages: Mutex<Matched>,
    machines: Mutex<Held<Machines>>,
    /// What there is beside the events.
    facts: Vec<Facts>,
    /// The kinds and the recipients of the events, once Python has the other columns.
    kept: Mutex<Arc<Columns>>,
}

/// Messages are matched when someone first asks for them.
enum Matched {
    NotYet,
    /// The table, and how many messages were received without a known send.
    Done(Box<Held<Messages>>, usize),
}

const UNRECORDED: &str =
    "no event was recorded (record=False): only run.machines and what follows from it is there";

impl PyLogs {
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
            kept: Mutex::default(),
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
            kept: Mutex::default(),
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
        let kept = self.kept(py);
        let mut columns = Columns {
            starts: kept.starts.clone(),
            recipients: kept.recipients.clone(),
            ..Columns::default()
        };
        for &column in COLUMNS {
            if let Some(values) = values(dict.as_mapping(), column)? {
                columns.set(column.name, values);
            }
        }
        Ok(columns)
    }

    /// The kinds and the recipients of the events, which Python has.
    fn kept(&self, py: Python<'_>) -> Arc<Columns> {
        let kept = self.kept.lock_py_attached(py);
        kept.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[pymethods]
impl PyLogs {
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
            let dict = tables::events(py, &mut columns)?;
            *self
                .kept
                .lock_py_attached(py)
                .unwrap_or_else(PoisonError::into_inner) = Arc::new(columns);
            Ok(dict)
        })
    }

    fn recipients<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<Py<PyAny>>>> {
        self.events(py)?;
        recipients::tuples(py, &self.kept(py))
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
        let taken = BorrowedTrace::new(&self.events(py)?)?;
        let kept = self.kept(py);
        let trace = taken.trace(&kept)?;
        let graph = interruptible(py, |go_on| Graph::new(&trace, &machines, go_on))?;
        Ok(PyCausality(Causality::new(graph, Limits::default())))
    }

    fn total_order<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let taken = BorrowedTrace::new(&self.events(py)?)?;
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
        let taken = BorrowedTrace::new(&dict)?;
        let kept = self.kept(py);
        let time = array::<f64>(dict.as_mapping(), "time")?;
        let system_time = array::<f64>(dict.as_mapping(), "system_time")?;
        let queue_len = array::<i64>(dict.as_mapping(), "queue_len")?;
        let shown = Shown {
            trace: taken.trace(&kept)?,
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
