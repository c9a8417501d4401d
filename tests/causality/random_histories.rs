//! Random histories, and what reaches what in them by brute force.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::float_cmp,
    clippy::needless_range_loop,
    reason = "whole numbers in float columns; a matrix is read by row and column"
)]

use lamport::causality::graph::Graph;
use lamport::causality::graph::Trace;
use lamport::causality::happened::Causality;
use lamport::causality::happened::EventId;
use lamport::causality::happened::Limits;
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::log::columns::Columns;
use lamport::log::columns::UNKNOWN;
use lamport::log::import::table::{Declared, Table};
use lamport::log::schema::EventKind;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::topology::Topology;
use proptest::prelude::*;

pub(crate) const SEARCHING: Limits = Limits { kept: 0, exact: 0 };

/// A step of a history: whose, what, and which of the messages on their way.
pub(crate) type Move = (usize, u8, usize);

/// What a history is made of: moves, how far the host clock of each machine is off, and how coarse clocks are.
pub(crate) fn histories() -> impl Strategy<Value = Columns> {
    let moves = prop::collection::vec((0_usize..5, 0_u8..12, 0_usize..100), 0..70);
    let skews = prop::collection::vec(0_i32..40, 5);
    (moves, skews, 1_usize..4, any::<bool>()).prop_map(|(moves, skews, coarse, is_skewed)| {
        let skews = if is_skewed { skews } else { vec![0; 5] };
        history(&moves, &skews, coarse)
    })
}

pub(crate) fn history(moves: &[Move], skews: &[i32], coarse: usize) -> Columns {
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
    let table = Table {
        columns,
        ..Table::default()
    };
    table.into_logs(&Declared::default()).unwrap().columns
}

pub(crate) fn causality(columns: &Columns, limits: Limits) -> Causality {
    let graph = Graph::new(&Trace::of(columns), &[7, 200], &mut || true).unwrap();
    Causality::new(graph, limits)
}

/// By row, the rows that reach it, itself not among them.
pub(crate) fn pasts(columns: &Columns) -> Vec<Vec<bool>> {
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

pub(crate) fn event(causality: &Causality, columns: &Columns, row: usize) -> EventId {
    let (id, clock) = (columns.machine_id[row], columns.new_clock[row]);
    causality.graph().event(id, clock).unwrap()
}

pub(crate) fn go_on() -> bool {
    true
}

/// The events of machines in virtual time.
pub(crate) fn simulated(machines: u32, duration: f64) -> Columns {
    let mut simulation = Simulation::new(Setup {
        topology: Topology::Full(machines),
        duration,
        rates: None,
        max_rate: 6,
        behavior: Behavior::default(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        faults: Vec::new(),
        latency: Latency::Constant(0.0005),
        seed: 7,
    })
    .unwrap();
    let mut records = Records::default();
    simulation.run(&mut records, &Watch::default());
    simulation.logs(records, &mut || true).unwrap().columns
}

/// Three events as a table.
pub(crate) fn trio(
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
        ..Table::default()
    }
}
