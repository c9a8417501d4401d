//! Clocks of two crates, whose authors know nothing of ours, on the same histories.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use lamport::causality::stamps::Stamps;
use lamport::causality::stamps::hlc::HlcStamps;
use lamport::causality::stamps::physical::PhysicalStamps;
use lamport::causality::stamps::vector::VectorStamps;
use lamport::log::columns::Columns;
use lamport::log::schema::EventKind;
use proptest::prelude::*;
use uhlc::{HLC, HLCBuilder, ID, NTP64, Timestamp};
use vclock::VClock;

use super::{graph, rows};
use crate::random_histories::{go_on, histories};

/// The row of the send of what is received there, if it is known.
fn send(columns: &Columns, row: usize) -> Option<usize> {
    let is_receipt = columns.event[row] == EventKind::Receive && !columns.by_hand[row];
    let is_it = |&other: &usize| {
        columns.event[other] == EventKind::Send
            && columns.machine_id[other] == columns.sender[row]
            && columns.new_clock[other] == columns.sent_clock[row]
    };
    (0..columns.len()).filter(|_| is_receipt).find(is_it)
}

/// The rows in an order in which each comes after its send.
fn causal(columns: &Columns) -> Vec<usize> {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    // Clocks go up along each machine and along each message.
    order.sort_by_key(|&row| columns.new_clock[row]);
    order
}

thread_local! {
    /// What the physical clock shows.
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// The crate counts in the lowest bits of a time.
const UNIT: u64 = 1 << 20;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn vectors_are_those_of_vclock(columns in histories()) {
        let (graph, rows) = (graph(&columns), rows(&columns));
        let stamps = VectorStamps::new(&graph, &mut go_on).unwrap();
        let mut current: BTreeMap<i64, VClock<i64>> = BTreeMap::new();
        let mut clocks: BTreeMap<usize, VClock<i64>> = BTreeMap::new();
        for row in causal(&columns) {
            let id = columns.machine_id[row];
            let clock = current.entry(id).or_default();
            if let Some(send) = send(&columns, row) {
                clock.merge(&clocks[&send]);
            }
            clock.incr(&id);
            clocks.insert(row, clock.clone());
        }
        for (b, row) in rows.iter().enumerate() {
            for (a, other) in rows.iter().enumerate() {
                let is_less = clocks[other].partial_cmp(&clocks[row]) == Some(Ordering::Less);
                prop_assert_eq!(stamps.precedes(a, b), is_less);
            }
        }
    }

    /// No two physical times are equal here: where one is, the crate does not count a receipt.
    #[test]
    fn hybrid_clocks_are_those_of_uhlc(columns in histories(), skews in prop::array::uniform5(0_u64..60)) {
        let (graph, rows, order) = (graph(&columns), rows(&columns), causal(&columns));
        let mut places: Vec<i64> = columns.machine_id.clone();
        places.sort_unstable();
        places.dedup();
        let place = |row: usize| places.binary_search(&columns.machine_id[row]).unwrap();
        let mut times = vec![0_i64; columns.len()];
        for (step, &row) in order.iter().enumerate() {
            let tick = (step as u64 + skews[place(row)]) * 5 + place(row) as u64 + 1;
            times[row] = (tick * UNIT) as i64;
        }
        let physical = PhysicalStamps::logged(&graph, &times);
        let stamps = HlcStamps::new(&graph, &physical, &mut go_on).unwrap();
        let number = |at: usize| {
            let clock = stamps.clocks()[at];
            clock.time as u64 + u64::from(clock.count)
        };
        let mine: BTreeMap<usize, u64> = rows.iter().enumerate().map(|(at, &row)| (row, number(at))).collect();
        let build = |id: u8| {
            let builder = HLCBuilder::new().with_id(ID::try_from([id + 1]).unwrap());
            builder.with_clock(|| NTP64(NOW.get())).with_max_delta(Duration::from_secs(1)).build()
        };
        let clocks: Vec<HLC> = (0..places.len() as u8).map(build).collect();
        let mut stamped: BTreeMap<usize, Timestamp> = BTreeMap::new();
        for row in order {
            NOW.set(times[row] as u64);
            let clock = &clocks[place(row)];
            // A receipt is an update, whose stamp only shows in those that follow.
            if let Some(send) = send(&columns, row) {
                clock.update_with_timestamp(&stamped[&send]).unwrap();
            } else {
                let stamp = clock.new_timestamp();
                prop_assert_eq!(stamp.get_time().0, mine[&row]);
                stamped.insert(row, stamp);
            }
        }
    }
}
