//! How long messages take: a distribution of one-way delays.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::message::{MachineId, Nanos};
use crate::model::random::{Generator, mix};
use crate::model::topology::Topology;
use crate::setting::{MAX_DELAY, check_delay};

/// A distribution of delays. All parameters are seconds but `sigma`.
///
/// As JSON it is a number of seconds, or an object with its kind: `{"kind": "exponential", "mean": 0.01}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LatencyJson", into = "LatencyJson")]
pub enum Latency {
    /// Always the same.
    Constant(f64),
    /// Between the two, uniformly.
    Uniform(f64, f64),
    /// Exponential with this mean.
    Exponential(f64),
    /// The same, but none is shorter than `minimum`: what is above it is exponential.
    ExponentialAbove {
        /// No delay is shorter.
        minimum: f64,
        /// The mean of the delays, at least `minimum`.
        mean: f64,
    },
    /// Log-normal with this median; `sigma` is the deviation of its logarithm.
    LogNormal {
        /// Half of the delays are shorter.
        median: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// One of these, uniformly.
    Empirical(Arc<[f64]>),
    /// For each link its own.
    PerLink(Arc<LinkLatencies>),
}

/// The latencies of links that have their own, and that of all others.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkLatencies {
    /// By sender and recipient.
    links: BTreeMap<(MachineId, MachineId), Latency>,
    others: Latency,
}

/// The JSON of a latency.
#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a latency is a number of seconds, or an object whose kind is constant, uniform, exponential, log_normal, empirical or per_link, with the fields of that kind"
)]
enum LatencyJson {
    Seconds(f64),
    Kind(LatencyKind),
}

/// Its form where it is not constant; a constant one is read so too.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum LatencyKind {
    Constant {
        seconds: f64,
    },
    Uniform {
        low: f64,
        high: f64,
    },
    Exponential {
        mean: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<f64>,
    },
    LogNormal {
        median: f64,
        sigma: f64,
    },
    Empirical {
        delays: Vec<f64>,
    },
    PerLink {
        links: Vec<(MachineId, MachineId, Latency)>,
        others: Box<Latency>,
    },
}

impl TryFrom<LatencyJson> for Latency {
    type Error = Error;

    fn try_from(json: LatencyJson) -> Result<Self> {
        let kind = match json {
            LatencyJson::Seconds(seconds) => LatencyKind::Constant { seconds },
            LatencyJson::Kind(kind) => kind,
        };
        let latency = match kind {
            LatencyKind::Constant { seconds } => Self::Constant(seconds),
            LatencyKind::Uniform { low, high } => Self::Uniform(low, high),
            LatencyKind::Exponential { mean, minimum } => match minimum {
                None | Some(0.0) => Self::Exponential(mean),
                Some(minimum) => Self::ExponentialAbove { minimum, mean },
            },
            LatencyKind::LogNormal { median, sigma } => Self::LogNormal { median, sigma },
            LatencyKind::Empirical { delays } => Self::Empirical(delays.into()),
            LatencyKind::PerLink { links, others } => Self::per_link(links, *others)?,
        };
        latency.checked()
    }
}

impl From<Latency> for LatencyJson {
    fn from(latency: Latency) -> Self {
        Self::Kind(match latency {
            Latency::Constant(seconds) => return Self::Seconds(seconds),
            Latency::Uniform(low, high) => LatencyKind::Uniform { low, high },
            Latency::Exponential(mean) => LatencyKind::Exponential {
                mean,
                minimum: None,
            },
            Latency::ExponentialAbove { minimum, mean } => LatencyKind::Exponential {
                mean,
                minimum: Some(minimum),
            },
            Latency::LogNormal { median, sigma } => LatencyKind::LogNormal { median, sigma },
            Latency::Empirical(delays) => LatencyKind::Empirical {
                delays: delays.to_vec(),
            },
            Latency::PerLink(all) => LatencyKind::PerLink {
                links: all
                    .links
                    .iter()
                    .map(|(link, latency)| (link.0, link.1, latency.clone()))
                    .collect(),
                others: Box::new(all.others.clone()),
            },
        })
    }
}

/// A latency ready to be drawn from.
#[derive(Debug, Clone)]
pub struct Delays {
    seed: u64,
    latency: Latency,
    /// The delay, where it is always the same.
    constant: Option<Nanos>,
}

