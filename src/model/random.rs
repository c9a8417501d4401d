//! The generators: one for each machine, none for the process.
//!
//! A machine's draws depend on the seed, its id and how often it started, and
//! on nothing else, so both runtimes and every number of threads see the same.

use std::f64::consts::TAU;

use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::model::message::MachineId;

/// A machine's source of chance (PCG XSL RR 128/64 MCG, O'Neill 2014).
#[derive(Debug, Clone)]
pub struct Generator(Pcg64Mcg);

impl Generator {
    /// The generator of machine `machine_id` at its `startup`-th start (from 0).
    pub fn new(seed: u64, machine_id: MachineId, startup: u64) -> Self {
        let mut state = 0;
        let mut bytes = [0; 16];
        for word in [seed, machine_id, startup] {
            state = mix(state ^ word);
        }
        bytes[..8].copy_from_slice(&state.to_le_bytes());
        bytes[8..].copy_from_slice(&mix(state).to_le_bytes());
        Self(Pcg64Mcg::from_seed(bytes))
    }

    /// 64 fair bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number drawn uniformly from `0..bound`.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.random_range(0..bound)
    }

    /// A number drawn uniformly from 0 to below 1.
    #[inline]
    pub fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (-53_f64).exp2()
    }

    /// A number drawn from the normal distribution around 0 (Box and Muller 1958).
    #[inline]
    pub fn normal(&mut self, sigma: f64) -> f64 {
        // libm so that every platform draws the same.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.fraction()));
        sigma * radius * libm::cos(TAU * self.fraction())
    }
}

/// One step of `SplitMix64` (Steele, Lea and Flood 2014): spreads close words apart.
pub(crate) fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn equal_names_draw_equally_and_close_names_apart() {
        let first = |seed, machine, startup| Generator::new(seed, machine, startup).bits();
        assert_eq!(first(7, 1, 0), first(7, 1, 0));
        let mut seen = BTreeSet::new();
        for seed in 0..20 {
            for machine in 0..20 {
                for startup in 0..20 {
                    assert!(seen.insert(first(seed, machine, startup)));
                }
            }
        }
    }

    #[test]
    fn draws_below_a_bound_are_uniform() {
        let mut generator = Generator::new(1, 1, 0);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[generator.below(6) as usize] += 1;
        }
        // Five degrees of freedom: chi-squared stays under 20.5 with probability 0.999.
        let chi: f64 = counts
            .iter()
            .map(|&count| (f64::from(count) - 1e4).powi(2) / 1e4)
            .sum();
        assert!(chi < 20.5, "{counts:?}");
    }
}
