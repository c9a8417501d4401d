//! Latencies and faults, from Python: as JSON, which is one form for all layers.

use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyTuple};

use crate::error::Result;
use crate::model::fault::Fault;
use crate::model::fault_schedule::{FaultSchedule, Transition};
use crate::model::latency::Latency;
use crate::model::message::MachineId;

/// A latency as people pass one. Python checks it, as it does for `run_local`.
pub(super) struct LatencyArgument(pub(super) Latency);

impl<'py> FromPyObject<'_, 'py> for LatencyArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        // The default needs no module of Python: a machine is a process that starts fast.
        if let Ok(seconds) = object.cast_exact::<PyFloat>()
            && let Ok(latency) = Latency::Constant(seconds.extract()?).checked()
        {
            return Ok(Self(latency));
        }
        let json = as_json(object, "lamport._model.latency", "latency_text")?;
        Ok(Self(Latency::from_json(&json)?))
    }
}

/// A list of faults as people pass one.
pub(super) struct FaultsArgument(pub(super) Vec<Fault>);

impl<'py> FromPyObject<'_, 'py> for FaultsArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object
            .cast_exact::<PyTuple>()
            .is_ok_and(|list| list.is_empty())
        {
            return Ok(Self(Vec::new()));
        }
        let json = as_json(object, "lamport._model.fault", "faults_text")?;
        Ok(Self(Fault::list(&json)?))
    }
}

fn as_json(object: Borrowed<'_, '_, PyAny>, module: &str, function: &str) -> PyResult<String> {
    let module = object.py().import(module)?;
    module.getattr(function)?.call1((object,))?.extract()
}

/// Crashes and pauses of machines 1..n in order: seconds, machine, and what happens to it.
///
/// That is "crash", "restart", "pause" or "continue". The faults are JSON.
///
/// Raises
/// ------
/// ValueError
///     A fault is none, names another machine or an impossible time, or two faults of a machine overlap.
#[pyfunction]
pub(super) fn fault_transitions(
    faults: &str,
    machines: u32,
) -> PyResult<Vec<(f64, u64, &'static str)>> {
    Ok(transitions(faults, machines)?)
}

fn transitions(faults: &str, machines: u32) -> Result<Vec<(f64, MachineId, &'static str)>> {
    let ids: Vec<MachineId> = (1..=u64::from(machines)).collect();
    // The seed is for delays alone.
    let schedule = FaultSchedule::new(&Fault::list(faults)?, Some(&ids), 0)?;
    let of_machine = |&id: &MachineId| {
        let transitions = schedule.transitions(id).into_iter();
        transitions.map(move |(time, transition)| (time, id, transition))
    };
    let mut all: Vec<_> = ids.iter().flat_map(of_machine).collect();
    all.sort_by_key(|&(time, ..)| time);
    let named = |(time, id, transition)| (time as f64 / 1e9, id, name(transition));
    Ok(all.into_iter().map(named).collect())
}

fn name(transition: Transition) -> &'static str {
    match transition {
        Transition::Crash => "crash",
        Transition::Restart => "restart",
        Transition::Pause => "pause",
        Transition::Continue => "continue",
    }
}
