//! The smallest plan on which a clock is wrong in one way.

use super::plan::{ClockPlan, Deed, PlanStep};
use super::simpler::{
    chains_to, fewer_machines, past_of, plainer_steps, rounder_readings, swapped_steps,
};
use super::small_plans::{READINGS, first_of};

/// The most steps of which all plans are tried.
const ALL_STEPS: usize = 5;
/// The most plans that are tried while steps are left out.
const MOST: usize = 3000;

/// Makes plans smaller.
pub struct Shrinker {
    /// Whether messages must keep the order of their channel.
    pub fifo: bool,
    /// Whether clocks ask what time it is.
    pub reads_time: bool,
}

impl Shrinker {
    /// The simplest plan of the fewest steps on which `wrong` says which steps are wrong, if all plans so small could be
    /// tried; else one of which nothing can be left out. `wrong` must always say the same of the same plan.
    pub fn shrink<E>(
        &self,
        plan: &ClockPlan,
        steps: Vec<usize>,
        mut wrong: impl FnMut(&ClockPlan) -> Result<Option<Vec<usize>>, E>,
    ) -> Result<ClockPlan, E> {
        let mut reduction = Reduction {
            best: plan.clone(),
            steps,
            fifo: self.fifo,
            left: MOST,
        };
        reduction.reduce(&mut wrong)?;
        let readings = if self.reads_time {
            &READINGS[..]
        } else {
            &READINGS[..1]
        };
        let mut is_wrong = |plan: &ClockPlan| Ok(wrong(plan)?.is_some());
        for steps in 1..=reduction.best.steps.len().min(ALL_STEPS) {
            for &reading in readings {
                if let Some(first) = first_of(steps, self.fifo, reading, &mut is_wrong)? {
                    return Ok(first);
                }
            }
        }
        Ok(reduction.best)
    }

    /// The shortest of some plans of which `is_growing` says that the sizes of stamps keep growing on it.
    pub fn shrink_growth<E>(
        &self,
        plan: &ClockPlan,
        mut is_growing: impl FnMut(&ClockPlan) -> Result<bool, E>,
    ) -> Result<ClockPlan, E> {
        for shorter in growing(plan) {
            if is_growing(&shorter)? {
                return Ok(shorter);
            }
        }
        Ok(plan.clone())
    }
}

/// Plans that stamps may grow on, the shortest first: ticks, messages to and fro, the beginnings of one.
fn growing(plan: &ClockPlan) -> impl Iterator<Item = ClockPlan> {
    let lengths = (3..)
        .map(|power| 1 << power)
        .take_while(|&length| length < plan.steps.len());
    lengths.flat_map(|length: usize| {
        let made = |machines: u32, step: fn(usize) -> (u32, Deed)| ClockPlan {
            machines,
            steps: (0..length)
                .map(|place| {
                    let (machine, deed) = step(place);
                    let now = place as i64;
                    PlanStep { machine, deed, now }
                })
                .collect(),
        };
        // The one that received sends next.
        let to_and_fro = |place: usize| match place % 4 {
            0 => (0, Deed::Send),
            1 => (1, Deed::Receive(place - 1)),
            2 => (1, Deed::Send),
            _ => (0, Deed::Receive(place - 1)),
        };
        [
            made(1, |_| (0, Deed::Tick)),
            made(2, to_and_fro),
            plan.only(|place| place < length),
        ]
    })
}

/// A plan that becomes smaller step by step.
struct Reduction {
    best: ClockPlan,
    /// The steps that are wrong.
    steps: Vec<usize>,
    fifo: bool,
    left: usize,
}

