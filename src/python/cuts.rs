//! Consistent cuts, from Python.

use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::called_predicate::CalledPredicate;
use super::causality::PyCausality;
use super::interrupt::interruptible;
use crate::causality::cuts::{CutRange, Cuts, Predicate, States, Unanswered, Verdict};
use crate::error::{Error, Result};

/// The consistent cuts of a stretch of a run.
///
/// A cut is an array: by machine, in the order of `Causality.machines`, how many of its first events are in
/// it.
///
/// Parameters
/// ----------
/// causality : Causality
///     Of the run.
/// time : array of float64
///     By row of `Logs.events`, its time in s.
/// start, stop : float, optional
///     The stretch goes from the largest consistent cut without an event at or after `start` to that of
///     `stop`.
#[pyclass(frozen, name = "Cuts", module = "lamport._lamport")]
pub(super) struct PyCuts {
    causality: Py<PyCausality>,
    range: CutRange,
}

fn by_machine<'py>(py: Python<'py>, cut: &[u32]) -> Bound<'py, PyArray1<i64>> {
    let cut: Vec<i64> = cut.iter().copied().map(i64::from).collect();
    cut.into_pyarray(py)
}

#[pymethods]
impl PyCuts {
    #[new]
    #[pyo3(signature = (causality, time, start = None, stop = None))]
    fn new(
        py: Python<'_>,
        causality: Py<PyCausality>,
        time: PyReadonlyArray1<'_, f64>,
        start: Option<f64>,
        stop: Option<f64>,
    ) -> PyResult<Self> {
        let (run, time) = (&causality.get().0, time.as_slice()?);
        let range = interruptible(py, |go_on| Cuts::of_time(run, time, (start, stop), go_on))?;
        Ok(Self { causality, range })
    }

    /// The first cut.
    #[getter]
    fn first<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        by_machine(py, &self.range.first)
    }

    /// The last cut.
    #[getter]
    fn last<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        by_machine(py, &self.range.last)
    }

    /// Whether these two are consistent whatever the logs leave open.
    #[getter]
    fn has_sure_ends(&self) -> bool {
        Cuts::new(&self.causality.get().0, &self.range).has_sure_ends()
    }

    /// The clock of the last event of each machine in cuts, 0 where there is none; a row a cut.
    fn clocks<'py>(
        &self,
        py: Python<'py>,
        cuts: PyReadonlyArray2<'py, i64>,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let run = &self.causality.get().0;
        let asked = Cuts::new(run, &self.range);
        let machines = run.graph().machines();
        if cuts.shape()[1] != machines.len() {
            return Err(PyValueError::new_err(format!(
                "cuts of {} machines where there are {}",
                cuts.shape()[1],
                machines.len()
            )));
        }
        let mut clocks = Vec::with_capacity(cuts.len());
        for cut in cuts.as_array().rows() {
            let counts = machines
                .iter()
                .zip(cut)
                .map(|(&id, &count)| Ok(run.graph().first_events(id as i64, count)?.1));
            clocks.extend(asked.clocks(&counts.collect::<PyResult<Vec<u32>>>()?));
        }
        clocks.into_pyarray(py).reshape(cuts.dims())
    }

    /// How many there are: at least, at most (None beyond `limit`), and how many were visited.
    fn count(&self, py: Python<'_>, limit: u64) -> PyResult<(u64, Option<u64>, u64)> {
        let run = &self.causality.get().0;
        let count = interruptible(py, |go_on| Cuts::new(run, &self.range).count(limit, go_on))?;
        Ok((count.low, count.high, count.visited))
    }

    /// Whether conditions of machines hold in a consistent cut: the least such cut. O(events).
    ///
    /// `truth` tells by row of `Logs.events` whether the condition of its machine holds after it, `initial`
    /// by machine whether it holds before its first event, None of one without a condition.
    fn possibly<'py>(
        &self,
        py: Python<'py>,
        truth: PyReadonlyArray1<'py, bool>,
        initial: Vec<Option<bool>>,
    ) -> PyResult<Answered<'py>> {
        self.ask(py, &truth, &initial, |cuts, states, go_on| {
            cuts.possibly(states, go_on)
        })
    }

    /// Whether each path comes through a cut in which they hold; usually O(machines x events).
    fn definitely<'py>(
        &self,
        py: Python<'py>,
        truth: PyReadonlyArray1<'py, bool>,
        initial: Vec<Option<bool>>,
    ) -> PyResult<Answered<'py>> {
        self.ask(py, &truth, &initial, |cuts, states, go_on| {
            cuts.definitely(states, go_on)
        })
    }

    /// Whether a callable is true of a consistent cut, of up to `limit` that are visited.
    ///
    /// It gets an argument for each machine, its state: None, or what ``make(place, start, count)``
    /// returned for the last of its events in the cut. That returns a list of so many events of the machine
    /// at a place, from that number on, the first being 1.
    fn possibly_somewhere<'py>(
        &self,
        py: Python<'py>,
        holds: Bound<'py, PyAny>,
        make: Bound<'py, PyAny>,
        limit: u64,
    ) -> PyResult<Answered<'py>> {
        self.ask_called(py, (holds, make), |cuts, holds, go_on| {
            cuts.possibly_somewhere(holds, limit, go_on)
        })
    }

    /// Whether each path of events comes through a cut of which a callable is true, as above.
    fn definitely_somewhere<'py>(
        &self,
        py: Python<'py>,
        holds: Bound<'py, PyAny>,
        make: Bound<'py, PyAny>,
        limit: u64,
    ) -> PyResult<Answered<'py>> {
        self.ask_called(py, (holds, make), |cuts, holds, go_on| {
            cuts.definitely_somewhere(holds, limit, go_on)
        })
    }

    /// The receipts that are not in a cut though their clock is that of their machine's last event in it.
    ///
    /// Each with the machine, and the sender and the timestamp of its message.
    fn receipts_beyond(&self, cut: Vec<u32>) -> Vec<(u64, u64, i64)> {
        Cuts::new(&self.causality.get().0, &self.range).receipts_beyond(&cut)
    }

    /// All of them, level by level, if they are not more than `limit`.
    ///
    /// ``cuts`` (int64, a row a cut, a column a machine), ``levels`` (int64: where the cuts of each level
    /// start, and at last how many there are) and ``steps`` (int64, two columns: from which cut to which
    /// one event leads). Those that the logs do not rule out, or with `possible`, which are consistent
    /// whatever the logs leave open; of these it is None too where the logs rule nothing out.
    #[pyo3(signature = (limit, *, possible = false))]
    fn lattice<'py>(
        &self,
        py: Python<'py>,
        limit: u64,
        possible: bool,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let run = &self.causality.get().0;
        let found = interruptible(py, |go_on| {
            Cuts::new(run, &self.range).levels(possible, limit, go_on)
        })?;
        let Some(found) = found else {
            return Ok(None);
        };
        let cuts: Vec<i64> = found.counts.iter().copied().map(i64::from).collect();
        let starts: Vec<i64> = found.starts.iter().map(|&start| start as i64).collect();
        let steps = found.steps.iter().flat_map(|&(from, to)| [from, to]);
        let steps: Vec<i64> = steps.map(i64::from).collect();
        let table = PyDict::new(py);
        table.set_item("cuts", matrix(py, cuts, found.machines)?)?;
        table.set_item("levels", starts.into_pyarray(py))?;
        table.set_item("steps", matrix(py, steps, 2)?)?;
        Ok(Some(table))
    }
}

