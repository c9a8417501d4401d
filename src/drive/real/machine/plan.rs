//! What a machine is to be, checked against what it was.

use std::collections::BTreeMap;

use super::config::Config;
use crate::VERSION;
use crate::channel::identity::check_run_id;
use crate::drive::real::algorithm::AlgorithmConfig;
use crate::drive::real::entropy;
use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::read::recover::Recovered;
use crate::model::clock::MAX_CLOCK;
use crate::model::manner::Manner;
use crate::model::message::Nanos;
use crate::model::random::Generator;
use crate::model::rate_steps::RateSteps;
use crate::model::timetable::{LifeName, Timetable};
use crate::setting::{MAX_SEED, check_seed};

/// What is drawn before a machine starts.
pub(in crate::drive::real) struct Plan {
    pub(super) seed: u64,
    pub(super) timetable: Timetable,
    pub(super) generator: Generator,
}

impl Config {
    /// Checks what can be checked without the system, and draws the ticks.
    pub(in crate::drive::real) fn plan(&self, past: Option<&Recovered>) -> Result<Plan> {
        let id = self.machine_id;
        if id > MAX_CLOCK {
            return Err(Error::invalid(format!(
                "machine id {id} is too large: the largest is {MAX_CLOCK} (2^53 - 1)"
            )));
        }
        check_run_id(&self.run_id)?;
        if !self.resume && !self.moved.is_empty() {
            return Err(Error::invalid(
                "moved says where the peers of a log are now: only a machine that resumes one has a use for it \
                 (resume=True, --resume)",
            ));
        }
        self.manner.check(id, self.peers.len())?;
        self.check_ids()?;
        if let Some(past) = past {
            self.check_same(past)?;
        }
        let seed = match self.seed.or(past.map(|past| past.seed)) {
            Some(seed) => check_seed(seed)?,
            None => entropy::nonce()?.0 & MAX_SEED,
        };
        let starts = past.map_or(0, |past| past.starts);
        let mut generator = Generator::new(seed, id, starts);
        let rate = self.rate().or(past.map(|past| past.clock_rate));
        let life = LifeName {
            seed,
            machine: id,
            start: starts,
        };
        let rates = (rate, self.max_rate);
        let manner = (&self.manner, life);
        let timetable = Timetable::draw(rates, self.duration, &mut generator, manner)?;
        Ok(Plan {
            seed,
            timetable,
            generator,
        })
    }

    /// Checks the ids of peers that are told.
    fn check_ids(&self) -> Result<()> {
        let mut known = BTreeMap::from([(self.machine_id, None)]);
        let ids = self.peer_ids.iter().flatten();
        for (&id, peer) in ids.zip(&self.peers) {
            let Some(other) = known.insert(id, Some(peer)) else {
                continue;
            };
            let other = other.map_or("this machine".to_owned(), ToString::to_string);
            return Err(Error::invalid(format!(
                "peer {peer} is told to be machine {id}, which {other} is: each machine has an id of its own"
            )));
        }
        Ok(())
    }

    /// Warns that another version of Python is to do what was done before.
    pub(super) fn other_python(&self, past: Option<&Recovered>) -> Option<String> {
        let was = past?.python.as_deref()?;
        let is = self.algorithm.as_ref()?.python.as_deref()?;
        (was != is).then(|| {
            format!(
                "its algorithm ran on Python {was} and goes on with {is}, which may do something else: sets, hashes and \
                 random choices are not the same everywhere"
            )
        })
    }

    /// The rate that is given, the first if there are several.
    fn rate(&self) -> Option<f64> {
        let steps = self.manner.steps.as_ref();
        steps.map(RateSteps::first).or(self.clock_rate)
    }

    /// Takes from the log to resume what is not given, at `now` on this host's clock.
    pub(super) fn take_past(&mut self, past: &Recovered, now: Micros) {
        if self.clock_rate.is_none() && self.manner.steps.is_none() {
            self.manner.steps.clone_from(&past.manner.steps);
        }
        if self.manner.steps.is_some()
            && let Some(began) = past.began.or(self.began)
        {
            self.manner.since = (now - began).max(0) as Nanos * 1000;
        }
    }

    /// Checks that the log to resume is one of this machine.
    fn check_same(&self, past: &Recovered) -> Result<()> {
        let (seed, rate) = (
            self.seed.unwrap_or(past.seed),
            self.rate().unwrap_or(past.clock_rate),
        );
        let chance = self.behavior.internal_probability();
        let past_chance = past.internal_probability.unwrap_or(chance);
        let machine = |id| format!("machine {id}");
        let version = |version: &str| format!("version {version}");
        let summary = [
            (machine(past.machine_id), machine(self.machine_id)),
            (
                format!("run {}", past.run_id),
                format!("run {}", self.run_id),
            ),
            (version(&past.version), version(VERSION)),
            (format!("seed {}", past.seed), format!("seed {seed}")),
            (
                format!("clock rate {}", past.clock_rate),
                format!("clock rate {rate}"),
            ),
            (
                format!("internal probability {past_chance}"),
                format!("internal probability {chance}"),
            ),
        ];
        let algorithm = |told: Option<(&str, &str)>| match told {
            Some((name, arguments)) => format!("algorithm {name} with {arguments}"),
            None => "no algorithm".to_owned(),
        };
        let was = past.algorithm.as_ref();
        let was = algorithm(was.map(|(name, arguments)| (&**name, &**arguments)));
        let is = match &self.algorithm {
            None => algorithm(None),
            Some(AlgorithmConfig {
                name: Some(name),
                arguments,
                ..
            }) => algorithm(Some((name, arguments.as_deref().unwrap_or("{}")))),
            // It has no name to be known by.
            Some(_) => was.clone(),
        };
        let algorithms = (was, is);
        let shown = |steps: &Option<RateSteps>| match steps {
            Some(steps) => format!("rates {:?}", steps.each()),
            None => "one clock rate".into(),
        };
        let is_same = match (&past.manner.steps, &self.manner.steps) {
            (Some(logged), Some(given)) => logged.is_as(given),
            (logged, given) => logged.is_none() && given.is_none(),
        };
        let rates = if is_same {
            [String::new(), String::new()]
        } else {
            [shown(&past.manner.steps), shown(&self.manner.steps)]
        };
        let ticks = |manner: &Manner| format!("ticks {}", manner.ticking.in_words());
        let more = [
            algorithms,
            (ticks(&past.manner), ticks(&self.manner)),
            rates.into(),
        ];
        for (logged, given) in summary.into_iter().chain(more) {
            if logged != given {
                return Err(Error::invalid(format!(
                    "log file {} is of {logged}, not of {given}: resume it as it was",
                    self.log.display()
                )));
            }
        }
        Ok(())
    }
}
