//! A rate that changes at given times.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
use crate::model::message::Nanos;
use crate::setting::{MAX_DURATION, check_rate};

/// The rates of a machine, each from a time on, in seconds since ticking began.
#[derive(Debug, Clone, PartialEq)]
pub struct RateSteps(Arc<[(f64, f64)]>);

impl RateSteps {
    /// The rates of these times, of which the first is 0.
    pub fn new(steps: &[(f64, f64)]) -> Result<Self> {
        let wrong = |what: String| {
            Err(Error::invalid(format!(
                "rates: {what}: give pairs of a time and a rate, from time 0 on and in their order, like \
                 lamport.Steps([(0, 2), (30, 6)])"
            )))
        };
        match steps.first() {
            None => return wrong("steps without a single rate".into()),
            Some((first, _)) if *first != 0.0 => {
                return wrong(format!("the steps begin at {first} s, not at 0"));
            }
            Some(_) => {}
        }
        for &(time, rate) in steps {
            if !(0.0..=MAX_DURATION).contains(&time) {
                return wrong(format!("a step at {time} s"));
            }
            check_rate(rate)?;
        }
        for pair in steps.windows(2) {
            if let [(before, _), (after, _)] = pair
                && nanos(*after) <= nanos(*before)
            {
                return wrong(format!("a step at {after} s after one at {before} s"));
            }
        }
        Ok(Self(steps.into()))
    }

    /// The rate at the beginning.
    pub fn first(&self) -> f64 {
        self.0[0].1
    }

    /// The rates, each with its time in seconds.
    pub fn each(&self) -> &[(f64, f64)] {
        &self.0
    }

    /// The rates from `since` on for a while, each with where it begins and ends, counted from there.
    pub fn within(&self, since: Nanos, length: Nanos) -> Vec<(Nanos, Nanos, f64)> {
        let begin = |step: &(f64, f64)| nanos(step.0).saturating_sub(since).min(length);
        let ends = self.0.iter().skip(1).map(begin).chain([length]);
        let all = self.0.iter().zip(ends);
        all.map(|(step, end)| (begin(step), end, step.1))
            .filter(|(start, end, _)| start < end)
            .collect()
    }

    /// The rate on average over a run.
    pub fn mean(&self, duration: f64) -> f64 {
        let length = nanos(duration).max(1);
        let ticks = self.within(0, length);
        let ticks = ticks
            .iter()
            .map(|(start, end, rate)| (end - start) as f64 * rate);
        ticks.sum::<f64>() / length as f64
    }

    /// Whether they are the same but for what reading numbers from a log may take.
    pub fn is_as(&self, other: &Self) -> bool {
        let close = |one: f64, other: f64| (one - other).abs() <= one.abs() * 1e-12;
        let mut pairs = self.0.iter().zip(other.0.iter());
        self.0.len() == other.0.len() && pairs.all(|(a, b)| close(a.0, b.0) && close(a.1, b.1))
    }
}

impl Serialize for RateSteps {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

fn nanos(seconds: f64) -> Nanos {
    (seconds * 1e9) as Nanos
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_that_is_none_is_refused() {
        for (steps, words) in [
            (&[][..], "without a single rate"),
            (&[(1.0, 2.0)], "begin at 1 s"),
            (
                &[(0.0, 2.0), (5.0, 1.0), (5.0, 2.0)],
                "a step at 5 s after one at 5 s",
            ),
            (
                &[(0.0, 2.0), (5.0, 1.0), (3.0, 2.0)],
                "a step at 3 s after one at 5 s",
            ),
            (&[(0.0, 2.0), (f64::NAN, 1.0)], "a step at NaN s"),
            (&[(0.0, 2.0), (1.0, 0.0)], "a clock rate of 0"),
        ] {
            let error = RateSteps::new(steps).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_lies_within_a_life_counts_from_its_start() {
        let steps = RateSteps::new(&[(0.0, 2.0), (3.0, 6.0), (5.0, 1.0)]).unwrap();
        let second = 1_000_000_000;
        assert_eq!(
            steps.within(0, 4 * second),
            [(0, 3 * second, 2.0), (3 * second, 4 * second, 6.0)]
        );
        assert_eq!(
            steps.within(4 * second, 4 * second),
            [(0, second, 6.0), (second, 4 * second, 1.0)]
        );
        assert!((steps.mean(4.0) - 3.0).abs() < 1e-12);
    }
}
