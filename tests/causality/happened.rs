//! Happened-before against reachability by brute force, on random histories.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::float_cmp,
    clippy::needless_range_loop,
    reason = "whole numbers in float columns; a matrix is read by row and column"
)]

use crate::random_histories::{SEARCHING, causality, event, go_on, histories, pasts};
use lamport::causality::graph::Graph;
use lamport::causality::graph::Trace;
use lamport::causality::happened::Causality;
use lamport::causality::happened::Limits;
use lamport::causality::order::total_order;
use lamport::log::schema::EventKind;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn it_is_reachability(columns in histories()) {
        let pasts = pasts(&columns);
        for limits in [Limits::default(), SEARCHING] {
            let causality = causality(&columns, limits);
            let machines = causality.graph().machines().to_vec();
            for b in 0..columns.len() {
                let at = event(&causality, &columns, b);
                for a in 0..columns.len() {
                    let other = event(&causality, &columns, a);
                    prop_assert_eq!(causality.happened_before(other, at, &mut go_on).unwrap(), Some(pasts[b][a]));
                    let is_concurrent = a != b && !pasts[b][a] && !pasts[a][b];
                    prop_assert_eq!(causality.concurrent(other, at, &mut go_on).unwrap(), Some(is_concurrent));
                }
                prop_assert_eq!(&causality.past(at, false, &mut go_on).unwrap(), &pasts[b]);
                let future: Vec<bool> = pasts.iter().map(|past| past[b]).collect();
                prop_assert_eq!(causality.future(at, false, &mut go_on).unwrap(), future);
                let clock = causality.vector_clock(at, false, &mut go_on).unwrap();
                for (&machine, &count) in machines.iter().zip(&clock) {
                    let of = |a: &usize| columns.machine_id[*a] as u64 == machine;
                    let expected = (0..columns.len()).filter(|&a| pasts[b][a] || a == b).filter(of).count();
                    prop_assert_eq!(count as usize, expected);
                }
            }
        }
    }

    #[test]
    fn shares_are_counted_and_sampled(columns in histories(), seed in 0_u64..1000) {
        let pasts = pasts(&columns);
        let (mut concurrent, mut misordered, mut pairs) = (0_u32, 0_u32, 0_u32);
        for b in 0..columns.len() {
            for a in 0..b {
                let is_concurrent = !pasts[b][a] && !pasts[a][b];
                concurrent += u32::from(is_concurrent);
                misordered += u32::from(is_concurrent && columns.new_clock[a] != columns.new_clock[b]);
                pairs += 1;
            }
        }
        let (share, rate) = (f64::from(concurrent) / f64::from(pairs), f64::from(misordered) / f64::from(pairs));
        let causality = causality(&columns, Limits::default());
        let counted = causality.concurrent_share(None, seed, &mut go_on).unwrap();
        prop_assert_eq!((counted.pairs, counted.error), (u64::from(pairs), 0.0));
        let is_close = |a: f64, b: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-12;
        prop_assert!(is_close(counted.value, share), "{} {}", counted.value, share);
        let false_order = causality.false_order_rate(None, seed, &mut go_on).unwrap();
        prop_assert!(is_close(false_order.value, rate), "{} {}", false_order.value, rate);
        if pairs > 0 {
            // Sampling compares each event drawn with all others.
            let sampled = causality.concurrent_share(Some(200), seed, &mut go_on).unwrap();
            prop_assert_eq!(sampled.pairs, 200 * (columns.len() as u64 - 1));
            let shares: Vec<f64> = (0..columns.len()).map(|b| {
                let others = (0..columns.len()).filter(|&a| a != b && !pasts[b][a] && !pasts[a][b]).count();
                others as f64 / (columns.len() - 1) as f64
            }).collect();
            let (least, most) = shares.iter().fold((1.0_f64, 0.0_f64), |(l, m), &s| (l.min(s), m.max(s)));
            prop_assert!((least - 1e-12..=most + 1e-12).contains(&sampled.value));
            prop_assert!(sampled.error <= (most - least) / 2.0 / 199_f64.sqrt() + 1e-12);
        }
    }

    #[test]
    fn a_cut_is_consistent_if_it_is_closed(columns in histories(), counts in prop::collection::vec(0_usize..30, 5)) {
        let pasts = pasts(&columns);
        let causality = causality(&columns, Limits::default());
        let mut cut = Vec::new();
        let mut is_in = vec![false; columns.len()];
        for (&machine, &count) in causality.graph().machines().iter().zip(&counts) {
            let rows = (0..columns.len()).filter(|&row| columns.machine_id[row] as u64 == machine);
            let mut clock = 0;
            for row in rows.take(count) {
                clock = columns.new_clock[row];
                is_in[row] = true;
            }
            cut.push((machine as i64, clock));
        }
        let closed = (0..columns.len()).all(|b| !is_in[b] || (0..columns.len()).all(|a| is_in[a] || !pasts[b][a]));
        prop_assert_eq!(causality.cut_is_consistent(&cut, &mut go_on).unwrap(), Some(closed));
    }

    #[test]
    fn the_total_order_extends_it(columns in histories()) {
        let pasts = pasts(&columns);
        let order = total_order(&columns.machine_id, &columns.new_clock, &mut go_on).unwrap();
        let key = |row: u32| (columns.new_clock[row as usize], columns.machine_id[row as usize]);
        prop_assert!(order.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        let mut seen = vec![false; columns.len()];
        for &row in &order {
            prop_assert!((0..columns.len()).all(|a| seen[a] || !pasts[row as usize][a]));
            seen[row as usize] = true;
        }
        prop_assert!(seen.into_iter().all(|seen| seen));
    }

    #[test]
    fn no_damage_hangs_or_panics(
        columns in histories(),
        damage in prop::collection::vec((0_usize..80, 0_usize..80, 0_u8..3), 1..6),
    ) {
        let mut columns = columns;
        for (row, other, kind) in damage {
            if row >= columns.len() || other >= columns.len() {
                continue;
            }
            match kind {
                0 => columns.new_clock[row] = columns.new_clock[other],
                1 => {
                    columns.event[row] = EventKind::Receive;
                    columns.sender[row] = columns.machine_id[other];
                    columns.by_hand[row] = false;
                    columns.sent_clock[row] = columns.new_clock[other];
                }
                _ => columns.event[row] = EventKind::Send,
            }
        }
        let Ok(graph) = Graph::new(&Trace::of(&columns), &[], &mut go_on) else {
            return Ok(());
        };
        let pasts = pasts(&columns);
        prop_assert!((0..columns.len()).all(|row| !pasts[row][row]), "a cycle is an error");
        let causality = Causality::new(graph, Limits::default());
        for row in 0..columns.len() {
            let at = event(&causality, &columns, row);
            prop_assert_eq!(&causality.past(at, false, &mut go_on).unwrap(), &pasts[row]);
        }
        let _ = causality.false_order_rate(None, 0, &mut go_on);
    }
}
