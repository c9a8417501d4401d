//! The one file that reads the clock.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the file that reads the clock"
)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::model::message::Nanos;

/// How often both clocks are read to tell how they stand to each other.
const READINGS: usize = 8;

/// The clock by which machines go: monotonic nanoseconds, the same in all processes of a host.
///
/// What logs state is this time and the Unix time of its zero, which is read once for each run: whoever sets the wall
/// clock during a run does not move the run's times, and later runs have the new ones.
#[derive(Debug, Clone, Copy)]
pub struct ProcessClock(());

impl ProcessClock {
    /// The clock that all machines of this process share.
    pub fn of_process() -> Self {
        Self(())
    }

    /// Nanoseconds since its zero, which lies before the start of this process.
    pub fn now(self) -> Nanos {
        let now = clock_gettime(ClockId::Monotonic);
        now.tv_sec as Nanos * 1_000_000_000 + now.tv_nsec as Nanos
    }

    /// The Unix time of its zero as the wall clock has it now, in nanoseconds.
    pub fn unix_origin(self) -> Nanos {
        let reading = || {
            let before = self.now();
            let unix = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let unix = u64::try_from(unix.as_nanos()).unwrap_or(0);
            let after = self.now();
            (after - before, unix.saturating_sub(before.midpoint(after)))
        };
        // A reading that the system interrupted is wrong by the interruption.
        let readings = (0..READINGS).map(|_| reading());
        readings.min().map_or(0, |(_, origin)| origin)
    }

    /// How long it is until `time`; none if it has come.
    pub fn until(self, time: Nanos) -> Option<Duration> {
        let rest = time.saturating_sub(self.now());
        (rest > 0).then(|| Duration::from_nanos(rest))
    }
}
