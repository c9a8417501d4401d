//! The logs of a run, as arrays.

use std::collections::BTreeMap;
use std::path::PathBuf;

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::align;
use super::causality::PyCausality;
use super::columns::BorrowedTrace;
use super::held::{arrays, converted};
use super::interrupt::interruptible;
use super::letters::{self, StateColumn};
use super::log_tables::LogTables;
use super::members::{self, Stated};
use super::pictures::{self, range};
use super::recipients;
use super::recording::Recording;
use super::rules::RulesArgument;
use super::tables::{self, found};
use crate::causality::align::AlignOptions;
use crate::causality::diagnose::judge;
use crate::causality::happened::{Causality, Limits};
use crate::causality::machines::Machines;
use crate::causality::order;
use crate::causality::since::Since;
use crate::causality::verify::Options;
use crate::log::logs::Logs;
use crate::log::write::merge;

/// The logs of one run, read into columns.
///
/// Every method that returns arrays but `recipients` returns the same memory each time; do not
/// write to it. Whole numbers that may be missing are negative where they are.
#[pyclass(name = "Logs", frozen, module = "lamport._lamport")]
pub(super) struct PyLogs(pub(super) LogTables);

impl PyLogs {
    /// A run of which only the table of machines is known.
    pub(super) fn of_machines(machines: Machines, in_time: Option<(f64, Since)>) -> Self {
        Self(LogTables::of_machines(machines, in_time))
    }

    pub(super) fn new(logs: Logs) -> Self {
        Self(LogTables::new(logs))
    }
}

#[pymethods]
impl PyLogs {
    /// What a reader should know: torn last lines, logs without END, base fields only, ...
    #[getter]
    fn notes(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let mut notes = self.0.beside.notes.clone();
        notes.extend(self.0.matched(py, |_, unmatched| Ok(unmatched.notes()))?);
        Ok(notes)
    }

    /// The Unix time at which ticking began, from which times count; None if no log tells it.
    ///
    /// That of the earliest machine, as its log says, `offsets` added. Virtual time has none: it begins at 0.
    #[getter]
    fn began(&self) -> Option<f64> {
        self.0.beside.zero.began()
    }

    /// Whether time is virtual everywhere.
    #[getter]
    fn is_virtual(&self) -> bool {
        let mut startups = self
            .0
            .beside
            .machines
            .iter()
            .map(|summary| &summary.startup);
        !self.0.beside.machines.is_empty()
            && startups.all(|startup| startup.as_ref().is_some_and(|start| start.is_virtual))
    }

    /// Whether the logs tell times; else they only keep the order of events.
    #[getter]
    fn has_times(&self) -> bool {
        self.0.beside.has_times
    }

    /// The names of machines by the numbers that stand for them; empty if machines have ids.
    #[getter]
    fn names(&self) -> BTreeMap<u64, String> {
        self.0.beside.names.clone()
    }

    /// The row of the table that each event came from; None if that is the same.
    #[getter]
    fn source_rows<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<u32>>> {
        let rows = &self.0.beside.source_rows;
        (!rows.is_empty()).then(|| rows.clone().into_pyarray(py))
    }

    /// Return the columns that mean nothing to us, a list of texts for each, by event.
    fn extra(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        let dict = PyDict::new(py);
        let rows = &self.0.beside.source_rows;
        for (name, texts) in &self.0.beside.extra {
            let count = if rows.is_empty() {
                texts.ends.len()
            } else {
                rows.len()
            };
            let source = |row: usize| rows.get(row).map_or(row, |&row| row as usize);
            let values: Vec<&str> = (0..count).map(|row| texts.of(source(row))).collect();
            dict.set_item(name, values)?;
        }
        Ok(dict.unbind())
    }

    /// The absolute paths of the files that the logs were read from, by machine; none of a table.
    #[getter]
    fn files(&self) -> Vec<String> {
        let paths = self.0.beside.sources.iter().map(|source| &source.path);
        paths
            .map(|path| path.to_string_lossy().into_owned())
            .collect()
    }

