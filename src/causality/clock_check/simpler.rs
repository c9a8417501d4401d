//! What is a little simpler than a plan: fewer steps, fewer machines, ticks for messages, rounder times.

use super::plan::{ClockPlan, Deed};
use super::precedence::Precedence;

/// What can have caused some steps, and they.
pub(super) fn past_of(plan: &ClockPlan, ends: &[usize]) -> ClockPlan {
    let precedence = Precedence::new(plan);
    let is_past = |place: usize, of: usize| place == of || precedence.precedes(place, of);
    plan.only(|place| ends.iter().any(|&end| is_past(place, end)))
}

/// The longest chains of steps, each of which follows from the one before, that lead to some steps; receipts of
/// what is in none of them are ticks.
pub(super) fn chains_to(plan: &ClockPlan, ends: &[usize]) -> ClockPlan {
    let mut newest = vec![None; plan.machines as usize];
    // By step, how long the longest chain to it is, and what is before it there.
    let mut chains: Vec<(usize, Option<usize>)> = Vec::with_capacity(plan.steps.len());
    for (place, step) in plan.steps.iter().enumerate() {
        let own: Option<usize> = newest[step.machine as usize].replace(place);
        let sent = match step.deed {
            Deed::Receive(sent) => Some(sent),
            _ => None,
        };
        let before = own
            .into_iter()
            .chain(sent)
            .max_by_key(|&cause| chains[cause].0);
        chains.push((before.map_or(0, |cause| chains[cause].0 + 1), before));
    }
    let mut is_kept = vec![false; plan.steps.len()];
    for &end in ends {
        let mut next = Some(end);
        while let Some(place) = next.filter(|&place| !is_kept[place]) {
            is_kept[place] = true;
            next = chains[place].1;
        }
    }
    let mut chain = plan.clone();
    for step in &mut chain.steps {
        if matches!(step.deed, Deed::Receive(sent) if !is_kept[sent]) {
            step.deed = Deed::Tick;
        }
    }
    chain.only(|place| is_kept[place])
}

/// Plans with fewer machines, or in which one does what another did.
pub(super) fn fewer_machines(plan: &ClockPlan) -> Vec<ClockPlan> {
    let used: Vec<u32> = (0..plan.machines)
        .filter(|&machine| plan.steps.iter().any(|step| step.machine == machine))
        .collect();
    let mut found = Vec::new();
    if (used.len() as u32).max(1) < plan.machines {
        let mut without = plan.clone();
        without.machines = (used.len() as u32).max(1);
        for step in &mut without.steps {
            step.machine = used.partition_point(|&other| other < step.machine) as u32;
        }
        found.push(without);
        let mut fewer = plan.clone();
        fewer.machines -= 1;
        found.extend(used.is_empty().then_some(fewer));
    }
    for (place, &into) in used.iter().enumerate() {
        found.extend(
            used[place + 1..]
                .iter()
                .map(|&from| joined(plan, into, from)),
        );
    }
    found
}

/// The plan in which one machine does what another did; of what it sent to itself the receipts are ticks.
fn joined(plan: &ClockPlan, into: u32, from: u32) -> ClockPlan {
    let mut made = plan.clone();
    for step in &mut made.steps {
        if step.machine == from {
            step.machine = into;
        }
    }
    for place in 0..made.steps.len() {
        if let Deed::Receive(sent) = made.steps[place].deed
            && made.steps[sent].machine == made.steps[place].machine
        {
            made.steps[place].deed = Deed::Tick;
        }
    }
    made
}

/// The plan in which what is sent to nobody is a tick, then those in which one step is.
pub(super) fn plainer_steps(plan: &ClockPlan) -> impl Iterator<Item = ClockPlan> {
    let mut is_received = vec![false; plan.steps.len()];
    for step in &plan.steps {
        if let Deed::Receive(sent) = step.deed {
            is_received[sent] = true;
        }
    }
    let with_ticks = |is_tick: &dyn Fn(usize) -> bool| {
        let mut made = plan.clone();
        for (place, step) in made.steps.iter_mut().enumerate() {
            if is_tick(place) {
                step.deed = Deed::Tick;
            }
        }
        made
    };
    let is_vain = |place: usize| plan.steps[place].deed == Deed::Send && !is_received[place];
    let all = with_ticks(&is_vain);
    let single: Vec<usize> = (0..plan.steps.len())
        .filter(|&place| is_vain(place) || matches!(plan.steps[place].deed, Deed::Receive(_)))
        .collect();
    let each = move |place: usize| {
        let mut made = plan.clone();
        made.steps[place].deed = Deed::Tick;
        made
    };
    std::iter::once(all).chain(single.into_iter().map(each))
}

/// Plans with rounder readings: none that go on, those of a right clock, places in their order, and the one before.
pub(super) fn rounder_readings(plan: &ClockPlan) -> Vec<ClockPlan> {
    let with = |now: &dyn Fn(usize) -> i64| {
        let mut made = plan.clone();
        for (place, step) in made.steps.iter_mut().enumerate() {
            step.now = now(place);
        }
        made
    };
    let mut sorted: Vec<i64> = plan.steps.iter().map(|step| step.now).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let rank = |place: usize| sorted.partition_point(|&now| now < plan.steps[place].now) as i64;
    let mut found = vec![with(&|_| 0), with(&|place| place as i64), with(&rank)];
    found.extend((1..sorted.len()).map(|gone| {
        with(&|place| match rank(place) {
            rank if rank as usize >= gone => rank - 1,
            rank => rank,
        })
    }));
    found
}

/// Plans in which two steps next to each other, of the later machine first, have changed places.
pub(super) fn swapped_steps(plan: &ClockPlan) -> impl Iterator<Item = ClockPlan> {
    let places = (1..plan.steps.len()).filter(|&place| {
        let (before, after) = (plan.steps[place - 1], plan.steps[place]);
        before.machine > after.machine && after.deed != Deed::Receive(place - 1)
    });
    places.map(|place| {
        let mut made = plan.clone();
        made.steps.swap(place - 1, place);
        for step in &mut made.steps {
            if let Deed::Receive(sent) = &mut step.deed {
                *sent = match *sent {
                    at if at == place => place - 1,
                    at if at == place - 1 => place,
                    at => at,
                };
            }
        }
        made
    })
}
