//! Happened-before, from Python.

use std::collections::BTreeMap;

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::arguments::Whole;
use super::interrupt::interruptible;
use crate::causality::happened::{Causality, EventId, Share};
use crate::setting::check_seed;

/// Happened-before; an event is (machine_id, clock after it). See `lamport.Causality`.
///
/// Every method raises ValueError for an event that is not there.
#[pyclass(frozen, name = "Causality", module = "lamport._lamport")]
pub(super) struct PyCausality(pub(super) Causality);

impl PyCausality {
    fn event(&self, (machine_id, clock): (i64, i64)) -> PyResult<EventId> {
        Ok(self.0.graph().event(machine_id, clock)?)
    }
}

type Shared = (f64, f64, u64, f64, f64);

fn shared(share: Share) -> Shared {
    let Share {
        value,
        error,
        pairs,
        low,
        high,
    } = share;
    (value, error, pairs, low, high)
}

#[pymethods]
impl PyCausality {
    /// The machines, sorted.
    #[getter]
    fn machines(&self) -> Vec<u64> {
        self.0.graph().machines().to_vec()
    }

    /// How many messages were received without a known send.
    #[getter]
    fn unmatched(&self) -> usize {
        self.0.graph().unmatched()
    }

    /// Whether the logs leave nothing open.
    #[getter]
    fn is_certain(&self) -> bool {
        self.0.is_certain()
    }

    /// Whether `a` happened before `b`; None if the logs leave it open.
    fn happened_before(
        &self,
        py: Python<'_>,
        a: (i64, i64),
        b: (i64, i64),
    ) -> PyResult<Option<bool>> {
        let (a, b) = (self.event(a)?, self.event(b)?);
        interruptible(py, |go_on| self.0.happened_before(a, b, go_on))
    }

    /// Whether neither of two events happened before the other; None if the logs leave it open.
    fn concurrent(&self, py: Python<'_>, a: (i64, i64), b: (i64, i64)) -> PyResult<Option<bool>> {
        let (a, b) = (self.event(a)?, self.event(b)?);
        interruptible(py, |go_on| self.0.concurrent(a, b, go_on))
    }

    /// By machine, in the order of `machines`, how many events happened before `event` or are it.
    ///
    /// With `possible`, those too that may have.
    #[pyo3(signature = (event, *, possible = false))]
    fn vector_clock<'py>(
        &self,
        py: Python<'py>,
        event: (i64, i64),
        possible: bool,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let event = self.event(event)?;
        let clock = interruptible(py, |go_on| self.0.vector_clock(event, possible, go_on))?;
        let clock: Vec<i64> = clock.into_iter().map(i64::from).collect();
        Ok(clock.into_pyarray(py))
    }

    /// The vector clocks of many events, one behind the other.
    #[pyo3(signature = (machine_id, clock, *, possible = false))]
    fn vector_clocks<'py>(
        &self,
        py: Python<'py>,
        machine_id: PyReadonlyArray1<'py, i64>,
        clock: PyReadonlyArray1<'py, i64>,
        possible: bool,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let names = machine_id.as_array().into_iter().zip(clock.as_array());
        let events = names
            .map(|(&machine_id, &clock)| self.event((machine_id, clock)))
            .collect::<PyResult<Vec<EventId>>>()?;
        let clocks = interruptible(py, |go_on| {
            let mut clocks = Vec::with_capacity(events.len() * self.0.graph().machines().len());
            for event in events {
                let clock = self.0.vector_clock(event, possible, go_on)?;
                clocks.extend(clock.into_iter().map(i64::from));
            }
            Ok(clocks)
        })?;
        Ok(clocks.into_pyarray(py))
    }

    /// By row of `Logs.events`, whether it happened before `event`; with `possible`, or may have.
    #[pyo3(signature = (event, *, possible = false))]
    fn past<'py>(
        &self,
        py: Python<'py>,
        event: (i64, i64),
        possible: bool,
    ) -> PyResult<Bound<'py, PyArray1<bool>>> {
        let event = self.event(event)?;
        let rows = interruptible(py, |go_on| self.0.past(event, possible, go_on))?;
        Ok(rows.into_pyarray(py))
    }

    /// By row of `Logs.events`, whether `event` happened before it; with `possible`, or may have.
    #[pyo3(signature = (event, *, possible = false))]
    fn future<'py>(
        &self,
        py: Python<'py>,
        event: (i64, i64),
        possible: bool,
    ) -> PyResult<Bound<'py, PyArray1<bool>>> {
        let event = self.event(event)?;
        let rows = interruptible(py, |go_on| self.0.future(event, possible, go_on))?;
        Ok(rows.into_pyarray(py))
    }

    /// Whether a cut, by machine the clock of its last event (0: none), is consistent.
    ///
    /// None if the logs leave it open.
    fn cut_is_consistent(&self, py: Python<'_>, cut: BTreeMap<i64, i64>) -> PyResult<Option<bool>> {
        let cut: Vec<(i64, i64)> = cut.into_iter().collect();
        interruptible(py, |go_on| self.0.cut_is_consistent(&cut, go_on))
    }

    /// Whether a cut, by machine how many of its first events are in it, is consistent; as above.
    fn counts_are_consistent(
        &self,
        py: Python<'_>,
        counts: BTreeMap<i64, i64>,
    ) -> PyResult<Option<bool>> {
        let graph = self.0.graph();
        let mut cut = vec![0; graph.machines().len()];
        for (machine_id, count) in counts {
            let (place, count) = graph.first_events(machine_id, count)?;
            cut[place] = count;
        }
        interruptible(py, |go_on| self.0.counts_are_consistent(&cut, go_on))
    }

    /// The share of concurrent pairs, its error, how many pairs were looked at, and its bounds.
    #[pyo3(signature = (*, samples, seed))]
    fn concurrent_share(
        &self,
        py: Python<'_>,
        samples: Option<Whole>,
        seed: Whole,
    ) -> PyResult<Shared> {
        let (samples, seed) = (samples.map(|count| count.0 as usize), check_seed(seed.0)?);
        interruptible(py, |go_on| {
            self.0.concurrent_share(samples, seed, go_on).map(shared)
        })
    }

    /// The share of pairs that are concurrent although their clocks differ, in the same form.
    #[pyo3(signature = (*, samples, seed))]
    fn false_order_rate(
        &self,
        py: Python<'_>,
        samples: Option<Whole>,
        seed: Whole,
    ) -> PyResult<Shared> {
        let (samples, seed) = (samples.map(|count| count.0 as usize), check_seed(seed.0)?);
        interruptible(py, |go_on| {
            self.0.false_order_rate(samples, seed, go_on).map(shared)
        })
    }

    fn __repr__(&self) -> String {
        format!("<causality of {} events>", self.0.graph().len())
    }
}
