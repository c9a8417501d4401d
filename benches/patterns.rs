//! Lines per second of CPU from logs of other programs to a table, and beside them pandas and polars.
//!
//! `cargo bench --no-default-features --bench patterns -- [LINES] [ROUNDS]` writes logs in the shapes that public programs
//! have, and reads each in turn on one thread: by this crate, then by a Python that is started once
//! (`benches/patterns_baseline.py`: `Series.str.extract` with the same patterns, `polars.read_ndjson`; `python` on the
//! path needs both). Medians of CPU time, and ratios; then the same on two threads, by the clock on the wall.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark takes times, prints, and stops at what it cannot do"
)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use common::{Scratch, argument, load, median};
use lamport::log::import::json::read_json_on;
use lamport::log::import::source::TextFile;
use lamport::log::import::text::{Foreign, TextPatterns, read_text_on};
use lamport::log::import::when::TimeReader;
use rustix::time::{ClockId, clock_gettime};

/// A shape of logs: its name, the patterns, the unit of its times, and how line `n` is written.
struct Shape {
    name: &'static str,
    patterns: &'static [&'static str],
    unit: Option<&'static str>,
    line: fn(&mut String, u64),
}

/// Time, machine, event and clock with blanks between them.
fn blanks(text: &mut String, n: u64) {
    writeln!(
        text,
        "{}.{:06} node{} SEND {n}",
        1_741_130_946 + n / 1000,
        n % 1000 * 1000,
        n % 3
    )
    .unwrap();
}

/// A machine with its vector clock, and in the next line the event.
fn vectors(text: &mut String, n: u64) {
    if n.is_multiple_of(2) {
        writeln!(
            text,
            "node{} {{\"node1\": {}, \"node2\": {n}, \"node3\": 7}}",
            n / 2 % 3 + 1,
            n / 3
        )
        .unwrap();
    } else {
        writeln!(text, "SEND {n}").unwrap();
    }
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "blanks (one pass)",
        patterns: &[r"^(?<time>\d+\.\d+) (?<machine>\S+) (?<event>\w+) (?<clock>\d+)$"],
        unit: None,
        line: blanks,
    },
    Shape {
        name: "comma_text",
        patterns: &[
            r"^(?<time>[\d.]+), (?<event>\w+)(?:\((?<die>\d)\))?, L=(?<clock>\d+)(?:, queue=(?<queue_len>\d+))?",
        ],
        unit: None,
        line: |text, n| {
            let time = format!("{}.{:06}", 1_741_130_946 + n / 1000, n % 1000 * 1000);
            match n % 3 {
                0 => writeln!(text, "{time}, SEND(3), L={n}").unwrap(),
                1 => writeln!(text, "{time}, RECEIVE, L={n}, queue={}", n % 7).unwrap(),
                _ => writeln!(text, "{time}, INTERNAL, L={n}").unwrap(),
            }
        },
    },
    Shape {
        name: "logging_text",
        patterns: &[
            r"^(?<time>\S+ \S+) - INFO - (?<event>Received) message from (?<sender>\w+)\. Queue length: (?<queue_len>\d+)\. Logical clock: (?<clock>\d+)",
            r"^(?<time>\S+ \S+) - INFO - (?<event>Sent) \d+ to (?<recipients>.*?)\. Logical clock: (?<clock>\d+)",
            r"^(?<time>\S+ \S+) - INFO - (?<event>Internal) event\. Logical clock: (?<clock>\d+)",
        ],
        unit: None,
        line: |text, n| {
            let time = format!(
                "2025-03-04 {:02}:{:02}:{:02},{:03}",
                n / 3_600_000 % 24,
                n / 60_000 % 60,
                n / 1000 % 60,
                n % 1000
            );
            match n % 3 {
                0 => writeln!(
                    text,
                    "{time} - INFO - Received message from B. Queue length: 2. Logical clock: {n}"
                )
                .unwrap(),
                1 => writeln!(
                    text,
                    "{time} - INFO - Sent {n} to A and C. Logical clock: {n}"
                )
                .unwrap(),
                _ => writeln!(text, "{time} - INFO - Internal event. Logical clock: {n}").unwrap(),
            }
        },
    },
    Shape {
        name: "vectors",
        patterns: &[r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"],
        unit: None,
        line: vectors,
    },
    Shape {
        name: "vectors with time",
        patterns: &[r"(?<timestamp>\d+) (?<host>\S*) (?<clock>{.*})\n(?<event>.*)"],
        unit: Some("ns"),
        line: |text, n| {
            if n.is_multiple_of(2) {
                write!(text, "{} ", 1_741_130_946_579_493_120 + n * 1000).unwrap();
            }
            vectors(text, n);
        },
    },
    Shape {
        name: "looks around",
        patterns: &[r"^(?<time>\d+\.\d+) (?<machine>\S+) (?<event>(?!INIT)\w+) (?<clock>\d+)$"],
        unit: None,
        line: blanks,
    },
    Shape {
        name: "json",
        patterns: &[],
        unit: Some("ms"),
        line: |text, n| {
            let time = 1_741_130_946_579 + n;
            match n % 3 {
                0 => writeln!(text, "{{\"node\": \"south wing\", \"kind\": \"Sent\", \"t_ms\": {time}, \"lc\": {n}, \"to\": [\"north\", \"Zürich\"]}}").unwrap(),
                1 => writeln!(text, "{{\"node\": \"north\", \"kind\": \"Recv\", \"t_ms\": {time}, \"lc\": {n}, \"from\": \"south wing\", \"stamp\": {}}}", n / 2).unwrap(),
                _ => writeln!(text, "{{\"node\": \"Zürich\", \"kind\": \"Exec\", \"t_ms\": {time}, \"lc\": {n}}}").unwrap(),
            }
        },
    },
];