impl Reduction {
    /// Takes the first of these plans that is wrong too.
    fn take_first<E>(
        &mut self,
        plans: impl IntoIterator<Item = ClockPlan>,
        wrong: &mut impl FnMut(&ClockPlan) -> Result<Option<Vec<usize>>, E>,
    ) -> Result<bool, E> {
        for plan in plans {
            if plan == self.best || !plan.is_possible(self.fifo) {
                continue;
            }
            let Some(left) = self.left.checked_sub(1) else {
                return Ok(false);
            };
            self.left = left;
            if let Some(steps) = wrong(&plan)? {
                self.best = plan;
                self.steps = steps;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Leaves out and makes plainer what it can, until nothing changes.
    fn reduce<E>(
        &mut self,
        wrong: &mut impl FnMut(&ClockPlan) -> Result<Option<Vec<usize>>, E>,
    ) -> Result<(), E> {
        loop {
            let now = self.best.clone();
            if !(self.take_causes(wrong)?
                || self.take_first(fewer_machines(&now), wrong)?
                || self.take_first(plainer_steps(&now).take(1), wrong)?
                || self.take_rounder(&now, wrong)?)
            {
                break;
            }
        }
        let mut chunk = self.best.steps.len();
        while chunk > 1 {
            self.leave_out(chunk, wrong)?;
            chunk /= 2;
        }
        loop {
            let now = self.best.clone();
            if self.take_causes(wrong)?
                || self.leave_out(1, wrong)?
                || self.take_first(fewer_machines(&now), wrong)?
                || self.take_first(plainer_steps(&now), wrong)?
                || self.take_rounder(&now, wrong)?
                || self.take_first(swapped_steps(&now), wrong)?
            {
                continue;
            }
            return Ok(());
        }
    }

    /// Leaves out what can have nothing to do with the steps that are wrong.
    fn take_causes<E>(
        &mut self,
        wrong: &mut impl FnMut(&ClockPlan) -> Result<Option<Vec<usize>>, E>,
    ) -> Result<bool, E> {
        let smaller = [
            chains_to(&self.best, &self.steps),
            past_of(&self.best, &self.steps),
        ];
        self.take_first(smaller, wrong)
    }

    /// Leaves out so many steps at a time wherever it can, from the last to the first.
    fn leave_out<E>(
        &mut self,
        chunk: usize,
        wrong: &mut impl FnMut(&ClockPlan) -> Result<Option<Vec<usize>>, E>,
    ) -> Result<bool, E> {
        let mut has_changed = false;
        let mut end = self.best.steps.len();
        while end > 0 {
            let start = end.saturating_sub(chunk);
            let without = self.best.only(|place| !(start..end).contains(&place));
            has_changed |= self.take_first([without], wrong)?;
            end = start;
        }
        Ok(has_changed)
    }

    /// Takes rounder readings, of which there is an order, so that none come back.
    fn take_rounder<E>(
        &mut self,
        now: &ClockPlan,
        wrong: &mut impl FnMut(&ClockPlan) -> Result<Option<Vec<usize>>, E>,
    ) -> Result<bool, E> {
        let roughness = |plan: &ClockPlan| {
            let mut values: Vec<i64> = plan.steps.iter().map(|step| step.now).collect();
            let sum: i128 = values.iter().map(|&value| i128::from(value).abs()).sum();
            values.sort_unstable();
            values.dedup();
            (values.len(), sum)
        };
        let rough = roughness(now);
        let rounder = rounder_readings(now).into_iter();
        self.take_first(rounder.filter(|plan| roughness(plan) < rough), wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::{draw_plan, is_long};
    use super::super::precedence::Precedence;
    use super::*;
    use crate::model::random::Generator;

    /// Lamport's clock, but what a machine does is to add nothing.
    fn stamps(plan: &ClockPlan, forgets: Deed) -> Vec<u64> {
        let mut clocks = vec![0; plan.machines as usize];
        let mut stamps: Vec<u64> = Vec::new();
        for step in &plan.steps {
            let clock: &mut u64 = &mut clocks[step.machine as usize];
            let is_forgotten = match (step.deed, forgets) {
                (Deed::Receive(_), Deed::Receive(_)) => true,
                (deed, forgotten) => deed == forgotten,
            };
            if let Deed::Receive(sent) = step.deed {
                *clock = (*clock).max(stamps[sent]);
            }
            *clock += u64::from(!is_forgotten);
            stamps.push(*clock);
        }
        stamps
    }

    fn unsound(plan: &ClockPlan, forgets: Deed) -> Option<Vec<usize>> {
        let (precedence, stamps) = (Precedence::new(plan), stamps(plan, forgets));
        let count = stamps.len();
        let mut pairs = (0..count).flat_map(|b| (0..b).map(move |a| (a, b)));
        let found = pairs.find(|&(a, b)| precedence.precedes(a, b) && stamps[a] >= stamps[b]);
        found.map(|(a, b)| vec![a, b])
    }

    #[test]
    fn wrong_clocks_become_as_small_as_they_can_whatever_the_run() {
        let cases = [
            (Deed::Tick, vec![(0, Deed::Tick), (0, Deed::Tick)]),
            (Deed::Send, vec![(0, Deed::Tick), (0, Deed::Send)]),
            (
                Deed::Receive(0),
                vec![(0, Deed::Send), (1, Deed::Receive(0))],
            ),
        ];
        for (forgets, smallest) in cases {
            let mut found = 0;
            for number in (0..300).filter(|&number| !is_long(number)) {
                let plan = draw_plan(number, true, &mut Generator::new(3, number, 0));
                let Some(steps) = unsound(&plan, forgets) else {
                    continue;
                };
                found += 1;
                let shrinker = Shrinker {
                    fifo: true,
                    reads_time: true,
                };
                let wrong = |plan: &ClockPlan| Ok::<_, ()>(unsound(plan, forgets));
                let small = shrinker.shrink(&plan, steps, wrong).unwrap();
                let steps: Vec<_> = small.steps.iter().map(|s| (s.machine, s.deed)).collect();
                assert_eq!(steps, smallest, "run {number}");
            }
            assert!(found > 50, "{found}");
        }
    }

    #[test]
    fn what_takes_many_steps_keeps_as_many_as_it_needs() {
        let sixteen = |plan: &ClockPlan| {
            let stamps = stamps(plan, Deed::Receive(0)); // ticks and sends count
            let found = stamps.iter().position(|&stamp| stamp == 16);
            found.map(|step| vec![step])
        };
        let plans =
            [32, 96, 160].map(|number| draw_plan(number, true, &mut Generator::new(5, number, 0)));
        let wrong = plans.into_iter().filter(|plan| sixteen(plan).is_some());
        let wrong: Vec<ClockPlan> = wrong.collect();
        assert!(wrong.len() > 1);
        for plan in wrong {
            let shrinker = Shrinker {
                fifo: true,
                reads_time: false,
            };
            let small = shrinker
                .shrink(&plan, Vec::new(), |plan| Ok::<_, ()>(sixteen(plan)))
                .unwrap();
            assert_eq!((small.machines, small.steps.len()), (1, 16));
            assert!(
                small
                    .steps
                    .iter()
                    .all(|step| step.deed == Deed::Tick && step.now == 0)
            );
        }
    }
}
