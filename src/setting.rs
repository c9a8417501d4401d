//! The parameters of a run and of a machine: their defaults, their bounds, and what is said of a value outside.
//!
//! The table of all of them, with units and options, is `python/lamport/_model/setting.py`, which takes its
//! defaults from here where there is one.

use std::num::NonZero;

use crate::error::{Error, Result};

/// The default upper end of the rates drawn, in ticks per second.
pub const MAX_DRAWN_RATE: u64 = 6;
/// The default probability that an idle tick is internal.
pub const INTERNAL_PROBABILITY: f64 = 0.7;
/// The default share of broadcasts among the sends.
pub const BROADCAST_SHARE: f64 = 1.0 / 3.0;
/// The default delay added to messages in real time, in seconds.
pub const LATENCY: f64 = 0.0;
/// The default delay of messages in virtual time, in seconds.
pub const SIMULATED_LATENCY: f64 = 0.0005;
/// The default seconds to wait for all peers before the first tick.
pub const WAIT: u32 = 10;
/// The default id of a run of machines started by hand.
pub const RUN_ID: &str = "lab";

/// The slowest machine, in ticks per second.
pub const SLOWEST: f64 = 1e-9;
/// The fastest machine, in ticks per second: a tick a nanosecond.
pub const FASTEST: f64 = 1e9;
/// The longest run, in seconds (about 31 years).
pub const MAX_DURATION: f64 = 1e9;
/// The longest delay of a message, in seconds.
pub const MAX_DELAY: f64 = 1e9;
/// The most messages that wait at a machine; one more, and it stops.
pub const MAX_QUEUE: usize = 1 << 24;
/// The longest wait for peers, in seconds.
pub const MAX_WAIT: f64 = 1e9;
/// The largest seed: exact in JSON wherever a log is read.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// The rate, if a machine can have it.
pub fn check_rate(rate: f64) -> Result<f64> {
    if (SLOWEST..=FASTEST).contains(&rate) {
        return Ok(rate);
    }
    // Not with all the zeros of 1e-300.
    let shown = if rate == 0.0 || rate.abs() >= 1e-6 && rate.abs() < 1e16 {
        rate.to_string()
    } else {
        format!("{rate:e}")
    };
    Err(Error::invalid(format!(
        "a clock rate of {shown} ticks per second: it must be a positive number, {SLOWEST:e} to {FASTEST:e}"
    )))
}

/// The upper end of the rates drawn, if machines can have them.
pub fn check_max_rate(max_rate: u64) -> Result<u64> {
    if max_rate > 0 && max_rate as f64 <= FASTEST {
        return Ok(max_rate);
    }
    Err(Error::invalid(format!(
        "max_rate is {max_rate}: it lies between 1 and {FASTEST:e}"
    )))
}

/// The duration, if a run can have it.
pub fn check_duration(duration: f64) -> Result<f64> {
    if duration > 0.0 && duration <= MAX_DURATION {
        return Ok(duration);
    }
    Err(Error::invalid(format!(
        "a duration of {duration} seconds: it must be a positive number, at most {MAX_DURATION:e}"
    )))
}

/// A probability of this name, if it is one.
pub fn check_probability(name: &str, value: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(Error::invalid(format!(
        "{name} is {value}: a probability lies between 0 and 1"
    )))
}

/// A delay of messages, if it is one.
pub fn check_delay(seconds: f64) -> Result<f64> {
    if (0.0..=MAX_DELAY).contains(&seconds) {
        return Ok(seconds);
    }
    Err(Error::invalid(format!(
        "a latency of {seconds}: delays are numbers of seconds, 0 to {MAX_DELAY:e}"
    )))
}

/// The seconds to wait for peers, if they are a number of seconds.
pub fn check_wait(wait: f64) -> Result<f64> {
    if (0.0..=MAX_WAIT).contains(&wait) {
        return Ok(wait);
    }
    Err(Error::invalid(format!(
        "wait is {wait}: it must be a number of seconds, 0 or more"
    )))
}

/// The number of threads, if a run can be made on so many at most.
pub fn check_threads(threads: u64) -> Result<NonZero<usize>> {
    let number = usize::try_from(threads).unwrap_or(usize::MAX);
    NonZero::new(number).ok_or_else(|| {
        Error::invalid(
            "threads is 0: give a whole number, 1 or more, or None for as many as are worth it",
        )
    })
}

/// The seed, if it is one that every reader of a log keeps exact.
pub fn check_seed(seed: u64) -> Result<u64> {
    if seed <= MAX_SEED {
        return Ok(seed);
    }
    Err(Error::invalid(format!(
        "seed {seed} is too large: the largest is {MAX_SEED} (2^53 - 1)"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_takes_its_bounds_and_names_what_is_outside() {
        type Check<'a> = (&'a dyn Fn(f64) -> Result<f64>, [f64; 2], [f64; 2], &'a str);
        let probability = |value| check_probability("broadcast_share", value);
        let table: [Check<'_>; 5] = [
            (&check_rate, [1e-9, 1e9], [0.0, 1.1e9], "clock rate"),
            (&check_duration, [1e-9, 1e9], [0.0, 1.1e9], "duration"),
            (&probability, [0.0, 1.0], [-0.1, 1.1], "broadcast_share"),
            (&check_delay, [0.0, 1e9], [-1.0, 1.1e9], "latency"),
            (&check_wait, [0.0, 1e9], [-1.0, 1.1e9], "wait"),
        ];
        for (check, inside, outside, name) in table {
            for value in inside {
                assert_eq!(check(value).unwrap().to_bits(), value.to_bits());
            }
            for value in outside.into_iter().chain([f64::NAN, f64::INFINITY]) {
                let error = check(value).unwrap_err().to_string();
                assert!(
                    error.contains(name) && error.contains(&value.to_string()),
                    "{error}"
                );
            }
        }
        assert!(check_threads(0).is_err() && check_threads(1000).is_ok());
        assert!(check_max_rate(0).is_err() && check_max_rate(1_000_000_001).is_err());
        assert!(check_seed(MAX_SEED + 1).is_err() && check_seed(MAX_SEED).is_ok());
    }
}
