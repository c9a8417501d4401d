//! What clocks say of the order of events, against every pair of events.

#![allow(clippy::unwrap_used)]

use lamport::causality::graph::{Graph, Trace};
use lamport::causality::happened::{Causality, Limits};
use lamport::causality::orders::compared::{Sampling, compare};
use lamport::causality::orders::kind::ClockKind;
use lamport::causality::orders::pair_count::{PairCount, PairOrders};
use lamport::causality::stamps::Stamps;
use lamport::causality::stamps::bloom::BloomStamps;
use lamport::causality::stamps::hlc::HlcStamps;
use lamport::causality::stamps::lamport::LamportStamps;
use lamport::causality::stamps::physical::{ClockSync, PhysicalClock, PhysicalStamps};
use lamport::causality::stamps::plausible::PlausibleStamps;
use lamport::causality::stamps::vector::VectorStamps;
use lamport::log::columns::Columns;
use proptest::prelude::*;

use crate::random_histories::{causality, go_on, histories, pasts, simulated};

const KINDS: [ClockKind; 12] = [
    ClockKind::Lamport,
    ClockKind::Hlc,
    ClockKind::Physical,
    ClockKind::Plausible { entries: 1 },
    ClockKind::Plausible { entries: 3 },
    ClockKind::Bloom { size: 5, hashes: 2 },
    ClockKind::Bloom {
        size: 32,
        hashes: 3,
    },
    ClockKind::Direct,
    ClockKind::VectorDiff,
    ClockKind::Vector,
    ClockKind::Matrix,
    ClockKind::Itc,
];

/// Which of two events a kind of clock puts first, as a program would that has both stamps.
fn all_stamps<'a>(graph: &'a Graph, kind: ClockKind, physical: &'a PhysicalStamps) -> Before<'a> {
    match kind {
        ClockKind::Lamport => before(LamportStamps::new(graph, &mut go_on).unwrap()),
        ClockKind::Hlc => before(HlcStamps::new(graph, physical, &mut go_on).unwrap()),
        ClockKind::Physical => Box::new(|a, b| physical.precedes(a, b)),
        ClockKind::Plausible { entries } => {
            before(PlausibleStamps::new(graph, entries, &mut go_on).unwrap())
        }
        ClockKind::Bloom { size, hashes } => {
            before(BloomStamps::new(graph, size, hashes, &mut go_on).unwrap())
        }
        _ => before(VectorStamps::new(graph, &mut go_on).unwrap()),
    }
}

type Before<'a> = Box<dyn Fn(usize, usize) -> bool + 'a>;

fn before<'a>(stamps: impl Stamps + 'a) -> Before<'a> {
    Box::new(move |a, b| stamps.precedes(a, b))
}

/// All pairs, one by one.
fn counted(columns: &Columns, before: &dyn Fn(usize, usize) -> bool) -> [u64; 3] {
    let pasts = pasts(columns);
    let mut rows: Vec<usize> = (0..columns.len()).collect();
    rows.sort_by_key(|&row| columns.machine_id[row]);
    let (mut kept, mut made_up, mut missed) = (0, 0, 0);
    for (b, &row) in rows.iter().enumerate() {
        for (a, &other) in rows.iter().enumerate() {
            if pasts[row][other] {
                kept += u64::from(before(a, b));
                missed += u64::from(!before(a, b));
            } else if a < b && !pasts[other][row] {
                made_up += u64::from(before(a, b) || before(b, a));
            }
        }
    }
    [kept, made_up, missed]
}

fn values(orders: &PairOrders) -> [u64; 3] {
    [orders.kept, orders.made_up, orders.missed].map(|count| count.value)
}

/// How the clocks of hosts go: off, coarse, so that times tie, set now and then, and back when they are.
fn clocks() -> impl Strategy<Value = PhysicalClock> {
    let numbers = prop::array::uniform4(0_u16..100);
    (numbers, any::<bool>()).prop_map(|([offset, ppm, resolution, every], slews)| PhysicalClock {
        offset: (0.0, f64::from(offset) * 1e9),
        ppm: (-5e3 * f64::from(ppm), 5e3 * f64::from(ppm)),
        resolution: 1 + i64::from(resolution) * 50_000_000,
        sync: (every > 30).then_some(ClockSync {
            every: i64::from(every) * 100_000_000,
            sigma: 3e9,
        }),
        slews,
    })
}

