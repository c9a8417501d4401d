//! What the clocks of events tell of the timestamps of messages, by the rules of the program.

use crate::model::rules::{Receive, Rules, Stamp, Step};

/// What a receipt tells of the timestamp of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::causality) enum Clue {
    /// It is this.
    Is(i64),
    /// It is at most this.
    AtMost(i64),
}

impl Clue {
    /// Of a receipt that moved the clock from `old`, if that is known, to `new`: a jump tells the timestamp.
    pub(in crate::causality) fn of(rules: &Rules, old: Option<i64>, new: i64) -> Self {
        let jumped = |least: i64| old.is_some_and(|old| new > old.saturating_add(least));
        match (rules.receive, rules.step) {
            (Receive::MaxPlusOne, Step::By(step)) if jumped(step) => Self::Is(new - step),
            (Receive::MaxPlusOne, Step::By(step)) => Self::AtMost(new.saturating_sub(step)),
            (Receive::MaxPlusOne, Step::Any) => Self::AtMost(new - 1),
            (Receive::MaxOfNext, Step::By(step)) if jumped(step) => Self::Is(new),
            (Receive::Max, _) if jumped(0) => Self::Is(new),
            (Receive::MaxOfNext | Receive::Max, _) => Self::AtMost(new),
        }
    }

    /// The largest timestamp that it allows.
    pub(in crate::causality) fn most(self) -> i64 {
        match self {
            Self::Is(stamp) | Self::AtMost(stamp) => stamp,
        }
    }

    /// Whether it allows a timestamp.
    pub(in crate::causality) fn allows(self, stamp: i64) -> bool {
        match self {
            Self::Is(known) => stamp == known,
            Self::AtMost(most) => stamp <= most,
        }
    }
}

/// What follows for clocks from rules.
impl Rules {
    /// By how much an event moves the clock at least.
    pub(super) fn least_step(&self) -> i64 {
        match self.step {
            Step::By(step) => step,
            Step::Any => 1,
        }
    }

    /// Whether a receipt may leave the clock where clocks begin, so that one there need not be that of the first event.
    pub(super) fn may_stay_at_start(&self) -> bool {
        (self.stamp, self.receive) == (Stamp::Before, Receive::Max)
    }

    /// The timestamp that a SEND gives its messages, if its clocks tell.
    pub(super) fn stamp(&self, old: Option<i64>, new: i64) -> Option<i64> {
        match (self.stamp, self.step) {
            (Stamp::After, _) => Some(new),
            (Stamp::Before, Step::By(step)) => Some(old.unwrap_or(new - step)),
            (Stamp::Before, Step::Any) => old,
        }
    }

    /// A clock that a log covers if it would tell of the SEND with a timestamp.
    pub(in crate::causality) fn clock_of(&self, stamp: i64) -> i64 {
        match self.stamp {
            Stamp::After => stamp,
            Stamp::Before => stamp.saturating_add(self.least_step()),
        }
    }

    /// The largest clock of an event that can have led, over other machines, to a receipt that left the clock at `clock` or below.
    ///
    /// `None` if any may.
    pub(in crate::causality) fn before_receipt(&self, clock: i64) -> Option<i64> {
        Some(match (self.stamp, self.step, self.receive) {
            (Stamp::After, _, Receive::MaxPlusOne) => clock.saturating_sub(self.least_step()),
            (Stamp::After, ..) | (Stamp::Before, Step::By(_), Receive::MaxPlusOne) => clock,
            (Stamp::Before, Step::By(step), _) => clock.saturating_add(step),
            (Stamp::Before, Step::Any, _) => return None,
        })
    }

    /// The same for a message with a timestamp of `stamp` or below, whose SEND is in no log.
    pub(in crate::causality) fn before_message(&self, stamp: i64) -> Option<i64> {
        Some(match (self.stamp, self.step, self.receive) {
            (Stamp::After, ..) => stamp.saturating_sub(self.least_step()),
            (Stamp::Before, Step::By(_), Receive::MaxPlusOne) => stamp,
            (Stamp::Before, Step::By(step), _) => stamp.saturating_add(step),
            (Stamp::Before, Step::Any, _) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_jump_tells_the_timestamp() {
        let of = |receive, step, old, new| {
            let rules = Rules {
                step,
                receive,
                ..Rules::default()
            };
            Clue::of(&rules, old, new)
        };
        let (plus, next, max) = (Receive::MaxPlusOne, Receive::MaxOfNext, Receive::Max);
        assert_eq!(of(plus, Step::By(1), Some(3), 8), Clue::Is(7));
        assert_eq!(of(plus, Step::By(2), Some(3), 8), Clue::Is(6));
        assert_eq!(of(plus, Step::By(1), Some(7), 8), Clue::AtMost(7));
        assert_eq!(of(plus, Step::By(1), None, 8), Clue::AtMost(7));
        assert_eq!(of(plus, Step::Any, Some(3), 8), Clue::AtMost(7));
        assert_eq!(of(next, Step::By(1), Some(3), 8), Clue::Is(8));
        assert_eq!(of(next, Step::By(1), Some(7), 8), Clue::AtMost(8));
        assert_eq!(of(next, Step::Any, Some(3), 8), Clue::AtMost(8));
        assert_eq!(of(max, Step::By(1), Some(3), 8), Clue::Is(8));
        assert_eq!(of(max, Step::Any, Some(3), 8), Clue::Is(8));
        assert_eq!(of(max, Step::By(1), Some(8), 8), Clue::AtMost(8));
    }

    proptest! {
        #[test]
        fn a_clue_is_true_of_every_receipt(
            old in 0_i64..9,
            stamp in 0_i64..9,
            step in 1_i64..4,
            discipline in 0_usize..3,
            is_old_known: bool,
        ) {
            let receive = [Receive::MaxPlusOne, Receive::MaxOfNext, Receive::Max][discipline];
            let new = receive.of(old, stamp, step);
            for step in [Step::By(step), Step::Any] {
                let rules = Rules { step, receive, ..Rules::default() };
                prop_assert!(Clue::of(&rules, is_old_known.then_some(old), new).allows(stamp));
            }
        }
    }
}
