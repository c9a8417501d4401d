//! The conductor of faults, for machines that are processes of Python's.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::drive::conductor::{Bodies, Condition, Conductor};
use crate::error::Result;
use crate::model::fault::Fault;
use crate::model::fault_schedule::{FaultSchedule, check_before_end};
use crate::model::message::{MachineId, Nanos};

/// The crashes and pauses of machines 1..n that are still to come, machines counted from 0.
///
/// Those of a machine count from when it began to tick; before that nothing happens to it.
///
/// Raises
/// ------
/// ValueError
///     These are not faults, one names another machine or an impossible time, or two of a machine overlap.
#[pyclass(module = "lamport._lamport", name = "FaultConductor")]
pub(super) struct PyConductor(Vec<Conducted>);

/// What is to happen to one machine.
struct Conducted {
    conductor: Conductor,
    /// When it began to tick.
    began: Option<f64>,
}

#[pymethods]
impl PyConductor {
    #[new]
    fn new(faults: &str, machines: u32, duration: f64) -> PyResult<Self> {
        let conductors = conductors(faults, machines, duration)?.into_iter();
        let conducted = conductors.map(|conductor| Conducted {
            conductor,
            began: None,
        });
        Ok(Self(conducted.collect()))
    }

    /// Whether a machine is to come back.
    #[getter]
    fn has_restart(&self) -> bool {
        self.0.iter().any(|one| one.conductor.has_restart())
    }

    /// Whether a machine that is struck down is to come back.
    #[getter]
    fn has_machine_down(&self) -> bool {
        let mut each = self.0.iter();
        each.any(|one| one.conductor.has_machine_down())
    }

    /// When a machine that ticks is to be struck next, by the clock of `begin`; None if none is.
    #[getter]
    fn next(&self) -> Option<f64> {
        let due = self.0.iter().filter_map(|one| {
            let first = one.conductor.first()?;
            Some(one.began? + first as f64 / 1e9)
        });
        due.min_by(f64::total_cmp)
    }

    /// A machine began to tick at this time, in seconds; the first time counts.
    fn begin(&mut self, machine: usize, time: f64) -> PyResult<()> {
        let machines = self.0.len();
        let one = self.0.get_mut(machine).ok_or_else(|| {
            PyValueError::new_err(format!(
                "machine {machine} is not one of 0 .. {machines} - 1"
            ))
        })?;
        one.began.get_or_insert(time);
        Ok(())
    }

    /// Do what is due at this time, by the same clock: call the methods of these bodies.
    fn carry_out(&mut self, time: f64, bodies: &Bound<'_, PyAny>) -> PyResult<()> {
        for (machine, one) in self.0.iter_mut().enumerate() {
            if let Some(began) = one.began {
                let mut process = Process { bodies, machine };
                let elapsed = ((time - began) * 1e9) as Nanos;
                one.conductor.carry_out(elapsed, &mut process)?;
            }
        }
        Ok(())
    }

    /// Nothing is to happen any more.
    fn cancel(&mut self) {
        self.0.iter_mut().for_each(|one| one.conductor.cancel());
    }
}

/// A conductor for each machine.
fn conductors(faults: &str, machines: u32, duration: f64) -> Result<Vec<Conductor>> {
    let ids: Vec<MachineId> = (1..=u64::from(machines)).collect();
    let faults = Fault::list(faults)?;
    check_before_end(&faults, duration)?;
    // The seed is for delays alone.
    let faults = FaultSchedule::new(&faults, Some(&ids), 0)?;
    let end = (duration * 1e9) as Nanos;
    let conductors = ids.into_iter().map(|id| Conductor::new(&faults, [id], end));
    Ok(conductors.collect())
}

/// A machine's process: an object of Python has a method for each thing that can happen to one.
struct Process<'a, 'py> {
    bodies: &'a Bound<'py, PyAny>,
    machine: usize,
}

impl Process<'_, '_> {
    fn call(&self, method: &str) -> PyResult<()> {
        self.bodies
            .call_method1(method, (self.machine,))
            .map(|_| ())
    }
}

/// Each has a conductor of its own.
impl Bodies for Process<'_, '_> {
    type Error = PyErr;

    fn condition(&self, _machine: usize) -> PyResult<Condition> {
        let condition = self.bodies.call_method1("condition", (self.machine,))?;
        match condition.extract::<&str>()? {
            "alive" => Ok(Condition::Alive),
            "down" => Ok(Condition::Down),
            "ended" => Ok(Condition::Ended),
            other => Err(PyValueError::new_err(format!(
                "condition {other:?}: it must be \"alive\", \"down\" or \"ended\""
            ))),
        }
    }

    fn crash(&mut self, _machine: usize, _time: Nanos) -> PyResult<()> {
        self.call("crash")
    }

    fn restart(&mut self, _machine: usize, _time: Nanos, _rest: Nanos) -> PyResult<()> {
        self.call("restart")
    }

    fn pause(&mut self, _machine: usize, _until: Nanos) -> PyResult<()> {
        self.call("pause")
    }

    fn go_on(&mut self, _machine: usize) -> PyResult<()> {
        self.call("go_on")
    }
}
