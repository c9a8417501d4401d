//! What machines with an algorithm say beside the columns of their events: bodies and states, as JSON texts.

use numpy::ndarray::Array1;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::log::columns::Columns;

/// Events between two looks at the signals.
const ROWS_PER_CHECK: usize = 1 << 16;

/// The rows of events with a state, and the states.
pub(super) type StateColumn<'py> = (Bound<'py, PyArray1<u32>>, Bound<'py, PyList>);

/// Of each event what its message says; None where that is null, or there is no message.
pub(super) fn bodies<'py>(
    py: Python<'py>,
    columns: &Columns,
) -> PyResult<Bound<'py, PyArray1<Py<PyAny>>>> {
    let mut cells: Vec<Py<PyAny>> = Vec::with_capacity(columns.len());
    for row in 0..columns.len() {
        if row.is_multiple_of(ROWS_PER_CHECK) {
            py.check_signals()?;
        }
        let text = columns.body(row).map(|text| PyString::new(py, text));
        cells.push(text.map_or_else(|| py.None(), |text| text.into_any().unbind()));
    }
    Ok(PyArray1::from_owned_object_array(py, Array1::from(cells)))
}

/// The events that declare a state.
pub(super) fn states<'py>(py: Python<'py>, columns: &Columns) -> PyResult<StateColumn<'py>> {
    let (mut rows, texts) = (Vec::new(), PyList::empty(py));
    for row in 0..columns.states.len() {
        if row.is_multiple_of(ROWS_PER_CHECK) {
            py.check_signals()?;
        }
        if let Some(text) = columns.state(row) {
            rows.push(row as u32);
            texts.append(text)?;
        }
    }
    Ok((rows.into_pyarray(py), texts))
}
