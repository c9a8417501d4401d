//! The logs of a run, as arrays.

use std::collections::BTreeMap;
use std::mem::take;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyDict;

use super::causality::PyCausality;
use super::columns::{Taken, array, required};
use super::held::{Held, arrays, converted};
use super::interrupt::interruptible;
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
use crate::log::read::reader::read_history;
use crate::log::write::merge;

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
                verify(&read_history(&paths, &offsets, go_on)?, &options, go_on)
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
