//! Offsets of clocks, as a dict of arrays.

use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::causality::align::Aligned;
pub(super) use crate::causality::align::align;
use crate::error::Error;

/// The offsets of all machines, or the error that says why there are none.
pub(super) fn offsets(py: Python<'_>, aligned: Aligned) -> PyResult<Bound<'_, PyDict>> {
    let alignment =
        aligned.map_err(|contradiction| PyErr::from(Error::state(contradiction.text())))?;
    let ids: Vec<i64> = alignment.machines.iter().map(|&id| id as i64).collect();
    let dict = PyDict::new(py);
    dict.set_item("machine_id", ids.into_pyarray(py))?;
    dict.set_item("low", alignment.low.into_pyarray(py))?;
    dict.set_item("best", alignment.best.into_pyarray(py))?;
    dict.set_item("high", alignment.high.into_pyarray(py))?;
    Ok(dict)
}