fn shown(graph: &Graph, columns: &Columns, clock: PhysicalClock, seed: u64) -> PhysicalStamps {
    let times = columns.time.iter().map(|&time| (time * 1e9).round() as i64);
    let times: Vec<i64> = times.collect();
    PhysicalStamps::of_clocks(graph, &times, &[clock], seed, &mut go_on).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn they_are_those_of_all_pairs(columns in histories(), clock in clocks(), seed in 0_u64..100) {
        let causality = causality(&columns, Limits::default());
        let graph = causality.graph();
        let physical = shown(graph, &columns, clock, seed);
        let trace = Trace::of(&columns);
        let compared = compare(&causality, &trace, &KINDS, Some(&physical), Sampling::default(), &mut go_on).unwrap();
        let events = columns.len() as u64;
        prop_assert_eq!((compared.pairs, compared.undecided), (events * events.saturating_sub(1) / 2, 0));
        prop_assert_eq!(compared.samples, None);
        for (&kind, row) in KINDS.iter().zip(&compared.rows) {
            let orders = &row.orders;
            prop_assert!([orders.kept, orders.made_up, orders.missed].iter().all(|count| count.error == 0.0));
            if kind == ClockKind::Direct {
                prop_assert_eq!(values(orders), heard_directly(&columns));
                continue;
            }
            let stamps = all_stamps(graph, kind, &physical);
            prop_assert_eq!(values(orders), counted(&columns, &*stamps), "{:?}", kind);
        }
    }
}

/// What two direct dependencies say: that a machine received what the other sent then or later.
fn heard_directly(columns: &Columns) -> [u64; 3] {
    let pasts = pasts(columns);
    let all = 0..columns.len();
    let receipts = |b: usize| {
        let machine = columns.machine_id[b];
        let sends = all.clone().filter(move |&row| {
            columns.machine_id[row] == machine && row <= b && !columns.by_hand[row]
        });
        sends.map(|row| (columns.sender[row], columns.sent_clock[row]))
    };
    let is_direct = |a: usize, b: usize| {
        let (machine, clock) = (columns.machine_id[a], columns.new_clock[a]);
        pasts[b][a]
            && (machine == columns.machine_id[b]
                || receipts(b).any(|(sender, stamp)| sender == machine && stamp >= clock))
    };
    let (mut kept, mut missed) = (0, 0);
    for b in all.clone() {
        for a in all.clone().filter(|&a| pasts[b][a]) {
            kept += u64::from(is_direct(a, b));
            missed += u64::from(!is_direct(a, b));
        }
    }
    [kept, 0, missed]
}

/// Whether an estimate is as near as it says, but for being a whole number.
fn is_near(estimate: PairCount, value: u64) -> bool {
    let off = estimate.value.abs_diff(value) as f64;
    off <= 0.5 + 2.5 * estimate.error
}

#[test]
fn samples_are_within_their_errors() {
    let columns = simulated(5, 30.0);
    let trace = Trace::of(&columns);
    let graph = Graph::new(&trace, &[], &mut go_on).unwrap();
    let causality = Causality::new(graph, Limits::default());
    let step_back = ClockSync {
        every: 500_000_000,
        sigma: 4e8,
    };
    for sync in [None, Some(step_back)] {
        let clock = PhysicalClock {
            offset: (0.0, 3e8),
            ppm: (-1e4, 1e4),
            resolution: 50_000_000,
            sync,
            slews: false,
        };
        let physical = shown(causality.graph(), &columns, clock, 3);
        let with = |sampling| {
            let rows = compare(
                &causality,
                &trace,
                &KINDS,
                Some(&physical),
                sampling,
                &mut go_on,
            );
            rows.unwrap()
        };
        let counted = with(Sampling::default());
        let mut near = [[0; 3]; KINDS.len()];
        for seed in 0..100 {
            let (exact, samples) = (if seed % 2 == 0 { 0 } else { 1 << 30 }, Some(150));
            let drawn = with(Sampling {
                exact,
                samples,
                seed,
            });
            assert_eq!(drawn.samples, samples);
            for ((near, drawn), counted) in near.iter_mut().zip(&drawn.rows).zip(&counted.rows) {
                let (drawn, counted) = (&drawn.orders, &counted.orders);
                near[0] += i32::from(is_near(drawn.kept, counted.kept.value));
                near[1] += i32::from(is_near(drawn.made_up, counted.made_up.value));
                near[2] += i32::from(is_near(drawn.missed, counted.missed.value));
            }
        }
        assert!(
            near.as_flattened().iter().all(|&near| near >= 95),
            "{near:?}"
        );
        // And these are no errors that fit anything.
        let large = counted
            .rows
            .iter()
            .map(|row| row.orders.kept.value as f64 / 20.0);
        let drawn = with(Sampling {
            samples: Some(150),
            ..Sampling::default()
        });
        let errors = drawn.rows.iter().map(|row| row.orders.kept.error);
        assert!(errors.zip(large).all(|(error, large)| error < large));
        assert!(drawn.rows[0].orders.kept.error > 0.0);
    }
}

