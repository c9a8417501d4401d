//! The parameters of a run, from Python: one dictionary for every kind of run.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::Whole;
use super::topology::Shape;
use crate::drive::simulated::engine::Setup;
use crate::error::Result;
use crate::model::behavior::Behavior;
use crate::model::fault::Fault;
use crate::model::latency::Latency;
use crate::setting;

/// What every kind of run is made with. Python has checked the types.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct RunSetting {
    machines: usize,
    topology: Shape,
    duration: f64,
    rates: Option<Vec<f64>>,
    max_rate: Whole,
    internal_probability: f64,
    broadcast_share: f64,
    /// As JSON.
    latency: String,
    /// As JSON.
    faults: String,
}

/// What idle ticks do.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct BehaviorSetting {
    internal_probability: f64,
    broadcast_share: f64,
}

impl BehaviorSetting {
    pub(super) fn build(&self) -> Result<Behavior> {
        Behavior::new(self.internal_probability, self.broadcast_share)
    }
}

impl RunSetting {
    /// What a run with this seed is to be, in virtual or in real time.
    pub(super) fn build(self, seed: u64) -> Result<Setup> {
        Ok(Setup {
            topology: self.topology.build(self.machines)?,
            duration: self.duration,
            rates: self.rates,
            max_rate: self.max_rate.0,
            behavior: Behavior::new(self.internal_probability, self.broadcast_share)?,
            latency: Latency::from_json(&self.latency)?,
            seed,
            faults: Fault::list(&self.faults)?,
        })
    }
}

/// The defaults that the signatures and options of Python have from here.
pub(super) fn defaults(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("max_rate", setting::MAX_DRAWN_RATE)?;
    dict.set_item("internal_probability", setting::INTERNAL_PROBABILITY)?;
    dict.set_item("broadcast_share", setting::BROADCAST_SHARE)?;
    dict.set_item("latency", setting::LATENCY)?;
    dict.set_item("simulated_latency", setting::SIMULATED_LATENCY)?;
    dict.set_item("wait", setting::WAIT)?;
    dict.set_item("run_id", setting::RUN_ID)?;
    Ok(dict)
}