impl Latency {
    /// Reads JSON.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::invalid(error.to_string()))
    }

    /// The latencies of links, by sender and recipient, and that of all others.
    pub fn per_link(links: Vec<(MachineId, MachineId, Self)>, others: Self) -> Result<Self> {
        let mut known = BTreeMap::new();
        let wrong = |what: String| Err(Error::invalid(format!("latency: {what}")));
        let all = links.iter().map(|(_, _, latency)| latency).chain([&others]);
        for latency in all {
            if matches!(latency, Self::PerLink(_)) {
                return wrong("a link has latencies of links: give it one of its own".into());
            }
        }
        for (sender, recipient, latency) in links {
            if known.insert((sender, recipient), latency).is_some() {
                return wrong(format!(
                    "the link from {sender} to {recipient} has two: give one"
                ));
            }
        }
        let links = known;
        Ok(Self::PerLink(Arc::new(LinkLatencies { links, others })))
    }

    /// Checks that the links that have their own are links of a run.
    pub fn check_links(&self, topology: &Topology) -> Result<()> {
        let Self::PerLink(all) = self else {
            return Ok(());
        };
        for &(sender, recipient) in all.links.keys() {
            let machine = |id: MachineId| u32::try_from(id.wrapping_sub(1)).ok();
            let sends = machine(sender)
                .filter(|&machine| machine < topology.machines())
                .is_some_and(|from| {
                    topology
                        .peers(from)
                        .any(|to| Some(to) == machine(recipient))
                });
            if !sends {
                return Err(Error::invalid(format!(
                    "latency: machine {sender} does not send to machine {recipient}: give a link of the topology, \
                     (sender, recipient)"
                )));
            }
        }
        Ok(())
    }

    /// The latency, if all its parameters are delays.
    pub fn checked(self) -> Result<Self> {
        let parameters: &[f64] = match &self {
            Self::Constant(delay) | Self::Exponential(delay) => &[*delay],
            Self::Uniform(low, high) => &[*low, *high],
            Self::ExponentialAbove { minimum, mean } => &[*minimum, *mean],
            Self::LogNormal { median, sigma } => &[*median, *sigma],
            Self::Empirical(delays) => delays,
            Self::PerLink(_) => &[],
        };
        for &value in parameters {
            check_delay(value)?;
        }
        match &self {
            Self::Uniform(low, high) if low > high => Err(Error::invalid(format!(
                "a uniform latency from {low} to {high}: the first must not be above the second"
            ))),
            Self::ExponentialAbove { minimum, mean } if minimum > mean => {
                Err(Error::invalid(format!(
                    "an exponential latency of at least {minimum} with the mean {mean}: the mean must not be below"
                )))
            }
            Self::Empirical(delays) if delays.is_empty() => Err(Error::invalid(
                "an empirical latency without a single delay",
            )),
            _ => Ok(self),
        }
    }

    /// The least delay that can be drawn.
    pub fn least(&self) -> Nanos {
        match self {
            Self::Constant(seconds) => nanos(*seconds),
            Self::Uniform(low, _) => nanos(*low),
            Self::Exponential(_) => 0,
            Self::ExponentialAbove { minimum, .. } => nanos(*minimum),
            Self::LogNormal { median, sigma } => nanos(median * libm::exp(-FARTHEST * sigma)),
            Self::Empirical(delays) => nanos(delays.iter().copied().fold(MAX_DELAY, f64::min)),
            Self::PerLink(all) => {
                let each = all.links.values().chain([&all.others]);
                each.map(Self::least).min().unwrap_or(0)
            }
        }
    }

    /// The delays of a run with this seed.
    pub fn delays(&self, seed: u64) -> Delays {
        let constant = match self {
            Self::Constant(seconds) => Some(nanos(*seconds)),
            _ => None,
        };
        Delays {
            seed,
            latency: self.clone(),
            constant,
        }
    }
}

impl Delays {
    /// The delay, where it is the same for every message.
    #[inline]
    pub fn constant(&self) -> Option<Nanos> {
        self.constant
    }

    /// The delay of one message, which depends on the seed and the message's name alone.
    pub fn draw(&self, sender: MachineId, recipient: MachineId, timestamp: u64) -> Nanos {
        if let Some(delay) = self.constant {
            return delay;
        }
        if let Latency::PerLink(all) = &self.latency {
            let own = all.links.get(&(sender, recipient)).unwrap_or(&all.others);
            return own.delays(self.seed).draw(sender, recipient, timestamp);
        }
        // A generator for each ordered pair, apart from those of the machines.
        let pair = mix(mix(self.seed ^ LATENCY) ^ sender);
        let mut generator = Generator::new(pair, recipient, timestamp);
        let seconds = match &self.latency {
            Latency::Constant(seconds) => *seconds,
            Latency::Uniform(low, high) => low + (high - low) * generator.fraction(),
            Latency::Exponential(mean) => -mean * libm::log(1.0 - generator.fraction()),
            Latency::ExponentialAbove { minimum, mean } => {
                minimum - (mean - minimum) * libm::log(1.0 - generator.fraction())
            }
            Latency::LogNormal { median, sigma } => median * libm::exp(generator.normal(*sigma)),
            Latency::Empirical(delays) => {
                delays[(generator.fraction() * delays.len() as f64) as usize]
            }
            Latency::PerLink(_) => unreachable!("no link has latencies of links"),
        };
        nanos(seconds.min(MAX_DELAY))
    }
}