/// The answer (None if there is none), a cut, the machines that take the steps of a path (by their places), how much was
/// visited, and why there is no answer: "limit" or "logs".
type Answered<'py> = (
    Option<bool>,
    Option<Bound<'py, PyArray1<i64>>>,
    Option<Bound<'py, PyArray1<u32>>>,
    u64,
    &'static str,
);

fn answered(py: Python<'_>, verdict: Verdict) -> Answered<'_> {
    let why = match verdict.value {
        Ok(_) => "",
        Err(Unanswered::Limit) => "limit",
        Err(Unanswered::Logs) => "logs",
    };
    (
        verdict.value.ok(),
        verdict.cut.map(|cut| by_machine(py, &cut)),
        verdict.path.map(|path| path.into_pyarray(py)),
        verdict.visited,
        why,
    )
}

impl PyCuts {
    fn ask<'py>(
        &self,
        py: Python<'py>,
        truth: &PyReadonlyArray1<'py, bool>,
        initial: &[Option<bool>],
        question: impl FnOnce(&Cuts<'_>, &States<'_>, &mut dyn FnMut() -> bool) -> Result<Verdict>
        + Send,
    ) -> PyResult<Answered<'py>> {
        let truth = truth.as_slice()?;
        let run = &self.causality.get().0;
        let verdict = interruptible(py, |go_on| {
            let states = States { truth, initial };
            question(&Cuts::new(run, &self.range), &states, go_on)
        })?;
        Ok(answered(py, verdict))
    }

    fn ask_called<'py>(
        &self,
        py: Python<'py>,
        (holds, make): (Bound<'py, PyAny>, Bound<'py, PyAny>),
        question: impl FnOnce(
            &Cuts<'_>,
            &mut Predicate<'_>,
            &mut dyn FnMut() -> bool,
        ) -> Result<Verdict>,
    ) -> PyResult<Answered<'py>> {
        let cuts = Cuts::new(&self.causality.get().0, &self.range);
        let mut called = CalledPredicate::new(holds, make, &self.range);
        let mut raised = None;
        let mut holds = |cut: &[u32]| {
            called.holds(cut).map_err(|error| {
                let clocks = self
                    .causality
                    .get()
                    .0
                    .graph()
                    .machines()
                    .iter()
                    .zip(cuts.clocks(cut));
                raised = Some(error.at(py, clocks));
                Error::state("the predicate raised an error")
            })
        };
        let mut signal = None;
        let verdict = question(&cuts, &mut holds, &mut || {
            signal = py.check_signals().err();
            signal.is_none()
        });
        match (raised, signal) {
            (Some(error), _) | (_, Some(error)) => Err(error),
            _ => Ok(answered(py, verdict?)),
        }
    }
}

/// Rows of so many columns; of none there is one row, the cut of no machine.
fn matrix(py: Python<'_>, values: Vec<i64>, columns: usize) -> PyResult<Bound<'_, PyArray2<i64>>> {
    let rows = values.len().checked_div(columns).unwrap_or(1);
    values.into_pyarray(py).reshape([rows, columns])
}
