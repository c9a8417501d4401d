//! What others see of a run while it goes on.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::model::message::Nanos;

/// What others see of a run, and can tell it, while it goes on.
#[derive(Debug, Default)]
pub struct Watch {
    now: AtomicU64,
    stops: AtomicU32,
}

impl Watch {
    /// Asks the run to end early.
    pub fn stop(&self) {
        self.stops.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it was asked to.
    pub fn is_stopped(&self) -> bool {
        self.stops() > 0
    }

    /// How many times it was asked to.
    pub fn stops(&self) -> u32 {
        self.stops.load(Ordering::Relaxed)
    }

    /// Lets others see how far the run is.
    pub(super) fn pass(&self, now: Nanos) {
        self.now.store(now, Ordering::Relaxed);
    }

    /// The virtual time, in ns, a short while ago.
    pub fn now(&self) -> Nanos {
        self.now.load(Ordering::Relaxed)
    }
}
