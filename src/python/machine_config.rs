//! What a machine is to be, as Python gives it.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::algorithm::handler_threads::HandlerThread;
use super::algorithm::real::own_algorithm;
use super::algorithm::role::GivenRole;
use super::arguments::{KeyArgument, MovedArgument};
use super::faults::LatencyArgument;
use super::handover::ListenPort;
use super::peers::PeersArgument;
use super::rates::{RateArgument, TicksArgument};
use crate::drive::real::machine::Config;
use crate::error::Result;
use crate::model::behavior::{Behavior, Probabilities};
use crate::model::manner::Manner;
use crate::model::message::MachineId;
use crate::model::rate_steps::RateSteps;
use crate::setting::{BROADCAST_SHARE, INTERNAL_PROBABILITY};

/// The arguments of `Machine`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a parameter that is on or off"
)]
pub(super) struct GivenMachine {
    pub(super) machine_id: MachineId,
    pub(super) listen_port: ListenPort,
    pub(super) peers: PeersArgument,
    pub(super) log: PathBuf,
    pub(super) duration: f64,
    pub(super) clock_rate: Option<RateArgument>,
    pub(super) max_rate: u64,
    pub(super) ticks: TicksArgument,
    /// The probability that an idle tick is internal, and the share of sends to all.
    pub(super) odds: (f64, f64),
    pub(super) peer_weights: Option<Vec<u64>>,
    pub(super) role: Option<GivenRole>,
    pub(super) latency: LatencyArgument,
    pub(super) seed: Option<u64>,
    pub(super) host: Option<String>,
    pub(super) run_id: String,
    pub(super) allow: Vec<String>,
    pub(super) resume: bool,
    pub(super) overwrite: bool,
    pub(super) moved: Option<MovedArgument>,
    pub(super) sync: bool,
    pub(super) precise: bool,
    pub(super) key: Option<KeyArgument>,
}

impl GivenMachine {
    /// The same for the core, and where its handlers are at work, if it has an algorithm.
    pub(super) fn config(self) -> PyResult<(Config, Option<HandlerThread>)> {
        self.check()?;
        let (unix_origin, began) = self.listen_port.time();
        let senders = self.listen_port.senders();
        let run = self.listen_port.run();
        let PeersArgument { addresses, ids } = self.peers;
        let weights = self.peer_weights.as_deref();
        let mut manner = Manner::of_peers(self.machine_id, weights, addresses.len())?;
        manner.ticking = self.ticks.0;
        let clock_rate = match self.clock_rate {
            Some(RateArgument::Steps(steps)) => {
                manner.steps = Some(RateSteps::new(&steps)?);
                None
            }
            Some(RateArgument::One(rate)) => Some(rate),
            None => None,
        };
        let behavior = Behavior::new(self.odds.0, self.odds.1)?;
        let allowed = self.allow.iter().map(|text| text.parse());
        let allowed = allowed.collect::<Result<_>>()?;
        let algorithm = self
            .role
            .map(|role| own_algorithm(role, self.machine_id, senders.clone(), run));
        let (algorithm, thread) = algorithm.unzip();
        let config = Config {
            machine_id: self.machine_id,
            listening: self.listen_port.open(self.host)?,
            peers: addresses,
            peer_ids: ids,
            log: self.log,
            overwrite: self.overwrite,
            resume: self.resume,
            moved: self
                .moved
                .map_or_else(Vec::new, |MovedArgument(moved)| moved),
            is_synced: self.sync,
            duration: self.duration,
            clock_rate,
            max_rate: self.max_rate,
            behavior,
            manner,
            latency: self.latency.0,
            seed: self.seed,
            run_id: self.run_id,
            senders,
            allowed,
            is_precise: self.precise,
            key: self.key.map(|KeyArgument(key)| key),
            unix_origin,
            algorithm,
            began,
        };
        Ok((config, thread))
    }

    /// Fails where arguments do not go together.
    fn check(&self) -> PyResult<()> {
        if self.resume && self.overwrite {
            return Err(PyValueError::new_err(
                "resume and overwrite exclude each other: one keeps the log, one replaces it",
            ));
        }
        if self.role.is_none() {
            return Ok(());
        }
        let (internal, broadcast) = self.odds;
        let names = Probabilities::NAMES;
        for (name, is_given) in [
            (names[0], internal != INTERNAL_PROBABILITY),
            (names[1], broadcast != BROADCAST_SHARE),
            ("peer_weights", self.peer_weights.is_some()),
        ] {
            if is_given {
                return Err(PyValueError::new_err(format!(
                    "{name}= is for the built-in behaviour: an algorithm says itself what machines do"
                )));
            }
        }
        Ok(())
    }
}
