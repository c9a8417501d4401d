//! What theory expects of a run.

use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::interrupt::interruptible;
use super::topology::Shape;
use crate::model::behavior::Behavior;
use crate::model::theory;

#[pyfunction]
#[pyo3(signature = (rates, *, topology, internal_probability, broadcast_share))]
pub(super) fn predict(
    py: Python<'_>,
    rates: Vec<f64>,
    topology: Shape,
    internal_probability: f64,
    broadcast_share: f64,
) -> PyResult<Bound<'_, PyDict>> {
    let prediction = interruptible(py, |go_on| {
        let behavior = Behavior::new(internal_probability, broadcast_share)?;
        theory::predict(&rates, &topology.build(rates.len())?, behavior, go_on)
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
