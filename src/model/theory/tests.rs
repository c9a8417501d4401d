//! The solutions of the model's equations, in closed form, by iteration, and by trying all.

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
    let links = Links::new(
        &Topology::Ring(4),
        Behavior::new(0.0, 1.0).unwrap(),
        &Manners::default(),
    );
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
    for (idle, expected) in found.iter().zip(fully_connected(&rates, share)) {
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
        let Links::Full(share) = Links::new(&Topology::Full(machines), behavior, &Manners::default()) else { unreachable!() };
        let senders = Senders::new(&Topology::Full(machines), |_| share);
        let step = enclosed(&rates, &Links::Some(senders), &mut || true).unwrap().unwrap();
        for (a, b) in step.iter().zip(fully_connected(&rates, share)) {
            prop_assert!((a - b).abs() < 1e-9 * 100.0);
        }
    }
}
