//! For how long a machine was up and down, as its log tells: in whole microseconds.

use crate::model::message::Nanos;

/// For how long a machine was up and down before it last came back, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Uptime {
    up: u64,
    down: u64,
}

impl Uptime {
    /// A machine that started at `start` and whose log ends at `last` comes back.
    pub(super) fn come_back(&mut self, start: Nanos, last: Nanos, time: Nanos) {
        self.up += last / 1000 - start / 1000;
        self.down += time / 1000 - last / 1000;
    }

    /// The seconds up and down of a machine that last started at `start`, at the end of its log.
    pub(super) fn with(self, start: Nanos, end: Nanos) -> (f64, f64) {
        let up = self.up + end / 1000 - start / 1000;
        (up as f64 / 1e6, self.down as f64 / 1e6)
    }
}
