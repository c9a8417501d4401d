//! Bounds of all solutions, that come together where there is one.

use super::components::components;
use super::links::Inflows;
use crate::error::{Error, Result};

/// Sweeps after which the bounds are taken as they are.
const SWEEPS: usize = 50_000;
/// The most sums and comparisons for them.
const MOST_WORK: usize = 4_000_000_000;
/// Sums and comparisons between two questions whether to go on: a few milliseconds.
pub(super) const WORK: usize = 1 << 21;
/// Sweeps between two looks at which machines are done.
const LOOK: usize = 16;

/// Between these lies every solution.
pub(super) struct Enclosure {
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
}

/// What a machine's idle rate is known to, given its rate and the most that may arrive.
pub(super) fn precision(rate: f64, arrivals: f64) -> f64 {
    1e-9 * rate + 1e-14 * arrivals
}

/// Encloses the idle rates u = max(0, rates - A u), where A has no negative entry.
///
/// More idle ticks anywhere never mean more idle ticks of others: bounds from above give bounds from below, and
/// these again bounds from above. They only come closer, in floats too, whose rounding keeps order. Machines
/// are taken senders first, so that without circles one sweep does it. `go_on` is asked every few milliseconds;
/// when it says no, this ends with an error.
pub(super) fn enclose(
    rates: &[f64],
    inflows: &Inflows,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Enclosure> {
    let (mut low, mut high) = (vec![0.0; rates.len()], rates.to_vec());
    let mut order = components(inflows, &|_| true).concat();
    let (mut work, mut asked) = (0, 0);
    for sweep in 1..=SWEEPS {
        let mut changes = false;
        for &machine in &order {
            let machine = machine as usize;
            let most = (rates[machine] - inflows.sum(machine, &low)).max(0.0);
            changes |= most < high[machine];
            high[machine] = most;
            let least = (rates[machine] - inflows.sum(machine, &high)).max(0.0);
            changes |= least > low[machine];
            low[machine] = least;
            work += 4 + 2 * inflows.to(machine).len();
        }
        if !changes || work > MOST_WORK {
            break;
        }
        if work - asked >= WORK {
            asked = work;
            if !go_on() {
                return Err(Error::state("the prediction was interrupted"));
            }
        }
        if sweep % LOOK == 0 {
            order.retain(|&machine| low[machine as usize] < high[machine as usize]);
        }
    }
    Ok(Enclosure { low, high })
}

impl Enclosure {
    /// The machines whose bounds are apart.
    pub(super) fn open(&self, rates: &[f64], inflows: &Inflows) -> Vec<u32> {
        let is_open = |&machine: &usize| {
            let most = inflows.sum(machine, &self.high);
            self.high[machine] - self.low[machine] > precision(rates[machine], most)
        };
        let machines = (0..rates.len()).filter(is_open);
        machines.map(|machine| machine as u32).collect()
    }

    /// The middle between the bounds.
    pub(super) fn middle(&self) -> Vec<f64> {
        let pairs = self.low.iter().zip(&self.high);
        pairs
            .map(|(low, high)| f64::midpoint(*low, *high))
            .collect()
    }
}
