//! What physical clocks read: right, skewed, drifting, coarse, standing still, stepping back.

use crate::model::random::Generator;

/// Where time begins: a moment of Unix time, in ns.
const BEGIN: i64 = 1_700_000_000_000_000_000;

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;

/// How a physical clock goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum DrawnClock {
    /// It is so far off, always.
    Skewed(i64),
    /// It gains so many thousandths.
    Drifting(i64),
    /// It tells whole multiples.
    Coarse(i64),
    Still,
    /// Each `every` ns it is set back by `step`.
    SteppingBack {
        every: i64,
        step: i64,
    },
}

impl DrawnClock {
    pub(super) fn draw(generator: &mut Generator) -> Self {
        let signed = |value: u64, most: u64| value as i64 - (most / 2) as i64;
        match generator.below(6) {
            0 => Self::Skewed(0),
            1 => Self::Skewed(signed(generator.below(20 * MILLISECOND), 20 * MILLISECOND)),
            2 => Self::Drifting(signed(generator.below(1000), 1000)),
            3 => Self::Coarse((1 + generator.below(10 * MILLISECOND)) as i64),
            4 => Self::Still,
            _ => Self::SteppingBack {
                every: (1 + generator.below(10 * MILLISECOND)) as i64,
                step: (1 + generator.below(10 * MILLISECOND)) as i64,
            },
        }
    }

    /// One that is a little off, and never stands still or goes back.
    pub(super) fn draw_good(generator: &mut Generator) -> Self {
        Self::Skewed(generator.below(10 * MICROSECOND) as i64)
    }

    /// What it reads at a time since the beginning.
    pub(super) fn read(self, time: i64) -> i64 {
        let told = match self {
            Self::Skewed(offset) => time + offset,
            Self::Drifting(thousandths) => time + time / 1000 * thousandths,
            Self::Coarse(resolution) => time / resolution * resolution,
            Self::Still => 0,
            Self::SteppingBack { every, step } => time - time / every * step,
        };
        BEGIN + told
    }
}

/// How long after the step before a step is taken.
pub(super) fn draw_gap(generator: &mut Generator) -> i64 {
    let most = [1, MICROSECOND, MILLISECOND, 3 * MILLISECOND][generator.below(4) as usize];
    generator.below(most) as i64
}

/// The same, where clocks are to go on between any two steps.
pub(super) fn draw_long_gap(generator: &mut Generator) -> i64 {
    (MICROSECOND + generator.below(MICROSECOND)) as i64
}
