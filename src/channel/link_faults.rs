//! The fault schedule of a run on the process's clock: what it does to the links of one machine.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::model::fault_schedule::FaultSchedule;
use crate::model::message::{MachineId, Nanos};

/// A fault schedule whose time has begun.
#[derive(Debug, Clone)]
pub struct LinkFaults {
    schedule: Arc<FaultSchedule>,
    /// The start of ticking on the process's clock.
    start: i64,
}

impl LinkFaults {
    /// The faults of a run that began to tick at `start`; negative if the clock's zero is later.
    pub fn new(schedule: Arc<FaultSchedule>, start: i64) -> Self {
        Self { schedule, start }
    }

    /// How long the run has been ticking.
    pub fn elapsed(&self, now: Nanos) -> Nanos {
        u64::try_from(now as i64 - self.start).unwrap_or(0)
    }

    /// When the run will have been ticking for `elapsed`, on the process's clock.
    pub fn time(&self, elapsed: Nanos) -> Nanos {
        u64::try_from(self.start + elapsed as i64).unwrap_or(0)
    }

    /// All faults of the run.
    pub fn schedule(&self) -> &FaultSchedule {
        &self.schedule
    }

    /// Whether messages of this link wait.
    pub fn is_cut(&self, sender: MachineId, recipient: MachineId, now: Nanos) -> bool {
        let elapsed = self.elapsed(now);
        self.schedule
            .cut_until(sender, recipient, elapsed)
            .is_some()
    }

    /// What is added to the delay of one message.
    pub fn delay(
        &self,
        sender: MachineId,
        recipient: MachineId,
        timestamp: u64,
        now: Nanos,
    ) -> Nanos {
        let elapsed = self.elapsed(now);
        self.schedule.delay(sender, recipient, timestamp, elapsed)
    }
}

/// A run has one schedule: another one is another run's, whatever it says.
impl PartialEq for LinkFaults {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.schedule, &other.schedule) && self.start == other.start
    }
}

impl Eq for LinkFaults {}

impl Hash for LinkFaults {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.start.hash(state);
    }
}
