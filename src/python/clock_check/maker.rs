//! How the clocks of a run are made.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::now::Now;
use super::raised::ClockStop;
use crate::causality::clock_check::plan::ClockPlan;

/// What a function that makes clocks is called with.
#[derive(FromPyObject)]
enum MakerArguments {
    /// The first so many, by their places.
    #[pyo3(transparent)]
    First(usize),
    /// These, by their names.
    #[pyo3(transparent)]
    Named(Vec<String>),
}

/// What makes the clocks of a run.
#[derive(FromPyObject)]
pub(in crate::python) struct ClockMaker<'py> {
    function: Bound<'py, PyAny>,
    /// Whether it makes all clocks of a run at once.
    is_all: bool,
    arguments: MakerArguments,
}

/// The clocks of a run, and what each of them sees of time.
pub(super) struct MadeClocks<'py> {
    pub(super) clocks: Vec<Bound<'py, PyAny>>,
    pub(super) now: Vec<Py<Now>>,
}

impl<'py> ClockMaker<'py> {
    pub(super) fn make(
        &self,
        py: Python<'py>,
        plan: &ClockPlan,
    ) -> Result<MadeClocks<'py>, ClockStop> {
        let now = (0..plan.machines)
            .map(|machine| Py::new(py, Now::new(plan.first_reading(machine))))
            .collect::<PyResult<Vec<_>>>()
            .map_err(ClockStop::Interrupted)?;
        let clocks = if self.is_all {
            self.all(py, plan, &now)
                .map_err(|error| ClockStop::at(py, "make.all", error, None, None))?
        } else {
            let one = |machine: u32| {
                let number = (machine + 1).into_pyobject(py)?.into_any();
                let own = now[machine as usize].bind(py).clone().into_any();
                let machines = plan.machines.into_pyobject(py)?.into_any();
                let given = [("machine", number), ("machines", machines), ("now", own)];
                self.call(py, &given)
            };
            (0..plan.machines)
                .map(|machine| {
                    one(machine)
                        .map_err(|error| ClockStop::at(py, "make", error, None, Some(machine)))
                })
                .collect::<Result<_, ClockStop>>()?
        };
        Ok(MadeClocks { clocks, now })
    }

    fn all(
        &self,
        py: Python<'py>,
        plan: &ClockPlan,
        now: &[Py<Now>],
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let machines = plan.machines.into_pyobject(py)?.into_any();
        let each = PyTuple::new(py, now.iter().map(|now| now.bind(py)))?.into_any();
        let made = self.call(py, &[("machines", machines), ("now", each)])?;
        let clocks: Vec<Bound<'py, PyAny>> = made.try_iter()?.collect::<PyResult<_>>()?;
        if clocks.len() == plan.machines as usize {
            return Ok(clocks);
        }
        Err(PyTypeError::new_err(format!(
            "make.all(machines={}) returned {} clocks: return one for each machine, in their order",
            plan.machines,
            clocks.len()
        )))
    }

    fn call(
        &self,
        py: Python<'py>,
        given: &[(&str, Bound<'py, PyAny>)],
    ) -> PyResult<Bound<'py, PyAny>> {
        match &self.arguments {
            MakerArguments::First(count) => {
                let values = given.iter().take(*count).map(|(_, value)| value);
                let values: Vec<_> = values.collect();
                self.function.call1(PyTuple::new(py, values)?)
            }
            MakerArguments::Named(names) => {
                let named = PyDict::new(py);
                for (name, value) in given {
                    if names.iter().any(|wanted| wanted == name) {
                        named.set_item(name, value)?;
                    }
                }
                self.function.call((), Some(&named))
            }
        }
    }
}
