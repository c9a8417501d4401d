//! Vector clocks of a million events: rows only where a receipt brings news, beside a dense row an event and a map an event.
//!
//! `cargo bench --no-default-features --bench causality -- [EVENTS] [ROUNDS]`: 3 and 100 machines in virtual
//! time. In each round, in turn: the graph, the rows that are kept, and the two plain ways, both given sends
//! already matched. Medians, ratios and memory.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark takes times, prints, and stops at what it cannot do"
)]

mod common;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use common::{argument, median, simulation};
use lamport::causality::graph::{Graph, Trace};
use lamport::causality::happened::{Causality, Limits};
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::watch::Watch;
use lamport::log::columns::Columns;
use lamport::log::logs::Logs;
use lamport::log::schema::EventKind;

fn logs(machines: u32, events: f64) -> Logs {
    let mut simulation = simulation(machines, events);
    let mut records = Records::default();
    simulation.run(&mut records, &Watch::default());
    simulation.logs(records, &mut || true).unwrap()
}

/// By row, the row of the send of what was received.
fn sends(columns: &Columns) -> Vec<usize> {
    let mut rows = BTreeMap::new();
    let mut sends = vec![usize::MAX; columns.len()];
    for row in 0..columns.len() {
        if columns.event[row] == EventKind::Send {
            rows.insert((columns.machine_id[row], columns.new_clock[row]), row);
        } else if columns.event[row] == EventKind::Receive {
            sends[row] = rows[&(columns.sender[row], columns.sent_clock[row])];
        }
    }
    sends
}

/// A row of all machines for each event.
fn dense(columns: &Columns, sends: &[usize], machines: usize) -> Vec<u32> {
    let mut rows = vec![0_u32; columns.len() * machines];
    let mut last = vec![usize::MAX; machines];
    for row in 0..columns.len() {
        let machine = columns.machine_id[row] as usize - 1;
        let (before, mine) = rows.split_at_mut(row * machines);
        let mine = &mut mine[..machines];
        if last[machine] != usize::MAX {
            mine.copy_from_slice(&before[last[machine] * machines..][..machines]);
        }
        if sends[row] != usize::MAX {
            let theirs = &before[sends[row] * machines..][..machines];
            for (mine, &theirs) in mine.iter_mut().zip(theirs) {
                *mine = (*mine).max(theirs);
            }
        }
        mine[machine] += 1;
        last[machine] = row;
    }
    rows
}

/// A map for each event.
fn maps(columns: &Columns, sends: &[usize], machines: usize) -> Vec<BTreeMap<i64, u32>> {
    let mut clocks: Vec<BTreeMap<i64, u32>> = Vec::with_capacity(columns.len());
    let mut last = vec![usize::MAX; machines];
    for (row, &send) in sends.iter().enumerate() {
        let id = columns.machine_id[row];
        let place = &mut last[id as usize - 1];
        let mut clock = clocks.get(*place).cloned().unwrap_or_default();
        for (&machine, &count) in clocks.get(send).into_iter().flatten() {
            let known = clock.entry(machine).or_default();
            *known = count.max(*known);
        }
        *clock.entry(id).or_default() += 1;
        clocks.push(clock);
        *place = row;
    }
    clocks
}

fn timed<T>(seconds: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = black_box(work());
    seconds.push(start.elapsed().as_secs_f64());
    result
}

fn main() {
    let wanted = argument(0, 1e6);
    let rounds = argument(1, 5.0) as usize;
    for machines in [3_u32, 100] {
        let columns = logs(machines, wanted).columns;
        let sends = sends(&columns);
        let width = machines as usize;
        // A map an event of 100 machines takes gigabytes: a tenth of the events tells as much.
        let few = columns.len() / if machines > 10 { 10 } else { 1 };
        let mut times: [Vec<f64>; 6] = Default::default();
        let mut bytes = 0;
        for _ in 0..rounds {
            let graph = timed(&mut times[0], || {
                Graph::new(&Trace::of(&columns), &[], &mut || true).unwrap()
            });
            let causality = Causality::new(graph, Limits::default());
            timed(&mut times[1], || causality.keep(&mut || true).unwrap());
            bytes = causality.kept();
            timed(&mut times[2], || {
                causality.concurrent_share(None, 0, &mut || true).unwrap()
            });
            let last = columns.len() - 1;
            let event = causality
                .graph()
                .event(columns.machine_id[last], columns.new_clock[last])
                .unwrap();
            timed(&mut times[3], || {
                causality.past(event, false, &mut || true).unwrap()
            });
            timed(&mut times[4], || dense(&columns, &sends, width));
            timed(&mut times[5], || maps(&columns, &sends[..few], width));
        }
        let rate =
            |seconds: &[f64], count: usize| count as f64 / 1e6 / median(seconds.iter().copied());
        let count = columns.len();
        let [graph, rows, share, past, plain, map] = &times;
        let (rows, plain, map) = (rate(rows, count), rate(plain, count), rate(map, few));
        println!(
            "{machines} machines, {:.2} M events (M events/s): rows {rows:.1}, dense {plain:.1} ({:.1} x), map {map:.2} ({:.0} x); graph {:.1}; concurrent_share {:.1}; past of the last {:.1}",
            count as f64 / 1e6,
            rows / plain,
            rows / map,
            rate(graph, count),
            rate(share, count),
            rate(past, count)
        );
        let dense = 4 * count * width;
        println!(
            "  memory: rows {:.1} bytes an event, dense {:.0}: {:.1} x",
            bytes as f64 / count as f64,
            dense as f64 / count as f64,
            dense as f64 / bytes as f64
        );
    }
}
