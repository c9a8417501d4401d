//! What machines have of their own, beside a rate and a behavior.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
use crate::model::behavior::{Behavior, Odds, OwnOdds};
use crate::model::message::Nanos;
use crate::model::rate_steps::RateSteps;
use crate::model::ticking::Ticking;
use crate::model::topology::Topology;
use crate::model::weights::Weights;

/// What a machine has of its own; its STARTUP line tells what is not the default.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Manner {
    /// How often single sends go to each peer, in the order of the peers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    /// How its ticks lie in time.
    #[serde(skip_serializing_if = "Ticking::is_periodic")]
    pub ticking: Ticking,
    /// Its rates, if they change; `clock_rate` is the first of them.
    #[serde(rename = "rates", skip_serializing_if = "Option::is_none")]
    pub steps: Option<RateSteps>,
    /// When this life began, from the beginning of ticking, of which `steps` count; told in seconds.
    #[serde(skip_serializing_if = "is_zero", serialize_with = "seconds")]
    pub since: Nanos,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn is_zero(since: &Nanos) -> bool {
    *since == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn seconds<S: Serializer>(since: &Nanos, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_f64(*since as f64 / 1e9)
}

impl Manner {
    /// Whether its ticks are periodic, at one rate.
    pub fn is_even(&self) -> bool {
        self.ticking.is_periodic() && self.steps.is_none()
    }

    /// What a machine of this behavior and with so many peers draws with.
    pub fn odds(&self, behavior: Behavior, peers: u32) -> OwnOdds {
        OwnOdds::new(behavior.odds(peers), self.weights.clone())
    }

    /// That of a machine with so many peers, of which it may be told weights, in their order.
    pub fn of_peers(machine: u64, weights: Option<&[u64]>, peers: usize) -> Result<Self> {
        let Some(each) = weights else {
            return Ok(Self::default());
        };
        if each.len() != peers {
            return Err(Error::invalid(format!(
                "weights: machine {machine} has {peers} peers and {each:?} for them: give one weight per peer, in \
                 their order"
            )));
        }
        Ok(Self {
            weights: Weights::new(machine, each)?,
            ..Self::default()
        })
    }

    /// Checks that its weights are those of so many peers.
    pub fn check(&self, machine: u64, peers: usize) -> Result<()> {
        let each: Option<Vec<u64>> = self
            .weights
            .as_ref()
            .map(|weights| weights.each().collect());
        Self::of_peers(machine, each.as_deref(), peers).map(drop)
    }
}

/// What the machines of a run have of their own, counted from 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manners {
    /// What the idle ticks of each do, where that differs.
    pub behaviors: Option<Arc<[Behavior]>>,
    /// The weights of those that have some.
    pub weights: BTreeMap<u32, Weights>,
    /// How their ticks lie in time.
    pub ticking: Ticking,
    /// The rates of those whose rate changes.
    pub steps: BTreeMap<u32, RateSteps>,
}

impl Manners {
    /// That of one machine.
    pub fn of(&self, machine: u32) -> Manner {
        Manner {
            weights: self.weights.get(&machine).cloned(),
            ticking: self.ticking,
            steps: self.steps.get(&machine).cloned(),
            since: 0,
        }
    }

    /// What the idle ticks of a machine do, in a run where most do what `common` says.
    #[inline]
    pub fn behavior(&self, machine: u32, common: Behavior) -> Behavior {
        match &self.behaviors {
            Some(each) => each[machine as usize],
            None => common,
        }
    }

    /// Whether all machines tick periodically, each at one rate.
    pub fn are_even(&self) -> bool {
        self.ticking.is_periodic() && self.steps.is_empty()
    }

    /// The rates of a run on average, where some change.
    pub fn mean_rates(&self, rates: &[f64], duration: f64) -> Vec<f64> {
        let rates = (0..).zip(rates);
        let mean = |(machine, &rate)| {
            let steps = self.steps.get(&machine);
            steps.map_or(rate, |steps| steps.mean(duration))
        };
        rates.map(mean).collect()
    }

    /// Whether all machines draw by one behavior, and any peer as often as another.
    pub fn draw_alike(&self) -> bool {
        self.behaviors.is_none() && self.weights.is_empty()
    }

    /// What each machine draws with; nothing if all draw alike.
    pub fn odds(&self, common: Behavior, topology: &Topology) -> Vec<OwnOdds> {
        if self.draw_alike() {
            return Vec::new();
        }
        let of = |machine| {
            let odds: Odds = self
                .behavior(machine, common)
                .odds(topology.degree(machine));
            OwnOdds::new(odds, self.weights.get(&machine).cloned())
        };
        (0..topology.machines()).map(of).collect()
    }

    /// The probability that an idle tick of a machine sends to each of its peers, in their order.
    pub fn sends_to(&self, topology: &Topology, machine: u32, common: Behavior) -> Vec<f64> {
        let (behavior, degree) = (self.behavior(machine, common), topology.degree(machine));
        match self.weights.get(&machine) {
            Some(weights) => weights
                .shares()
                .map(|share| behavior.sends_with(share))
                .collect(),
            None => vec![behavior.sends_to_one(degree); degree as usize],
        }
    }

    /// Checks that there is a behavior for each machine, if there are any, and a weight for each peer.
    pub fn check(&self, topology: &Topology) -> Result<()> {
        let machines = topology.machines();
        if let Some(each) = &self.behaviors
            && each.len() != machines as usize
        {
            return Err(Error::invalid(format!(
                "{} behaviors for {machines} machines: give one per machine",
                each.len()
            )));
        }
        for &machine in self.weights.keys() {
            if machine >= machines {
                return Err(Error::invalid(format!(
                    "weights: machine {} is none of the {machines} of the run",
                    machine + 1
                )));
            }
            let peers = topology.degree(machine) as usize;
            self.of(machine).check(u64::from(machine) + 1, peers)?;
        }
        Ok(())
    }

    /// The weights of machines for their peers, as they are given: by ids, where those that are missing are 1.
    pub fn weigh(
        given: &BTreeMap<u64, BTreeMap<u64, u64>>,
        topology: &Topology,
    ) -> Result<BTreeMap<u32, Weights>> {
        let mut found = BTreeMap::new();
        for (&id, of_peers) in given {
            let machines = topology.machines();
            let machine = u32::try_from(id.wrapping_sub(1)).ok();
            let Some(machine) = machine.filter(|&machine| machine < machines) else {
                return Err(Error::invalid(format!(
                    "weights: there is no machine {id}: they are 1 to {machines}"
                )));
            };
            let peers: Vec<u64> = topology
                .peers(machine)
                .map(|peer| u64::from(peer) + 1)
                .collect();
            if let Some((peer, weight)) = of_peers.iter().find(|(peer, _)| !peers.contains(peer)) {
                return Err(Error::invalid(format!(
                    "weights: machine {id} has the weight {weight} for machine {peer}, which is no peer of it: {}",
                    in_words(&peers)
                )));
            }
            let each: Vec<u64> = peers
                .iter()
                .map(|peer| of_peers.get(peer).copied().unwrap_or(1))
                .collect();
            if let Some(weights) = Weights::new(id, &each)? {
                found.insert(machine, weights);
            }
        }
        Ok(found)
    }
}

/// The peers of a machine, for a message.
fn in_words(peers: &[u64]) -> String {
    let shown: Vec<String> = peers.iter().take(10).map(ToString::to_string).collect();
    match peers.len() {
        0 => "it has none".into(),
        1..=10 => format!("its peers are {}", shown.join(", ")),
        many => format!("its {many} peers are {}, ...", shown.join(", ")),
    }
}