#[test]
fn clocks_that_jump_far_back_are_sampled() {
    let columns = simulated(3, 20.0);
    let trace = Trace::of(&columns);
    let graph = Graph::new(&trace, &[], &mut go_on).unwrap();
    let causality = Causality::new(graph, Limits::default());
    // Each goes back from its first event on.
    let times: Vec<i64> = (0..columns.len() as i64).map(|row| -row).collect();
    let physical = PhysicalStamps::logged(causality.graph(), &times);
    let kinds = [ClockKind::Lamport, ClockKind::Physical, ClockKind::Vector];
    let with = |exact| {
        let sampling = Sampling {
            exact,
            ..Sampling::default()
        };
        compare(
            &causality,
            &trace,
            &kinds,
            Some(&physical),
            sampling,
            &mut go_on,
        )
        .unwrap()
    };
    let events = columns.len() as u64;
    let (exact, limited) = (with(1 << 30), with(events * 3));
    assert_eq!((exact.samples, limited.samples), (None, Some(1024)));
    assert_eq!(limited.rows[0].orders, exact.rows[0].orders);
    assert_eq!(limited.rows[2].orders, exact.rows[2].orders);
    let [exact, limited] = [exact, limited].map(|compared| compared.rows[1].orders);
    assert_eq!(values(&exact)[0], 0);
    assert!(limited.missed.error > 0.0 && is_near(limited.missed, exact.missed.value));
}

#[test]
fn nothing_is_compared_with_too_few_or_too_many_samples() {
    let columns = simulated(2, 2.0);
    let trace = Trace::of(&columns);
    let graph = Graph::new(&trace, &[], &mut go_on).unwrap();
    let causality = Causality::new(graph, Limits::default());
    for samples in [0, 1, (1 << 20) + 1, usize::MAX] {
        let sampling = Sampling {
            samples: Some(samples),
            ..Sampling::default()
        };
        let compared = compare(&causality, &trace, &KINDS[..1], None, sampling, &mut go_on);
        let share = causality.concurrent_share(Some(samples), 0, &mut go_on);
        let rate = causality.false_order_rate(Some(samples), 0, &mut go_on);
        for error in [compared.unwrap_err(), share.unwrap_err(), rate.unwrap_err()] {
            assert_eq!(
                error.to_string(),
                format!(
                    "samples is {samples}: a standard error needs 2 or more, and at most 1048576 events are drawn"
                )
            );
        }
    }
}

#[test]
fn counters_that_would_fill_memory_are_refused() {
    let columns = simulated(3, 40.0);
    let trace = Trace::of(&columns);
    let graph = Graph::new(&trace, &[], &mut go_on).unwrap();
    let causality = Causality::new(graph, Limits::default());
    let size = 1_000_000_000 / columns.len() + 1;
    let (plausible, bloom) = (
        ClockKind::Plausible { entries: size },
        ClockKind::Bloom { size, hashes: 2 },
    );
    for (kind, name) in [
        (plausible, format!("plausible({size})")),
        (bloom, format!("bloom({size}, 2)")),
    ] {
        let sampling = Sampling::default();
        let error = compare(&causality, &trace, &[kind], None, sampling, &mut go_on).unwrap_err();
        let cells = columns.len() * size;
        assert!(error.to_string().contains(&format!(
            "{name} has {cells} counters on {} events, and at most 1000000000",
            columns.len()
        )));
    }
}
