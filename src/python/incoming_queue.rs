//! A machine's queue, from Python.

use pyo3::prelude::*;

use super::arguments::Whole;
use super::machine::PyMachine;

/// The queue of a machine, as far as it is to be had from outside.
#[pyclass(frozen, module = "lamport._lamport")]
pub(super) struct IncomingQueue {
    machine: Py<PyMachine>,
}

impl IncomingQueue {
    pub(super) fn of(machine: Py<PyMachine>) -> Self {
        Self { machine }
    }
}

#[pymethods]
impl IncomingQueue {
    /// Put a message into the queue by hand, in nobody's name: `Machine.deliver`.
    fn put(&self, timestamp: Whole) -> PyResult<()> {
        self.machine.get().deliver(timestamp, None)
    }

    /// How many messages wait in it.
    fn qsize(&self) -> PyResult<u64> {
        self.machine.get().queue_len()
    }

    /// Whether none waits in it.
    fn empty(&self) -> PyResult<bool> {
        Ok(self.qsize()? == 0)
    }
}
