//! What theory expects of a run.

use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::interrupt::interruptible;
use super::setting::BehaviorSetting;
use super::topology::Shape;
use crate::model::theory::{self, FixedPoints};

/// What theory expects of machines with these rates: columns, and what is said of all of them.
///
/// The columns are float64 arrays, one value per machine: ``clock_rate``, ``idle_rate`` (idle ticks per s),
/// ``arrival_rate`` (messages per s), ``load`` (arrivals per tick), ``queue_growth`` (messages per s),
/// ``clock_growth`` (clock per s, fitted), ``clock_growth_low`` and ``clock_growth_high`` (its bounds). NaN
/// where the fixed point is not known to be unique, of ``clock_growth`` also where only bounds are known.
/// ``fixed_point`` (str: "unique", "several", "continuum" or "not decided"), ``solutions`` (tuples of idle
/// rates), ``is_continuum`` (None if it is not decided) and ``drift_growth`` (clock per s) are of all.
///
/// `topology` is a name, or the peers of each machine counted from 0; `behavior` is what idle ticks do.
#[pyfunction]
#[pyo3(signature = (rates, *, topology, behavior))]
pub(super) fn predict(
    py: Python<'_>,
    rates: Vec<f64>,
    topology: Shape,
    behavior: BehaviorSetting,
) -> PyResult<(Bound<'_, PyDict>, Bound<'_, PyDict>)> {
    let (queues, clocks) = interruptible(py, |go_on| {
        let topology = topology.build(rates.len())?;
        let (behavior, manners) = behavior.build(&topology)?;
        theory::predict_clocks(&rates, &topology, (behavior, &manners), go_on)
    })?;
    let columns = PyDict::new(py);
    for (name, values) in [
        ("clock_rate", queues.clock_rate),
        ("idle_rate", queues.idle_rate),
        ("arrival_rate", queues.arrival_rate),
        ("load", queues.load),
        ("queue_growth", queues.queue_growth),
        ("clock_growth", clocks.growth),
        ("clock_growth_low", clocks.low),
        ("clock_growth_high", clocks.high),
    ] {
        columns.set_item(name, values.into_pyarray(py))?;
    }
    let solutions = &queues.solutions;
    let listed = solutions.listed().iter().map(|each| PyTuple::new(py, each));
    let listed: Vec<_> = listed.collect::<PyResult<_>>()?;
    let is_continuum = match solutions {
        FixedPoints::Undecided => None,
        _ => Some(matches!(solutions, FixedPoints::Continuum(_))),
    };
    let whole = PyDict::new(py);
    whole.set_item("fixed_point", solutions.in_words())?;
    whole.set_item("solutions", PyTuple::new(py, listed)?)?;
    whole.set_item("is_continuum", is_continuum)?;
    whole.set_item("drift_growth", clocks.drift)?;
    Ok((columns, whole))
}
