//! Happened-before against reachability by brute force, on random histories; `ShiViz` text against its rules.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::float_cmp,
    clippy::needless_range_loop,
    reason = "whole numbers in float columns; a matrix is read by row and column"
)]

use std::collections::BTreeMap;

use crate::common::Scratch;
use lamport::causality::export::shiviz::{Shown, Viewer, write};
use lamport::causality::graph::{Graph, Trace};
use lamport::causality::happened::{Causality, EventId, Limits};
use lamport::causality::order::total_order;
use lamport::drive::simulated::engine::{Setup, Simulation, Watch};
use lamport::drive::simulated::record::Records;
use lamport::log::columns::{Columns, UNKNOWN};
use lamport::log::import::table::Table;
use lamport::log::schema::EventKind;
use lamport::model::behavior::Behavior;
use lamport::model::latency::Latency;
use lamport::model::topology::Topology;
use proptest::prelude::*;
use serde_json::Value;

const SEARCHING: Limits = Limits { kept: 0, exact: 0 };

/// A step of a history: whose, what, and which of the messages on their way.
type Move = (usize, u8, usize);

/// What a history is made of: moves, how far the host clock of each machine is off, and how coarse clocks are.
fn histories() -> impl Strategy<Value = Columns> {
    let moves = prop::collection::vec((0_usize..5, 0_u8..12, 0_usize..100), 0..70);
    let skews = prop::collection::vec(0_i32..40, 5);
    (moves, skews, 1_usize..4, any::<bool>()).prop_map(|(moves, skews, coarse, is_skewed)| {
        let skews = if is_skewed { skews } else { vec![0; 5] };
        history(&moves, &skews, coarse)
    })
}

fn history(moves: &[Move], skews: &[i32], coarse: usize) -> Columns {
    // Ids with gaps, so that a place is no id.
    let id = |machine: usize| [3_i64, 7, 8, 50_000, 1 << 40][machine];
    let mut clocks = [0_i64; 5];
    let mut on_their_way: Vec<(usize, i64)> = Vec::new();
    let mut columns = Columns::default();
    for (step, &(machine, action, which)) in moves.iter().enumerate() {
        let mut received = (UNKNOWN, UNKNOWN);
        let mut kind = EventKind::Internal;
        match action {
            0..=4 => kind = EventKind::Send,
            5..=9 if !on_their_way.is_empty() => {
                let (from, clock) = on_their_way[which % on_their_way.len()];
                kind = EventKind::Receive;
                received = (id(from), clock);
                clocks[machine] = clocks[machine].max(clock);
                if action < 8 {
                    on_their_way.swap_remove(which % on_their_way.len());
                }
            }
            // A message of nobody, or of a machine without a log.
            10 => {
                kind = EventKind::Receive;
                received = if which % 2 == 0 {
                    (UNKNOWN, 4)
                } else {
                    (99, 4)
                };
                clocks[machine] = clocks[machine].max(4);
            }
            _ => {}
        }
        clocks[machine] += 1 + (which % 2) as i64;
        if kind == EventKind::Send {
            on_their_way.push((machine, clocks[machine]));
        }
        columns.machine_id.push(id(machine));
        columns.event.push(kind);
        columns.new_clock.push(clocks[machine]);
        let time = (step / coarse) as f64 + f64::from(skews[machine]);
        columns.time.push(time);
        columns.sender.push(received.0);
        columns.sent_clock.push(received.1);
        // Nothing that is by hand has a cause.
        columns.by_hand.push(action == 9);
    }
    let recipients = None;
    let table = Table {
        columns,
        recipients,
    };
    table.into_logs().unwrap().columns
}

fn causality(columns: &Columns, limits: Limits) -> Causality {
    let graph = Graph::new(&Trace::of(columns), &[7, 200], &mut || true).unwrap();
    Causality::new(graph, limits)
}

/// By row, the rows that reach it, itself not among them.
fn pasts(columns: &Columns) -> Vec<Vec<bool>> {
    let rows = columns.len();
    let mut pasts = vec![vec![false; rows]; rows];
    let mut edges = Vec::new();
    for b in 0..rows {
        let before = (0..b)
            .rev()
            .find(|&a| columns.machine_id[a] == columns.machine_id[b]);
        edges.extend(before.map(|a| (a, b)));
        if columns.event[b] == EventKind::Receive && !columns.by_hand[b] {
            let send = (0..rows).find(|&a| {
                columns.event[a] == EventKind::Send
                    && columns.machine_id[a] == columns.sender[b]
                    && columns.new_clock[a] == columns.sent_clock[b]
            });
            edges.extend(send.map(|a| (a, b)));
        }
    }
    loop {
        let mut is_done = true;
        for &(a, b) in &edges {
            let news = pasts[a].clone();
            for (row, is_before) in news.into_iter().enumerate() {
                if (is_before || row == a) && !pasts[b][row] {
                    pasts[b][row] = true;
                    is_done = false;
                }
            }
        }
        if is_done {
            return pasts;
        }
    }
}

