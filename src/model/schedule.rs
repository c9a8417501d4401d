//! When a machine ticks: absolute deadlines in whole nanoseconds.

use crate::error::Result;
use crate::model::message::Nanos;
use crate::model::random::Generator;
use crate::setting::{check_duration, check_max_rate, check_rate};

const SECOND: u128 = 1_000_000_000;

/// The ticks of one machine: tick k = 1, 2, ... is due at
/// `phase + floor((k - 1) 1e9 / rate)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    rate: f64,
    phase: Nanos,
    ticks: u64,
    period: Period,
}

/// The time between two ticks as a mixed number: `whole + part / parts` nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    whole: u64,
    part: u64,
    parts: u64,
}

impl Schedule {
    /// Draws the phase from `generator`, and the rate before it.
    ///
    /// Both are always drawn, so a rate given leaves the other draws as they are.
    pub fn draw(
        rate: Option<f64>,
        max_rate: u64,
        duration: f64,
        generator: &mut Generator,
    ) -> Result<Self> {
        let drawn = 1 + generator.below(check_max_rate(max_rate)?);
        let rate = check_rate(rate.unwrap_or(drawn as f64))?;
        let period = Period::of(rate);
        // Only a period below 1 ns would leave no room; `check_rate` excludes it.
        let phase = generator.below(period.whole.max(1));
        Self::build(rate, period, phase, duration)
    }

    /// The ticks of a machine at `rate` ticks per second over `duration` seconds.
    pub fn new(rate: f64, phase: Nanos, duration: f64) -> Result<Self> {
        check_rate(rate)?;
        Self::build(rate, Period::of(rate), phase, duration)
    }

    fn build(rate: f64, period: Period, phase: Nanos, duration: f64) -> Result<Self> {
        check_duration(duration)?;
        let mut schedule = Self {
            rate,
            phase,
            ticks: 0,
            period,
        };
        schedule.ticks = schedule.count(duration, (duration * 1e9) as u64);
        Ok(schedule)
    }

    /// The ticks of a while of another rate: the first is as far into a period as it is here.
    pub fn at_rate(&self, rate: f64, length: Nanos) -> Result<Self> {
        check_rate(rate)?;
        let mut schedule = Self {
            rate,
            phase: scaled(self.phase, self.rate, rate),
            ticks: 0,
            period: Period::of(rate),
        };
        schedule.ticks = schedule.count(length as f64 / 1e9, length);
        Ok(schedule)
    }

    /// Ticks per second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// When the first tick is due.
    pub fn phase(&self) -> Nanos {
        self.phase
    }

    /// How many ticks there are.
    pub fn ticks(&self) -> u64 {
        self.ticks
    }

    /// The time between two ticks.
    pub fn period(&self) -> Period {
        self.period
    }

    /// When tick `tick` (from 1) is due, in nanoseconds since the start.
    pub fn due(&self, tick: u64) -> Nanos {
        let before = u128::from(tick - 1);
        let Period { whole, part, parts } = self.period;
        let whole = before * u128::from(whole);
        // `before * part` fits: part < parts <= 2^53 and before < 2^64.
        let rest = before * u128::from(part) / u128::from(parts);
        self.phase
            .saturating_add(u64::try_from(whole + rest).unwrap_or(u64::MAX))
    }

    /// The first tick that is due at `time` or later; beyond the last, if none is.
    pub fn first_from(&self, time: Nanos) -> u64 {
        if time <= self.phase {
            return 1;
        }
        let passed = (time - self.phase) as f64 * self.rate / 1e9;
        let mut tick = (passed as u64).min(self.ticks) + 1;
        while tick > 1 && self.due(tick - 1) >= time {
            tick -= 1;
        }
        while tick <= self.ticks && self.due(tick) < time {
            tick += 1;
        }
        tick
    }

    /// The ticks one after the other.
    pub fn steps(&self) -> Steps {
        Steps {
            due: self.phase,
            left: self.ticks,
            rest: 0,
        }
    }

    /// `rate * duration` where that is whole within 1e-9, else the ticks due before the end.
    fn count(&self, duration: f64, end: Nanos) -> u64 {
        let product = self.rate * duration;
        if (product - product.round()).abs() <= 1e-9 && product >= 0.5 {
            return product.round() as u64;
        }
        let mut ticks = product as u64;
        while ticks > 0 && self.due(ticks) >= end {
            ticks -= 1;
        }
        while self.due(ticks + 1) < end {
            ticks += 1;
        }
        ticks
    }
}

/// The ticks of a machine one after the other: what [`Schedule::due`] says, by additions.
#[derive(Debug, Clone, Copy)]
pub struct Steps {
    due: Nanos,
    left: u64,
    /// The fraction of a nanosecond by which `due` is rounded down, in parts of the period.
    rest: u64,
}

impl Steps {
    /// Those of a machine that never ticks.
    pub(crate) const NONE: Self = Self {
        due: 0,
        left: 0,
        rest: 0,
    };

    /// When the tick at hand is due, `None` after the last.
    #[inline]
    pub fn due(&self) -> Option<Nanos> {
        (self.left > 0).then_some(self.due)
    }

    /// Goes on to the next tick, a period of the schedule later.
    #[inline]
    pub fn advance(&mut self, period: &Period) {
        self.left -= 1;
        self.rest += period.part;
        let carry = u64::from(self.rest >= period.parts);
        self.rest -= period.parts & carry.wrapping_neg();
        self.due += period.whole + carry;
    }

    /// How many ticks lie behind, of a machine whose first came within a period of the start.
    pub fn taken(&self, period: &Period) -> u64 {
        let Period { whole, part, parts } = *period;
        let parts_of =
            |whole: u64, part: u64| u128::from(whole) * u128::from(parts) + u128::from(part);
        (parts_of(self.due, self.rest) / parts_of(whole, part)) as u64
    }