    /// One row per event (SEND, RECEIVE, INTERNAL), by time, then by machine, a machine's as logged.
    ///
    /// The columns of ``EVENT_COLUMNS``, by form: ``seconds`` (float64, since ticking began, but for
    /// ``system_time``), ``whole`` (int64), either ``or none``, ``kind`` (int8, the place in
    /// ``EVENT_KINDS``) and ``flag`` (bool).
    fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.0.events(py)
    }

    /// Of each event, the recipients: a tuple of ids, None for one unknown; or None if none was sent.
    fn recipients<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<Py<PyAny>>>> {
        self.0.events(py)?;
        recipients::tuples(py, &self.0.kept(py))
    }

    /// Of each event, what its message says: JSON, None for null; None of a run without an algorithm.
    fn bodies<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArray1<Py<PyAny>>>>> {
        self.0.events(py)?;
        let columns = self.0.kept(py);
        let mut startups = self.0.beside.machines.iter();
        let mut startups = startups
            .by_ref()
            .filter_map(|summary| summary.startup.as_ref());
        let has_algorithm = startups.any(|startup| startup.algorithm.is_some());
        (has_algorithm || !columns.bodies.is_empty())
            .then(|| letters::bodies(py, &columns))
            .transpose()
    }

    /// The rows of `events` that declare a state, in order, and of each the state: a JSON object.
    fn states<'py>(&self, py: Python<'py>) -> PyResult<StateColumn<'py>> {
        self.0.events(py)?;
        letters::states(py, &self.0.kept(py))
    }

    /// One row per message and recipient, sorted by (sent, sender, sent_clock, recipient).
    ///
    /// ``sender`` (int64), ``sent_clock`` (int64), ``recipient`` (int64 or none),
    /// ``sent``, ``arrived``, ``received`` (float64, s since ticking began, NaN if not),
    /// ``received_clock`` (int64 or none), ``status`` (int8: 0 received, 1 unread: in the queue at
    /// END, 2 undelivered: the sender ended without hearing of its arrival, 3 unknown: no log
    /// tells), ``matched`` (int8, how its receipt was found: 0 exact, 1 unique, 2 fifo, 3 ambiguous,
    /// 4 none). Messages received without any known send are not rows; `notes` counts them. A recipient
    /// known by address only is the machine that received the message, if one did.
    fn messages<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        py.import("numpy")?;
        self.0
            .matched(py, |held, _| converted(py, held, tables::messages))
    }

    /// The rows of `events` of receipts that may be of several messages, in order.
    fn ambiguous<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u32>>> {
        py.import("numpy")?;
        self.0.matched(py, |_, unmatched| {
            Ok(unmatched.ambiguous.clone().into_pyarray(py))
        })
    }

    /// One row per machine, sorted by machine_id.
    ///
    /// ``machine_id`` (int64), ``clock_rate`` (float64, NaN if no STARTUP), ``ticks``, ``sends``,
    /// ``receives``, ``internals`` (int64), ``final_clock`` (int64), ``mean_jump`` (float64: mean of
    /// new_clock - old_clock over all events), ``max_jump`` (int64), ``max_queue_len``,
    /// ``final_queue_len`` (int64 or none), ``duration`` (float64, s: how long it was up
    /// since it began to tick), ``down`` (float64, s: how long it was down in between),
    /// ``lateness_p50``, ``lateness_p99``, ``lateness_max`` (float64, s, NaN without END),
    /// ``internal_probability``, ``broadcast_share`` (float64, NaN if unknown), ``has_weights`` (list of
    /// bool: whether its STARTUP tells weights of its peers), ``ticking`` (list of str: "" if its ticks
    /// are periodic, else "poisson", "jitter" or "steps"; "handled" if an algorithm lets ticks pass that find
    /// nothing),
    /// ``run_id``, ``file`` (lists of str, "" if unknown).
    fn machines<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        arrays(py, &self.0.machines, tables::machines)
    }

    /// What machines did from a time on, one row per machine as in `machines`; new arrays each time.
    ///
    /// ``ticks``, ``sends``, ``receives``, ``internals``, ``max_jump``, ``max_drift`` (int64),
    /// ``max_queue_len`` (int64 or none), ``mean_jump``, ``queue_growth``, ``mean_drift``, ``mean_wait``,
    /// ``mean_queue_len`` (float64, NaN if not known). Without `since` (s), from the beginning: 0, or the
    /// first event, if that is earlier. `draw_after_receive`: whether a tick that takes a message acts, too.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     No event is later than `since`.
    /// LamportError
    ///     No event was recorded, or another time was counted from.
    #[pyo3(signature = (since, *, draw_after_receive))]
    fn in_time<'py>(
        &self,
        py: Python<'py>,
        since: Option<f64>,
        draw_after_receive: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        py.import("numpy")?;
        let told = self.0.in_time(py, since, draw_after_receive)?;
        tables::since(py, &told)
    }

    /// The peers of each machine, as far as STARTUP, CONNECT and SEND lines tell.
    fn peers(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        let dict = PyDict::new(py);
        for (machine, peers) in &self.0.beside.peers {
            dict.set_item(machine, peers)?;
        }
        Ok(dict.unbind())
    }

    /// Whether SENDs tell their recipients; else these are those who received, and one not known.
    #[getter]
    fn has_recipients(&self) -> bool {
        self.0.beside.has_recipients
    }

    /// Write the general log: every whole line of all logs, merged in time order.
    ///
    /// Lines of log files stand as they are, but for ``began`` where the line that told it is before
    /// `start`; a run in memory and a table have those that would be in their logs. Ties are in order of
    /// machine, then as in the log. Returns the count.
    ///
    /// Parameters
    /// ----------
    /// path : str
    ///     The file; replaced if it exists.
    /// start, stop : float, optional
    ///     Only lines with ``start <= time < stop``, in s since ticking began.
    /// extra : list of (str, list of str), optional
    ///     More columns of a table that mean nothing to us, by its rows.
    ///
    /// Raises
    /// ------
    /// LamportError
    ///     No event was recorded, or there are more links between machines than are kept in memory.
    /// ValueError
    ///     `path` is one of the logs.
    #[pyo3(signature = (path, *, start=None, stop=None, extra=None))]
    fn lines(
        &self,
        py: Python<'_>,
        path: PathBuf,
        start: Option<f64>,
        stop: Option<f64>,
        extra: Option<Vec<(String, Vec<String>)>>,
    ) -> PyResult<u64> {
        let window = range((start, stop));
        if self.0.beside.sources.is_empty() {
            let run = self.0.in_memory(py, extra)?;
            return interruptible(py, |go_on| run.write_lines(&path, window, go_on));
        }
        interruptible(py, |go_on| {
            merge::write_lines(
                &self.0.beside.sources,
                self.0.beside.zero.time(),
                &path,
                window,
                go_on,
            )
        })
    }

    /// Write the log of each machine, ``machine_<id>.log``, of a run in memory or a table.
    ///
    /// Parameters
    /// ----------
    /// directory : str
    ///     Where to; it has none of these files.
    /// extra : list of (str, list of str), optional
    ///     More columns of a table that mean nothing to us, by its rows.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     A file is there, or cannot be written.
    #[pyo3(signature = (directory, *, extra=None))]
    fn write_logs(
        &self,
        py: Python<'_>,
        directory: PathBuf,
        extra: Option<Vec<(String, Vec<String>)>>,
    ) -> PyResult<()> {
        let run = self.0.in_memory(py, extra)?;
        interruptible(py, |go_on| run.write_logs(&directory, go_on))
    }

    /// Check whether the logs are a possible history.
    ///
    /// Log files are read again, a table is checked as it is. A dict: ``rule``, ``file``, ``line``,
    /// ``machine_id``, ``clock`` (None if the line is not an event), ``expected`` and ``found`` are lists
    /// with a value for each violation, 1,000 at most; ``counts`` and ``checked`` are, by rule, how many
    /// violations there are and how many things were checked; ``unchecked`` is a list of what could not be
    /// checked and why; ``ok`` is whether there is no violation; ``received`` and ``matched`` are how many
    /// messages were received, and of how many the send was found. The lines of a table are its rows in
    /// `events`, from 0. The clocks of hosts are compared only with `clock_uncertainty` (s). `members` is
    /// which machines take part: their number, the topology by name or as lists of peers from 0, and the
    /// run's id. `rules` are what the logs are judged by, else those they were read by. With `align`, times
    /// of different hosts are compared by whether any offsets of their clocks have all messages in order.
    /// ``readings`` is what the program may do if a rule is broken, dicts: ``words`` (a list), ``rules``
    /// (arguments of `lamport.Rules`), ``options`` (how rows are to be read: pairs of what and how), how many
    /// violations there are (``of``) and are then ``left``, and those as above (``rest``).
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     `clock_uncertainty` is negative.
    /// LamportError
    ///     No event was recorded.
    #[pyo3(signature = (*, clock_uncertainty = None, members = None, rules = None, align = false))]
    fn verify<'py>(
        &self,
        py: Python<'py>,
        clock_uncertainty: Option<f64>,
        members: Option<Stated>,
        rules: Option<RulesArgument>,
        align: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let options = Options {
            align,
            clock_uncertainty,
            members: members::members(members)?,
            rules: rules
                .map(|RulesArgument(rules)| rules)
                .or_else(|| Some(self.0.beside.rules.clone())),
        };
        let recording = self.0.recording(py, Recording::corrected)?;
        let judged = interruptible(py, |go_on| {
            judge(&recording.history(&self.0.beside, go_on)?, &options, go_on)
        })?;
        found(py, judged)
    }

    /// Bound by how much the clocks of machines are apart: see `Run.align`.
    ///
    /// A dict of arrays: ``machine_id``, ``low``, ``best`` and ``high`` (s). Log files are read again, as
    /// they are.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     An argument is out of range.
    /// LamportError
    ///     No offsets have every message arrive after it was sent, or no event was recorded.
    #[pyo3(signature = (*, minimum_delay, max_drift, clock_uncertainty))]
    fn align<'py>(
        &self,
        py: Python<'py>,
        minimum_delay: f64,
        max_drift: f64,
        clock_uncertainty: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        let options = AlignOptions {
            minimum_delay,
            max_drift,
            clock_uncertainty,
        };
        let recording = self.0.recording(py, Recording::as_logged)?;
        let rules = &self.0.beside.rules;
        let aligned = interruptible(py, |go_on| {
            let history = recording.history(&self.0.beside, go_on)?;
            align::align(&history, rules, &options, go_on)
        })?;
        align::offsets(py, aligned)
    }

    /// Happened-before between the events.
    ///
    /// Raises
    /// ------
    /// LamportError
    ///     No event was recorded, a machine's clock does not go up, or an event follows from itself.
    fn causality(&self, py: Python<'_>) -> PyResult<PyCausality> {
        let taken = BorrowedTrace::new(&self.0.events(py)?)?;
        let kept = self.0.kept(py);
        let trace = taken.trace(&kept)?;
        let causality = interruptible(py, |go_on| {
            let (run, limits) = (&self.0, Limits::default());
            Causality::inferred(&trace, &run.beside, &run.inference, limits, go_on)
        })?;
        Ok(PyCausality(causality))
    }

    /// The rows of `events`, by new_clock and then by machine_id.
    fn total_order<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let taken = BorrowedTrace::new(&self.0.events(py)?)?;
        let (machine_id, new_clock) = (taken.machine_id.as_slice()?, taken.new_clock.as_slice()?);
        let rows = interruptible(py, |go_on| order::total_order(machine_id, new_clock, go_on))?;
        Ok(rows.into_pyarray(py))
    }

    /// Write the events as text for "shiviz" or "tsviz". Returns how many there are.
    ///
    /// The first line is the regular expression of an entry, the second is empty. An entry is a line with the
    /// host and its vector clock as JSON, without entries of hosts without events, and a line on the event,
    /// for tsviz with the time in ns before it, in equally many digits. Entries are in causal
    /// order. A window goes from the largest consistent cut before `start` to that before `stop`, and
    /// the clock of the first is subtracted, so that each host's own entries are 1, 2, 3, ...
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     Another viewer, a time that is NaN, or the causality of other logs.
    /// OSError
    ///     The file cannot be written.
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
        let events = self.0.events(py)?;
        let run = (&events, &*self.0.kept(py), &self.0.beside);
        pictures::vectors(py, run, causality, viewer, &path, (start, stop))
    }

    /// Draw the events of a window in a file: as "chrome", a trace, or as "mermaid", a sequence diagram.
    ///
    /// Returns how many events are drawn, of how many, and how many machines, of how many.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     Another format, or no event is in the window.
    /// OSError
    ///     The file cannot be written.
    #[pyo3(signature = (form, path, *, start=None, stop=None))]
    fn draw(
        &self,
        py: Python<'_>,
        form: &str,
        path: PathBuf,
        start: Option<f64>,
        stop: Option<f64>,
    ) -> PyResult<(u64, u64, u64, u64)> {
        let columns = self.0.table(py)?;
        pictures::drawing(py, (&columns, &self.0.beside), form, &path, (start, stop))
    }

    fn __repr__(&self) -> String {
        format!("<lamport logs of {} machines>", self.0.beside.peers.len())
    }
}