/// No normal draw is farther from 0: it is the root of -2 log(1 - fraction), of which fractions have 53 bits.
const FARTHEST: f64 = 8.5717;

/// Keeps the generators of latency apart from those of machines.
const LATENCY: u64 = 0x6c61_7465_6e63_7921;

fn nanos(seconds: f64) -> Nanos {
    (seconds * 1e9).round() as Nanos
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(latency: &Latency) -> Vec<f64> {
        let delays = latency.delays(7);
        (0..40_000)
            .map(|timestamp| delays.draw(1, 2, timestamp) as f64 / 1e9)
            .collect()
    }

    /// The Kolmogorov-Smirnov distance of a sample from a distribution.
    fn distance(mut sample: Vec<f64>, distribution: impl Fn(f64) -> f64) -> f64 {
        sample.sort_by(f64::total_cmp);
        let n = sample.len() as f64;
        let gap = |(rank, &value): (usize, &f64)| {
            let expected = distribution(value);
            (expected - rank as f64 / n)
                .abs()
                .max((expected - (rank + 1) as f64 / n).abs())
        };
        sample.iter().enumerate().map(gap).fold(0.0, f64::max)
    }

    #[test]
    fn draws_follow_their_distributions() {
        // The distance of 40,000 fair draws stays under 1.95 / sqrt(n) with probability 0.999.
        let bound = 1.95 / 200.0;
        let uniform = sample(&Latency::Uniform(0.2, 0.6));
        assert!(distance(uniform, |x| ((x - 0.2) / 0.4).clamp(0.0, 1.0)) < bound);
        let exponential = sample(&Latency::Exponential(0.3));
        assert!(distance(exponential, |x| 1.0 - (-x / 0.3).exp()) < bound);
        let above = sample(&Latency::ExponentialAbove {
            minimum: 0.2,
            mean: 0.3,
        });
        let beyond = |x: f64| 1.0 - (-(x - 0.2).max(0.0) / 0.1).exp();
        assert!(distance(above, beyond) < bound);
        let log_normal = sample(&Latency::LogNormal {
            median: 0.1,
            sigma: 0.5,
        });
        let normal = |z: f64| 0.5 * libm::erfc(-z / 2_f64.sqrt());
        assert!(distance(log_normal, |x| normal((x / 0.1).ln() / 0.5)) < bound);
        let empirical = sample(&Latency::Empirical([0.1, 0.1, 0.5, 0.9].into()));
        let share = empirical.iter().filter(|&&x| x < 0.2).count() as f64 / 4e4;
        assert!((share - 0.5).abs() < 0.011, "{share}");
    }

    #[test]
    fn no_draw_is_shorter_than_the_least() {
        let above = Latency::ExponentialAbove {
            minimum: 0.1,
            mean: 0.4,
        };
        let log_normal = Latency::LogNormal {
            median: 0.1,
            sigma: 0.5,
        };
        let link = (1, 2, Latency::Uniform(0.3, 0.4));
        let links = Latency::per_link(vec![link], above.clone()).unwrap();
        // What is drawn comes as close as this to the least.
        for (latency, least, beyond) in [
            (Latency::Constant(0.25), 250_000_000, 0.0),
            (Latency::Uniform(0.2, 0.6), 200_000_000, 1e-4),
            (Latency::Exponential(0.3), 0, 1e-4),
            (above, 100_000_000, 1e-4),
            (log_normal.clone(), 1_376_192, 0.02),
            (Latency::Empirical([0.5, 0.1].into()), 100_000_000, 0.0),
            (links, 100_000_000, 0.3),
        ] {
            assert_eq!(latency.least(), least, "{latency:?}");
            let drawn = sample(&latency).into_iter().fold(1e9, f64::min);
            let above = drawn - least as f64 / 1e9;
            assert!((0.0..=beyond).contains(&above), "{latency:?}: {above}");
        }
        // The farthest draw there can be.
        let radius = libm::sqrt(-2.0 * libm::log((-53_f64).exp2()));
        let shortest = nanos(0.1 * libm::exp(-0.5 * radius));
        assert!((0..100).contains(&(shortest - log_normal.least())));
    }

    #[test]
    fn a_delay_depends_on_the_message_alone() {
        let delays = |seed| Latency::Exponential(1.0).delays(seed);
        assert_eq!(delays(1).draw(1, 2, 3), delays(1).draw(1, 2, 3));
        let others = [
            delays(1).draw(2, 1, 3),
            delays(1).draw(1, 2, 4),
            delays(2).draw(1, 2, 3),
        ];
        assert!(!others.contains(&delays(1).draw(1, 2, 3)));
    }

    #[test]
    fn a_link_draws_as_if_all_had_its_latency() {
        let slow = Latency::Exponential(1.0);
        let others = Latency::Constant(0.001);
        let all = Latency::per_link(vec![(1, 2, slow.clone())], others).unwrap();
        let delays = all.delays(7);
        assert_eq!(delays.constant(), None);
        for timestamp in 0..100 {
            let alone = slow.delays(7).draw(1, 2, timestamp);
            assert_eq!(delays.draw(1, 2, timestamp), alone);
            assert_eq!(delays.draw(2, 1, timestamp), 1_000_000);
        }
        let json = r#"{"kind":"per_link","links":[[1,2,{"kind":"exponential","mean":1.0}]],"others":0.001}"#;
        assert_eq!(serde_json::to_string(&all).unwrap(), json);
        assert_eq!(Latency::from_json(json).unwrap(), all);
        assert!(all.check_links(&Topology::Full(2)).is_ok());
        let error = all.check_links(&Topology::Full(1)).unwrap_err().to_string();
        assert!(
            error.contains("machine 1 does not send to machine 2"),
            "{error}"
        );
        assert!(Latency::per_link(vec![(1, 2, all.clone())], Latency::Constant(0.0)).is_err());
        let twice = vec![(1, 2, slow.clone()), (1, 2, slow)];
        assert!(Latency::per_link(twice, Latency::Constant(0.0)).is_err());
    }

    #[test]
    fn what_is_no_delay_is_refused() {
        for bad in [
            Latency::Constant(-1.0),
            Latency::Constant(f64::NAN),
            Latency::Exponential(f64::INFINITY),
            Latency::Uniform(2.0, 1.0),
            Latency::ExponentialAbove {
                minimum: 0.2,
                mean: 0.1,
            },
            Latency::ExponentialAbove {
                minimum: -0.1,
                mean: 0.1,
            },
            Latency::Uniform(-1.0, 1.0),
            Latency::LogNormal {
                median: 1.0,
                sigma: -1.0,
            },
            Latency::Empirical([].into()),
            Latency::Empirical([1.0, -1.0].into()),
        ] {
            assert!(bad.clone().checked().is_err(), "{bad:?}");
        }
        assert!(Latency::Constant(0.0).checked().is_ok());
    }

    #[test]
    fn json_is_read_as_it_is_written() {
        for (latency, json) in [
            (Latency::Constant(0.1), "0.1"),
            (
                Latency::Uniform(0.0, 0.3),
                r#"{"kind":"uniform","low":0.0,"high":0.3}"#,
            ),
            (
                Latency::Exponential(2e-5),
                r#"{"kind":"exponential","mean":0.00002}"#,
            ),
            (
                Latency::ExponentialAbove {
                    minimum: 0.5,
                    mean: 2.0,
                },
                r#"{"kind":"exponential","mean":2.0,"minimum":0.5}"#,
            ),
            (
                Latency::LogNormal {
                    median: 0.1,
                    sigma: 0.7,
                },
                r#"{"kind":"log_normal","median":0.1,"sigma":0.7}"#,
            ),
            (
                Latency::Empirical([0.1, 1.0].into()),
                r#"{"kind":"empirical","delays":[0.1,1.0]}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&latency).unwrap(), json);
            assert_eq!(Latency::from_json(json).unwrap(), latency);
        }
        let zero = r#"{"kind": "exponential", "mean": 1, "minimum": 0}"#;
        assert_eq!(Latency::from_json(zero).unwrap(), Latency::Exponential(1.0));
        let seconds = r#"{"kind": "constant", "seconds": 1}"#;
        assert_eq!(Latency::from_json(seconds).unwrap(), Latency::Constant(1.0));
        for (json, words) in [
            (r#""slow""#, "number of seconds, or an object"),
            (r#"{"kind": "gamma"}"#, "exponential"),
            (
                r#"{"kind": "exponential", "median": 1}"#,
                "fields of that kind",
            ),
            (r#"{"kind": "exponential", "mean": -1}"#, "a latency of -1"),
            ("[", "EOF"),
        ] {
            let error = Latency::from_json(json).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn numbers_are_the_same_after_json(mean in 0.0..1e9_f64) {
            let latency = Latency::Exponential(mean);
            let json = serde_json::to_string(&latency).unwrap();
            proptest::prop_assert_eq!(Latency::from_json(&json).unwrap(), latency);
        }
    }
}
