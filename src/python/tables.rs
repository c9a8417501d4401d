//! The tables of a run, as dicts of arrays.

use std::sync::Arc;

use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::rules;
use crate::causality::diagnose::Judged;
use crate::causality::diagnose::explanation::Explanation;
use crate::causality::machines::Machines;
use crate::causality::messages::Messages;
use crate::causality::over_time::Did;
use crate::causality::since::Since;
use crate::causality::verify::report::{RULES, Rule, Violation};
use crate::log::columns::Columns;
use crate::log::schema::{EventKind, Values};
use crate::model::behavior::Probabilities;

/// The columns of the events; their kinds stay, and so do the recipients.
pub(super) fn events<'py>(py: Python<'py>, columns: &mut Columns) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (column, values) in columns.take_values() {
        let name = column.name;
        match values {
            Values::Seconds(values) | Values::MaybeSeconds(values) => {
                dict.set_item(name, values.into_pyarray(py))?;
            }
            Values::Whole(values) | Values::MaybeWhole(values) => {
                dict.set_item(name, values.into_pyarray(py))?;
            }
            Values::Flag(values) => dict.set_item(name, values.into_pyarray(py))?,
            Values::Kind(kinds) => {
                let codes: Vec<i8> = kinds.iter().map(|&kind| kind as i8).collect();
                dict.set_item(name, codes.into_pyarray(py))?;
                columns.set(name, Values::Kind(kinds));
            }
        }
    }
    Ok(dict)
}

pub(super) fn messages(py: Python<'_>, messages: Messages) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("sender", messages.sender.into_pyarray(py))?;
    dict.set_item("sent_clock", messages.sent_clock.into_pyarray(py))?;
    dict.set_item("recipient", messages.recipient.into_pyarray(py))?;
    dict.set_item("sent", messages.sent.into_pyarray(py))?;
    dict.set_item("arrived", messages.arrived.into_pyarray(py))?;
    dict.set_item("received", messages.received.into_pyarray(py))?;
    dict.set_item("received_clock", messages.received_clock.into_pyarray(py))?;
    dict.set_item("status", messages.status.into_pyarray(py))?;
    dict.set_item("matched", messages.matched.into_pyarray(py))?;
    Ok(dict)
}

pub(super) fn machines(py: Python<'_>, table: Machines) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("machine_id", table.machine_id.into_pyarray(py))?;
    dict.set_item("clock_rate", table.clock_rate.into_pyarray(py))?;
    dict.set_item("ticks", table.ticks.into_pyarray(py))?;
    dict.set_item("sends", table.sends.into_pyarray(py))?;
    dict.set_item("receives", table.receives.into_pyarray(py))?;
    dict.set_item("internals", table.internals.into_pyarray(py))?;
    dict.set_item("final_clock", table.final_clock.into_pyarray(py))?;
    dict.set_item("mean_jump", table.mean_jump.into_pyarray(py))?;
    dict.set_item("max_jump", table.max_jump.into_pyarray(py))?;
    dict.set_item("max_queue_len", table.max_queue_len.into_pyarray(py))?;
    dict.set_item("final_queue_len", table.final_queue_len.into_pyarray(py))?;
    dict.set_item("duration", table.duration.into_pyarray(py))?;
    dict.set_item("down", table.down.into_pyarray(py))?;
    dict.set_item("lateness_p50", table.lateness_p50.into_pyarray(py))?;
    dict.set_item("lateness_p99", table.lateness_p99.into_pyarray(py))?;
    dict.set_item("lateness_max", table.lateness_max.into_pyarray(py))?;
    for (name, column) in Probabilities::NAMES.into_iter().zip(table.probabilities) {
        dict.set_item(name, column.into_pyarray(py))?;
    }
    dict.set_item("has_weights", table.has_weights)?;
    dict.set_item("ticking", table.ticking)?;
    dict.set_item("run_id", texts(py, &table.run_id)?)?;
    dict.set_item("file", texts(py, &table.file)?)?;
    Ok(dict)
}

/// A number of what a machine did.
type NumberOf<T> = fn(&Did) -> T;

