//! What a clock says of pairs of stamps, held against what happened before what.

use super::pairs::pairs;
use super::plan::ClockPlan;
use super::precedence::Precedence;

/// The first pair of steps by which each claim of a clock is wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The first happened before the second, and it does not say so.
    pub unsound: Option<(usize, usize)>,
    /// Each is before the other, or one before itself.
    pub circular: Option<(usize, usize)>,
    /// It says that the first is before the second, which does not follow from it.
    pub incomplete: Option<(usize, usize)>,
    /// How many pairs it was asked about, in both directions.
    pub pairs: u64,
}

impl Judgement {
    /// Asks `before(a, b)` about the first `stamped` steps of a plan, until it fails.
    pub fn ask<E>(
        &mut self,
        plan: &ClockPlan,
        stamped: usize,
        mut before: impl FnMut(usize, usize) -> Result<bool, E>,
    ) -> Result<(), E> {
        let precedence = Precedence::new(plan);
        for step in 0..stamped {
            if before(step, step)? {
                self.circular.get_or_insert((step, step));
            }
        }
        for (a, b) in pairs(plan) {
            if b >= stamped {
                continue;
            }
            let (forth, back) = (before(a, b)?, before(b, a)?);
            self.pairs += 1;
            let is_past = precedence.precedes(a, b);
            if is_past && !forth {
                self.unsound.get_or_insert((a, b));
            }
            if forth && back {
                self.circular.get_or_insert((a, b));
            }
            if forth && !is_past {
                self.incomplete.get_or_insert((a, b));
            }
            if back {
                self.incomplete.get_or_insert((b, a));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::draw_plan;
    use super::super::plan::Deed;
    use super::*;
    use crate::model::random::Generator;

    /// What each step follows from, found by going back one by one.
    fn follows(plan: &ClockPlan, a: usize, b: usize) -> bool {
        let step = plan.steps[b];
        let own = (0..b)
            .rev()
            .find(|&at| plan.steps[at].machine == step.machine);
        let sent = match step.deed {
            Deed::Receive(sent) => Some(sent),
            _ => None,
        };
        let mut causes = own.into_iter().chain(sent);
        causes.any(|cause| cause == a || follows(plan, a, cause))
    }

    fn judged(before: impl Fn(&ClockPlan, usize, usize) -> bool) -> Judgement {
        let mut found = Judgement::default();
        for number in 0..60 {
            let plan = draw_plan(number % 32, true, &mut Generator::new(1, number, 0));
            let ask = |a, b| Ok::<_, ()>(before(&plan, a, b));
            assert_eq!(found.ask(&plan, plan.steps.len(), ask), Ok(()));
        }
        found
    }

    #[test]
    fn what_happened_before_is_what_can_be_followed_back() {
        let found = judged(|plan, a, b| a < b && follows(plan, a, b));
        assert!(found.pairs > 500);
        let right = Judgement {
            pairs: found.pairs,
            ..Judgement::default()
        };
        assert_eq!(found, right);
    }

    #[test]
    fn each_claim_is_judged_apart() {
        let total = judged(|_, a, b| a < b);
        assert_eq!((total.unsound, total.circular), (None, None));
        assert!(total.incomplete.is_some());
        let never = judged(|_, _, _| false);
        assert_eq!((never.circular, never.incomplete), (None, None));
        assert!(never.unsound.is_some());
        let itself = judged(|plan, a, b| a == b || a < b && follows(plan, a, b));
        assert_eq!((itself.unsound, itself.incomplete), (None, None));
        assert_eq!(itself.circular, Some((0, 0)));
        let both = judged(|_, a, b| a != b);
        assert!(both.circular.is_some_and(|(a, b)| a != b) && both.unsound.is_none());
    }
}
