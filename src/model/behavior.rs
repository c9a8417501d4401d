//! What an idle machine does at a tick.

use serde::Serialize;

use crate::error::Result;
use crate::model::event::Recipients;
use crate::model::random::Generator;
use crate::model::weights::Weights;
use crate::setting::{BROADCAST_SHARE, INTERNAL_PROBABILITY, check_probability};

/// The probabilities of an idle tick's three outcomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Behavior {
    internal_probability: f64,
    broadcast_share: f64,
}

/// What a log tells of a behavior, by the names that logs and tables have for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Probabilities {
    /// The probability that an idle tick is internal.
    pub internal_probability: Option<f64>,
    /// The share of broadcasts among the sends.
    pub broadcast_share: Option<f64>,
}

impl Probabilities {
    /// The names, in the order of [`Probabilities::values`].
    pub const NAMES: [&'static str; 2] = ["internal_probability", "broadcast_share"];

    /// Its values.
    pub fn values(self) -> [Option<f64>; 2] {
        [self.internal_probability, self.broadcast_share]
    }

    /// The behavior, if both are known.
    pub fn behavior(self) -> Option<Result<Behavior>> {
        let (p, b) = self.internal_probability.zip(self.broadcast_share)?;
        Some(Behavior::new(p, b))
    }
}

impl From<Behavior> for Probabilities {
    fn from(behavior: Behavior) -> Self {
        Self {
            internal_probability: Some(behavior.internal_probability),
            broadcast_share: Some(behavior.broadcast_share),
        }
    }
}

/// A behavior ready to be drawn from by a machine: bounds on 63 fair bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odds {
    /// Draws below this are internal.
    internal_below: u64,
    /// Draws from there up to this are broadcasts, the rest go to one peer.
    broadcast_below: u64,
    /// How many peers a send to all reaches.
    peers: u32,
}

/// The odds of a machine whose peers may have weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnOdds {
    odds: Odds,
    weights: Option<Weights>,
}

/// What an idle machine draws with.
pub trait Draw {
    /// Draws what an idle machine does.
    fn draw(&self, generator: &mut Generator) -> Action;
}

/// What an idle machine does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing but a step of the clock.
    Internal,
    /// A send.
    Send(Recipients),
}

impl Default for Behavior {
    fn default() -> Self {
        Self::new(INTERNAL_PROBABILITY, BROADCAST_SHARE).expect("the defaults are probabilities")
    }
}

impl Behavior {
    /// `internal_probability` p and `broadcast_share` b: internal with p, to all
    /// peers with (1-p) b, to one of them with (1-p)(1-b).
    pub fn new(internal_probability: f64, broadcast_share: f64) -> Result<Self> {
        Ok(Self {
            internal_probability: check_probability("internal_probability", internal_probability)?,
            broadcast_share: check_probability("broadcast_share", broadcast_share)?,
        })
    }

    /// p, the probability that an idle tick is internal.
    pub fn internal_probability(&self) -> f64 {
        self.internal_probability
    }

    /// b, the share of broadcasts among the sends.
    pub fn broadcast_share(&self) -> f64 {
        self.broadcast_share
    }

    /// The probability that an idle tick sends to a given one of `peers` peers.
    pub fn sends_to_one(&self, peers: u32) -> f64 {
        let broadcasts = self.broadcast_share;
        let one = (1.0 - broadcasts) / f64::from(peers);
        (1.0 - self.internal_probability) * (one + broadcasts)
    }

    /// The same for a peer that `share` of the sends to one peer go to.
    pub fn sends_with(&self, share: f64) -> f64 {
        let broadcasts = self.broadcast_share;
        (1.0 - self.internal_probability) * ((1.0 - broadcasts) * share + broadcasts)
    }

    /// How many messages an idle tick sends, about, to this many peers.
    pub fn expected_messages(&self, peers: f64) -> f64 {
        let share = self.broadcast_share;
        (1.0 - self.internal_probability) * (1.0 - share + share * peers)
    }

    /// What a machine with `peers` peers draws with.
    pub fn odds(&self, peers: u32) -> Odds {
        // Of 2^63 cases, so that a probability of 1 leaves none of them out.
        let cases = |probability: f64| (probability * 2_f64.powi(63)) as u64;
        let (p, b) = (self.internal_probability, self.broadcast_share);
        let broadcast_below = if b >= 1.0 {
            1 << 63
        } else {
            cases(p + (1.0 - p) * b)
        };
        Odds {
            internal_below: cases(p),
            broadcast_below,
            peers,
        }
    }
}

impl Odds {
    /// The same odds for a machine with `peers` peers.
    #[inline]
    #[must_use]
    pub fn among(self, peers: u32) -> Self {
        Self { peers, ..self }
    }

    /// Draws what an idle machine does, and a single peer by `one`.
    #[inline]
    fn draw_by(
        &self,
        generator: &mut Generator,
        one: impl FnOnce(&mut Generator) -> u32,
    ) -> Action {
        let draw = generator.bits() >> 1;
        if draw < self.internal_below || self.peers == 0 {
            Action::Internal
        } else if draw < self.broadcast_below {
            Action::Send(Recipients::All)
        } else {
            Action::Send(Recipients::One(one(generator)))
        }
    }
}

impl Draw for Odds {
    #[inline]
    fn draw(&self, generator: &mut Generator) -> Action {
        self.draw_by(generator, |generator| {
            generator.below(u64::from(self.peers)) as u32
        })
    }
}

impl OwnOdds {
    /// These odds, with these weights of the peers.
    pub fn new(odds: Odds, weights: Option<Weights>) -> Self {
        Self { odds, weights }
    }
}

impl Draw for OwnOdds {
    #[inline]
    fn draw(&self, generator: &mut Generator) -> Action {
        match &self.weights {
            None => self.odds.draw(generator),
            Some(weights) => self
                .odds
                .draw_by(generator, |generator| weights.draw(generator)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(behavior: Behavior, peers: u32) -> [u32; 4] {
        let mut generator = Generator::new(3, 1, 0);
        let mut counts = [0; 4];
        for _ in 0..100_000 {
            counts[match behavior.odds(peers).draw(&mut generator) {
                Action::Internal => 0,
                Action::Send(Recipients::All) => 1,
                Action::Send(Recipients::One(peer)) => 2 + peer as usize,
                Action::Send(Recipients::Some(_)) => unreachable!("a drawn send names no list"),
            }] += 1;
        }
        counts
    }

    #[test]
    fn the_default_is_the_classic_draw_from_one_to_ten() {
        let counts = counts(Behavior::default(), 2);
        for (count, expected) in counts
            .iter()
            .zip([70_000.0_f64, 10_000.0, 10_000.0, 10_000.0])
        {
            // 4 standard deviations of a binomial.
            assert!(
                (f64::from(*count) - expected).abs() < 4.0 * (expected * 0.9).sqrt(),
                "{counts:?}"
            );
        }
    }

    #[test]
    fn certain_outcomes_are_certain() {
        let draws = |p, b| counts(Behavior::new(p, b).unwrap(), 2);
        assert_eq!(draws(1.0, 0.5)[0], 100_000);
        assert_eq!(draws(0.0, 1.0)[1], 100_000);
        assert_eq!(draws(0.0, 0.0)[..2], [0, 0]);
        assert_eq!(counts(Behavior::new(0.0, 1.0).unwrap(), 0)[0], 100_000);
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for value in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            let error = Behavior::new(value, 0.5).unwrap_err().to_string();
            assert!(error.contains("internal_probability"), "{error}");
            assert!(Behavior::new(0.5, value).is_err());
        }
    }
}
