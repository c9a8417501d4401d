//! How much more often a single send goes to one peer than to another.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
use crate::model::clock::MAX_CLOCK;
use crate::model::random::Generator;

/// The weights of a machine's peers, in their order, not all of them 1.
///
/// A send to one peer goes to each with its part of their sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// Of each peer the sum of the weights up to its own.
    sums: Arc<[u64]>,
}

impl Weights {
    /// The weights of the peers of a machine; `None` if all are 1, which draws as no weights do.
    pub fn new(machine: u64, each: &[u64]) -> Result<Option<Self>> {
        let mut sum = 0_u64;
        let sums: Arc<[u64]> = each
            .iter()
            .map(|&weight| {
                sum = sum.saturating_add(weight);
                sum
            })
            .collect();
        let wrong = |what: &str| {
            Err(Error::invalid(format!(
                "weights: those of machine {machine}, {each:?}, {what}"
            )))
        };
        if sum > MAX_CLOCK {
            return wrong("sum to more than 2^53 - 1: give smaller ones");
        }
        if sum == 0 && !each.is_empty() {
            return wrong("sum to 0: give at least one peer a weight above 0");
        }
        Ok(each
            .iter()
            .any(|&weight| weight != 1)
            .then_some(Self { sums }))
    }

    /// Draws the position of a peer.
    #[inline]
    pub fn draw(&self, generator: &mut Generator) -> u32 {
        let total = self.sums.last().copied().unwrap_or(1);
        let draw = generator.below(total);
        self.sums.partition_point(|&sum| sum <= draw) as u32
    }

    /// How many peers they are of.
    pub fn peers(&self) -> usize {
        self.sums.len()
    }

    /// The weight of each peer.
    pub fn each(&self) -> impl Iterator<Item = u64> + '_ {
        let before = std::iter::once(0).chain(self.sums.iter().copied());
        self.sums
            .iter()
            .zip(before)
            .map(|(sum, before)| sum - before)
    }

    /// The share of the single sends that go to each peer.
    pub fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        let total = self.sums.last().copied().unwrap_or(1) as f64;
        self.each().map(move |weight| weight as f64 / total)
    }

    /// The weights of the same peers in another order: that at `order[0]` comes first.
    #[must_use]
    pub fn reordered(&self, order: &[usize]) -> Self {
        let each: Vec<u64> = self.each().collect();
        let mut sum = 0;
        let sums = order.iter().map(|&place| {
            sum += each[place];
            sum
        });
        Self {
            sums: sums.collect(),
        }
    }
}

impl Serialize for Weights {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.each())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_weights() {
        let weights = Weights::new(1, &[3, 0, 1, 4]).unwrap().unwrap();
        assert_eq!(weights.each().collect::<Vec<_>>(), [3, 0, 1, 4]);
        let mut generator = Generator::new(5, 1, 0);
        let mut counts = [0_u32; 4];
        for _ in 0..80_000 {
            counts[weights.draw(&mut generator) as usize] += 1;
        }
        assert_eq!(counts[1], 0);
        // Two degrees of freedom: chi-squared stays under 13.8 with probability 0.999.
        let chi: f64 = [(0, 3e4), (2, 1e4), (3, 4e4)]
            .iter()
            .map(|&(peer, expected): &(usize, f64)| {
                (f64::from(counts[peer]) - expected).powi(2) / expected
            })
            .sum();
        assert!(chi < 13.8, "{counts:?}");
        let other = weights.reordered(&[3, 2, 1, 0]);
        assert_eq!(other.each().collect::<Vec<_>>(), [4, 1, 0, 3]);
        assert_eq!(other.shares().collect::<Vec<_>>(), [0.5, 0.125, 0.0, 0.375]);
    }

    #[test]
    fn weights_that_say_nothing_are_none_and_draw_as_none() {
        assert_eq!(Weights::new(1, &[1, 1, 1]).unwrap(), None);
        assert_eq!(Weights::new(1, &[]).unwrap(), None);
        let twice = Weights::new(1, &[2, 2]).unwrap().unwrap();
        let (mut one, mut other) = (Generator::new(1, 1, 0), Generator::new(1, 1, 0));
        for _ in 0..100 {
            assert_eq!(u64::from(twice.draw(&mut one)), other.below(4) / 2);
        }
    }

    #[test]
    fn weights_without_a_sum_are_refused() {
        for each in [&[0, 0][..], &[1 << 53], &[u64::MAX, u64::MAX]] {
            let error = Weights::new(7, each).unwrap_err().to_string();
            assert!(
                error.contains("machine 7") && error.contains("sum to"),
                "{error}"
            );
        }
    }
}
