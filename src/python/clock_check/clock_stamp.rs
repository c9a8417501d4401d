//! A stamp, as it was handed out and as others get it.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyFrozenSet, PyInt, PyString, PyTuple};

/// How deep collections are looked into.
const DEEPEST: usize = 4;

/// What copies stamps.
pub(super) struct Pickle<'py> {
    dumps: Bound<'py, PyAny>,
    loads: Bound<'py, PyAny>,
}

impl<'py> Pickle<'py> {
    pub(super) fn new(py: Python<'py>) -> PyResult<Self> {
        let module = py.import("pickle")?;
        Ok(Self {
            dumps: module.getattr("dumps")?,
            loads: module.getattr("loads")?,
        })
    }

    pub(super) fn dumps(&self, stamp: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(self.dumps.call1((stamp, 5))?.cast_into()?)
    }

    pub(super) fn loads(&self, pickled: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyAny>> {
        self.loads.call1((pickled,))
    }
}

/// The stamp of an event.
pub(super) struct ClockStamp<'py> {
    original: Bound<'py, PyAny>,
    /// As it was when it was handed out; None of what can never change, which is its own copy.
    pickled: Option<Bound<'py, PyBytes>>,
}

impl<'py> ClockStamp<'py> {
    /// Keeps a stamp, or says why it cannot be pickled.
    pub(super) fn new(original: Bound<'py, PyAny>, pickle: &Pickle<'py>) -> PyResult<Self> {
        let pickled = if is_plain(&original, DEEPEST) {
            None
        } else {
            Some(pickle.dumps(&original)?)
        };
        Ok(Self { original, pickled })
    }

    /// A copy of its own.
    pub(super) fn copy(&self, pickle: &Pickle<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.pickled {
            Some(pickled) => pickle.loads(pickled),
            None => Ok(self.original.clone()),
        }
    }

    /// How many bytes it has, pickled.
    pub(super) fn pickled_len(&self, pickle: &Pickle<'py>) -> PyResult<usize> {
        match &self.pickled {
            Some(pickled) => pickled.len(),
            None => pickle.dumps(&self.original)?.len(),
        }
    }

    /// What it has become, if that is not what it was.
    pub(super) fn changed(&self, pickle: &Pickle<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.became(&self.original, pickle)
    }

    /// What has become of a copy, if that is not what it was.
    pub(super) fn became(
        &self,
        copy: &Bound<'py, PyAny>,
        pickle: &Pickle<'py>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(pickled) = &self.pickled else {
            return Ok(None);
        };
        let now = pickle.dumps(copy)?;
        if now.as_bytes() == pickled.as_bytes() {
            return Ok(None);
        }
        // Caches and the order of sets may differ in what is equal.
        let is_equal = match pickle.loads(pickled)?.eq(copy) {
            Err(error) if !error.is_instance_of::<PyException>(now.py()) => return Err(error),
            compared => compared.unwrap_or(false),
        };
        Ok((!is_equal).then_some(pickle.loads(&now)?))
    }
}

/// Whether it is a number, a text or bytes, or a tuple or frozenset of such.
fn is_plain(value: &Bound<'_, PyAny>, depth: usize) -> bool {
    if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        return depth > 0 && tuple.iter_borrowed().all(|item| is_plain(&item, depth - 1));
    }
    if let Ok(set) = value.cast_exact::<PyFrozenSet>() {
        return depth > 0 && set.iter().all(|item| is_plain(&item, depth - 1));
    }
    value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyBytes>()
        || value.is_exact_instance_of::<PyBool>()
}
