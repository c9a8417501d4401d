//! Files that draw the events of a run.

use std::path::Path;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::causality::PyCausality;
use super::columns::{BorrowedTrace, array};
use super::interrupt::interruptible;
use crate::causality::export::excerpt::Picture;
use crate::causality::export::shiviz::{Shown, Viewer, write};
use crate::causality::export::{chrome, mermaid};
use crate::causality::messages::messages;
use crate::error::Error;
use crate::log::columns::Columns;
use crate::log::logs::Logs;

/// From when to when, in seconds since ticking began; everything where it is not said.
pub(super) type Window = (Option<f64>, Option<f64>);

/// The range of a window.
pub(super) fn range((start, stop): Window) -> std::ops::Range<f64> {
    start.unwrap_or(f64::NEG_INFINITY)..stop.unwrap_or(f64::INFINITY)
}

/// Writes the events for a viewer of vector clocks: how many there are.
pub(super) fn vectors(
    py: Python<'_>,
    (events, kept, beside): (&Bound<'_, PyDict>, &Columns, &Logs),
    causality: &PyCausality,
    viewer: &str,
    path: &Path,
    window: Window,
) -> PyResult<u64> {
    let viewer = Viewer::named(viewer)?;
    let taken = BorrowedTrace::new(events)?;
    let time = array::<f64>(events.as_mapping(), "time")?;
    let system_time = array::<f64>(events.as_mapping(), "system_time")?;
    let queue_len = array::<i64>(events.as_mapping(), "queue_len")?;
    let shown = Shown {
        trace: taken.trace(kept)?,
        time: time.as_slice()?,
        system_time: system_time.as_slice()?,
        queue_len: queue_len.as_slice()?,
        names: &beside.names,
    };
    let graph = causality.0.graph();
    if graph.len() != shown.time.len() {
        return Err(PyValueError::new_err(format!(
            "the causality of {} events does not go with these {}: take that of the same logs",
            graph.len(),
            shown.time.len()
        )));
    }
    interruptible(py, |go_on| {
        write(graph, &shown, viewer, window, path, go_on)
    })
}

/// Draws a window: how many events of how many, and how many machines of how many.
pub(super) fn drawing(
    py: Python<'_>,
    (columns, beside): (&Columns, &Logs),
    form: &str,
    path: &Path,
    window: Window,
) -> PyResult<(u64, u64, u64, u64)> {
    interruptible(py, |go_on| {
        let messages = messages(columns, beside);
        let drawn = Picture {
            columns,
            messages: &messages,
            names: &beside.names,
        };
        match form {
            "chrome" => {
                let count = chrome::write(&drawn, range(window), path, go_on)?;
                Ok((count, count, 0, 0))
            }
            "mermaid" => {
                let extent = mermaid::write(&drawn, range(window), path, go_on)?;
                Ok((
                    extent.events,
                    extent.of_events,
                    extent.machines,
                    extent.of_machines,
                ))
            }
            _ => Err(Error::invalid(format!(
                "there is no drawing {form:?}: they are chrome and mermaid"
            ))),
        }
    })
}
