//! Lines per second from log files to columns, warm cache.
//!
//! `cargo bench --no-default-features --bench read -- [MOST_EVENTS] [ROUNDS]` writes the logs of three machines
//! in virtual time, with 10^5, 10^6, ... events, up to `MOST_EVENTS` (10^7), and reads them in turn: one thread, two
//! threads, each line by typed `serde_json` (the path of lines of another shape), and the floor: newlines counted
//! by memchr in the same blocks. Medians, ratios, and the largest memory of a process that does nothing but read.
//! `python benches/read_baseline.py` sets what users have beside it.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark takes times, prints, and stops at what it cannot do"
)]

mod common;

use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use common::{Scratch, argument, load, median};
use lamport::causality::messages::messages;
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::files::Files;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::log::columns::{Columns, Row};
use lamport::log::logs::Logs;
use lamport::log::read::lines::Lines;
use lamport::log::read::parse::{LineBody, parse};
use lamport::log::read::reader::read_logs_on;
use lamport::log::schema::or_unknown;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::topology::Topology;

const RATES: [f64; 3] = [100.0, 300.0, 600.0];

fn write(directory: &Path, events: f64) -> Vec<PathBuf> {
    let mut simulation = Simulation::new(Setup {
        topology: Topology::Full(3),
        duration: (events / RATES.iter().sum::<f64>()).ceil(),
        rates: Some(RATES.to_vec()),
        max_rate: 6,
        behavior: Behavior::default(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Constant(0.0005),
        seed: 1,
        faults: Vec::new(),
    })
    .unwrap();
    let mut files = Files::create(&simulation, directory).unwrap();
    simulation.run(&mut files, &Watch::default());
    files.finish(&simulation).unwrap();
    (1..=3)
        .map(|id| directory.join(format!("machine_{id}.log")))
        .collect()
}

/// The columns of the events, line by line; never sorted, which is kind to it.
fn typed(paths: &[PathBuf]) -> usize {
    let mut columns = Columns::default();
    for path in paths {
        let mut lines = Lines::open(path).unwrap();
        while let Some((_, text)) = lines.next_line().unwrap() {
            let line = parse(text).unwrap();
            let LineBody::Event(event) = line.body else {
                continue;
            };
            let row = Row {
                time: line.time as f64,
                system_time: line.time as f64,
                machine_id: line.machine_id as i64,
                event: event.kind,
                old_clock: event.clocks.0 as i64,
                new_clock: event.clocks.1 as i64,
                queue_len: or_unknown(event.queue_len),
                sender: or_unknown(event.message.sender),
                sent_clock: or_unknown(event.message.sent_clock),
                arrived: f64::NAN,
                manual: line.is_manual,
                by_hand: line.is_by_hand,
                caused: line.is_caused,
            };
            columns.push(&row);
        }
    }
    black_box(&columns).len()
}

fn floor(paths: &[PathBuf]) -> usize {
    let mut buffer = vec![0; 1 << 20];
    let mut lines = 0;
    for path in paths {
        let mut file = File::open(path).unwrap();
        loop {
            let count = file.read(&mut buffer).unwrap();
            if count == 0 {
                break;
            }
            lines += memchr::memchr_iter(b'\n', &buffer[..count]).count();
        }
    }
    lines
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

fn read_on(threads: usize, paths: &[PathBuf]) -> Logs {
    read_logs_on(threads, paths, &BTreeMap::new(), &mut || true).unwrap()
}

/// What the columns hold, in bytes.
fn size(columns: &Columns) -> f64 {
    let row = size_of::<f64>() * 3 + size_of::<i64>() * 6 + size_of::<usize>() + 3;
    (columns.len() * row + columns.recipients.len() * size_of::<i64>()) as f64
}

fn main() {
    if let Some(paths) = common::only() {
        black_box(read_on(2, &paths));
        common::tell_peak();
        return;
    }
    let most = argument(0, 1e7);
    let rounds = argument(1, 5.0) as usize;
    let mut events = 1e5;
    while events <= most * 1.001 {
        measure(events, rounds);
        events *= 10.0;
    }
    println!("load {}", load());
}

fn measure(events: f64, rounds: usize) {
    let scratch = Scratch::new(&std::env::temp_dir());
    let paths = write(&scratch.0, events);
    let lines = floor(&paths) as f64;
    let bytes: u64 = paths
        .iter()
        .map(|path| path.metadata().unwrap().len())
        .sum();
    println!("{lines:.0} lines, {:.0} bytes a line", bytes as f64 / lines);
    let names = [
        "one thread",
        "two threads",
        "typed serde_json",
        "newlines only",
        "messages matched",
    ];
    let mut seconds: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    let mut columns = 0.0;
    for _ in 0..rounds {
        for threads in [1, 2] {
            let (time, logs) = timed(|| read_on(threads, &paths));
            seconds[threads - 1].push(time);
            if threads == 1 {
                seconds[4].push(timed(|| black_box(messages(&logs.columns, &logs))).0);
                columns = size(&logs.columns);
            }
        }
        seconds[2].push(timed(|| typed(&paths)).0);
        seconds[3].push(timed(|| floor(&paths)).0);
    }
    let rates: Vec<f64> = seconds
        .into_iter()
        .map(|times| lines / median(times) / 1e6)
        .collect();
    for (name, rate) in names.iter().zip(&rates) {
        println!(
            "  {name:18} {rate:8.2} M lines/s  {:6.2} x",
            rate / rates[0]
        );
    }
    let peak = common::peak_of(&paths);
    println!(
        "  peak memory {:.0} MB: {:.2} x (files + 1.5 x columns of {:.0} MB)",
        peak / 1e6,
        peak / (bytes as f64 + 1.5 * columns),
        columns / 1e6
    );
}
