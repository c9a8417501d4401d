//! How fast clocks grow: bounds that are proved, and a value that is fitted.

use super::chains::Chains;
use super::components::components;
use super::links::Links;

/// Loads nearer to 1 than this are not told apart from it: such queues grow like the square root of time.
pub(super) const CRITICAL: f64 = 0.1;

/// How fast a clock grows, per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Growth {
    /// It is no less,
    pub(super) low: f64,
    /// about this, or NaN,
    pub(super) value: f64,
    /// and no more.
    pub(super) high: f64,
}

/// Of each machine, and by how much the largest growth is above the smallest.
pub(super) struct Growths {
    pub(super) each: Vec<Growth>,
    pub(super) drift: f64,
}

impl Growth {
    pub(super) const UNKNOWN: Self = Self::certain(f64::NAN);

    const fn certain(value: f64) -> Self {
        Self {
            low: value,
            value,
            high: value,
        }
    }

    /// That of a clock that follows both.
    fn or(self, other: Self) -> Self {
        let value = if self.low >= other.high {
            self.value
        } else if other.low >= self.high {
            other.value
        } else if self.value.is_nan() || other.value.is_nan() {
            f64::NAN
        } else {
            self.value.max(other.value)
        };
        Self {
            low: self.low.max(other.low),
            value,
            high: self.high.max(other.high),
        }
    }

    /// That of a machine that reads so large a share of what is sent to it.
    fn slowed(self, share: f64) -> Self {
        Self {
            low: self.low * share,
            value: self.value * share,
            high: self.high * share,
        }
    }
}

/// What clocks do of machines with these rates, the only idle rates and arrivals.
pub(super) fn clock_growth(
    rates: &[f64],
    links: &Links,
    idle: &[f64],
    arrivals: &[f64],
) -> Growths {
    let is_idle = |machine: usize| idle[machine] > 1e-9 * rates[machine];
    let groups = match links {
        Links::Full(share) => {
            let members: Vec<u32> = (0..rates.len() as u32)
                .filter(|&machine| is_idle(machine as usize))
                .collect();
            if *share > 0.0 {
                vec![members]
            } else {
                members.into_iter().map(|one| vec![one]).collect()
            }
        }
        Links::Some(inflows) => components(inflows, &is_idle),
    };
    let mut each = vec![Growth::UNKNOWN; rates.len()];
    let mut places = vec![0; rates.len()];
    let senders_of = |machine: usize, each: &[Growth]| match links {
        Links::Full(_) => groups.first().map(|group| each[group[0] as usize]),
        Links::Some(inflows) => {
            let senders = inflows
                .to(machine)
                .iter()
                .map(|&(sender, _)| sender as usize);
            let known = senders.filter(|&sender| is_idle(sender) && !each[sender].low.is_nan());
            known.map(|sender| each[sender]).reduce(Growth::or)
        }
    };
    for group in &groups {
        let mut growth = together(rates, links, idle, group, &mut places);
        if matches!(links, Links::Some(_)) {
            for &member in group {
                // Those of the group itself are not known yet.
                if let Some(senders) = senders_of(member as usize, &each) {
                    growth = growth.or(senders);
                }
            }
        }
        for &member in group {
            each[member as usize] = growth;
        }
    }
    for machine in 0..rates.len() {
        let (rate, arrived) = (rates[machine], arrivals[machine]);
        if !is_idle(machine) {
            let own = Growth::certain(rate);
            each[machine] = match senders_of(machine, &each).filter(|_| arrived > 0.0) {
                Some(growth) => own.or(growth.slowed((rate / arrived).min(1.0))),
                None => own,
            };
        }
    }
    let is_critical = |(rate, arrived): (&f64, &f64)| (arrived / rate - 1.0).abs() < CRITICAL;
    let critical: Vec<bool> = rates.iter().zip(arrivals).map(is_critical).collect();
    for (growth, _) in each.iter_mut().zip(&critical).filter(|(_, near)| **near) {
        growth.value = f64::NAN;
    }
    let mut drift = f64::NAN;
    if groups.len() == 1 && groups[0].len() == rates.len() && !critical.contains(&true) {
        drift = 0.0;
    }
    if each.iter().all(|growth| !growth.value.is_nan()) {
        let values = || each.iter().map(|growth| growth.value);
        drift = values().fold(0.0, f64::max) - values().fold(f64::INFINITY, f64::min);
    }
    Growths { each, drift }
}

/// The growth of machines that are all idle at times and all reach each other, if they heard nobody else.
fn together(
    rates: &[f64],
    links: &Links,
    idle: &[f64],
    group: &[u32],
    places: &mut [u32],
) -> Growth {
    let rates: Vec<f64> = group.iter().map(|&one| rates[one as usize]).collect();
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    if group.len() == 1 {
        return Growth::certain(fastest);
    }
    let is_fastest = |rate: &&f64| **rate >= fastest * (1.0 - 1e-9);
    let value = if rates.iter().filter(is_fastest).count() > 1 {
        // How their phases lie to each other stays as it is drawn.
        f64::NAN
    } else {
        let shares: Vec<f64> = group
            .iter()
            .zip(&rates)
            .map(|(&one, rate)| idle[one as usize] / rate)
            .collect();
        let inner = links.among(group, places);
        let chains = Chains {
            links: &inner,
            rates: &rates,
            idle: &shares,
            fastest,
        };
        fastest * (1.0 + fitted(chains.excess(), inner.mean_share()))
    };
    Growth {
        low: fastest,
        value,
        high: 2.0 * fastest,
    }
}

/// What of the first moment's excess is seen, where an idle tick sends to a peer with the probability `share` on
/// average: fitted to simulations, see `docs/explanation/theory.md`.
fn fitted(excess: f64, share: f64) -> f64 {
    0.94 * (1.0 - 0.85 * share) * excess * excess / (excess + 0.21)
}
