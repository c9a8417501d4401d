//! How far the clocks of machines are apart, over time.

use super::lowest::Lowest;
use crate::log::columns::Micros;

/// The clocks of machines, the largest and the smallest.
#[derive(Debug, Clone)]
pub(super) struct Extremes {
    clocks: Lowest,
    highest: i64,
}

impl Extremes {
    /// Of machines with these clocks.
    pub(super) fn new(clocks: &[i64]) -> Self {
        Self {
            clocks: Lowest::new(clocks),
            highest: largest(clocks),
        }
    }

    /// All clocks are 0.
    fn clear(&mut self) {
        self.clocks.clear();
        self.highest = 0;
    }

    /// A machine's clock is set.
    #[inline]
    pub(super) fn set(&mut self, place: usize, clock: i64) {
        let old = self.clocks.get(place);
        self.clocks.set(place, clock);
        if clock >= self.highest {
            self.highest = clock;
        } else if old == self.highest {
            self.highest = largest(self.clocks.all());
        }
    }

    /// The smallest clock and the largest.
    #[inline]
    pub(super) fn get(&self) -> (i64, i64) {
        (self.clocks.smallest(), self.highest)
    }
}

/// What is told of the clocks of machines, whose events are no earlier than those before.
pub(super) trait FollowsClocks {
    /// A machine's clock is set.
    fn set(&mut self, time: Micros, place: usize, clock: i64);

    /// When what is counted begins.
    fn start(&self) -> Micros;
}

/// The largest clock less the smallest: now, on average over a stretch of time, and at most.
///
/// What counts is how it is after all events of an instant.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    extremes: Extremes,
    /// Up to when it is summed: the beginning of the stretch, or the last event since then.
    now: Micros,
    start: Micros,
    /// The sum over time, in whole microseconds.
    area: i128,
    most: i64,
}

impl FollowsClocks for Spread {
    #[inline]
    fn set(&mut self, time: Micros, place: usize, clock: i64) {
        if time > self.now {
            self.pass(time, self.spread());
        }
        self.extremes.set(place, clock);
    }

    #[inline]
    fn start(&self) -> Micros {
        self.start
    }
}

impl Spread {
    /// Of machines with these clocks, from `start` on.
    pub(super) fn new(start: Micros, clocks: &[i64]) -> Self {
        Self {
            extremes: Extremes::new(clocks),
            now: start,
            start,
            area: 0,
            most: i64::MIN,
        }
    }

    /// The same of the next run, in which all clocks begin at 0.
    pub(super) fn restart(&mut self) {
        self.extremes.clear();
        self.now = self.start;
        (self.area, self.most) = (0, i64::MIN);
    }

    /// The clocks.
    pub(super) fn clocks(&self) -> &[i64] {
        self.extremes.clocks.all()
    }

    /// Up to `time`, which is later, it has been `spread`.
    #[inline]
    pub(super) fn pass(&mut self, time: Micros, spread: i64) {
        self.most = self.most.max(spread);
        self.area += i128::from(spread) * i128::from(time - self.now);
        self.now = time;
    }

    /// Takes over the sum of another, whose clocks are apart so far now.
    pub(super) fn reach(&mut self, spread: i64, other: &Self) {
        (self.now, self.area) = (other.now, other.area);
        self.most = other.most.max(spread);
    }

    #[inline]
    fn spread(&self) -> i64 {
        let (smallest, largest) = self.extremes.get();
        largest - smallest
    }

    /// Up to when it is summed.
    #[inline]
    pub(super) fn now(&self) -> Micros {
        self.now
    }

    /// From its beginning to the last event, in microseconds.
    pub(super) fn length(&self) -> Micros {
        self.now - self.start
    }

    /// The mean over time; NaN of no time.
    pub(super) fn mean(&self) -> f64 {
        self.area as f64 / self.length() as f64
    }

    /// The largest.
    pub(super) fn most(&self) -> i64 {
        self.most.max(self.spread())
    }
}

/// The largest clock, in a log whose clocks go down, or at first.
#[cold]
fn largest(clocks: &[i64]) -> i64 {
    clocks.iter().max().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against every microsecond, of clocks that may go down.
        #[test]
        fn it_is_that_of_every_instant(
            clocks in prop::collection::vec(0_i64..9, 1..5),
            start in -3_i64..20,
            changes in prop::collection::vec((0_i64..4, any::<prop::sample::Index>(), 0_i64..30), 0..30),
        ) {
            let mut spread = Spread::new(start, &clocks);
            let (mut now, mut clocks) = (-5, clocks);
            let mut values = Vec::new();
            let apart = |clocks: &[i64]| clocks.iter().max().unwrap() - clocks.iter().min().unwrap();
            for (wait, place, clock) in changes {
                // How it is in each microsecond from `start` to this change.
                values.extend((now..now + wait).filter(|&at| at >= start).map(|_| apart(&clocks)));
                now += wait;
                let place = place.index(clocks.len());
                clocks[place] = clock;
                spread.set(now, place, clock);
            }
            prop_assert_eq!(spread.length(), values.len() as i64);
            let sum: i64 = values.iter().sum();
            if values.is_empty() {
                prop_assert!(spread.mean().is_nan());
            } else {
                let mean = sum as f64 / values.len() as f64;
                prop_assert_eq!(spread.mean().to_bits(), mean.to_bits());
            }
            values.push(apart(&clocks));
            prop_assert_eq!(spread.most(), values.into_iter().max().unwrap());
        }
    }
}
