//! What theory expects of a run, without running it.

use crate::behavior::Behavior;
use crate::error::{Error, Result};
use crate::schedule::check_rate;
use crate::topology::Topology;

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
    for &rate in rates {
        check_rate(rate)?;
    }
    if rates.len() != topology.machines() as usize {
        return Err(Error::invalid(format!(
            "{} rates for {} machines: give one rate a machine",
            rates.len(),
            topology.machines()
        )));
    }
    let links = Links::new(topology, behavior);
    let idle = match links {
        Links::Full(share) => fully_connected(rates, share),
        Links::Some(_) => enclosed(rates, &links, go_on)?,
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
}

/// For each machine, who sends to it.
struct Senders {
    /// Where the senders to a machine begin in `list`; after the last machine, where they end.
    starts: Vec<u32>,
    list: Vec<u32>,
    /// The probability with which an idle tick of a machine sends to one of its peers.
    share: Vec<f64>,
}

impl Links {
    fn new(topology: &Topology, behavior: Behavior) -> Self {
        let machines = topology.machines();
        let share = |degree: u32| {
            let broadcasts = behavior.broadcast_share();
            let one = (1.0 - broadcasts) / f64::from(degree);
            (1.0 - behavior.internal_probability()) * (one + broadcasts)
        };
        if machines > 1 && (0..machines).all(|machine| topology.degree(machine) == machines - 1) {
            return Self::Full(share(machines - 1));
        }
        Self::Some(Senders::new(topology, share))
    }

    /// How many sums and comparisons a step for so many machines takes.
    fn work(&self, machines: usize) -> usize {
        match self {
            Self::Full(_) => 4 * machines,
            Self::Some(senders) => 4 * machines + senders.list.len(),
        }
    }

