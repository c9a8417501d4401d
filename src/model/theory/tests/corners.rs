//! All solutions of random machines, against every choice of equations that makes a point.

use super::super::fixed_points::fixed_points;
use super::super::links::Inflows;
use super::*;
use proptest::prelude::*;

/// Gauss with the largest pivots; nothing if the rows are dependent.
fn solve(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let count = rows.len();
    for column in 0..count {
        let size = |&row: &usize| rows[row][column].abs();
        let pivot = (column..count).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        rows.swap(column, pivot);
        if rows[column][column].abs() < 1e-9 {
            return None;
        }
        let pivot = rows[column].clone();
        for (place, row) in rows.iter_mut().enumerate() {
            if place != column {
                let factor = row[column] / pivot[column];
                row.iter_mut()
                    .zip(&pivot)
                    .for_each(|(a, b)| *a -= factor * b);
            }
        }
    }
    Some(
        (0..count)
            .map(|row| rows[row][count] / rows[row][row])
            .collect(),
    )
}

fn holds(rates: &[f64], links: &Links, idle: &[f64]) -> bool {
    let arrivals = links.arrivals(idle);
    (0..rates.len()).all(|i| ((rates[i] - arrivals[i]).max(0.0) - idle[i]).abs() < 1e-7)
}

fn is_same(one: &[f64], other: &[f64]) -> bool {
    one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-5)
}

/// Every point that n of the 2 n equations "machine i is never idle" and "machine i has no tick to spare or lacking"
/// make and that is a solution; and whether one half way between two of them is.
fn all(rates: &[f64], links: &Links) -> (Vec<Vec<f64>>, bool) {
    let n = rates.len();
    let columns: Vec<Vec<f64>> = (0..n)
        .map(|machine| {
            let mut unit = vec![0.0; n];
            unit[machine] = 1.0;
            links.arrivals(&unit)
        })
        .collect();
    let mut equations: Vec<Vec<f64>> = Vec::new();
    for i in 0..n {
        let one = |j: usize| f64::from(u8::from(i == j));
        equations.push((0..n).map(one).chain([0.0]).collect());
        let both = (0..n).map(|j| one(j) + columns[j][i]);
        equations.push(both.chain([rates[i]]).collect());
    }
    let mut points: Vec<Vec<f64>> = Vec::new();
    for choice in (0_u32..1 << (2 * n)).filter(|choice| choice.count_ones() as usize == n) {
        let chosen = (0..2 * n).filter(|place| choice >> place & 1 == 1);
        let rows = chosen.map(|place| equations[place].clone()).collect();
        let Some(point) = solve(rows) else { continue };
        if holds(rates, links, &point) && !points.iter().any(|old| is_same(old, &point)) {
            points.push(point);
        }
    }
    let between = points.iter().enumerate().any(|(place, one)| {
        points[..place].iter().any(|other| {
            let middle: Vec<f64> = one.iter().zip(other).map(|(a, b)| 0.5 * (a + b)).collect();
            holds(rates, links, &middle)
        })
    });
    (points, between)
}

fn compare(rates: &[f64], links: &Links) -> &'static str {
    let (points, between) = all(rates, links);
    let found = fixed_points(rates, links, &mut || true).unwrap();
    let expected = match (points.len(), between) {
        (_, true) => "continuum",
        (1, _) => "unique",
        _ => "several",
    };
    assert_eq!(found.in_words(), expected, "{points:?} {found:?}");
    let listed = found.listed();
    assert_eq!(listed.len(), points.len(), "{points:?} {listed:?}");
    for point in &points {
        assert!(
            listed.iter().any(|one| is_same(one, point)),
            "{points:?} {listed:?}"
        );
    }
    found.in_words()
}

/// Rates that are often equal, or sums of each other.
fn rates(machines: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    let rate = prop_oneof![
        3 => prop::sample::select(vec![1.0, 2.0, 3.0]),
        2 => 0.5_f64..8.0
    ];
    prop::collection::vec(rate, machines)
}

/// A probability that is often just this.
fn mostly(this: f64) -> impl Strategy<Value = f64> {
    prop_oneof![2 => Just(this), 1 => 0.0_f64..1.0]
}

