//! A machine's queue, from Python.

use pyo3::prelude::*;

/// The queue of a machine, as far as it is to be had from outside: `Machine.incoming_queue`.
///
/// Examples
/// --------
/// >>> import lamport
/// >>> from tempfile import mkdtemp
/// >>> home = mkdtemp()
/// >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
/// ...     queue = machine.incoming_queue
/// ...     queue.put(10)
/// ...     queue, queue.qsize(), queue.empty()
/// (<lamport.IncomingQueue: 1 message>, 1, False)
#[pyclass(frozen, module = "lamport")]
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
    /// Put a message into the queue by hand, in nobody's name, as `Machine.deliver`.
    ///
    /// Parameters
    /// ----------
    /// timestamp : int
    ///     The clock that it carries.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> with lamport.Machine(1, 0, [], f"{mkdtemp()}/machine_1.log", 60) as machine:
    /// ...     machine.incoming_queue.put(10)
    /// ...     machine.tick()["new_clock"]
    /// 11
    fn put(&self, py: Python<'_>, timestamp: Bound<'_, PyAny>) -> PyResult<()> {
        self.machine.call_method1(py, "deliver", (timestamp,))?;
        Ok(())
    }

    /// Return how many messages wait in it.
    ///
    /// Returns
    /// -------
    /// int
    ///     Their number.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> with lamport.Machine(1, 0, [], f"{mkdtemp()}/machine_1.log", 60) as machine:
    /// ...     machine.incoming_queue.qsize()
    /// 0
    fn qsize(&self, py: Python<'_>) -> PyResult<u64> {
        self.machine.getattr(py, "queue_len")?.extract(py)
    }

    /// Return whether none waits in it.
    ///
    /// Returns
    /// -------
    /// bool
    ///     Whether it is empty.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> with lamport.Machine(1, 0, [], f"{mkdtemp()}/machine_1.log", 60) as machine:
    /// ...     machine.incoming_queue.empty()
    /// True
    fn empty(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.qsize(py)? == 0)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let waiting = self.qsize(py)?;
        let plural = if waiting == 1 { "" } else { "s" };
        Ok(format!(
            "<lamport.IncomingQueue: {waiting} message{plural}>"
        ))
    }
}