    /// The arrivals at each machine, given the idle ticks of each.
    fn arrivals(&self, idle: &[f64]) -> Vec<f64> {
        match self {
            Self::Full(share) => {
                let total: f64 = idle.iter().sum();
                idle.iter().map(|own| share * (total - own)).collect()
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
fn fully_connected(rates: &[f64], share: f64) -> Option<Vec<f64>> {
    if share >= 1.0 {
        return None;
    }
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
    Some(rates.iter().map(idle).collect())
}

/// Steps after which the iteration is given up.
const STEPS: usize = 50_000;
/// So many sums and comparisons go by between two questions: a few milliseconds.
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn predicted(rates: &[f64], topology: &Topology, behavior: Behavior) -> Prediction {
        predict(rates, topology, behavior, &mut || true).unwrap()
    }

    fn classic(rates: &[f64]) -> Prediction {
        let topology = Topology::Full(rates.len() as u32);
        predicted(rates, &topology, Behavior::default())
    }

    fn near(got: &[f64], expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-9, "{got} {expected}");
        }
    }

    #[test]
    fn the_slow_machine_among_fast_ones_is_as_simulated() {
        near(&classic(&[1.0, 3.0, 6.0]).queue_growth, &[0.5, 0.0, 0.0]);
        near(&classic(&[1.0, 6.0, 6.0]).queue_growth, &[1.0, 0.0, 0.0]);
        near(&classic(&[6.0, 1.0, 6.0]).queue_growth, &[0.0, 1.0, 0.0]);
        near(
            &classic(&[2.0, 6.0, 6.0]).load,
            &[1.0, 1.0 / 6.0, 1.0 / 6.0],
        );
    }

    #[test]
    fn a_machine_nobody_sends_to_is_always_idle() {
        let alone = classic(&[4.0]);
        assert_eq!(alone.idle_rate, [4.0]);
        assert_eq!(alone.load, [0.0]);
        assert_eq!(alone.clock_growth, [4.0]);
        let chain = Topology::adjacency(vec![vec![1], vec![2], vec![]]).unwrap();
        let got = predicted(&[5.0, 2.0, 1.0], &chain, Behavior::new(0.0, 0.0).unwrap());
        assert_eq!(got.arrival_rate, [0.0, 5.0, 0.0]);
        assert_eq!(got.queue_growth, [0.0, 3.0, 0.0]);
        assert!(got.clock_growth[1].is_nan());
    }

    #[test]
    fn what_may_have_several_solutions_is_not_predicted() {
        for (topology, p, b) in [(Topology::Full(2), 0.0, 0.5), (Topology::Ring(5), 0.0, 1.0)] {
            let rates = vec![1.0; topology.machines() as usize];
            let got = predicted(&rates, &topology, Behavior::new(p, b).unwrap());
            for column in [got.idle_rate, got.arrival_rate, got.load, got.queue_growth] {
                assert!(column.iter().all(|value| value.is_nan()), "{topology:?}");
            }
        }
    }

    #[test]
    fn what_has_two_solutions_is_not_predicted() {
        // Each machine of a ring sends all to both neighbours: every other one is idle, either half.
        let links = Links::new(&Topology::Ring(4), Behavior::new(0.0, 1.0).unwrap());
        for solution in [[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]] {
            let arrivals = links.arrivals(&solution).into_iter();
            let step: Vec<f64> = arrivals.map(|a| (1.0 - a).max(0.0)).collect();
            assert_eq!(step, solution);
        }
        assert_eq!(enclosed(&[1.0; 4], &links, &mut || true).unwrap(), None);
    }

    #[test]
    fn what_alternates_is_given_up_at_once_and_what_is_long_can_be_interrupted() {
        let rates = vec![1.0; 20_000];
        let ring = Topology::Ring(20_000);
        let mut refuse = || false;
        let given_up = predict(&rates, &ring, Behavior::new(0.0, 1.0).unwrap(), &mut refuse);
        assert!(given_up.unwrap().load[0].is_nan());
        // Close to the edge the iteration takes its time.
        let long = predict(
            &rates,
            &ring,
            Behavior::new(0.51, 1.0).unwrap(),
            &mut refuse,
        );
        assert!(matches!(long, Err(Error::State(_))));
    }

    /// Every solution: for each choice of machines that are ever idle, that of the linear equations.
    fn solutions(rates: &[f64], links: &Links) -> Vec<Vec<f64>> {
        let machines = rates.len();
        let columns: Vec<Vec<f64>> = (0..machines)
            .map(|machine| {
                let mut unit = vec![0.0; machines];
                unit[machine] = 1.0;
                links.arrivals(&unit)
            })
            .collect();
        let mut found = Vec::new();
        for choice in 0..1_u32 << machines {
            let idle: Vec<usize> = (0..machines).filter(|i| choice >> i & 1 == 1).collect();
            let mut rows: Vec<Vec<f64>> = idle
                .iter()
                .map(|&i| {
                    let of = |&j: &usize| columns[j][i] + f64::from(u8::from(i == j));
                    idle.iter().map(of).chain([rates[i]]).collect()
                })
                .collect();
            if !solve(&mut rows) {
                continue;
            }
            let mut solution = vec![0.0; machines];
            for (row, &i) in rows.iter().zip(&idle) {
                solution[i] = row[idle.len()];
            }
            let arrivals = links.arrivals(&solution);
            let is_right = (0..machines).all(|i| {
                let step = (rates[i] - arrivals[i]).max(0.0);
                (step - solution[i]).abs() <= 1e-9 * rates[i]
            });
            if is_right {
                found.push(solution);
            }
        }
        found
    }

    /// Gauss and Jordan; whether the rows are independent.
    fn solve(rows: &mut [Vec<f64>]) -> bool {
        for column in 0..rows.len() {
            let size = |&row: &usize| rows[row][column].abs();
            let pivot = (column..rows.len())
                .max_by(|a, b| size(a).total_cmp(&size(b)))
                .unwrap();
            rows.swap(column, pivot);
            let divisor = rows[column][column];
            if divisor.abs() < 1e-9 {
                return false;
            }
            for value in &mut rows[column] {
                *value /= divisor;
            }
            let pivot = rows[column].clone();
            let others = rows.iter_mut().enumerate();
            for (_, row) in others.filter(|(other, _)| *other != column) {
                let factor = row[column];
                for (value, pivot) in row.iter_mut().zip(&pivot) {
                    *value -= factor * pivot;
                }
            }
        }
        true
    }

    #[test]
    fn digits_that_alternate_by_rounding_are_no_second_solution() {
        let rates = [5.916_727_109_524_498, 5.566_513_401_729_598];
        let share = 1.0 - 0.074_695_269_295_944_78;
        let topology = Topology::Full(2);
        let links = Links::Some(Senders::new(&topology, |_| share));
        let found = enclosed(&rates, &links, &mut || true).unwrap().unwrap();
        for (idle, expected) in found.iter().zip(fully_connected(&rates, share).unwrap()) {
            assert!((idle - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn bad_rates_are_refused() {
        for rates in [&[0.0, 1.0][..], &[f64::NAN, 1.0], &[1.0]] {
            assert!(predict(rates, &Topology::Full(2), Behavior::default(), &mut || true).is_err());
        }
    }

    proptest! {
        #[test]
        fn the_equations_hold(rates in prop::collection::vec(0.1_f64..100.0, 2..12), p in 0.05_f64..1.0, b in 0.0_f64..0.9) {
            let behavior = Behavior::new(p, b).unwrap();
            let n = rates.len() as f64;
            let s = (1.0 - p) * ((1.0 - b) / (n - 1.0) + b);
            let got = predicted(&rates, &Topology::Full(rates.len() as u32), behavior);
            for j in 0..rates.len() {
                let others: f64 = (0..rates.len()).filter(|&i| i != j).map(|i| got.idle_rate[i]).sum();
                prop_assert!((got.arrival_rate[j] - s * others).abs() < 1e-9 * n * 100.0);
                prop_assert!((got.idle_rate[j] - (rates[j] - got.arrival_rate[j]).max(0.0)).abs() < 1e-7);
            }
        }

        #[test]
        fn what_is_predicted_is_the_only_solution(
            edges in prop::collection::vec(any::<bool>(), 25),
            rates in prop::collection::vec(0.5_f64..8.0, 2..6),
            p in 0.0_f64..0.6,
            b in 0.0_f64..=1.0,
        ) {
            let machines = rates.len() as u32;
            let peers = |i: u32| (0..machines).filter(|&j| i != j && edges[(5 * i + j) as usize]).collect();
            let topology = Topology::adjacency((0..machines).map(peers).collect()).unwrap();
            let links = Links::Some(Senders::new(&topology, |degree| {
                if degree == 0 { 0.0 } else { (1.0 - p) * ((1.0 - b) / f64::from(degree) + b) }
            }));
            let all = solutions(&rates, &links);
            prop_assert!(!all.is_empty());
            if let Some(only) = enclosed(&rates, &links, &mut || true).unwrap() {
                for solution in &all {
                    for ((a, b), rate) in solution.iter().zip(&only).zip(&rates) {
                        prop_assert!((a - b).abs() <= 1e-6 * rate, "{all:?} {only:?}");
                    }
                }
            } else {
                // Where one step makes any two guesses closer, it is never given up.
                let shares = (0..machines).map(|i| (1.0 - p) * ((1.0 - b) / f64::from(topology.degree(i).max(1)) + b));
                let largest = shares.fold(0.0, f64::max);
                prop_assert!(largest * f64::from(machines - 1) >= 0.99, "{all:?}");
            }
        }

        #[test]
        fn both_ways_to_solve_agree(rates in prop::collection::vec(0.1_f64..100.0, 2..6)) {
            let machines = rates.len() as u32;
            let behavior = Behavior::default();
            let Links::Full(share) = Links::new(&Topology::Full(machines), behavior) else { unreachable!() };
            let senders = Senders::new(&Topology::Full(machines), |_| share);
            let step = enclosed(&rates, &Links::Some(senders), &mut || true).unwrap().unwrap();
            for (a, b) in step.iter().zip(fully_connected(&rates, share).unwrap()) {
                prop_assert!((a - b).abs() < 1e-9 * 100.0);
            }
        }
    }
}
