//! What must hold of the states of all machines, asked whenever one declares its own.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::body_value::{KeptStrings, read_body};
use crate::drive::simulated::handled::recorder::StepRecorder;
use crate::model::handled::HandledStep;
use crate::model::message::Nanos;

/// A function of the states of all machines, until it says that something is wrong.
pub(super) struct Invariant {
    holds: Py<PyAny>,
    /// By its id, the values of each machine that has declared any.
    states: Py<PyDict>,
    kept: KeptStrings,
    verdict: Option<PyResult<Py<PyAny>>>,
}

impl Invariant {
    pub(super) fn new(py: Python<'_>, holds: Py<PyAny>) -> Self {
        Self {
            holds,
            states: PyDict::new(py).unbind(),
            kept: KeptStrings::default(),
            verdict: None,
        }
    }

    /// What it said that was neither True nor None, or what it raised.
    pub(super) fn verdict(self) -> PyResult<Option<Py<PyAny>>> {
        self.verdict.transpose()
    }

    /// Asks whether all is right with this state of a machine.
    fn ask(&mut self, py: Python<'_>, machine: u64, state: &str) -> PyResult<Option<Py<PyAny>>> {
        let states = self.states.bind(py);
        let declared = read_body(py, state, &mut self.kept)?;
        match states.get_item(machine)? {
            Some(values) => values.cast::<PyDict>()?.update(declared.cast()?)?,
            None => states.set_item(machine, declared)?,
        }
        let said = self.holds.bind(py).call1((states,))?;
        let holds = said.is_none() || said.extract::<bool>().unwrap_or(false);
        Ok((!holds).then(|| said.unbind()))
    }
}

impl StepRecorder for Invariant {
    fn step(&mut self, _time: Nanos, machine: u32, step: &HandledStep) {
        let (Some(state), None) = (&step.state, &self.verdict) else {
            return;
        };
        let asked = Python::try_attach(|py| self.ask(py, u64::from(machine) + 1, state));
        self.verdict = asked.and_then(PyResult::transpose);
    }

    fn has_seen_enough(&self) -> bool {
        self.verdict.is_some()
    }
}
