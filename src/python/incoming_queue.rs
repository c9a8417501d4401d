//! A machine's queue, from Python.

use pyo3::prelude::*;

/// The queue of a machine, as far as it is to be had from outside.
#[pyclass(frozen, module = "lamport._lamport")]
pub(super) struct IncomingQueue {
    machine: Py<PyAny>,
}

impl IncomingQueue {
    pub(super) fn of(machine: Py<PyAny>) -> Self {
        Self { machine }
    }
}

#[pymethods]
impl IncomingQueue {
    /// Put a message into the queue by hand, in nobody's name: `Machine.deliver`.
    fn put(&self, py: Python<'_>, timestamp: Bound<'_, PyAny>) -> PyResult<()> {
        self.machine.call_method1(py, "deliver", (timestamp,))?;
        Ok(())
    }

    /// How many messages wait in it.
    fn qsize(&self, py: Python<'_>) -> PyResult<u64> {
        self.machine.getattr(py, "queue_len")?.extract(py)
    }

    /// Whether none waits in it.
    fn empty(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.qsize(py)? == 0)
    }
}
