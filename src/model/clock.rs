//! The Lamport clock.
//!
//! L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed
//! System", CACM 21(7), 1978: implementation rules IR1 and IR2.

use crate::model::rules::Receive;

/// The largest clock value: exact in JSON, float64 and JavaScript.
pub const MAX_CLOCK: u64 = (1 << 53) - 1;

/// A logical clock: it starts at 0 and moves forward with each event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clock(u64);

impl Clock {
    /// The clock of a machine that comes back: `value` is that of its newest event.
    pub fn at(value: u64) -> Self {
        Self(value)
    }

    /// The value of the newest event, 0 before the first.
    #[inline]
    pub fn value(self) -> u64 {
        self.0
    }

    /// IR1: a local event or a send. Returns the event's value.
    #[inline]
    pub fn advance(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }

    /// The receipt of a message with `timestamp` by a program that does `rule`. Returns the event's value.
    #[inline]
    pub fn receive_by(&mut self, rule: Receive, timestamp: u64) -> u64 {
        // Clocks are far from the end of either type.
        self.0 = rule.of(self.0 as i64, timestamp as i64, 1) as u64;
        self.0
    }

    /// IR2: the receipt of a message with `timestamp`. Returns the event's value.
    #[inline]
    pub fn receive(&mut self, timestamp: u64) -> u64 {
        self.0 = self.0.max(timestamp) + 1;
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_receipt_is_later_than_its_send_and_than_the_past(past in 0..MAX_CLOCK, sent in 1..MAX_CLOCK) {
            let mut clock = Clock(past);
            let value = clock.receive(sent);
            prop_assert!(value > past && value > sent);
            prop_assert!(value == past + 1 || value == sent + 1);
        }

        #[test]
        fn lamports_rule_is_one_of_the_rules(past in 0..MAX_CLOCK, sent in 0..MAX_CLOCK) {
            let by = |rule| Clock(past).receive_by(rule, sent);
            prop_assert_eq!(by(Receive::MaxPlusOne), Clock(past).receive(sent));
            prop_assert_eq!(by(Receive::MaxOfNext), (past + 1).max(sent));
            prop_assert_eq!(by(Receive::Max), past.max(sent));
        }

        #[test]
        fn a_local_event_is_one_step(past in 0..MAX_CLOCK) {
            let mut clock = Clock(past);
            prop_assert_eq!(clock.advance(), past + 1);
            prop_assert_eq!(clock.value(), past + 1);
        }
    }
}
