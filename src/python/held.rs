//! Tables that are the core's until Python asks for them.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyDict;

use super::error::LamportError;

/// A table: the core's until Python asks for it, then Python's. It is never held twice.
pub(super) enum Held<T> {
    Native(T),
    Arrays(Py<PyDict>),
    /// There is none, and why.
    Nothing(&'static str),
}

/// The table in `held` as a new dict of the same arrays.
pub(super) fn arrays<'py, T>(
    py: Python<'py>,
    held: &Mutex<Held<T>>,
    convert: impl FnOnce(Python<'py>, T) -> PyResult<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyDict>> {
    py.import("numpy")?;
    let mut held = held
        .lock_py_attached(py)
        .unwrap_or_else(PoisonError::into_inner);
    converted(py, &mut held, convert)
}

/// As [`arrays`], of a table at hand.
pub(super) fn converted<'py, T>(
    py: Python<'py>,
    held: &mut Held<T>,
    convert: impl FnOnce(Python<'py>, T) -> PyResult<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = match std::mem::replace(held, Held::Nothing("an earlier conversion failed")) {
        Held::Native(table) => convert(py, table)?.unbind(),
        Held::Arrays(dict) => dict,
        Held::Nothing(why) => {
            *held = Held::Nothing(why);
            return Err(LamportError::new_err(why));
        }
    };
    let copy = dict.bind(py).copy()?;
    *held = Held::Arrays(dict);
    Ok(copy)
}
