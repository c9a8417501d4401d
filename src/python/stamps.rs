//! What other clocks would have said, as arrays and texts.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::causality::PyCausality;
use super::columns::BorrowedTrace;
use super::interrupt::interruptible;
use super::logs::PyLogs;
use crate::causality::graph::Graph;
use crate::causality::stamps::bloom::BloomStamps;
use crate::causality::stamps::hlc::HlcStamps;
use crate::causality::stamps::lamport::LamportStamps;
use crate::causality::stamps::physical::{ClockSync, PhysicalClock, PhysicalStamps};
use crate::causality::stamps::plausible::PlausibleStamps;
use crate::causality::stamps::vector::VectorStamps;
use crate::causality::stamps::wanted::Wanted;
use crate::causality::stamps::{direct, itc, matrix, vector_diff};
use crate::error::{Error, Result};

/// A clock: bounds of its offset (ns) and of its ppm, its steps (ns), how it is set (ns, ns), and whether it slews.
type ClockArgument = ((f64, f64), (f64, f64), i64, Option<(i64, f64)>, bool);

/// The clocks of hosts: by row of events when they happened (ns), how the clocks go, one for all or one for each machine, and
/// the seed of what is drawn. Without clocks the times are what they showed.
#[derive(FromPyObject)]
pub(super) struct PhysicalArgument<'py>(PyReadonlyArray1<'py, i64>, Vec<ClockArgument>, u64);

/// The same, free of Python.
pub(super) struct HostTimes<'a> {
    times: &'a [i64],
    clocks: Vec<PhysicalClock>,
    seed: u64,
}

impl PhysicalArgument<'_> {
    /// Checked: a time for each event, a clock for each machine.
    pub(super) fn hosts(&self, graph: &Graph) -> PyResult<HostTimes<'_>> {
        let Self(times, clocks, seed) = self;
        let times = times.as_slice()?;
        let clock = |&(offset, ppm, resolution, sync, slews): &ClockArgument| PhysicalClock {
            offset,
            ppm,
            resolution: resolution.max(1),
            sync: sync.map(|(every, sigma)| ClockSync {
                every: every.max(1),
                sigma,
            }),
            slews,
        };
        let (machines, few) = (graph.machines().len(), clocks.len());
        if times.len() != graph.len() || (few > 1 && few != machines) {
            return Err(PyValueError::new_err(format!(
                "{} times and {few} clocks are not of {} events of {machines} machines",
                times.len(),
                graph.len()
            )));
        }
        Ok(HostTimes {
            times,
            clocks: clocks.iter().map(clock).collect(),
            seed: *seed,
        })
    }
}

impl HostTimes<'_> {
    /// What they showed.
    pub(super) fn stamps(
        &self,
        graph: &Graph,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<PhysicalStamps> {
        if self.clocks.is_empty() {
            return Ok(PhysicalStamps::logged(graph, self.times));
        }
        PhysicalStamps::of_clocks(graph, self.times, &self.clocks, self.seed, go_on)
    }
}

fn wanted(graph: &Graph, rows: &PyReadonlyArray1<'_, u32>) -> PyResult<Wanted> {
    let rows = rows.as_slice()?;
    if let Some(row) = rows.iter().find(|&&row| row as usize >= graph.len()) {
        return Err(PyValueError::new_err(format!(
            "there is no row {row}: there are {} events",
            graph.len()
        )));
    }
    Ok(Wanted::new(graph, rows))
}