/// Runs `compare` on so many cases, of which each kind is at least some.
fn on_cases<S: Strategy>(
    cases: u32,
    strategy: &S,
    kinds: &[&str],
    run: impl Fn(S::Value) -> &'static str,
) {
    let counts = std::cell::RefCell::new(std::collections::BTreeMap::new());
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(config, rng);
    let judged = runner.run(strategy, |value| {
        *counts.borrow_mut().entry(run(value)).or_insert(0) += 1;
        Ok(())
    });
    judged.unwrap();
    let counts = counts.into_inner();
    for kind in kinds {
        assert!(
            counts.get(kind).is_some_and(|&count| count >= 5),
            "{counts:?}"
        );
    }
}

#[test]
fn all_solutions_of_digraphs_are_found() {
    let links = prop::collection::vec(0.0_f64..1.0, 36);
    let cases = (
        rates(2..7),
        links,
        0.2_f64..1.0,
        any::<bool>(),
        mostly(0.0),
        mostly(1.0),
    );
    on_cases(
        300,
        &cases,
        &["unique", "several", "continuum"],
        |(rates, links, density, both_ways, p, b)| {
            let (machines, links) = (rates.len(), &links);
            let peers = |i: usize| {
                (0..machines).filter(move |j| i != *j).filter(move |j| {
                    let (i, j) = if both_ways {
                        (i.min(*j), i.max(*j))
                    } else {
                        (i, *j)
                    };
                    links[6 * i + j] < density
                })
            };
            let inflows = Inflows::new(machines, |sender, add| {
                let degree = peers(sender as usize).count() as f64;
                let share = (1.0 - p) * ((1.0 - b) / degree + b);
                peers(sender as usize).for_each(|peer| add(peer as u32, share));
            });
            compare(&rates, &Links::Some(inflows))
        },
    );
}

#[test]
fn all_solutions_of_full_meshes_are_found_in_both_ways() {
    on_cases(
        300,
        &(rates(2..6), mostly(0.0), mostly(1.0)),
        &["unique", "continuum"],
        |(rates, p, b)| {
            let machines = rates.len() as u32;
            let full = Links::new(
                &Topology::Full(machines),
                Behavior::new(p, b).unwrap(),
                &Manners::default(),
            );
            let Links::Full(share) = full else {
                unreachable!()
            };
            let inflows = Inflows::new(rates.len(), |sender, add| {
                (0..machines)
                    .filter(|&peer| peer != sender)
                    .for_each(|peer| add(peer, share));
            });
            compare(&rates, &Links::Some(inflows));
            compare(&rates, &full)
        },
    );
}

#[test]
fn a_continuum_may_bend() {
    // Two that share what they have, and a third that hears one of them: it is idle in one part only.
    let peers = vec![vec![1, 2], vec![0], vec![]];
    let topology = Topology::adjacency(peers).unwrap();
    let links = Links::new(
        &topology,
        Behavior::new(0.0, 1.0).unwrap(),
        &Manners::default(),
    );
    assert_eq!(compare(&[3.0, 3.0, 1.0], &links), "continuum");
    let found = fixed_points(&[3.0, 3.0, 1.0], &links, &mut || true).unwrap();
    assert_eq!(found.listed().len(), 3, "{found:?}");
}

/// What takes longest: many machines that all have the same to send to the same, or the halves of a pair of groups.
#[test]
fn twenty_machines_are_tried_in_a_bounded_number_of_steps() {
    let uneven: Vec<f64> = (0..20)
        .map(|one| 1.0 + f64::from(one * 7 % 20) / 40.0)
        .collect();
    let halves = |share: f64| {
        Inflows::new(20, move |sender, add| {
            let peers = (0..20).filter(move |peer| peer % 2 != sender % 2);
            peers.for_each(|peer| add(peer, share));
        })
    };
    let almost = Inflows::new(20, |sender, add| {
        let peers = (0..20_u32).filter(move |&peer| peer != sender && sender + peer != 1);
        peers.for_each(|peer| add(peer, 1.0));
    });
    for (rates, inflows) in [
        (&uneven, halves(1.0)),
        (&uneven, halves(0.3)),
        (&vec![1.0; 20], halves(1.0)),
        (&vec![1.0; 20], halves(0.1)),
        (&uneven, almost),
    ] {
        let mut questions = 0;
        let found = fixed_points(rates, &Links::Some(inflows), &mut || {
            questions += 1;
            true
        });
        let found = found.unwrap();
        assert_ne!(found, FixedPoints::Undecided, "{questions} questions");
        assert!(questions < 500, "{questions}: {}", found.in_words());
    }
}
