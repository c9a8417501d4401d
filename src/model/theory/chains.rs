//! How many chains of events there are, and so how long the longest can be: the first moment.

use super::links::Links;

/// Looks at a matrix until its spectral radius is taken as it is,
const STEPS: usize = 60;
/// and for more machines than `MANY`.
const FEW_STEPS: usize = 12;
const MANY: usize = 1_000;
/// By what the weight of an event is varied in turn, for more than `MANY` as far as `FEW`.
const FACTORS: [f64; 4] = [2.0, 1.4, 1.2, 1.1];
const FEW: usize = 2;
/// How far the bounds of a spectral radius may be apart, as a share.
const PRECISION: f64 = 1e-3;
/// The least excess over the fastest rate that is looked for, as a share of it.
const LEAST: f64 = 1e-6;

/// Machines that all reach each other.
pub(super) struct Chains<'a> {
    pub(super) links: &'a Links,
    pub(super) rates: &'a [f64],
    /// The share of its ticks that a machine is idle at.
    pub(super) idle: &'a [f64],
    pub(super) fastest: f64,
}

impl Chains<'_> {
    /// By how much the first-moment value is above the fastest rate, as a share of it, at most 1.
    ///
    /// A chain stays at a machine for k periods and k + 1 events and goes on to another with the probability that a
    /// tick there is idle and sends to it, where it waits for a tick, for up to a period. Of chains with x t events
    /// within t seconds some exp((y - x z) t) are expected, where a matrix of such stays, weighted with exp(z) an
    /// event and exp(-y) a second, has the spectral radius 1. The least x = y / z is where that begins to be none.
    pub(super) fn excess(&self) -> f64 {
        let mut vector = vec![1.0; self.rates.len()];
        let mut weight = 1.0;
        let Some(mut excess) = self.root(weight, 1.0, &mut vector) else {
            return LEAST;
        };
        let factors = if self.is_large() { FEW } else { FACTORS.len() };
        for factor in &FACTORS[..factors] {
            'better: loop {
                for other in [weight * factor, weight / factor] {
                    if (0.02..50.0).contains(&other)
                        && self.log_radius(other, excess, &mut vector) < 0.0
                    {
                        weight = other;
                        match self.root(weight, excess, &mut vector) {
                            Some(less) if less < excess * 0.999 => excess = less,
                            Some(_) => break 'better,
                            None => return LEAST,
                        }
                        continue 'better;
                    }
                }
                break;
            }
        }
        excess
    }

    /// Whether only a rough value can be had in a fraction of a second.
    fn is_large(&self) -> bool {
        self.rates.len() > MANY
    }

    /// The excess, at most `most`, at which the radius is 1; nothing if it is below even [`LEAST`].
    fn root(&self, weight: f64, most: f64, vector: &mut [f64]) -> Option<f64> {
        if self.log_radius(weight, LEAST, vector) < 0.0 {
            return None;
        }
        let (mut low, mut high) = (LEAST.ln(), most.ln());
        let precision = if self.is_large() { 2e-2 } else { 2e-3 };
        while high - low > precision {
            let middle = f64::midpoint(low, high);
            if self.log_radius(weight, middle.exp(), vector) < 0.0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high.exp())
    }

    /// The logarithm of the spectral radius, near enough; `vector` is a guess of what belongs to it, then a better.
    fn log_radius(&self, weight: f64, excess: f64, vector: &mut [f64]) -> f64 {
        let pace = weight * self.fastest * (1.0 + excess);
        let stays: Vec<f64> = self
            .rates
            .iter()
            .zip(self.idle)
            .map(|(rate, idle)| {
                // Of k = 1, 2, ... periods: exp(z) q^k.
                let log = weight - pace / rate;
                idle * (weight + log).exp() / -log.exp_m1()
            })
            .collect();
        let waits: Vec<f64> = self
            .rates
            .iter()
            .map(|rate| -(-pace / rate).exp_m1() / (pace / rate))
            .collect();
        let steps = if self.is_large() { FEW_STEPS } else { STEPS };
        let mut radius = 1.0;
        for step in 0..steps {
            let leaving: Vec<f64> = vector
                .iter()
                .zip(&stays)
                .map(|(x, stay)| x * stay)
                .collect();
            let mut next = self.links.arrivals(&leaving);
            let (mut least, mut most, mut sum, mut before) = (f64::INFINITY, 0.0_f64, 0.0, 0.0);
            let largest = vector.iter().copied().fold(0.0, f64::max);
            for ((new, old), wait) in next.iter_mut().zip(vector.iter()).zip(&waits) {
                *new *= wait;
                sum += *new;
                before += old;
                if *old > 1e-9 * largest {
                    least = least.min(*new / old);
                    most = most.max(*new / old);
                }
            }
            radius = sum / before;
            // Circles of even length have a second eigenvalue as large; a shift tells them apart.
            let shift = 0.5 * radius;
            let mut total = 0.0;
            for (new, old) in next.iter_mut().zip(vector.iter()) {
                *new = (*new + shift * old).max(f64::MIN_POSITIVE);
                total += *new;
            }
            let scale = vector.len() as f64 / total;
            let pairs = vector.iter_mut().zip(next);
            pairs.for_each(|(old, new)| *old = new * scale);
            if most <= least * (1.0 + PRECISION) || radius == 0.0 {
                break;
            }
            // Bounds of the radius on one side of 1 say all that is asked.
            if step > 2 && (least > 1.0 || most < 1.0) {
                radius = if least > 1.0 { least } else { most };
                break;
            }
        }
        radius.ln()
    }
}