    /// How many ticks are left, the one at hand among them.
    pub fn left(&self) -> u64 {
        self.left
    }
}

/// `floor(phase * rate / other)`, exactly: a phase within a period at `rate` becomes one within a period at `other`.
fn scaled(phase: Nanos, rate: f64, other: f64) -> Nanos {
    let (one, two) = (parts(rate), parts(other));
    let (mut above, mut below) = (u128::from(phase) * u128::from(one.0), u128::from(two.0));
    // With a phase below 1e9 / rate and rates as checked neither gets 128 bits.
    match one.1 - two.1 {
        up @ 0.. => above <<= up,
        down => below <<= -down,
    }
    (above / below) as Nanos
}

/// A rate as `mantissa * 2^exponent`.
fn parts(rate: f64) -> (u64, i64) {
    let bits = rate.to_bits();
    (
        (bits & ((1 << 52) - 1)) | (1 << 52),
        (bits >> 52) as i64 - 1075,
    )
}

impl Period {
    /// `1e9 / rate` nanoseconds, exactly.
    fn of(rate: f64) -> Self {
        let (mantissa, mut exponent) = parts(rate);
        let mut mantissa = u128::from(mantissa);
        let even = mantissa.trailing_zeros();
        mantissa >>= even;
        exponent += i64::from(even);
        // rate = mantissa * 2^exponent. For 1e-9 <= rate <= 1e9 the shifts stay below 96 bits.
        let (dividend, divisor) = if exponent >= 0 {
            (SECOND, mantissa << exponent)
        } else {
            (SECOND << -exponent, mantissa)
        };
        Self {
            whole: (dividend / divisor) as u64,
            part: (dividend % divisor) as u64,
            parts: divisor as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_rates_are_exact_for_hours() {
        for rate in 1..=6_u64 {
            let schedule = Schedule::new(rate as f64, 5, 60.0).unwrap();
            assert_eq!(schedule.ticks(), 60 * rate);
            for tick in [1, 2, 3, 7, 60, 1_000_003, 1 << 33] {
                let exact = u128::from(tick - 1) * SECOND / u128::from(rate);
                assert_eq!(u128::from(schedule.due(tick)), 5 + exact);
            }
        }
    }

    #[test]
    fn products_that_are_whole_but_for_rounding_count_as_whole() {
        assert_eq!(Schedule::new(0.1, 0, 30.0).unwrap().ticks(), 3);
        assert_eq!(Schedule::new(10.0, 0, 0.7).unwrap().ticks(), 7);
        assert_eq!(Schedule::new(1e6, 0, 60.0).unwrap().ticks(), 60_000_000);
    }

    #[test]
    fn other_products_count_the_ticks_due_before_the_end() {
        assert_eq!(Schedule::new(1.0, 0, 0.5).unwrap().ticks(), 1);
        assert_eq!(Schedule::new(1.0, 600_000_000, 0.5).unwrap().ticks(), 0);
        assert_eq!(Schedule::new(2.0, 499_999_999, 1.25).unwrap().ticks(), 2);
        assert_eq!(Schedule::new(2.0, 0, 1.25).unwrap().ticks(), 3);
    }

    #[test]
    fn what_no_machine_can_have_is_refused() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e12] {
            assert!(Schedule::new(value, 0, 1.0).is_err(), "{value}");
            assert!(Schedule::new(1.0, 0, value).is_err(), "{value}");
        }
        let mut generator = Generator::new(1, 1, 0);
        assert!(Schedule::draw(None, 0, 1.0, &mut generator).is_err());
    }

    #[test]
    fn a_given_rate_leaves_the_later_draws_alone() {
        let draw = |rate| {
            let mut generator = Generator::new(9, 4, 0);
            let schedule = Schedule::draw(rate, 6, 10.0, &mut generator).unwrap();
            (schedule, generator.bits())
        };
        let (drawn, next) = draw(None);
        assert_eq!(draw(Some(drawn.rate())), (drawn, next));
        assert_eq!(draw(Some(2.5)).1, next);
    }

    proptest! {
        #[test]
        fn ticks_are_a_period_apart_and_inside_the_run(rate in 0.05_f64..5000.0, share in 0.0_f64..1.0, duration in 0.01_f64..50.0) {
            let phase = (share * 1e9 / rate) as u64;
            let schedule = Schedule::new(rate, phase, duration).unwrap();
            let expected = rate * duration;
            prop_assert!((schedule.ticks() as f64 - expected).abs() <= 1.0);
            for tick in 1..schedule.ticks().min(50) {
                let gap = schedule.due(tick + 1) - schedule.due(tick);
                prop_assert!((gap as f64 - 1e9 / rate).abs() <= 1.0);
            }
            for tick in 1..=schedule.ticks().min(50) {
                let due = schedule.due(tick);
                prop_assert_eq!(schedule.first_from(due), tick);
                prop_assert_eq!(schedule.first_from(due + 1), tick + 1);
            }
            let mut steps = schedule.steps();
            for tick in 1..=schedule.ticks().min(1000) {
                prop_assert_eq!(steps.due(), Some(schedule.due(tick)));
                prop_assert_eq!(steps.taken(&schedule.period()), tick - 1);
                let next = (tick < schedule.ticks()).then(|| schedule.due(tick + 1));
                steps.advance(&schedule.period());
                prop_assert_eq!(steps.due(), next);
            }
            if schedule.ticks() > 0 {
                prop_assert!(schedule.due(schedule.ticks()) < (duration * 1e9) as u64 + 2);
            }
        }
    }
}
