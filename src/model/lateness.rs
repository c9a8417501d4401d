//! How late ticks were, in little memory for any number of them.

use crate::model::message::Nanos;

/// Steps between one power of two and the next: each is below 0.8 % wide.
const STEPS: u64 = 128;

/// A histogram of durations, exact below 256 ns and within 0.8 % above.
#[derive(Debug, Clone, Default)]
pub struct Lateness {
    counts: Vec<u32>,
    total: u64,
    max: Nanos,
}

/// The summary an END line carries, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Half of the ticks were at most this late.
    pub p50: Nanos,
    /// 99 % of the ticks were at most this late.
    pub p99: Nanos,
    /// No tick was later.
    pub max: Nanos,
}

impl Lateness {
    /// Counts one tick that was `late` nanoseconds late.
    pub fn add(&mut self, late: Nanos) {
        let bucket = bucket(late);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] = self.counts[bucket].saturating_add(1);
        self.total += 1;
        self.max = self.max.max(late);
    }

    /// Whether no tick was counted.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The median, the 99th percentile and the maximum; zeros before the first tick.
    pub fn summary(&self) -> Summary {
        Summary {
            p50: self.quantile(0.5),
            p99: self.quantile(0.99),
            max: self.max,
        }
    }

    /// The smallest duration that at least this share of the ticks does not pass.
    fn quantile(&self, share: f64) -> Nanos {
        let rank = (share * self.total as f64).ceil() as u64;
        let mut seen = 0;
        for (bucket, &count) in self.counts.iter().enumerate() {
            seen += u64::from(count);
            if seen >= rank && seen > 0 {
                return upper_end(bucket).min(self.max);
            }
        }
        0
    }
}

/// Widths double with each power of two above `2 * STEPS`.
fn bucket(late: Nanos) -> usize {
    let shift = (late / (2 * STEPS))
        .checked_ilog2()
        .map_or(0, |log| log + 1);
    (u64::from(shift) * STEPS + (late >> shift)) as usize
}

/// The largest duration counted in `bucket`.
fn upper_end(bucket: usize) -> Nanos {
    let bucket = bucket as u64;
    let shift = (bucket / STEPS).saturating_sub(1);
    ((bucket - shift * STEPS + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn buckets_are_narrow_and_ordered(late in 0_u64..1 << 50) {
            let end = upper_end(bucket(late));
            prop_assert!(late <= end && end - late <= late / STEPS);
            prop_assert!(bucket(late + 1) == bucket(late) || (bucket(late + 1) == bucket(late) + 1 && late == end));
        }

        #[test]
        fn quantiles_agree_with_sorting(mut values in prop::collection::vec(0_u64..10_000_000, 1..300)) {
            let mut lateness = Lateness::default();
            for &value in &values {
                lateness.add(value);
            }
            values.sort_unstable();
            let rank = |share: f64| values[(share * values.len() as f64).ceil() as usize - 1];
            let summary = lateness.summary();
            for (got, exact) in [(summary.p50, rank(0.5)), (summary.p99, rank(0.99))] {
                prop_assert!(got >= exact && got <= exact + exact / STEPS + 1, "{got} {exact}");
            }
            prop_assert_eq!(summary.max, *values.last().unwrap());
        }
    }

    #[test]
    fn nothing_counted_is_zero() {
        assert_eq!(Lateness::default().summary(), Summary::default());
    }
}