/// The stamps of events by another clock, row after row: see `Run.stamps`.
///
/// `rows` are those of `Logs.events`, ascending. ``lamport`` and ``physical`` have a number, ``hlc`` two
/// (l, c), ``vector`` and ``direct`` one for each of `Causality.machines`, ``matrix`` one for each two of
/// them, ``plausible`` and ``bloom`` `size`; `hashes` is for ``bloom``, `hosts` for ``physical`` and
/// ``hlc``: when events happened (ns, by row of events), the clocks, one for all or one for each machine,
/// or none if these times are what they showed, and a seed.
///
/// Raises
/// ------
/// ValueError
///     Another kind, there is no such row, or the stamps have more than 10^8 numbers.
#[pyfunction]
#[pyo3(signature = (causality, kind, rows, *, size = 1, hashes = 1, hosts = None))]
pub(super) fn stamps<'py>(
    py: Python<'py>,
    causality: &PyCausality,
    kind: &str,
    rows: PyReadonlyArray1<'py, u32>,
    size: usize,
    hashes: u32,
    hosts: Option<PhysicalArgument<'py>>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let graph = causality.0.graph();
    let wanted = wanted(graph, &rows)?;
    let hosts = hosts.as_ref().map(|hosts| hosts.hosts(graph)).transpose()?;
    let numbers = interruptible(py, |go_on| {
        let wanted = &wanted;
        Ok(match kind {
            "lamport" => {
                let stamps = LamportStamps::new(graph, go_on)?;
                let clocks = wanted.of(stamps.clocks());
                clocks.into_iter().map(i64::from).collect()
            }
            "vector" => VectorStamps::table(graph, wanted, go_on)?,
            "matrix" => matrix::table(graph, wanted, go_on)?,
            "direct" => direct::table(graph, wanted, go_on)?,
            "plausible" if size > 0 => PlausibleStamps::table(graph, size, wanted, go_on)?,
            "bloom" if size > 0 => BloomStamps::table(graph, (size, hashes), wanted, go_on)?,
            "physical" | "hlc" => {
                let missing = || Error::invalid(format!("{kind} needs hosts"));
                let shown = hosts.ok_or_else(missing)?.stamps(graph, go_on)?;
                if kind == "physical" {
                    wanted.of(shown.times())
                } else {
                    HlcStamps::new(graph, &shown, go_on)?.table(wanted)
                }
            }
            _ => return Err(Error::invalid(format!("no clock is called {kind}({size})"))),
        })
    })?;
    Ok(numbers.into_pyarray(py))
}

/// Interval tree clocks of events, as the paper writes them: ids of machines, event trees of events.
///
/// Raises
/// ------
/// ValueError
///     There is no such row, or the trees have more than 10^8 numbers.
#[pyfunction]
pub(super) fn interval_stamps(
    py: Python<'_>,
    causality: &PyCausality,
    rows: PyReadonlyArray1<'_, u32>,
) -> PyResult<(Vec<String>, Vec<String>)> {
    let graph = causality.0.graph();
    let wanted = wanted(graph, &rows)?;
    let ids = itc::ways(graph.machines().len());
    let ids = ids.iter().map(|way| itc::id(way)).collect();
    let trees = interruptible(py, |go_on| itc::table(graph, &wanted, go_on))?;
    Ok((ids, trees))
}

/// What has changed of vector clocks since the last message of each channel.
///
/// Of an event that sends, by recipient, a dict of machines and numbers of events; None of others.
///
/// Raises
/// ------
/// ValueError
///     There is no such row, the causality is of other logs, or these are more than 10^7 numbers.
/// LamportError
///     Messages of a channel were received in another order.
#[pyfunction]
pub(super) fn sent_changes<'py>(
    py: Python<'py>,
    logs: &PyLogs,
    causality: &PyCausality,
    rows: PyReadonlyArray1<'py, u32>,
) -> PyResult<Bound<'py, PyList>> {
    let graph = causality.0.graph();
    let taken = BorrowedTrace::new(&logs.0.events(py)?)?;
    let kept = logs.0.kept(py);
    let trace = taken.trace(&kept)?;
    if trace.event.len() != graph.len() {
        return Err(PyValueError::new_err("the causality is of other logs"));
    }
    let wanted = wanted(graph, &rows)?;
    let changes = interruptible(py, |go_on| {
        vector_diff::table(graph, &trace, &wanted, go_on)
    })?;
    let list = PyList::empty(py);
    for sent in changes {
        if sent.is_empty() {
            list.append(py.None())?;
            continue;
        }
        let by_recipient = PyDict::new(py);
        for (recipient, changes) in sent {
            let numbers = PyDict::new(py);
            for (place, count) in changes {
                numbers.set_item(graph.machines()[place as usize], count)?;
            }
            by_recipient.set_item(recipient, numbers)?;
        }
        list.append(by_recipient)?;
    }
    Ok(list)
}
