//! What happened before what in a plan, by the vector clocks of its steps.

use super::plan::{ClockPlan, Deed};

/// What happened before what in a plan.
#[derive(Debug, Clone)]
pub(super) struct Precedence {
    machines: usize,
    /// By step, its machine and its number there, from 1.
    own: Vec<(usize, u32)>,
    /// By step and machine, how many of its steps happened before this one or are it.
    known: Vec<u32>,
}

impl Precedence {
    /// That of a plan.
    pub(super) fn new(plan: &ClockPlan) -> Self {
        let machines = plan.machines as usize;
        let mut newest: Vec<Option<usize>> = vec![None; machines];
        let mut known = vec![0; machines * plan.steps.len()];
        let mut own = Vec::with_capacity(plan.steps.len());
        for (place, step) in plan.steps.iter().enumerate() {
            let (past, rest) = known.split_at_mut(place * machines);
            let row = &mut rest[..machines];
            let machine = step.machine as usize;
            if let Some(before) = newest[machine] {
                row.copy_from_slice(&past[before * machines..][..machines]);
            }
            if let Deed::Receive(sent) = step.deed {
                for (mine, theirs) in row.iter_mut().zip(&past[sent * machines..][..machines]) {
                    *mine = (*mine).max(*theirs);
                }
            }
            row[machine] += 1;
            own.push((machine, row[machine]));
            newest[machine] = Some(place);
        }
        Self {
            machines,
            own,
            known,
        }
    }

    /// Whether step `a` happened before step `b`.
    #[inline]
    pub(super) fn precedes(&self, a: usize, b: usize) -> bool {
        let (machine, number) = self.own[a];
        a != b && self.known[b * self.machines + machine] >= number
    }
}
