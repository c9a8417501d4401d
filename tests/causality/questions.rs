//! Questions about a graph that have a known answer, and those that have none.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::float_cmp,
    clippy::needless_range_loop,
    reason = "whole numbers in float columns; a matrix is read by row and column"
)]

use std::collections::BTreeMap;

use crate::random_histories::{SEARCHING, causality, event, go_on, simulated, trio};
use lamport::causality::graph::Graph;
use lamport::causality::graph::Trace;
use lamport::causality::happened::Causality;
use lamport::causality::happened::Limits;
use lamport::causality::order::total_order;
use lamport::log::columns::Columns;
use lamport::log::columns::UNKNOWN;
use lamport::log::import::table::Declared;
use lamport::log::schema::EventKind;

fn refusal(columns: &Columns) -> String {
    Graph::new(&Trace::of(columns), &[], &mut go_on)
        .unwrap_err()
        .to_string()
}

#[test]
fn what_is_no_history_is_refused_with_its_place() {
    let back = trio(
        [UNKNOWN; 3],
        [1, 4, 4],
        [EventKind::Internal; 3],
        [2, 2, 2],
        [UNKNOWN; 3],
    );
    assert!(
        refusal(&back.into_logs(&Declared::default()).unwrap().columns)
            .contains("the clock of machine 2 is 4 and then 4 (row 2")
    );
    // Machine 1 receives what it sends later.
    let own = trio(
        [5, UNKNOWN, UNKNOWN],
        [1, 5, 6],
        [EventKind::Receive, EventKind::Send, EventKind::Internal],
        [1, 1, 1],
        [1, UNKNOWN, UNKNOWN],
    );
    assert!(
        refusal(&own.into_logs(&Declared::default()).unwrap().columns)
            .contains("receipt of machine 1 at clock 1")
    );
}

#[test]
fn receipts_that_name_no_send_leave_open_what_they_can() {
    let base = trio(
        [UNKNOWN; 3],
        [1, 2, 3],
        [EventKind::Send, EventKind::Receive, EventKind::Internal],
        [1, 2, 1],
        [UNKNOWN; 3],
    );
    let mut logs = base.into_logs(&Declared::default()).unwrap();
    // What the second machine did before is not known.
    logs.columns.old_clock[1] = UNKNOWN;
    let limits = Limits::default();
    let causality = Causality::of(&Trace::of(&logs.columns), &logs, limits, &mut go_on).unwrap();
    let event = |row| event(&causality, &logs.columns, row);
    let before = |a, b| {
        causality
            .happened_before(event(a), event(b), &mut go_on)
            .unwrap()
    };
    assert_eq!(before(0, 2), Some(true));
    assert_eq!(before(0, 1), None);
    assert_eq!(before(2, 1), Some(false));
}

#[test]
fn an_unknown_event_is_told_what_there_is() {
    let table = trio(
        [UNKNOWN; 3],
        [1, 4, 9],
        [EventKind::Internal; 3],
        [2, 2, 2],
        [UNKNOWN; 3],
    );
    let causality = causality(
        &table.into_logs(&Declared::default()).unwrap().columns,
        Limits::default(),
    );
    let said = |machine, clock| {
        causality
            .graph()
            .event(machine, clock)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        said(2, 5),
        "machine 2 has no event with clock 5: its 3 events have clocks from 1 to 9, the nearest 4 and 9"
    );
    assert_eq!(
        said(7, 1),
        "machine 7 has no event with clock 1: it has no events"
    );
    assert_eq!(
        said(4, 1),
        "there is no machine 4: the machines are 2, 7, 200"
    );
    assert_eq!(
        said(-1, 1),
        "there is no machine -1: the machines are 2, 7, 200"
    );
    assert!(causality.cut_is_consistent(&[(2, 5)], &mut go_on).is_err());
    assert!(causality.concurrent_share(Some(1), 0, &mut go_on).is_err());
}