fn event(causality: &Causality, columns: &Columns, row: usize) -> EventId {
    let (id, clock) = (columns.machine_id[row], columns.new_clock[row]);
    causality.graph().event(id, clock).unwrap()
}

fn go_on() -> bool {
    true
}

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
                    prop_assert_eq!(causality.happened_before(other, at, &mut go_on).unwrap(), pasts[b][a]);
                    let is_concurrent = a != b && !pasts[b][a] && !pasts[a][b];
                    prop_assert_eq!(causality.concurrent(other, at, &mut go_on).unwrap(), is_concurrent);
                }
                prop_assert_eq!(&causality.past(at, &mut go_on).unwrap(), &pasts[b]);
                let future: Vec<bool> = pasts.iter().map(|past| past[b]).collect();
                prop_assert_eq!(causality.future(at, &mut go_on).unwrap(), future);
                let clock = causality.vector_clock(at, &mut go_on).unwrap();
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
        prop_assert_eq!(causality.cut_is_consistent(&cut, &mut go_on).unwrap(), closed);
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
    fn viewers_get_what_they_ask_for(
        columns in histories(),
        window in (prop::option::of(0_u32..90), prop::option::of(0_u32..90)),
        is_timed in any::<bool>(),
    ) {
        let window = (window.0.map(f64::from), window.1.map(f64::from));
        let viewer = if is_timed { Viewer::TsViz } else { Viewer::ShiViz };
        let (text, count) = exported(&columns, viewer, window);
        prop_assert!(!text.contains('\r') && text.ends_with('\n'));
        let regex = text.lines().next().unwrap();
        prop_assert_eq!(regex, if is_timed {
            r"(?<host>\S*) (?<clock>{.*})\n(?<timestamp>\d*) (?<event>.*)"
        } else {
            r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"
        });
        let lines: Vec<&str> = text.lines().skip(2).collect();
        prop_assert_eq!((text.lines().nth(1), lines.len()), (Some(""), 2 * count));
        let pasts = pasts(&columns);
        let cut = |time: Option<f64>, all: bool| closed(&columns, &pasts, |row| {
            time.map_or(all, |time| columns.time[row] < time)
        });
        let (before, until) = (cut(window.0, false), cut(window.1, true));
        let shown: Vec<usize> = (0..columns.len()).filter(|&row| until[row] && !before[row]).collect();
        prop_assert_eq!(shown.len(), count);
        let mut own: BTreeMap<String, u64> = BTreeMap::new();
        let mut seen = vec![false; columns.len()];
        for entry in lines.chunks(2) {
            let (host, clock) = entry[0].split_once(' ').unwrap();
            let clock: BTreeMap<String, u64> = serde_json::from_str(clock).unwrap();
            let description = entry[1].split_once(' ').filter(|_| is_timed).map_or(entry[1], |(stamp, rest)| {
                assert_eq!(stamp.len(), 19);
                rest
            });
            let new_clock: i64 = description.split([' ', ',']).nth(1).unwrap().parse().unwrap();
            let id: i64 = host.strip_prefix("machine_").unwrap().parse().unwrap();
            let row = *shown.iter().find(|&&row| columns.machine_id[row] == id && columns.new_clock[row] == new_clock).unwrap();
            let number = own.entry(host.to_owned()).or_default();
            *number += 1;
            prop_assert_eq!(clock[host], *number);
            let mut expected: BTreeMap<String, u64> = BTreeMap::new();
            for &a in shown.iter().filter(|&&a| pasts[row][a] || a == row) {
                *expected.entry(format!("machine_{}", columns.machine_id[a])).or_default() += 1;
            }
            prop_assert_eq!(clock, expected);
            prop_assert!(shown.iter().all(|&a| seen[a] || !pasts[row][a]), "in causal order");
            prop_assert!(!std::mem::replace(&mut seen[row], true));
        }
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
            prop_assert_eq!(&causality.past(at, &mut go_on).unwrap(), &pasts[row]);
        }
        let _ = causality.false_order_rate(None, 0, &mut go_on);
    }
}

/// The largest set of the rows wanted that has with each event its whole past.
fn closed(columns: &Columns, pasts: &[Vec<bool>], wanted: impl Fn(usize) -> bool) -> Vec<bool> {
    let is_in = |row: usize| wanted(row) && (0..columns.len()).all(|a| wanted(a) || !pasts[row][a]);
    (0..columns.len()).map(is_in).collect()
}

