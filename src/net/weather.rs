//! The faults of a run, as one machine meets them in real time.

use std::sync::Arc;

use crate::faults::Faults;
use crate::message::{MachineId, Nanos};

/// A fault schedule whose time has begun.
#[derive(Debug, Clone)]
pub struct Weather {
    faults: Arc<Faults>,
    /// The beginning of ticking on the process's clock; before the clock's own for a machine come back.
    start: i64,
}

impl Weather {
    /// The weather of a run that had been ticking for `elapsed` at `now`.
    pub fn new(faults: Arc<Faults>, now: Nanos, elapsed: Nanos) -> Self {
        Self {
            faults,
            start: now as i64 - elapsed as i64,
        }
    }

    /// How long the run has been ticking.
    pub fn elapsed(&self, now: Nanos) -> Nanos {
        u64::try_from(now as i64 - self.start).unwrap_or(0)
    }

    /// When the run will have been ticking for `elapsed`, on the process's clock.
    pub(super) fn time(&self, elapsed: Nanos) -> Nanos {
        u64::try_from(self.start + elapsed as i64).unwrap_or(0)
    }

    /// The faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Whether messages of this link wait.
    pub(super) fn is_cut(&self, sender: MachineId, recipient: MachineId, now: Nanos) -> bool {
        let elapsed = self.elapsed(now);
        self.faults.cut_until(sender, recipient, elapsed).is_some()
    }

    /// What is added to the delay of one message.
    pub(super) fn delay(
        &self,
        sender: MachineId,
        recipient: MachineId,
        timestamp: u64,
        now: Nanos,
    ) -> Nanos {
        let elapsed = self.elapsed(now);
        self.faults.delay(sender, recipient, timestamp, elapsed)
    }
}
