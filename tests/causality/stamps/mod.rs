//! What other clocks would have said, against their definitions told event by event.

#![allow(clippy::unwrap_used)]

mod more;
mod oracles;

use std::collections::BTreeMap;

use lamport::causality::graph::{Graph, Trace};
use lamport::causality::stamps::Stamps;
use lamport::causality::stamps::hlc::{HlcStamps, Hybrid};
use lamport::causality::stamps::lamport::LamportStamps;
use lamport::causality::stamps::physical::{ClockSync, PhysicalClock, PhysicalStamps};
use lamport::causality::stamps::vector::VectorStamps;
use lamport::log::columns::Columns;
use lamport::log::schema::EventKind;
use proptest::prelude::*;

use crate::random_histories::{go_on, histories, pasts};

fn graph(columns: &Columns) -> Graph {
    Graph::new(&Trace::of(columns), &[7, 200], &mut go_on).unwrap()
}

/// The row of the event at each position: by machine, each in its own order.
fn rows(columns: &Columns) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..columns.len()).collect();
    rows.sort_by_key(|&row| columns.machine_id[row]);
    rows
}

/// Physical times of a history, in nanoseconds.
fn times(columns: &Columns) -> Vec<i64> {
    columns
        .time
        .iter()
        .map(|&time| (time * 1e9).round() as i64)
        .collect()
}

/// A clock that is far off, coarse, and set now and then.
fn clock(numbers: [u16; 4], slews: bool) -> PhysicalClock {
    let [offset, ppm, resolution, every] = numbers.map(i64::from);
    let offset = (offset - 3000) as f64 * 1e7;
    let ppm = (ppm - 3000) as f64 * 100.0;
    PhysicalClock {
        offset: (offset, offset + 1e9),
        ppm: (ppm, ppm + 5e5),
        resolution: 1 + resolution * 1_000_000,
        sync: (every > 0).then_some(ClockSync {
            every: every * 10_000_000,
            sigma: 3e9,
        }),
        slews,
    }
}

fn clocks() -> impl Strategy<Value = PhysicalClock> {
    (prop::array::uniform4(0_u16..6000), any::<bool>())
        .prop_map(|(numbers, slews)| clock(numbers, slews))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn lamport_clocks_are_the_longest_chains(columns in histories()) {
        let (graph, rows, pasts) = (graph(&columns), rows(&columns), pasts(&columns));
        let stamps = LamportStamps::new(&graph, &mut go_on).unwrap();
        let clock: BTreeMap<usize, u32> = rows.iter().copied().zip(stamps.clocks().iter().copied()).collect();
        for b in 0..columns.len() {
            let before = (0..columns.len()).filter(|&a| pasts[b][a]);
            prop_assert_eq!(clock[&b], 1 + before.map(|a| clock[&a]).max().unwrap_or(0));
        }
    }

    #[test]
    fn vectors_say_what_happened_before(columns in histories()) {
        let (graph, rows, pasts) = (graph(&columns), rows(&columns), pasts(&columns));
        let stamps = VectorStamps::new(&graph, &mut go_on).unwrap();
        for (b, &row) in rows.iter().enumerate() {
            for (a, &other) in rows.iter().enumerate() {
                prop_assert_eq!(stamps.precedes(a, b), pasts[row][other]);
            }
        }
    }

    /// Theorems 1 to 3 of the paper, whatever physical clocks do.
    #[test]
    fn hybrid_clocks_keep_their_theorems(columns in histories(), clock in clocks(), seed in 0_u64..100) {
        let (graph, rows, pasts) = (graph(&columns), rows(&columns), pasts(&columns));
        let physical = PhysicalStamps::of_clocks(&graph, &times(&columns), &[clock], seed, &mut go_on).unwrap();
        let stamps = HlcStamps::new(&graph, &physical, &mut go_on).unwrap();
        let (stamps, physical) = (stamps.clocks(), physical.times());
        for (b, &row) in rows.iter().enumerate() {
            let before = (0..rows.len()).filter(|&a| pasts[row][rows[a]]);
            let before: Vec<usize> = before.collect();
            prop_assert!(before.iter().all(|&a| stamps[a] < stamps[b]));
            prop_assert!(stamps[b].time >= physical[b]);
            let known = before.iter().map(|&a| physical[a]).chain([physical[b]]).max();
            prop_assert_eq!(Some(stamps[b].time), known);
            // And what c counts: no more than the events before with this time.
            let equal = before.iter().filter(|&&a| stamps[a].time == stamps[b].time).count();
            prop_assert!(stamps[b].count as usize <= equal);
            prop_assert_eq!(stamps[b].count == 0, equal == 0);
        }
    }

    /// What a clock shows is a matter of the time alone, and is what its formula says.
    #[test]
    fn physical_clocks_go_as_they_should(columns in histories(), clock in clocks(), seed in 0_u64..100) {
        let graph = graph(&columns);
        let times = times(&columns);
        let shown = PhysicalStamps::of_clocks(&graph, &times, &[clock], seed, &mut go_on).unwrap();
        let at = rows(&columns).into_iter().map(|row| (columns.machine_id[row], times[row]));
        let mut at: Vec<_> = at.zip(shown.times()).collect();
        at.sort_unstable();
        for pair in at.windows(2) {
            let (((machine, time), shown), ((other, later), then)) = (pair[0], pair[1]);
            let is_set = clock.sync.is_some_and(|sync| time / sync.every != later / sync.every);
            if machine == other && (clock.slews || !is_set) {
                prop_assert!(shown <= then, "{time} {later}");
            }
        }
        prop_assert!(shown.times().iter().all(|time| time.rem_euclid(clock.resolution) == 0));
    }
}

