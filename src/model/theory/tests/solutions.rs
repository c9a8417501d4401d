//! The solutions of the model's equations where they are known otherwise.

use super::super::enclosure::enclose;
use super::super::links::Inflows;
use super::super::mesh::fully_connected;
use super::*;
use proptest::prelude::*;

fn all_internal_but(p: f64, b: f64) -> Behavior {
    Behavior::new(p, b).unwrap()
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
fn where_all_that_is_sent_goes_to_everybody_the_fastest_alone_is_idle() {
    let full = Topology::Full;
    let two = predicted(&[1.0, 2.0], &full(2), all_internal_but(0.0, 1.0 / 3.0));
    near(&two.queue_growth, &[1.0, 0.0]);
    near(&two.load, &[2.0, 0.0]);
    let three = predicted(&[1.0, 2.0, 3.0], &full(3), all_internal_but(0.0, 1.0));
    near(&three.queue_growth, &[2.0, 1.0, 0.0]);
    near(&three.load, &[3.0, 1.5, 0.0]);
}

#[test]
fn equal_machines_that_send_all_to_everybody_have_a_continuum() {
    for machines in [2, 3, 30] {
        let rates = vec![3.0; machines as usize];
        let got = predicted(
            &rates,
            &Topology::Full(machines),
            all_internal_but(0.0, 1.0),
        );
        let FixedPoints::Continuum(corners) = &got.solutions else {
            panic!("{:?}", got.solutions)
        };
        assert_eq!(corners.len(), machines as usize);
        for (place, corner) in corners.iter().enumerate() {
            near(&[corner.iter().sum(), corner[place]], &[3.0, 3.0]);
        }
        assert!(got.load.iter().all(|load| load.is_nan()));
    }
}

#[test]
fn a_machine_nobody_sends_to_is_always_idle() {
    let alone = classic(&[4.0]);
    assert_eq!(alone.idle_rate, [4.0]);
    assert_eq!(alone.load, [0.0]);
    let got = predicted(&[5.0, 2.0, 1.0], &chain(3), all_internal_but(0.0, 0.0));
    assert_eq!(got.arrival_rate, [0.0, 5.0, 0.0]);
    assert_eq!(got.queue_growth, [0.0, 3.0, 0.0]);
}

#[test]
fn a_long_chain_takes_one_sweep() {
    let mut questions = 0;
    let rates: Vec<f64> = (0..200_000)
        .map(|place| 1.0 + f64::from(place % 7))
        .collect();
    let got = predict(
        &rates,
        &chain(200_000),
        all_internal_but(0.0, 0.0),
        &mut || {
            questions += 1;
            true
        },
    );
    assert!(!got.unwrap().load[199_999].is_nan());
    assert!(questions < 10, "{questions}");
}

#[test]
fn what_has_several_solutions_is_not_predicted() {
    // Each machine of a ring sends all to both neighbours: every other one is idle, either half, or all are.
    let got = predicted(&[1.0; 4], &Topology::Ring(4), all_internal_but(0.0, 1.0));
    let FixedPoints::Several(found) = got.solutions else {
        panic!("{:?}", got.solutions)
    };
    assert_eq!(found.len(), 3);
    for wanted in [[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0], [1.0 / 3.0; 4]] {
        let is_near = |one: &Vec<f64>| one.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(found.iter().any(is_near), "{found:?}");
    }
    for column in [got.idle_rate, got.arrival_rate, got.load, got.queue_growth] {
        assert!(column.iter().all(|value| value.is_nan()));
    }
}

#[test]
fn beyond_what_is_tried_nothing_is_said() {
    // Every other machine, or with gaps of two in between: more than 20 are open.
    let got = predicted(&[1.0; 24], &Topology::Ring(24), all_internal_but(0.0, 1.0));
    assert_eq!(got.solutions, FixedPoints::Undecided);
    // Pairs that share what they have in any way: ten have 1,024 corners, nine 512.
    for (pairs, word, corners) in [(10, "not decided", 0), (9, "continuum", 512)] {
        let peers = (0..2 * pairs).map(|one| vec![one ^ 1]).collect();
        let topology = Topology::adjacency(peers).unwrap();
        let rates = vec![1.0; 2 * pairs as usize];
        let got = predicted(&rates, &topology, all_internal_but(0.0, 1.0));
        assert_eq!(got.solutions.in_words(), word);
        assert_eq!(got.solutions.listed().len(), corners);
    }
    let rings = (0..20).map(|one: u32| {
        let (ring, place) = (one / 4 * 4, one % 4);
        vec![ring + (place + 1) % 4, ring + (place + 3) % 4]
    });
    let rings = Topology::adjacency(rings.collect()).unwrap();
    let got = predicted(&[1.0; 20], &rings, all_internal_but(0.0, 1.0));
    assert_eq!(
        got.solutions.listed().len(),
        243,
        "three for each of five rings"
    );
}

#[test]
fn what_alternates_is_given_up_at_once_and_what_is_long_can_be_interrupted() {
    let rates = vec![1.0; 20_000];
    let ring = Topology::Ring(20_000);
    let mut refuse = || false;
    let given_up = predict(&rates, &ring, all_internal_but(0.0, 1.0), &mut refuse);
    assert!(given_up.unwrap().load[0].is_nan());
    // Close to the edge the bounds take their time.
    let long = predict(&rates, &ring, all_internal_but(0.51, 1.0), &mut refuse);
    assert!(matches!(long, Err(Error::State(_))));
}

#[test]
fn bounds_that_close_slowly_are_helped() {
    // Nearly nothing is internal: bounds come closer by a millionth a sweep.
    for topology in [Topology::Ring(40), Topology::Line(41), circle(30)] {
        let rates: Vec<f64> = (0..topology.machines())
            .map(|place| 5.0 + f64::from(place) * 1e-9)
            .collect();
        let got = predicted(&rates, &topology, all_internal_but(1e-6, 0.0));
        let FixedPoints::Unique(idle) = &got.solutions else {
            panic!("{topology:?}: {}", got.solutions.in_words())
        };
        for ((arrivals, idle), rate) in got.arrival_rate.iter().zip(idle).zip(&rates) {
            assert!(((rate - arrivals).max(0.0) - idle).abs() < 1e-8);
        }
    }
}

#[test]
fn digits_that_rounding_keeps_apart_are_no_second_solution() {
    let rates = [5.916_727_109_524_498, 5.566_513_401_729_598];
    let share = 1.0 - 0.074_695_269_295_944_78;
    let inflows = Inflows::new(2, |sender, add| add(1 - sender, share));
    let bounds = enclose(&rates, &inflows, &mut || true).unwrap();
    assert!(bounds.open(&rates, &inflows).is_empty());
    let FixedPoints::Unique(closed) = fully_connected(&rates, share) else {
        panic!()
    };
    for (idle, expected) in bounds.middle().iter().zip(closed) {
        assert!((idle - expected).abs() < 1e-12);
    }
}

#[test]
fn shares_near_one_and_rates_far_apart_lose_no_digits() {
    for p in [1e-3, 1e-6, 1e-9] {
        let got = predicted(&[3.0; 4], &Topology::Full(4), all_internal_but(p, 1.0));
        near(&got.idle_rate, &[3.0 / (1.0 + 3.0 * (1.0 - p)); 4]);
    }
    let far = predicted(
        &[1.0, 1e9],
        &Topology::Full(2),
        all_internal_but(0.7, 1.0 / 3.0),
    );
    near(&[far.idle_rate[0], far.idle_rate[1] / 1e9], &[0.0, 1.0]);
    let far = predicted(&[1e-3, 1e6, 2e6], &circle(3), all_internal_but(0.0, 0.0));
    near(&far.idle_rate, &[0.0, 1e6, 1e6]);
    let far = predicted(
        &[1e-9, 1e9, 2.0],
        &Topology::Full(3),
        all_internal_but(1.0, 0.3),
    );
    assert_eq!(far.idle_rate, [1e-9, 1e9, 2.0]);
    let rates = [2.0, 1e-9, 1.0, 2.0];
    let far = predicted(&rates, &Topology::Ring(4), all_internal_but(0.0, 1.0));
    assert!(far.solutions.listed().len() > 1);
    for idle in far.solutions.listed() {
        for (machine, rate) in rates.iter().enumerate() {
            let arrivals = idle[(machine + 1) % 4] + idle[(machine + 3) % 4];
            let step = (rate - arrivals).max(0.0);
            let error = (step - idle[machine]).abs();
            assert!(error <= 1e-8 * (rate + arrivals), "{idle:?}");
        }
    }
    // Two solutions of the slow ones, whatever the fast one does.
    let ring = vec![vec![1, 3], vec![0, 2], vec![1, 3], vec![0, 2], vec![0]];
    let ring = Topology::adjacency(ring).unwrap();
    let got = predicted(
        &[1.0, 1.0, 1.0, 1.0, 1e-9],
        &ring,
        all_internal_but(0.0, 1.0),
    );
    assert_eq!(got.solutions.in_words(), "several");
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
    fn the_closed_form_and_the_enclosure_agree(rates in prop::collection::vec(0.1_f64..100.0, 2..6)) {
        let machines = rates.len() as u32;
        let share = Behavior::default().sends_to_one(machines - 1);
        let inflows = Inflows::new(rates.len(), |sender, add| {
            (0..machines).filter(|&peer| peer != sender).for_each(|peer| add(peer, share));
        });
        let bounds = enclose(&rates, &inflows, &mut || true).unwrap();
        let FixedPoints::Unique(closed) = fully_connected(&rates, share) else { unreachable!() };
        for (a, b) in bounds.middle().iter().zip(closed) {
            prop_assert!((a - b).abs() < 1e-9 * 100.0);
        }
    }
}
