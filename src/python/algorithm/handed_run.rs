//! What the process of a machine is told of its run.

use pyo3::prelude::*;

use crate::model::message::MachineId;

/// What the algorithm of a machine knows of its run.
#[derive(FromPyObject, Clone)]
#[pyo3(from_item_all)]
pub(in crate::python) struct HandedRun {
    /// The ids of those that may send to it.
    pub(in crate::python) senders: Vec<MachineId>,
    /// The ids of all machines.
    pub(in crate::python) machines: Vec<MachineId>,
    /// What it is given from outside: when, in seconds, and what, as JSON.
    pub(in crate::python) inputs: Vec<(f64, Option<String>)>,
}