/// Whose an event is, its clock, and sender and timestamp of what it received.
type EventOf = (i64, i64, Option<(i64, i64)>);

fn events(rows: &[EventOf]) -> Columns {
    let mut columns = Columns::default();
    for &(machine, clock, received) in rows {
        columns.machine_id.push(machine);
        columns.old_clock.push(clock - 1);
        columns.new_clock.push(clock);
        columns.event.push(match received {
            Some(_) => EventKind::Receive,
            None => EventKind::Send,
        });
        let (sender, sent_clock) = received.unwrap_or((-1, -1));
        columns.sender.push(sender);
        columns.sent_clock.push(sent_clock);
        columns.by_hand.push(false);
        columns.starts.push(0);
    }
    columns.starts.push(0);
    columns
}

/// As in the paper: four nodes, of which the first has a clock that is ahead.
#[test]
fn hybrid_clocks_count_while_they_wait_for_time() {
    // Node 1 sends at 10 to node 2, which is at 1 and 2, and sends on to node 3, at 2 and 3, and that to node 4.
    let columns = events(&[
        (1, 1, None),
        (2, 2, Some((1, 1))),
        (2, 3, None),
        (3, 4, Some((2, 3))),
        (3, 5, None),
        (4, 6, Some((3, 5))),
        (4, 7, None),
    ]);
    let graph = graph(&columns);
    let physical = PhysicalStamps::logged(&graph, &[10, 1, 2, 2, 3, 3, 11]);
    let stamps = HlcStamps::new(&graph, &physical, &mut go_on).unwrap();
    let expected = [
        (10, 0),
        (10, 1),
        (10, 2),
        (10, 3),
        (10, 4),
        (10, 5),
        (11, 0),
    ];
    let expected = expected.map(|(time, count)| Hybrid { time, count });
    assert_eq!(stamps.clocks(), expected);
    assert_eq!(stamps.message_bytes(0, 0), 2);
}

/// A clock that is right, one that is late, and one that goes twice as fast and is set back at 10 ns.
#[test]
fn physical_clocks_by_hand() {
    let columns = events(&[(1, 1, None), (1, 2, None), (1, 3, None), (1, 4, None)]);
    let graph = graph(&columns);
    let times = [3, 7, 10, 13];
    let shown = |clock| {
        PhysicalStamps::of_clocks(&graph, &times, &[clock], 0, &mut go_on)
            .unwrap()
            .times()
            .to_vec()
    };
    let right = PhysicalClock::RIGHT;
    assert_eq!(shown(right), times);
    let late = PhysicalClock {
        offset: (-4.0, -4.0),
        resolution: 2,
        ..right
    };
    assert_eq!(shown(late), [-2, 2, 6, 8]);
    let set = PhysicalClock {
        ppm: (1e6, 1e6),
        sync: Some(ClockSync {
            every: 10,
            sigma: 0.0,
        }),
        slews: false,
        ..right
    };
    assert_eq!(shown(set), [6, 14, 10, 16]);
    let slewed = PhysicalClock { slews: true, ..set };
    assert_eq!(shown(slewed), [6, 14, 18, 18]);
}