#[test]
fn clocks_that_break_the_clock_condition_have_no_false_order_rate() {
    let table = trio(
        [UNKNOWN, 5, UNKNOWN],
        [5, 2, 6],
        [EventKind::Send, EventKind::Receive, EventKind::Internal],
        [1, 2, 1],
        [UNKNOWN, 1, UNKNOWN],
    );
    let causality = causality(
        &table.into_logs(&Declared::default()).unwrap().columns,
        Limits::default(),
    );
    assert!(
        causality
            .concurrent_share(None, 0, &mut go_on)
            .unwrap()
            .value
            > 0.0
    );
    let error = causality
        .false_order_rate(None, 0, &mut go_on)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("machine 2 received at clock 2 what machine 1 sent at clock 5"),
        "{error}"
    );
}

#[test]
fn standard_errors_are_what_they_say() {
    let columns = simulated(5, 60.0);
    let causality = causality(&columns, Limits::default());
    let exact = causality.concurrent_share(None, 0, &mut go_on).unwrap();
    let inside = (0..200).filter(|&seed| {
        let share = causality
            .concurrent_share(Some(100), seed, &mut go_on)
            .unwrap();
        (share.value - exact.value).abs() <= 2.0 * share.error
    });
    // 190 of 200 are expected; fewer than 175 would come up once in a million times.
    assert!(inside.count() >= 175);
    let above = super_sampled(&columns);
    assert!(above.error > 0.0 && (above.value - exact.value).abs() < 6.0 * above.error);
    assert_eq!(
        above,
        super_sampled(&columns),
        "equal seeds give equal shares"
    );
}

fn super_sampled(columns: &Columns) -> lamport::causality::happened::Share {
    causality(columns, SEARCHING)
        .concurrent_share(None, 3, &mut go_on)
        .unwrap()
}

#[test]
fn a_simulated_run_has_the_clocks_of_the_plain_algorithm() {
    let columns = simulated(7, 30.0);
    let causality = causality(&columns, Limits::default());
    let mut clocks: BTreeMap<i64, BTreeMap<i64, u32>> = BTreeMap::new();
    let mut sent: BTreeMap<(i64, i64), BTreeMap<i64, u32>> = BTreeMap::new();
    for row in 0..columns.len() {
        let (id, new_clock) = (columns.machine_id[row], columns.new_clock[row]);
        let clock = clocks.entry(id).or_default();
        if columns.event[row] == EventKind::Receive {
            for (&machine, &count) in &sent[&(columns.sender[row], columns.sent_clock[row])] {
                let known = clock.entry(machine).or_default();
                *known = count.max(*known);
            }
        }
        *clock.entry(id).or_default() += 1;
        if columns.event[row] == EventKind::Send {
            sent.insert((id, new_clock), clock.clone());
        }
        let at = event(&causality, &columns, row);
        let machines = causality.graph().machines().iter().map(|&id| id as i64);
        let found: BTreeMap<i64, u32> = machines
            .zip(causality.vector_clock(at, false, &mut go_on).unwrap())
            .filter(|&(_, count)| count > 0)
            .collect();
        assert_eq!(&found, &clocks[&id]);
    }
}

#[test]
fn an_interruption_ends_long_questions() {
    let columns = simulated(20, 20_000.0);
    let mut stop = || false;
    let made = Graph::new(&Trace::of(&columns), &[], &mut stop);
    assert!(made.unwrap_err().to_string().contains("interrupted"));
    for limits in [Limits::default(), SEARCHING] {
        let causality = causality(&columns, limits);
        let last = event(&causality, &columns, columns.len() - 1);
        assert!(causality.vector_clock(last, false, &mut stop).is_err());
        assert!(causality.past(last, false, &mut stop).is_err());
        assert!(causality.future(last, false, &mut stop).is_err());
        assert!(causality.concurrent_share(None, 0, &mut stop).is_err());
        assert!(causality.false_order_rate(None, 0, &mut stop).is_err());
        assert!(
            !causality
                .vector_clock(last, false, &mut go_on)
                .unwrap()
                .is_empty(),
            "and it can be asked again"
        );
    }
    assert!(total_order(&columns.machine_id, &columns.new_clock, &mut stop).is_err());
}
