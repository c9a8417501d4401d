//! How fast clocks grow.

use super::*;

fn half() -> Behavior {
    Behavior::new(0.5, 1.0 / 3.0).unwrap()
}

#[test]
fn a_clock_that_hears_nobody_counts_its_ticks() {
    let got = clocks(
        &[4.0, 7.0],
        &Topology::Full(2),
        Behavior::new(1.0, 0.5).unwrap(),
    );
    assert_eq!(got.growth, [4.0, 7.0]);
    assert_eq!((got.low, got.high), (vec![4.0, 7.0], vec![4.0, 7.0]));
    near(&[got.drift], &[3.0]);
}

#[test]
fn without_circles_the_fastest_that_is_heard_counts() {
    let got = clocks(
        &[2.0, 5.0, 3.0, 9.0],
        &chain(4),
        Behavior::new(0.9, 0.0).unwrap(),
    );
    assert_eq!(got.growth, [2.0, 5.0, 5.0, 9.0]);
    assert_eq!(got.low, got.high);
}

#[test]
fn machines_that_hear_each_other_are_between_bounds() {
    let got = clocks(&[5.0, 5.5, 6.0], &Topology::Full(3), half());
    for machine in 0..3 {
        assert_eq!((got.low[machine], got.high[machine]), (6.0, 12.0));
        assert!(
            got.growth[machine] > 6.0 && got.growth[machine] < 7.5,
            "{got:?}"
        );
    }
    near(&[got.drift], &[0.0]);
}

#[test]
fn of_equal_rates_there_is_only_the_interval() {
    for topology in [circle(3), Topology::Full(3), Topology::Ring(3)] {
        let got = clocks(&[6.0; 3], &topology, Behavior::new(0.7, 0.0).unwrap());
        assert!(got.growth.iter().all(|growth| growth.is_nan()));
        assert_eq!(got.low, [6.0; 3]);
        assert_eq!(got.high, [12.0; 3]);
        // They all hear each other.
        near(&[got.drift], &[0.0]);
    }
    // But who hears a faster one than they can be follows that one.
    let peers = vec![vec![1, 2], vec![0, 2], vec![], vec![2]];
    let topology = Topology::adjacency(peers).unwrap();
    let got = clocks(
        &[2.0, 2.0, 9.0, 5.0],
        &topology,
        Behavior::new(0.9, 0.0).unwrap(),
    );
    near(&got.growth[2..3], &[9.0]);
    assert!(got.growth[0].is_nan() && got.drift.is_nan());
}

#[test]
fn an_overloaded_machine_reads_old_clocks() {
    // It gets 5 messages a second and reads 2: after t seconds those of 2/5 t, when the clock they tell was 2 t.
    let got = clocks(&[5.0, 2.0], &chain(2), Behavior::new(0.0, 0.0).unwrap());
    assert_eq!(got.growth, [5.0, 2.0]);
    let peers = vec![vec![2], vec![2], vec![]];
    let topology = Topology::adjacency(peers).unwrap();
    let got = clocks(
        &[9.0, 1.0, 4.0],
        &topology,
        Behavior::new(0.0, 0.0).unwrap(),
    );
    // Of ten messages nine tell of the fast clock, but its own ticks are more than what it reads.
    near(&got.growth, &[9.0, 1.0, 4.0]);
    let got = clocks(
        &[9.0, 1.0, 4.0],
        &topology,
        Behavior::new(0.5, 0.0).unwrap(),
    );
    near(&got.growth, &[9.0, 1.0, 4.0 * 9.0 / 5.0]);
    near(&[got.drift], &[8.0]);
}

#[test]
fn a_load_near_one_is_not_told_from_one() {
    let got = clocks(&[4.0, 3.9], &chain(2), Behavior::new(0.0, 0.0).unwrap());
    assert!(got.growth[1].is_nan() && got.drift.is_nan());
    assert!(got.low[1] <= got.high[1]);
}

#[test]
fn where_the_queues_are_not_known_clocks_are_not() {
    let got = clocks(
        &[1.0; 4],
        &Topology::Ring(4),
        Behavior::new(0.0, 1.0).unwrap(),
    );
    for column in [got.growth, got.low, got.high] {
        assert!(column.iter().all(|value| value.is_nan()));
    }
}

#[test]
fn rates_far_apart_and_many_machines_are_answered() {
    let got = clocks(&[1.0, 5e8, 1e9], &Topology::Full(3), half());
    assert!((1e9..1.01e9).contains(&got.growth[2]), "{got:?}");
    let rates: Vec<f64> = (0..20_000)
        .map(|one| 1.0 + f64::from(one) / 20_000.0)
        .collect();
    let got = clocks(&rates, &Topology::Ring(20_000), half());
    let fastest = rates[19_999];
    assert!(
        got.growth
            .iter()
            .all(|growth| (fastest..1.5 * fastest).contains(growth))
    );
}