/// What machines did from a time on; the run's drift in each row.
pub(super) fn since<'py>(py: Python<'py>, told: &Since) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let wholes: [(&str, NumberOf<i64>); 6] = [
        ("ticks", |did| did.ticks),
        ("sends", |did| did.events.of_kind(EventKind::Send)),
        ("receives", |did| did.events.of_kind(EventKind::Receive)),
        ("internals", |did| did.events.internals()),
        ("max_jump", |did| did.max_jump),
        ("max_queue_len", |did| did.max_queue_len),
    ];
    for (name, value) in wholes {
        let values: Vec<i64> = told.machines.iter().map(value).collect();
        dict.set_item(name, values.into_pyarray(py))?;
    }
    let reals: [(&str, NumberOf<f64>); 4] = [
        ("mean_jump", |did| did.mean_jump),
        ("queue_growth", |did| did.queue_growth),
        ("mean_wait", |did| did.mean_wait),
        ("mean_queue_len", |did| did.mean_queue_len),
    ];
    for (name, value) in reals {
        let values: Vec<f64> = told.machines.iter().map(value).collect();
        dict.set_item(name, values.into_pyarray(py))?;
    }
    let mean = vec![told.mean_drift; told.machines.len()];
    dict.set_item("mean_drift", mean.into_pyarray(py))?;
    let most = vec![told.max_drift; told.machines.len()];
    dict.set_item("max_drift", most.into_pyarray(py))?;
    Ok(dict)
}

/// What verification found, as a dict of lists.
pub(super) fn found(py: Python<'_>, judged: Judged) -> PyResult<Bound<'_, PyDict>> {
    let (dict, report) = (PyDict::new(py), judged.report);
    dict.set_item("ok", report.is_ok())?;
    let count = |values: [u64; RULES]| {
        let counts = PyDict::new(py);
        for rule in Rule::ALL {
            counts.set_item(rule.name(), values[rule as usize])?;
        }
        Ok::<_, PyErr>(counts)
    };
    dict.set_item("counts", count(report.counts)?)?;
    dict.set_item("checked", count(report.checked)?)?;
    dict.set_item("received", report.received)?;
    dict.set_item("matched", report.matched)?;
    dict.set_item("unchecked", report.unchecked)?;
    violations(&dict, report.violations)?;
    let readings = judged.explanations.into_iter();
    let readings = readings.map(|told| reading(py, told));
    dict.set_item("readings", readings.collect::<PyResult<Vec<_>>>()?)?;
    Ok(dict)
}

/// What a program may do.
fn reading(py: Python<'_>, told: Explanation) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("words", told.words)?;
    dict.set_item("rules", rules::arguments(py, &told.rules)?)?;
    dict.set_item("options", told.options)?;
    let (of, left) = told.counts;
    dict.set_item("of", of)?;
    dict.set_item("left", left)?;
    let rest = PyDict::new(py);
    violations(&rest, told.rest)?;
    dict.set_item("rest", rest)?;
    Ok(dict)
}

/// Adds a list for each field of violations.
fn violations(dict: &Bound<'_, PyDict>, violations: Vec<Violation>) -> PyResult<()> {
    let mut columns = (vec![], vec![], vec![], vec![], vec![], vec![], vec![]);
    for violation in violations {
        columns.0.push(violation.rule.name());
        columns.1.push(violation.file);
        columns.2.push(violation.line);
        columns.3.push(violation.machine_id);
        columns.4.push(violation.clock);
        columns.5.push(violation.expected);
        columns.6.push(violation.found);
    }
    dict.set_item("rule", columns.0)?;
    dict.set_item("file", columns.1)?;
    dict.set_item("line", columns.2)?;
    dict.set_item("machine_id", columns.3)?;
    dict.set_item("clock", columns.4)?;
    dict.set_item("expected", columns.5)?;
    dict.set_item("found", columns.6)
}

/// A list of texts; those that share memory are one object.
fn texts<'py>(py: Python<'py>, column: &[Arc<str>]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    let mut last: Option<(&Arc<str>, Bound<'py, PyString>)> = None;
    for text in column {
        let object = match &last {
            Some((shared, object)) if Arc::ptr_eq(shared, text) => object.clone(),
            _ => PyString::new(py, text),
        };
        list.append(&object)?;
        last = Some((text, object));
    }
    Ok(list)
}
