//! Which pairs of stamps are compared: all of a short run, of a long one those that tell most.

use super::plan::{ClockPlan, Deed};
use crate::model::random::Generator;

/// The most steps of a run of which all pairs are compared.
const ALL: usize = 20;
/// How many pairs of a longer one are drawn.
const DRAWN: usize = 200;

/// The pairs `(a, b)` with `a < b`, as places of steps: those of which one directly follows from the other first.
///
/// They depend on the plan alone.
pub(super) fn pairs(plan: &ClockPlan) -> Vec<(usize, usize)> {
    let count = plan.steps.len();
    let mut found = Vec::new();
    let mut newest = vec![None; plan.machines as usize];
    for (place, step) in plan.steps.iter().enumerate() {
        found.extend(newest[step.machine as usize].map(|before| (before, place)));
        if let Deed::Receive(sent) = step.deed {
            found.push((sent, place));
        }
        newest[step.machine as usize] = Some(place);
    }
    if count <= ALL {
        let every = (0..count).flat_map(|b| (0..b).map(move |a| (a, b)));
        let others: Vec<_> = every.filter(|pair| !found.contains(pair)).collect();
        found.extend(others);
    } else {
        let mut generator = Generator::new(count as u64, 0, 0);
        let drawn = (0..DRAWN).map(|_| {
            let b = 1 + generator.below(count as u64 - 1);
            (generator.below(b) as usize, b as usize)
        });
        found.extend(drawn);
    }
    found
}