fn exported(
    columns: &Columns,
    viewer: Viewer,
    window: (Option<f64>, Option<f64>),
) -> (String, usize) {
    let scratch = Scratch::new();
    let path = scratch.0.join("run");
    let graph = Graph::new(&Trace::of(columns), &[], &mut go_on).unwrap();
    let shown = Shown {
        trace: Trace::of(columns),
        time: &columns.time,
        system_time: &columns.system_time,
        queue_len: &columns.queue_len,
    };
    let count = write(&graph, &shown, viewer, window, &path, &mut go_on).unwrap();
    (std::fs::read_to_string(path).unwrap(), count as usize)
}

/// The events of machines in virtual time.
fn simulated(machines: u32, duration: f64) -> Columns {
    let mut simulation = Simulation::new(Setup {
        topology: Topology::Full(machines),
        duration,
        rates: None,
        max_rate: 6,
        behavior: Behavior::default(),
        faults: Vec::new(),
        latency: Latency::Constant(0.0005),
        seed: 7,
    })
    .unwrap();
    let mut records = Records::default();
    simulation.run(&mut records, &Watch::default());
    simulation.logs(records, &mut || true).unwrap().columns
}

fn trio(
    sent_clock: [i64; 3],
    clocks: [i64; 3],
    events: [EventKind; 3],
    machines: [i64; 3],
    sender: [i64; 3],
) -> Table {
    Table {
        columns: Columns {
            machine_id: machines.to_vec(),
            event: events.to_vec(),
            new_clock: clocks.to_vec(),
            sender: sender.to_vec(),
            sent_clock: sent_clock.to_vec(),
            ..Columns::default()
        },
        recipients: None,
    }
}

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
        refusal(&back.into_logs().unwrap().columns)
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
    assert!(refusal(&own.into_logs().unwrap().columns).contains("receipt of machine 1 at clock 1"));
    let base = trio(
        [UNKNOWN; 3],
        [1, 2, 3],
        [EventKind::Send, EventKind::Receive, EventKind::Internal],
        [1, 2, 1],
        [UNKNOWN; 3],
    );
    assert!(refusal(&base.into_logs().unwrap().columns).contains("base fields only"));
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
    let causality = causality(&table.into_logs().unwrap().columns, Limits::default());
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
    let causality = causality(&table.into_logs().unwrap().columns, Limits::default());
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
            .zip(causality.vector_clock(at, &mut go_on).unwrap())
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
        assert!(causality.vector_clock(last, &mut stop).is_err());
        assert!(causality.past(last, &mut stop).is_err());
        assert!(causality.future(last, &mut stop).is_err());
        assert!(causality.concurrent_share(None, 0, &mut stop).is_err());
        assert!(causality.false_order_rate(None, 0, &mut stop).is_err());
        assert!(
            !causality.vector_clock(last, &mut go_on).unwrap().is_empty(),
            "and it can be asked again"
        );
    }
    assert!(total_order(&columns.machine_id, &columns.new_clock, &mut stop).is_err());
}

#[test]
fn texts_are_those_that_are_documented() {
    let mut table = trio(
        [UNKNOWN, 1, UNKNOWN],
        [1, 2, 2],
        [EventKind::Send, EventKind::Receive, EventKind::Internal],
        [1, 2, 1],
        [UNKNOWN, 1, UNKNOWN],
    );
    table.columns.queue_len = vec![UNKNOWN, 0, UNKNOWN];
    table.columns.system_time = vec![1_677_782_102.954_512, 1_677_782_103.0, 1_677_782_104.25];
    let columns = table.into_logs().unwrap().columns;
    let (text, _) = exported(&columns, Viewer::TsViz, (None, None));
    assert_eq!(
        text,
        concat!(
            r"(?<host>\S*) (?<clock>{.*})\n(?<timestamp>\d*) (?<event>.*)",
            "\n\n",
            "machine_1 {\"machine_1\":1}\n1677782102954512000 SEND 1\n",
            "machine_2 {\"machine_1\":1,\"machine_2\":1}\n1677782103000000000 RECEIVE 2, sent at 1 by machine_1, queue 0\n",
            "machine_1 {\"machine_1\":2}\n1677782104250000000 INTERNAL 2\n",
        )
    );
    let parsed: Value = serde_json::from_str(r#"{"machine_1":1}"#).unwrap();
    assert!(parsed.is_object());
    // Times before 0, which a table may have, keep their order as text.
    let early = Columns {
        system_time: vec![-2.0, -1.5, 3.0],
        ..columns
    };
    let (text, _) = exported(&early, Viewer::TsViz, (None, None));
    assert!(
        text.contains("\n0000000000000000000 SEND 1\n")
            && text.contains("\n0000000000500000000 RECEIVE 2")
    );
}
