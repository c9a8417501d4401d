//! What it costs that receipts do not tell sender or timestamp: the same run with all told beside it.
//!
//! `cargo bench --no-default-features --bench inference -- [EVENTS] [ROUNDS] [MACHINES] [CASE]`: 3 and 100 machines in
//! virtual time, whose receipts tell all, or not the sender, the timestamp, or either; then base fields alone. In each
//! round, in turn: verification of logs that are read, the table of messages, and both graphs; last messages and
//! graphs of one run. Medians of the processor time of the thread, and how often as long as where all is
//! told. Reading, which is the same for all, is told beside. `MACHINES` and `CASE` (0 to 4) leave the others out.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops at what it cannot do"
)]

mod common;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;

use common::{Scratch, argument, load, median, simulation};
use lamport::causality::graph::Trace;
use lamport::causality::happened::{Causality, Limits};
use lamport::causality::matching::Inference;
use lamport::causality::messages::{Messages, inferred_messages, messages};
use lamport::causality::verify::{Options, verify};
use lamport::drive::simulated::files::Files;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::watch::Watch;
use lamport::log::columns::{Columns, UNKNOWN};
use lamport::log::history::{History, Note};
use lamport::log::logs::Logs;
use lamport::log::read::reader::read_history;

const CASES: [&str; 5] = [
    "all told",
    "no sender",
    "no timestamp",
    "neither",
    "base fields",
];

/// Hides what a case does not tell.
fn hide(columns: &mut Columns, case: usize) {
    if matches!(case, 1 | 3 | 4) {
        columns.sender.fill(UNKNOWN);
    }
    if matches!(case, 2..=4) {
        columns.sent_clock.fill(UNKNOWN);
    }
    if case == 4 {
        columns.recipients.clear();
        for row in 0..columns.len() {
            columns.starts[row] = columns.recipients.len();
            if columns.event[row].sends() {
                columns.recipients.push(UNKNOWN);
            }
        }
        *columns.starts.last_mut().unwrap() = columns.recipients.len();
        columns.arrived.fill(f64::NAN);
        columns.queue_len.fill(UNKNOWN);
    }
}

/// A run in memory. But for the first case it is that of another program: no line tells that a message was sent in
/// nobody's name.
fn logs(machines: u32, events: f64, case: usize) -> Logs {
    let mut simulation = simulation(machines, events);
    let mut records = Records::default();
    simulation.run(&mut records, &Watch::default());
    let mut logs = simulation.logs(records, &mut || true).unwrap();
    hide(&mut logs.columns, case);
    for machine in &mut logs.machines {
        if let Some(startup) = machine.startup.as_mut().filter(|_| case > 0) {
            startup.history = None;
        }
        if case == 4 {
            (machine.startup, machine.end, machine.unread) = (None, None, Vec::new());
        }
    }
    logs
}

/// The same as logs to verify, and the seconds that it takes to read them.
fn history(machines: u32, events: f64, case: usize, reading: &mut Vec<f64>) -> History {
    let scratch = Scratch::new(&std::env::temp_dir());
    let mut simulation = simulation(machines, events);
    let mut files = Files::create(&simulation, &scratch.0).unwrap();
    simulation.run(&mut files, &Watch::default());
    files.finish(&simulation).unwrap();
    let paths = (1..=machines).map(|id| scratch.0.join(format!("machine_{id}.log")));
    let paths: Vec<PathBuf> = paths.collect();
    let before = common::cpu_seconds();
    let mut history = read_history(&paths, &BTreeMap::new(), &mut || true).unwrap();
    reading.push(common::cpu_seconds() - before);
    hide(&mut history.columns, case);
    for log in &mut history.logs {
        for mark in &mut log.marks {
            if let Note::Startup(startup) = &mut mark.note
                && case > 0
            {
                startup.history = None;
            }
        }
        if case == 4 {
            log.marks.clear();
            log.beginnings.clear();
            log.links.clear();
        }
    }
    history
}

/// The processor time of this thread, in seconds.
fn processor() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn timed<T>(seconds: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let start = processor();
    let result = black_box(work());
    seconds.push(processor() - start);
    result
}

fn graphs(logs: &Logs) -> Causality {
    let trace = Trace::of(&logs.columns);
    Causality::of(&trace, logs, Limits::default(), &mut || true).unwrap()
}

/// Both, with what is found of receipts once.
fn both(logs: &Logs) -> (Messages, Causality) {
    let inference = Inference::default();
    let trace = Trace::of(&logs.columns);
    let limits = Limits::default();
    (
        inferred_messages(&logs.columns, logs, &inference),
        Causality::inferred(&trace, logs, &inference, limits, &mut || true).unwrap(),
    )
}

/// Times of one case: verification, messages, graphs, messages and graphs.
type Times = [Vec<f64>; 4];

fn main() {
    let (events, rounds) = (argument(0, 1e6), argument(1, 5.0) as usize);
    let wanted = |place: usize, value: usize| {
        let only = argument(place, -1.0);
        only < 0.0 || only as usize == value
    };
    for machines in [3_u32, 100] {
        if !wanted(2, machines as usize) {
            continue;
        }
        let cases = (0..CASES.len()).filter(|&case| case == 0 || wanted(3, case));
        let cases: Vec<usize> = cases.collect();
        let mut reading = Vec::new();
        let made = |&case: &usize| {
            let history = history(machines, events, case, &mut reading);
            (case, history, logs(machines, events, case))
        };
        let made: Vec<_> = cases.iter().map(made).collect();
        let mut times: Vec<Times> = vec![Times::default(); CASES.len()];
        let mut open = [(0, false); CASES.len()];
        for _ in 0..rounds {
            for (case, history, logs) in &made {
                let times = &mut times[*case];
                let report = timed(&mut times[0], || {
                    verify(history, &Options::default(), &mut || true).unwrap()
                });
                assert!(report.is_ok(), "{:?}", report.counts);
                let found = timed(&mut times[1], || messages(&logs.columns, logs));
                let causality = timed(&mut times[2], || graphs(logs));
                open[*case] = (found.unmatched, causality.is_certain());
                drop((found, causality));
                timed(&mut times[3], || both(logs));
            }
        }
        let count = made[0].2.columns.len();
        let receipts = made[0]
            .2
            .columns
            .event
            .iter()
            .filter(|event| event.receives());
        println!(
            "{machines} machines, {:.2} M events, {:.2} M receipts; reading {:.0} ns an event; then ns an event (x all told)",
            count as f64 / 1e6,
            receipts.count() as f64 / 1e6,
            1e9 * median(reading.iter().copied()) / count as f64
        );
        println!(
            "{:>14} {:>14} {:>14} {:>14} {:>18} {:>9}",
            "", "verify", "messages", "graphs", "messages, graphs", "open"
        );
        for &case in &cases {
            let of = |part: usize| {
                let of = |case: usize| median(times[case][part].iter().copied());
                let each = 1e9 * of(case) / count as f64;
                format!("{each:.1} ({:.2})", of(case) / of(0))
            };
            println!(
                "{:>14} {:>14} {:>14} {:>14} {:>18} {:>9}",
                CASES[case],
                of(0),
                of(1),
                of(2),
                of(3),
                open[case].0
            );
        }
    }
    println!("load {}", load());
}
