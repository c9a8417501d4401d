//! Columns that come from Python.

use numpy::{Element, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::causality::graph::Trace;

pub(super) fn column<T: Element + Copy>(
    columns: &Bound<'_, PyMapping>,
    name: &str,
) -> PyResult<Option<Vec<T>>> {
    if !columns.contains(name)? {
        return Ok(None);
    }
    let array: PyReadonlyArray1<'_, T> = array(columns, name)?;
    Ok(Some(array.as_array().iter().copied().collect()))
}

pub(super) fn array<'py, T: Element>(
    columns: &Bound<'py, PyMapping>,
    name: &str,
) -> PyResult<PyReadonlyArray1<'py, T>> {
    columns.get_item(name)?.extract().map_err(|_| {
        let kind = numpy::dtype::<T>(columns.py());
        PyValueError::new_err(format!(
            "the column {name} must be a one-dimensional array of {kind}"
        ))
    })
}

pub(super) fn required<T: Element + Copy>(
    columns: &Bound<'_, PyMapping>,
    name: &str,
) -> PyResult<Vec<T>> {
    column(columns, name)?.ok_or_else(|| {
        PyValueError::new_err(format!(
            "there is no column {name}: a table of events needs machine_id, event and new_clock"
        ))
    })
}

/// The columns of the events that causality reads, borrowed from Python.
pub(super) struct Taken<'py> {
    pub(super) machine_id: PyReadonlyArray1<'py, i64>,
    event: PyReadonlyArray1<'py, i8>,
    pub(super) new_clock: PyReadonlyArray1<'py, i64>,
    sender: PyReadonlyArray1<'py, f64>,
    sent_clock: PyReadonlyArray1<'py, f64>,
}

impl<'py> Taken<'py> {
    pub(super) fn new(events: &Bound<'py, PyDict>) -> PyResult<Self> {
        let events = events.as_mapping();
        Ok(Self {
            machine_id: array(events, "machine_id")?,
            event: array(events, "event")?,
            new_clock: array(events, "new_clock")?,
            sender: array(events, "sender")?,
            sent_clock: array(events, "sent_clock")?,
        })
    }

    pub(super) fn trace(&self) -> PyResult<Trace<'_>> {
        Ok(Trace {
            machine_id: self.machine_id.as_slice()?,
            event: self.event.as_slice()?,
            new_clock: self.new_clock.as_slice()?,
            sender: self.sender.as_slice()?,
            sent_clock: self.sent_clock.as_slice()?,
        })
    }
}
