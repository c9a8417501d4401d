//! The parameters of a run, from Python: one dictionary for every kind of run.

use std::collections::BTreeMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::Whole;
use super::rates::{RateArgument, TicksArgument};
use super::topology::{Shape, count};
use crate::channel::identity::check_run_id;
use crate::drive::real::gate::Subnet;
use crate::drive::simulated::setup::Setup;
use crate::error::{Error, Result};
use crate::model::address::{Address, parse_peers};
use crate::model::behavior::Behavior;
use crate::model::discipline::Discipline;
use crate::model::fault::Fault;
use crate::model::latency::Latency;
use crate::model::manner::Manners;
use crate::model::rate_steps::RateSteps;
use crate::model::rules::{Receive, Stamp};
use crate::model::topology::Topology;
use crate::setting;

/// What every kind of run is made with. Python has checked the types.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct RunSetting {
    machines: usize,
    topology: Shape,
    duration: f64,
    rates: Option<Vec<RateArgument>>,
    max_rate: Whole,
    internal_probability: PerMachine,
    broadcast_share: PerMachine,
    weights: GivenWeights,
    #[pyo3(default)]
    ticks: TicksArgument,
    stamp: String,
    receive: String,
    draw_after_receive: bool,
    /// As JSON.
    latency: String,
    /// As JSON.
    faults: String,
}

/// By ids, the weights of machines for their peers.
type GivenWeights = BTreeMap<u64, BTreeMap<u64, u64>>;

/// A probability of all machines, or one for each.
#[derive(FromPyObject)]
enum PerMachine {
    All(f64),
    Each(Vec<f64>),
}

/// What idle ticks do.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct BehaviorSetting {
    internal_probability: PerMachine,
    broadcast_share: PerMachine,
    #[pyo3(default)]
    weights: GivenWeights,
}

impl BehaviorSetting {
    /// What most machines do, and what machines have of their own.
    pub(super) fn build(&self, topology: &Topology) -> Result<(Behavior, Manners)> {
        let chance = self.internal_probability.values(CHANCE, topology)?;
        let share = self.broadcast_share.values(SHARE, topology)?;
        let each = (0..)
            .zip(chance.zip(share))
            .map(|(machine, (chance, share))| {
                // The same words for one of all machines and for one of its own.
                self.internal_probability.check(CHANCE, machine, chance)?;
                self.broadcast_share.check(SHARE, machine, share)?;
                Behavior::new(chance, share)
            });
        let weights = Manners::weigh(&self.weights, topology)?;
        let manners = |behaviors| Manners {
            behaviors,
            weights,
            ..Manners::default()
        };
        if let (PerMachine::All(chance), PerMachine::All(share)) =
            (&self.internal_probability, &self.broadcast_share)
        {
            return Ok((Behavior::new(*chance, *share)?, manners(None)));
        }
        let each: Vec<Behavior> = each.collect::<Result<_>>()?;
        let first = each.first().copied().unwrap_or_default();
        let differ = each.iter().any(|other| *other != first);
        Ok((first, manners(differ.then(|| each.into()))))
    }
}

const CHANCE: &str = "internal_probability";
const SHARE: &str = "broadcast_share";

impl PerMachine {
    /// That of each machine.
    fn values(&self, name: &str, topology: &Topology) -> Result<impl Iterator<Item = f64> + '_> {
        let machines = topology.machines() as usize;
        let (one, each) = match self {
            Self::All(value) => (Some(*value), &[][..]),
            Self::Each(list) if list.len() == machines => (None, &list[..]),
            Self::Each(list) => {
                return Err(Error::invalid(format!(
                    "{name} has {} values, but there are {machines} machines: give one per machine, or a number",
                    list.len()
                )));
            }
        };
        Ok(std::iter::repeat_n(one, machines)
            .flatten()
            .chain(each.iter().copied()))
    }

    /// Checks that of one machine.
    fn check(&self, name: &str, machine: u32, value: f64) -> Result<()> {
        let of = match self {
            Self::All(_) => name.to_owned(),
            Self::Each(_) => format!("{name} of machine {}", machine + 1),
        };
        setting::check_probability(&of, value).map(drop)
    }
}

impl RunSetting {
    /// What a run with this seed is to be, in virtual or in real time.
    pub(super) fn build(self, seed: u64) -> Result<Setup> {
        let topology = self.topology.build(self.machines)?;
        let behavior = BehaviorSetting {
            internal_probability: self.internal_probability,
            broadcast_share: self.broadcast_share,
            weights: self.weights,
        };
        let (behavior, mut manners) = behavior.build(&topology)?;
        manners.ticking = self.ticks.0;
        let rates = self.rates.map(|rates| {
            let each = (0..).zip(rates).map(|(machine, rate)| match rate {
                RateArgument::One(rate) => Ok(rate),
                RateArgument::Steps(pairs) => {
                    let steps = RateSteps::new(&pairs).map_err(|error| {
                        Error::invalid(format!("machine {}: {error}", machine + 1))
                    })?;
                    let first = steps.first();
                    manners.steps.insert(machine, steps);
                    Ok(first)
                }
            });
            each.collect::<Result<_>>()
        });
        let rates = rates.transpose()?;
        let latency = Latency::from_json(&self.latency)?;
        latency.check_links(&topology)?;
        Ok(Setup {
            topology,
            duration: self.duration,
            rates,
            max_rate: self.max_rate.0,
            behavior,
            manners,
            discipline: Discipline::from_words(
                &self.stamp,
                &self.receive,
                self.draw_after_receive,
            )?,
            latency,
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
            for rate in value.extract::<Vec<RateArgument>>()? {
                rate.check()?;
            }
        }
        "clock_rate" => {
            value.extract::<RateArgument>()?.check()?;
        }
        "ticks" => {
            value.extract::<TicksArgument>()?;
        }
        "max_rate" => {
            setting::check_max_rate(value.extract::<Whole>()?.0)?;
        }
        "internal_probability" | "broadcast_share" => match value.extract()? {
            PerMachine::All(value) => drop(setting::check_probability(name, value)?),
            PerMachine::Each(list) => {
                for (machine, value) in (1..).zip(list) {
                    setting::check_probability(&format!("{name} of machine {machine}"), value)?;
                }
            }
        },
        "stamp" => {
            Stamp::from_word(value.extract()?)?;
        }
        "receive" => {
            Receive::from_word(value.extract()?)?;
        }
        "seed" => {
            setting::check_seed(value.extract::<Whole>()?.0)?;
        }
        "threads" => {
            let threads: PyResult<Whole> = value.extract();
            setting::check_threads(threads.map_err(|_| out_of("a whole number, 1 or more"))?.0)?;
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
            parse_peers(value.extract()?)?;
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
