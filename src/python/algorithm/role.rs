//! What a machine runs, as Python gives it.

use pyo3::prelude::*;

use super::handler::{HandlerError, PyHandler};
use super::me::MachineSeat;
use crate::log::line::Startup;
use crate::model::message::MachineId;
use crate::model::topology::Topology;

/// What a machine runs: what makes it, and how its log tells it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(in crate::python) struct GivenRole {
    /// Returns a new instance when it is called.
    make: Py<PyAny>,
    /// ``module:Class``.
    algorithm: String,
    /// As JSON.
    arguments: String,
    python: String,
}

/// What `Machine` is to run with this id, if it has an algorithm.
pub(in crate::python) fn role_of(
    py: Python<'_>,
    algorithm: Option<Bound<'_, PyAny>>,
    arguments: Option<Bound<'_, PyAny>>,
    machine: MachineId,
) -> PyResult<Option<GivenRole>> {
    if algorithm.is_none() && arguments.is_none() {
        // A machine is a process that starts fast.
        return Ok(None);
    }
    let role = py
        .import("lamport._model.own_role")?
        .call_method1("role_of", (algorithm, arguments, machine))?;
    role.extract()
}

impl GivenRole {
    /// A new instance, at its machine.
    pub(super) fn make(
        &self,
        py: Python<'_>,
        seat: MachineSeat,
    ) -> Result<PyHandler, HandlerError> {
        let instance = self.make.bind(py).call0();
        instance
            .and_then(|instance| PyHandler::new(py, instance, seat))
            .map_err(|error| HandlerError::of(py, error))
    }

    /// The class, its arguments as JSON, and the version of Python.
    pub(super) fn declared(&self) -> (String, String, String) {
        (
            self.algorithm.clone(),
            self.arguments.clone(),
            self.python.clone(),
        )
    }

    /// Says in a STARTUP line what runs.
    pub(super) fn declare(&self, startup: &mut Startup<'static>) {
        let (algorithm, arguments, python) = self.declared();
        startup.algorithm = Some(algorithm.into());
        startup.arguments = Some(arguments.into());
        startup.python = Some(python.into());
    }
}

impl MachineSeat {
    /// The place of a machine counted from 0 in a run of machines 1 .. n.
    pub(super) fn in_topology(machine: u32, topology: &Topology, seed: u64) -> Self {
        let id = |machine: u32| u64::from(machine) + 1;
        let all = 0..topology.machines();
        Self {
            id: id(machine),
            name: id(machine).to_string(),
            peers: topology.peers(machine).map(id).collect(),
            senders: topology.senders(machine).into_iter().map(id).collect(),
            machines: all.map(id).collect(),
            seed,
        }
    }
}
