//! Latencies and faults, from Python: as JSON, which is one form for all layers.

use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyTuple};

use crate::model::fault::Fault;
use crate::model::latency::Latency;

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
