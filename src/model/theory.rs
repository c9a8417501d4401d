//! What theory expects of a run, without running it.

use crate::error::{Error, Result};
use crate::model::behavior::Behavior;
use crate::model::manner::Manners;
use crate::model::topology::Topology;
use crate::setting::check_rate;

/// One value a machine; NaN where it is not known to be unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Ticks per second, as given.
    pub clock_rate: Vec<f64>,
    /// Ticks per second that find the queue empty.
    pub idle_rate: Vec<f64>,
    /// Messages per second that arrive.
    pub arrival_rate: Vec<f64>,
    /// Messages that arrive per tick.
    pub load: Vec<f64>,
    /// How fast the queue grows, in messages per second: 0 up to load 1.
    pub queue_growth: Vec<f64>,
    /// How fast the clock grows, per second; known only where nothing arrives.
    pub clock_growth: Vec<f64>,
}

/// What machines with these rates do in the long run.
///
/// A machine with rate r and arrivals a is idle at u = max(0, r - a) ticks per second, and each
/// idle tick sends to a given peer with a fixed probability. Rates that fulfil this for all
/// machines are predicted where they are known to be unique: in fully connected groups, and wherever
/// the iteration of these equations converges.
///
/// `go_on` is asked every few milliseconds; when it says no, it ends with an error.
pub fn predict(
    rates: &[f64],
    topology: &Topology,
    behavior: Behavior,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Prediction> {
    predict_each(rates, topology, (behavior, &Manners::default()), go_on)
}

/// The same for machines that may differ in what they do when idle and in whom they send to.
///
/// An idle tick then sends to each peer with a probability of its own. The iteration shows as before where there
/// is one solution; without it there is no prediction, in fully connected groups too.
pub fn predict_each(
    rates: &[f64],
    topology: &Topology,
    (behavior, manners): (Behavior, &Manners),
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Prediction> {
    for &rate in rates {
        check_rate(rate)?;
    }
    if rates.len() != topology.machines() as usize {
        return Err(Error::invalid(format!(
            "{} rates for {} machines: give one rate per machine",
            rates.len(),
            topology.machines()
        )));
    }
    manners.check(topology)?;
    let links = Links::new(topology, behavior, manners);
    let idle = match links {
        Links::Full(share) if share < 1.0 => Some(fully_connected(rates, share)),
        _ => enclosed(rates, &links, go_on)?,
    }
    .unwrap_or_else(|| vec![f64::NAN; rates.len()]);
    let arrival_rate = links.arrivals(&idle);
    let each = |value: fn(f64, f64) -> f64| -> Vec<f64> {
        let pairs = rates.iter().zip(&arrival_rate);
        pairs
            .map(|(&rate, &arrivals)| value(rate, arrivals))
            .collect()
    };
    Ok(Prediction {
        clock_rate: rates.to_vec(),
        load: each(|rate, arrivals| arrivals / rate),
        queue_growth: each(|rate, arrivals| {
            if arrivals.is_nan() {
                f64::NAN
            } else {
                (arrivals - rate).max(0.0)
            }
        }),
        clock_growth: each(|rate, arrivals| if arrivals == 0.0 { rate } else { f64::NAN }),
        idle_rate: idle,
        arrival_rate,
    })
}

/// Who sends how much to whom.
enum Links {
    /// Every idle tick of every machine sends to every other with this probability.
    Full(f64),
    /// Only those sends happen.
    Some(Senders),
    /// Each link has a probability of its own.
    Each(Inflows),
}

/// For each machine, who sends to it, and with which probability at an idle tick.
struct Inflows(Vec<Vec<(u32, f64)>>);

/// For each machine, who sends to it.
struct Senders {
    /// Where the senders to a machine begin in `list`; after the last machine, where they end.
    starts: Vec<u32>,
    list: Vec<u32>,
    /// The probability with which an idle tick of a machine sends to one of its peers.
    share: Vec<f64>,
}

impl Links {
    fn new(topology: &Topology, behavior: Behavior, manners: &Manners) -> Self {
        let machines = topology.machines();
        if !manners.draw_alike() {
            return Self::Each(Inflows::new(topology, behavior, manners));
        }
        let share = |degree: u32| behavior.sends_to_one(degree);
        if machines > 1 && (0..machines).all(|machine| topology.degree(machine) == machines - 1) {
            return Self::Full(share(machines - 1));
        }
        Self::Some(Senders::new(topology, share))
    }

    /// How many sums and comparisons a step for this many machines takes.
    fn work(&self, machines: usize) -> usize {
        match self {
            Self::Full(_) => 4 * machines,
            Self::Some(senders) => 4 * machines + senders.list.len(),
            Self::Each(Inflows(links)) => 4 * machines + links.iter().map(Vec::len).sum::<usize>(),
        }
    }

    /// The arrivals at each machine, given the idle ticks of each.
    fn arrivals(&self, idle: &[f64]) -> Vec<f64> {
        match self {
            Self::Full(share) => {
                let total: f64 = idle.iter().sum();
                idle.iter().map(|own| share * (total - own)).collect()
            }
            Self::Each(Inflows(links)) => {
                let from = |&(sender, share): &(u32, f64)| share * idle[sender as usize];
                links
                    .iter()
                    .map(|list| list.iter().map(from).sum())
                    .collect()
            }
            Self::Some(senders) => {
                let from = |&sender: &u32| senders.share[sender as usize] * idle[sender as usize];
                let ends = senders.starts.windows(2);
                ends.map(|ends| {
                    let list = &senders.list[ends[0] as usize..ends[1] as usize];
                    list.iter().map(from).sum()
                })
                .collect()
            }
        }
    }
}

impl Inflows {
    fn new(topology: &Topology, behavior: Behavior, manners: &Manners) -> Self {
        let machines = topology.machines();
        let mut links = vec![Vec::new(); machines as usize];
        for sender in 0..machines {
            for (peer, share) in topology
                .peers(sender)
                .zip(manners.sends_to(topology, sender, behavior))
            {
                links[peer as usize].push((sender, share));
            }
        }
        Self(links)
    }
}

impl Senders {
    fn new(topology: &Topology, share: impl Fn(u32) -> f64) -> Self {
        let machines = topology.machines();
        let mut starts = vec![0; machines as usize + 1];
        for sender in 0..machines {
            for peer in topology.peers(sender) {
                starts[peer as usize + 1] += 1;
            }
        }
        for machine in 0..machines as usize {
            starts[machine + 1] += starts[machine];
        }
        let mut ends = starts.clone();
        let mut list = vec![0; starts[machines as usize] as usize];
        for sender in 0..machines {
            for peer in topology.peers(sender) {
                let end = &mut ends[peer as usize];
                list[*end as usize] = sender;
                *end += 1;
            }
        }
        let degrees = (0..machines).map(|machine| topology.degree(machine));
        Self {
            starts,
            list,
            share: degrees.map(share).collect(),
        }
    }
}

/// The idle rates of fully connected machines, unique for `share` < 1.
fn fully_connected(rates: &[f64], share: f64) -> Vec<f64> {
    let mut sorted = rates.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    let mut total = 0.0;
    // The k fastest machines are those that are ever idle.
    for (place, rate) in sorted.iter().enumerate() {
        sum += rate;
        total = sum / (1.0 - share + (place + 1) as f64 * share);
        if sorted
            .get(place + 1)
            .is_none_or(|next| share * total >= *next)
        {
            break;
        }
    }
    let idle = |rate: &f64| ((rate - share * total) / (1.0 - share)).max(0.0);
    rates.iter().map(idle).collect()
}

/// Steps after which the iteration is given up.
const STEPS: usize = 50_000;
/// Sums and comparisons between two questions whether to go on: a few milliseconds.
const WORK: usize = 1 << 21;

/// The idle rates, if the iteration from `rates` converges, which shows that they are unique.
///
/// A step F maps idle rates u to max(0, rates - A u), where A has no negative entry. More idle ticks
/// anywhere never mean more idle ticks after the step: u <= v gives F(u) >= F(v). Any solution
/// u = F(u) has u <= rates, so one step from there is at most u, the next at least u, and so on: two
/// consecutive iterates always have every solution between them. The upper ones only come
/// down, as the second is at most the first, and the lower ones go up, in floats too, whose rounding keeps
/// order. So either both come together, on the only solution, or they end up alternating between two.
fn enclosed(
    rates: &[f64],
    links: &Links,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Vec<f64>>> {
    let step_work = links.work(rates.len());
    let mut work = 0;
    let (mut before, mut last) = (Vec::new(), rates.to_vec());
    for _ in 0..STEPS {
        let arrivals = links.arrivals(&last);
        let pairs = rates.iter().zip(arrivals);
        let next: Vec<f64> = pairs.map(|(rate, a)| (rate - a).max(0.0)).collect();
        let are_within = |part: f64| {
            let mut changes = next.iter().zip(&last).zip(rates);
            changes.all(|((new, old), rate)| (new - old).abs() <= part * rate)
        };
        if are_within(1e-15) {
            return Ok(Some(next));
        }
        if next == before {
            // Rounding may keep the last digits alternating; the solution is between them.
            return Ok(are_within(1e-9).then_some(next));
        }
        (before, last) = (last, next);
        work += step_work;
        if work >= WORK {
            work = 0;
            if !go_on() {
                return Err(Error::state("the prediction was interrupted"));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
