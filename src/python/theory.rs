//! What theory expects of a run.

use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::interrupt::interruptible;
use super::setting::BehaviorSetting;
use super::topology::Shape;
use crate::model::theory;

/// What theory expects of machines with these rates: float64 arrays, one value per machine.
///
/// ``clock_rate``, ``idle_rate`` (idle ticks per s), ``arrival_rate`` (messages per s), ``load``
/// (arrivals per tick), ``queue_growth`` (messages per s), ``clock_growth`` (clock per s where nothing
/// arrives, else NaN: the growth of the fast clocks is known only by bounds). NaN where the fixed point is
/// not known to be unique. It is for fully connected machines, and wherever the iteration of the equations
/// converges, which shows it: with the default probabilities always on a ring, a line, a star of up to 31
/// machines.
///
/// `topology` is a name, or the peers of each machine counted from 0; `behavior` is what idle ticks do.
#[pyfunction]
#[pyo3(signature = (rates, *, topology, behavior))]
pub(super) fn predict(
    py: Python<'_>,
    rates: Vec<f64>,
    topology: Shape,
    behavior: BehaviorSetting,
) -> PyResult<Bound<'_, PyDict>> {
    let prediction = interruptible(py, |go_on| {
        let topology = topology.build(rates.len())?;
        let (behavior, manners) = behavior.build(&topology)?;
        theory::predict_each(&rates, &topology, (behavior, &manners), go_on)
    })?;
    let dict = PyDict::new(py);
    dict.set_item("clock_rate", prediction.clock_rate.into_pyarray(py))?;
    dict.set_item("idle_rate", prediction.idle_rate.into_pyarray(py))?;
    dict.set_item("arrival_rate", prediction.arrival_rate.into_pyarray(py))?;
    dict.set_item("load", prediction.load.into_pyarray(py))?;
    dict.set_item("queue_growth", prediction.queue_growth.into_pyarray(py))?;
    dict.set_item("clock_growth", prediction.clock_growth.into_pyarray(py))?;
    Ok(dict)
}
