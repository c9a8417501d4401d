//! What is taken for true of a program whose log is read: each value is proved by the log, or given.

/// The assumptions under which a log is matched, drawn and judged; the default is what this module's machines do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// By how much an event moves the clock.
    pub step: Step,
    /// Where clocks begin.
    pub start: Start,
    /// Which clock a message carries.
    pub stamp: Stamp,
    /// What a receipt makes of the clock.
    pub receive: Receive,
    /// What a channel may do to messages.
    pub channel: Transport,
    /// Which machines there are.
    pub machines: Membership,
    /// Whether events come at the pace that the log tells.
    pub pace: Paced,
}

/// By how much an event moves the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// By this much, at least 1.
    By(i64),
    /// Only forward: holes, hybrid clocks.
    Any,
}

impl Default for Step {
    fn default() -> Self {
        Self::By(1)
    }
}

/// Where the clock of a machine stands before its first event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// Where the log proves it.
    #[default]
    Proved,
    /// Here.
    At(i64),
    /// Anywhere.
    Any,
}

/// Which clock a message carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stamp {
    /// That after the SEND.
    #[default]
    After,
    /// That before it.
    Before,
}

/// What a receipt of timestamp T makes of the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Receive {
    /// `max(clock, T) + 1`.
    #[default]
    MaxPlusOne,
    /// `max(clock + 1, T)`.
    MaxOfNext,
    /// `max(clock, T)`.
    Max,
}

/// What a channel may do to messages; by default none of this.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transport {
    /// Deliver them in another order.
    pub unordered: bool,
    /// Lose them.
    pub lossy: bool,
    /// Deliver one more than once.
    pub duplicating: bool,
}

/// Which machines there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Membership {
    /// Those that the logs name, where nothing names another.
    #[default]
    These,
    /// There may be more.
    More,
}

/// Whether events come at the pace that the log tells: a queue is emptied before anything else, ticks are periodic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paced {
    /// Where a STARTUP says so.
    #[default]
    Log,
    /// Yes.
    Kept,
    /// No.
    Free,
}

impl Transport {
    /// Whether messages arrive once, in their order, and none is lost.
    pub fn is_fifo(self) -> bool {
        self == Self::default()
    }
}

impl Receive {
    /// The clock after the receipt of `timestamp`, where an event moves it by `step`.
    #[inline]
    pub fn of(self, clock: i64, timestamp: i64, step: i64) -> i64 {
        match self {
            Self::MaxPlusOne => clock.max(timestamp) + step,
            Self::MaxOfNext => (clock + step).max(timestamp),
            Self::Max => clock.max(timestamp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_differ_where_the_timestamp_is_ahead() {
        let of = |receive: Receive| (receive.of(1, 5, 1), receive.of(5, 1, 1));
        assert_eq!(of(Receive::MaxPlusOne), (6, 6));
        assert_eq!(of(Receive::MaxOfNext), (5, 6));
        assert_eq!(of(Receive::Max), (5, 5));
    }
}
