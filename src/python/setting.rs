//! The parameters of a run, from Python: one dictionary for every kind of run.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::Whole;
use super::topology::{Shape, count};
use crate::channel::identity::check_run_id;
use crate::drive::real::gate::Subnet;
use crate::drive::simulated::setup::Setup;
use crate::error::Result;
use crate::model::address::{Address, parse_list};
use crate::model::behavior::Behavior;
use crate::model::discipline::Discipline;
use crate::model::fault::Fault;
use crate::model::latency::Latency;
use crate::model::rules::{Receive, Stamp};
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
    stamp: String,
    receive: String,
    draw_after_receive: bool,
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
            discipline: Discipline::from_words(
                &self.stamp,
                &self.receive,
                self.draw_after_receive,
            )?,
            latency: Latency::from_json(&self.latency)?,
            seed,
            faults: Fault::list(&self.faults)?,
        })
    }
}

/// Check a parameter by itself, as the command line reads it; what has no bounds is not looked at.
///
/// Raises
/// ------
/// ValueError
///     It is out of bounds.
#[pyfunction]
pub(super) fn check_parameter(name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let out_of =
        |range: &str| PyValueError::new_err(format!("{value} is out of range: give {range}"));
    match name {
        "machines" => {
            count(
                value
                    .extract()
                    .map_err(|_| out_of("a whole number, 1 or more"))?,
            )?;
        }
        "duration" => {
            setting::check_duration(value.extract()?)?;
        }
        "rates" => {
            for rate in value.extract::<Vec<f64>>()? {
                setting::check_rate(rate)?;
            }
        }
        "clock_rate" => {
            setting::check_rate(value.extract()?)?;
        }
        "max_rate" => {
            setting::check_max_rate(value.extract::<Whole>()?.0)?;
        }
        "internal_probability" | "broadcast_share" => {
            setting::check_probability(name, value.extract()?)?;
        }
        "stamp" => {
            Stamp::from_word(value.extract()?)?;
        }
        "receive" => {
            Receive::from_word(value.extract()?)?;
        }
        "seed" => {
            setting::check_seed(value.extract::<Whole>()?.0)?;
        }
        "wait" => {
            setting::check_wait(value.extract()?)?;
        }
        "listen_port" | "base_port" => {
            let port: PyResult<u16> = value.extract();
            port.map_err(|_| out_of("a port, 1 to 65535, or 0 for a free one"))?;
        }
        "host" => {
            Address::new(value.extract::<String>()?, 0)?;
        }
        "run_id" => {
            check_run_id(value.extract()?)?;
        }
        "peer_addresses" => {
            parse_list(value.extract()?)?;
        }
        "allow" => {
            for address in value.extract::<&str>()?.split(',') {
                address.trim().parse::<Subnet>()?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The defaults that the signatures and options of Python have from here.
pub(super) fn defaults(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("max_rate", setting::MAX_DRAWN_RATE)?;
    dict.set_item("internal_probability", setting::INTERNAL_PROBABILITY)?;
    dict.set_item("broadcast_share", setting::BROADCAST_SHARE)?;
    dict.set_item("stamp", Stamp::default().word())?;
    dict.set_item("receive", Receive::default().word())?;
    dict.set_item("latency", setting::LATENCY)?;
    dict.set_item("simulated_latency", setting::SIMULATED_LATENCY)?;
    dict.set_item("wait", setting::WAIT)?;
    dict.set_item("run_id", setting::RUN_ID)?;
    Ok(dict)
}
