//! In what steps a log tells times: microseconds, or more.
//!
//! Times that are cut or rounded keep their order among those told in the same steps. Against others they may be off
//! by a step.

use crate::log::columns::Columns;
use crate::log::history::{LogHistory, Note};

/// The steps in which one log tells times, in microseconds; 1 or less is exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::causality) struct Resolution {
    /// Those of lines.
    times: f64,
    /// Those of arrivals.
    arrivals: f64,
}

impl Resolution {
    /// Of a log of a history that tells times in steps of `least` microseconds or more.
    pub(in crate::causality) fn of(log: &LogHistory, columns: &Columns, least: f64) -> Self {
        if log.startups().next().is_some() {
            // Lines of this kind have all decimals that their times have.
            let steps = |decimals: u8| 10_f64.powi(6 - i32::from(decimals)).max(least);
            let [times, arrivals] = log.decimals.map_or([least; 2], |told| told.map(steps));
            return Self { times, arrivals };
        }
        let rows = log.rows.clone();
        let marks = log.marks.iter();
        let seen = rows.clone().map(|row| columns.system_time[row]);
        let seen = seen.chain(marks.clone().map(|mark| mark.time));
        let arrived = rows.map(|row| columns.arrived[row]);
        let unread = marks.map(|mark| match mark.note {
            Note::Unread { arrived, .. } => arrived,
            _ => f64::NAN,
        });
        Self {
            times: coarsest(seen).max(least),
            arrivals: coarsest(arrived.chain(unread)).max(least),
        }
    }

    /// How far the times of lines may be off.
    pub(in crate::causality) fn of_times(self) -> f64 {
        if self.times > 1.0 { self.times } else { 0.0 }
    }

    /// How far the time of a line and that of an arrival may be off against each other.
    pub(in crate::causality) fn between(self) -> f64 {
        let is_one = self.times.to_bits() == self.arrivals.to_bits();
        if is_one { 0.0 } else { self.any() }
    }

    /// How far any of its times may be off.
    pub(in crate::causality) fn any(self) -> f64 {
        let most = self.times.max(self.arrivals);
        if most > 1.0 { most } else { 0.0 }
    }
}

/// The largest power of ten, up to ten seconds, of which all times are multiples.
fn coarsest(times: impl Iterator<Item = f64>) -> f64 {
    let mut step = 1e7;
    let mut is_told = false;
    for time in times.filter(|time| !time.is_nan()) {
        is_told = true;
        while step > 1.0 && time % step != 0.0 {
            step /= 10.0;
        }
        if step <= 1.0 {
            return 1.0;
        }
    }
    if is_told { step } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_coarse_as_the_finest_of_them() {
        let of = |times: &[f64]| coarsest(times.iter().copied()).to_bits();
        assert_eq!(of(&[]), 1.0_f64.to_bits());
        assert_eq!(of(&[f64::NAN, 3e6, 4e6]), 1e6_f64.to_bits());
        assert_eq!(of(&[3e6, 4_002_000.0]), 1e3_f64.to_bits());
        assert_eq!(of(&[3e6, 4_002_001.0]), 1.0_f64.to_bits());
    }
}
