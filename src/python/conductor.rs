//! The conductor of faults, for machines that are processes of Python's.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::drive::conductor::{Bodies, Condition, Conductor};
use crate::error::Result;
use crate::model::fault::Fault;
use crate::model::fault_schedule::FaultSchedule;
use crate::model::message::{MachineId, Nanos};

/// The crashes and pauses of machines 1..n that are still to come, machines counted from 0.
///
/// Raises
/// ------
/// ValueError
///     These are not faults, one names another machine or an impossible time, or two of a machine overlap.
#[pyclass(module = "lamport._lamport", name = "FaultConductor")]
pub(super) struct PyConductor(Conductor);

#[pymethods]
impl PyConductor {
    #[new]
    fn new(faults: &str, machines: u32, duration: f64) -> PyResult<Self> {
        Ok(Self(conductor(faults, machines, duration)?))
    }

    /// Whether a machine is to come back.
    #[getter]
    fn has_restart(&self) -> bool {
        self.0.has_restart()
    }

    /// When the next thing is to happen, in seconds since the start of ticking; None if nothing is.
    #[getter]
    fn next(&self) -> Option<f64> {
        self.0.first().map(|time| time as f64 / 1e9)
    }

    /// Do what is due by now: call the methods of these bodies.
    fn carry_out(&mut self, elapsed: f64, bodies: &Bound<'_, PyAny>) -> PyResult<()> {
        let now = (elapsed * 1e9) as Nanos;
        self.0.carry_out(now, &mut Processes(bodies))
    }

    /// Nothing is to happen any more.
    fn cancel(&mut self) {
        self.0.cancel();
    }
}

fn conductor(faults: &str, machines: u32, duration: f64) -> Result<Conductor> {
    let ids: Vec<MachineId> = (1..=u64::from(machines)).collect();
    // The seed is for delays alone.
    let faults = FaultSchedule::new(&Fault::list(faults)?, Some(&ids), 0)?;
    Ok(Conductor::new(&faults, ids, (duration * 1e9) as Nanos))
}

/// An object of Python with a method for each thing that can happen.
struct Processes<'a, 'py>(&'a Bound<'py, PyAny>);

impl Processes<'_, '_> {
    fn call(&self, method: &str, machine: usize) -> PyResult<()> {
        self.0.call_method1(method, (machine,)).map(|_| ())
    }
}

impl Bodies for Processes<'_, '_> {
    type Error = PyErr;

    fn condition(&self, machine: usize) -> PyResult<Condition> {
        let condition = self.0.call_method1("condition", (machine,))?;
        match condition.extract::<&str>()? {
            "alive" => Ok(Condition::Alive),
            "down" => Ok(Condition::Down),
            "ended" => Ok(Condition::Ended),
            other => Err(PyValueError::new_err(format!(
                "condition {other:?}: it must be \"alive\", \"down\" or \"ended\""
            ))),
        }
    }

    fn crash(&mut self, machine: usize, _time: Nanos) -> PyResult<()> {
        self.call("crash", machine)
    }

    fn restart(&mut self, machine: usize, _time: Nanos, _rest: Nanos) -> PyResult<()> {
        self.call("restart", machine)
    }

    fn pause(&mut self, machine: usize, _until: Nanos) -> PyResult<()> {
        self.call("pause", machine)
    }

    fn go_on(&mut self, machine: usize) -> PyResult<()> {
        self.call("go_on", machine)
    }
}
