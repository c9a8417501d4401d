//! All plans of a few steps, the simplest first.

use super::plan::{ClockPlan, Deed, PlanStep};

/// Which physical clocks a small plan has: what they read in a step of a machine.
pub(super) type SmallReadings = fn(usize, u32) -> i64;

/// All stand still; all are right; all go back; the first machine's is ahead.
pub(super) const READINGS: [SmallReadings; 4] = [
    |_, _| 0,
    |place, _| place as i64,
    |place, _| -(place as i64),
    |place, machine| if machine == 0 { 100 } else { place as i64 },
];

/// The first plan of so many steps, and of machines that all have some, of which `is_it` says so.
pub(super) fn first_of<E>(
    steps: usize,
    fifo: bool,
    reading: SmallReadings,
    is_it: &mut impl FnMut(&ClockPlan) -> Result<bool, E>,
) -> Result<Option<ClockPlan>, E> {
    let mut plan = ClockPlan {
        machines: 0,
        steps: Vec::with_capacity(steps),
    };
    Ok(complete(&mut plan, steps, fifo, reading, is_it)?.then_some(plan))
}

/// Adds steps until there are enough; if it is not what is looked for, takes them away again.
fn complete<E>(
    plan: &mut ClockPlan,
    steps: usize,
    fifo: bool,
    reading: SmallReadings,
    is_it: &mut impl FnMut(&ClockPlan) -> Result<bool, E>,
) -> Result<bool, E> {
    let place = plan.steps.len();
    if place == steps {
        return is_it(plan);
    }
    let machines = plan.machines;
    // A machine that has no step yet is like any other that has none.
    for machine in 0..=machines {
        plan.machines = machines.max(machine + 1);
        let deeds = [Deed::Tick, Deed::Send]
            .into_iter()
            .chain((0..place).map(Deed::Receive));
        for deed in deeds {
            let step = PlanStep {
                machine,
                deed,
                now: reading(place, machine),
            };
            plan.steps.push(step);
            let is_receipt = matches!(deed, Deed::Receive(_));
            if (!is_receipt || plan.is_possible(fifo))
                && complete(plan, steps, fifo, reading, is_it)?
            {
                return Ok(true);
            }
            plan.steps.pop();
        }
        plan.machines = machines;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_plans_are_there_once() {
        for (steps, count) in [(0, 1), (1, 2), (2, 9), (3, 59)] {
            let mut seen = Vec::new();
            let none = first_of(steps, true, READINGS[0], &mut |plan: &ClockPlan| {
                assert!(plan.is_possible(true));
                seen.push(plan.steps.clone());
                Ok::<_, ()>(false)
            });
            assert_eq!(none, Ok(None));
            let all = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!((all, seen.len()), (count, count));
        }
    }
}
