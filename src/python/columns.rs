//! Columns that come from Python.

use numpy::{Element, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::causality::graph::Trace;
use crate::log::columns::Columns;
use crate::log::schema::{Column, EventKind, Form, UNKNOWN, Values};

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

/// The values of a column, if it is there.
pub(super) fn values(
    columns: &Bound<'_, PyMapping>,
    Column { name, form }: Column,
) -> PyResult<Option<Values>> {
    Ok(match form {
        Form::Seconds => column(columns, name)?.map(Values::Seconds),
        Form::MaybeSeconds => column(columns, name)?.map(Values::MaybeSeconds),
        Form::Whole => column(columns, name)?.map(Values::Whole),
        Form::MaybeWhole => maybe_whole(columns, name)?.map(Values::MaybeWhole),
        Form::Flag => column(columns, name)?.map(Values::Flag),
        Form::Kind => {
            let codes: Option<Vec<i8>> = column(columns, name)?;
            codes.map(kinds).transpose()?.map(Values::Kind)
        }
    })
}

/// Whole numbers, negative where there is none, or floats, NaN there. The bounds are for the table to check.
pub(super) fn maybe_whole(
    columns: &Bound<'_, PyMapping>,
    name: &str,
) -> PyResult<Option<Vec<i64>>> {
    let Ok(floats) = column::<f64>(columns, name) else {
        return column(columns, name);
    };
    let whole = |(row, value): (usize, f64)| {
        if value.is_nan() {
            return Ok(UNKNOWN);
        }
        if value.fract() == 0.0 {
            return Ok(value as i64);
        }
        Err(PyValueError::new_err(format!(
            "{name} is {value} in row {row}: it must be a whole number"
        )))
    };
    let whole = |floats: Vec<f64>| floats.into_iter().enumerate().map(whole).collect();
    floats.map(whole).transpose()
}

fn kinds(codes: Vec<i8>) -> PyResult<Vec<EventKind>> {
    let kind = |(row, code): (usize, i8)| {
        EventKind::of_code(code.into()).ok_or_else(|| {
            let kinds = EventKind::ALL.iter();
            let known: Vec<String> = kinds
                .map(|&kind| format!("{} {}", kind as i8, kind.name()))
                .collect();
            PyValueError::new_err(format!(
                "event is {code} in row {row}: the codes are {}",
                known.join(", ")
            ))
        })
    };
    codes.into_iter().enumerate().map(kind).collect()
}

/// The columns of the events that causality reads, borrowed from Python; their kinds are the core's.
pub(super) struct BorrowedTrace<'py> {
    pub(super) machine_id: PyReadonlyArray1<'py, i64>,
    old_clock: PyReadonlyArray1<'py, i64>,
    pub(super) new_clock: PyReadonlyArray1<'py, i64>,
    sender: PyReadonlyArray1<'py, i64>,
    sent_clock: PyReadonlyArray1<'py, i64>,
    by_hand: PyReadonlyArray1<'py, bool>,
}

impl<'py> BorrowedTrace<'py> {
    pub(super) fn new(events: &Bound<'py, PyDict>) -> PyResult<Self> {
        let events = events.as_mapping();
        Ok(Self {
            machine_id: array(events, "machine_id")?,
            old_clock: array(events, "old_clock")?,
            new_clock: array(events, "new_clock")?,
            sender: array(events, "sender")?,
            sent_clock: array(events, "sent_clock")?,
            by_hand: array(events, "by_hand")?,
        })
    }

    pub(super) fn trace<'a>(&'a self, kinds: &'a Columns) -> PyResult<Trace<'a>> {
        Ok(Trace {
            machine_id: self.machine_id.as_slice()?,
            event: &kinds.event,
            old_clock: self.old_clock.as_slice()?,
            new_clock: self.new_clock.as_slice()?,
            sender: self.sender.as_slice()?,
            sent_clock: self.sent_clock.as_slice()?,
            by_hand: self.by_hand.as_slice()?,
            starts: &kinds.starts,
            recipients: &kinds.recipients,
        })
    }
}
