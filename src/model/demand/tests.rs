//! What is foreseen of runs, against what they need.

use proptest::prelude::*;

use super::*;

const GB: u64 = 1_000_000_000;
static NONE: Manners = Manners {
    behaviors: None,
    weights: std::collections::BTreeMap::new(),
    ticking: crate::model::ticking::Ticking::Periodic,
    steps: std::collections::BTreeMap::new(),
};

fn demand(rates: &[f64], duration: f64, free: u64) -> Demand<'_> {
    Demand {
        rates,
        topology: None,
        behavior: Behavior::default(),
        manners: &NONE,
        duration,
        free: Some(free),
    }
}

fn foreseen(demand: Demand<'_>) -> Vec<Shortage> {
    demand
        .shortages(&mut || true)
        .expect("theory takes what a run takes")
}

#[test]
fn a_disk_is_full_when_the_lines_are_as_many_as_it_takes() {
    // 170 bytes an event: 10^4 events a second are 1.7 MB.
    let rates = [4000.0, 6000.0];
    let (one, none) = (
        foreseen(demand(&rates, 601.0, GB * 102 / 100)),
        foreseen(demand(&rates, 599.0, GB * 102 / 100)),
    );
    assert_eq!(none, []);
    let [full] = &one[..] else { panic!("{one:?}") };
    assert!((full.at - 600.0).abs() < 1e-6, "{full:?}");
    assert!(full.is_near());
    let words = full.in_words("logs/a");
    assert_eq!(
        words,
        "the logs need about 1.0 GB, and 1.0 GB are free in logs/a: that is full after about \
         10 minutes of ticking; give lower rates, a shorter duration or more room, or let it go on until then: \
         limits=False, --no-limits"
    );
}

#[test]
fn a_place_may_be_called_anything() {
    let full = &foreseen(demand(&[1e9], 60.0, GB))[0];
    let words = full.in_words("THEN/PLACE");
    assert!(words.contains("free in THEN/PLACE: "), "{words}");
}

#[test]
fn more_than_a_host_can_do_takes_longer() {
    // By its rate alone it would be full after a third of a second.
    let [full] = &foreseen(demand(&[1e9], 60.0, 55 * GB))[..] else {
        panic!()
    };
    assert!((30.0..120.0).contains(&full.at), "{full:?}");
    // More than an hour of the fastest host's lines.
    let [later] = &foreseen(demand(&[1e9], 60.0, 7000 * GB))[..] else {
        panic!()
    };
    assert!(!later.is_near(), "{later:?}");
}

#[test]
fn what_is_full_after_an_hour_is_not_near() {
    let rates = [1000.0];
    for (seconds, is_near) in [(3599, true), (3601, false)] {
        let [full] = &foreseen(demand(&rates, 1e9, 170_000 * seconds))[..] else {
            panic!()
        };
        assert_eq!(full.is_near(), is_near, "{full:?}");
    }
}

#[test]
fn the_queue_of_a_slow_machine_is_full_when_theory_says() {
    let topology = Topology::Full(2);
    let all = Demand {
        rates: &[1.0, 1e6],
        topology: Some(&topology),
        behavior: Behavior::new(0.0, 1.0).unwrap(),
        manners: &NONE,
        duration: 60.0,
        free: None,
    };
    let [full] = &foreseen(all)[..] else { panic!() };
    assert!((full.at - 16.78).abs() < 0.01, "{full:?}");
    let words = full.in_words("");
    assert!(
        words.contains("machine 1 gets about 999999 messages a second more than it takes"),
        "{words}"
    );
    assert!(words.contains("after about 17 s of ticking"), "{words}");
    assert_eq!(
        foreseen(Demand {
            duration: 16.7,
            ..all
        }),
        []
    );
    // Where theory has no one value, nothing is said of queues; the logs still count.
    let star = Topology::Star(60);
    let rates = vec![1e6; 60];
    let unknown = Demand {
        rates: &rates,
        topology: Some(&star),
        free: Some(GB),
        ..all
    };
    let idle = theory::predict(&rates, &star, all.behavior, &mut || true)
        .unwrap()
        .idle_rate;
    assert!(idle[0].is_nan());
    let found = foreseen(unknown);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].in_words("").starts_with("the logs"));
}

#[test]
fn the_first_to_be_full_comes_first() {
    let topology = Topology::Full(2);
    let all = |free| Demand {
        rates: &[1.0, 1e6],
        topology: Some(&topology),
        behavior: Behavior::default(),
        manners: &NONE,
        duration: 1e4,
        free: Some(free),
    };
    for (free, is_disk_first) in [(GB, true), (500 * GB, false)] {
        let found = foreseen(all(free));
        assert_eq!(found.len(), 2);
        assert!(found[0].at <= found[1].at);
        assert_eq!(found[0].in_words("").starts_with("the logs"), is_disk_first);
    }
}

#[test]
fn lines_with_many_recipients_are_longer() {
    let (rates, topology) = (vec![100.0; 60], Topology::Full(60));
    let all = Demand {
        topology: Some(&topology),
        ..demand(&rates, 1000.0, GB)
    };
    // `benches/bytes.py` finds 204 bytes an event.
    let needed = 204.0 * 100.0 * 60.0;
    let [full] = &foreseen(all)[..] else { panic!() };
    let guess = 1e9 / full.at;
    assert!((guess / needed - 1.0).abs() < 0.05, "{guess} {needed}");
}

#[test]
fn words_have_two_digits_of_the_unit_that_people_use() {
    let spans = [
        0.0334,
        17.2,
        119.0,
        121.0,
        3601.0,
        7201.0,
        86400.0 * 3.0,
        1e9,
        1e300,
    ];
    let said: Vec<String> = spans.into_iter().map(span).collect();
    assert_eq!(
        said[..8],
        [
            "0.033 s",
            "17 s",
            "119 s",
            "2.0 minutes",
            "60 minutes",
            "2.0 hours",
            "3.0 days",
            "32 years"
        ]
    );
    assert_eq!(size(55e9), "55 GB");
    assert_eq!(size(10.2e12), "10 TB");
    assert_eq!(size(1.02e9), "1.0 GB");
}

proptest! {
    #[test]
    fn nothing_overflows_and_more_room_or_less_time_is_never_worse(
        rates in prop::collection::vec(1e-9..=1e9_f64, 1..5),
        duration in 1e-9..=1e9_f64,
        free: u64,
        behavior in (0.0..=1.0_f64, 0.0..=1.0_f64),
    ) {
        let topology = Topology::Full(rates.len() as u32);
        let all = Demand {
            rates: &rates,
            topology: Some(&topology),
            behavior: Behavior::new(behavior.0, behavior.1).unwrap(),
            manners: &NONE,
            duration,
            free: Some(free),
        };
        let found = foreseen(all);
        for shortage in &found {
            prop_assert!(shortage.at.is_finite() && shortage.at >= 0.0);
            let words = shortage.in_words("here");
            prop_assert!(!words.contains("NaN") && !words.contains("inf") && !words.contains("THEN"), "{}", words);
        }
        let fewer = foreseen(Demand { duration: duration / 2.0, free: Some(free.saturating_mul(2)), ..all });
        prop_assert!(fewer.len() <= found.len());
    }
}
