//! The one file that reads the clock.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the file that reads the clock"
)]

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::message::Nanos;

/// The process's clock: monotonic nanoseconds, anchored once to the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct ProcessClock {
    origin: Instant,
    unix_origin: Nanos,
}

impl ProcessClock {
    /// The clock that all machines of this process share.
    pub fn of_process() -> Self {
        static CLOCK: OnceLock<ProcessClock> = OnceLock::new();
        *CLOCK.get_or_init(|| {
            let unix = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            Self {
                origin: Instant::now(),
                unix_origin: u64::try_from(unix.as_nanos()).unwrap_or(0),
            }
        })
    }

    /// Nanoseconds since the anchoring.
    pub fn now(self) -> Nanos {
        self.origin.elapsed().as_nanos() as u64
    }

    /// The Unix time of the anchoring, in nanoseconds.
    pub fn unix_origin(self) -> Nanos {
        self.unix_origin
    }

    /// How long it is until `time`; none if it has come.
    pub fn until(self, time: Nanos) -> Option<Duration> {
        let rest = time.saturating_sub(self.now());
        (rest > 0).then(|| Duration::from_nanos(rest))
    }
}