const KEYS: [(&str, &str); 6] = [
    ("node", "machine_id"),
    ("kind", "event"),
    ("t_ms", "time"),
    ("lc", "new_clock"),
    ("from", "sender"),
    ("to", "recipients"),
];

fn read(shape: &Shape, file: &TextFile, threads: usize) -> usize {
    let columns = KEYS.map(|(theirs, ours)| (theirs.to_owned(), Some(ours.to_owned())));
    let foreign = Foreign {
        columns: if shape.patterns.is_empty() {
            columns.into()
        } else {
            BTreeMap::new()
        },
        times: TimeReader::new(None, shape.unit).unwrap(),
        ..Foreign::default()
    };
    let files = [file.clone()];
    let table = if shape.patterns.is_empty() {
        read_json_on(Some(threads), &files, &foreign, &mut || true)
    } else {
        let patterns = TextPatterns {
            patterns: shape
                .patterns
                .iter()
                .map(|&pattern| pattern.to_owned())
                .collect(),
            ..TextPatterns::default()
        };
        read_text_on(Some(threads), &files, &patterns, &foreign, &mut || true)
    };
    black_box(table.unwrap()).columns.machine_id.len()
}

fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn main() {
    let lines = argument(0, 3e5);
    let rounds = argument(1, 5.0) as usize;
    let scratch = Scratch::new(&std::env::temp_dir());
    let mut child = Command::new("python")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/benches/patterns_baseline.py"
        ))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asks = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    println!("{lines:.0} lines, CPU of one core; load {}", load());
    for shape in SHAPES {
        let mut text = String::new();
        for n in 0..lines as u64 {
            (shape.line)(&mut text, n);
        }
        let path: PathBuf = scratch.0.join("log");
        std::fs::write(&path, &text).unwrap();
        let file = TextFile {
            path: path.clone(),
            machine: Some("1".into()),
            header: 0,
        };
        let question = serde_json::json!({"path": path, "patterns": shape.patterns}).to_string();
        let (mut own, mut other, mut walls) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new()]);
        for round in 0..=rounds {
            let start = cpu();
            read(shape, &file, 1);
            let taken = cpu() - start;
            writeln!(asks, "{question}").unwrap();
            let answer: f64 = answers.next().unwrap().unwrap().parse().unwrap();
            for (threads, wall) in [1, 2].into_iter().zip(&mut walls) {
                let start = Instant::now();
                read(shape, &file, threads);
                wall.push(start.elapsed().as_secs_f64());
            }
            if round > 0 {
                own.push(taken);
                other.push(answer);
            }
        }
        let (own, other) = (median(own), median(other));
        let [one, two] = walls.map(median);
        println!(
            "  {:18} {:6.2} M lines/s, {} {:6.2}: {:5.1} x; two threads {:.2} x as fast",
            shape.name,
            lines / own / 1e6,
            if shape.patterns.is_empty() {
                "polars"
            } else {
                "pandas"
            },
            lines / other / 1e6,
            other / own,
            one / two
        );
    }
    drop(asks);
    child.wait().unwrap();
}
