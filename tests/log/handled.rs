//! Logs of machines with an algorithm: what is written is what is read, by lines, in columns, and written again.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use lamport::log::columns::Columns;
use lamport::log::handled_row::HandledRow;
use lamport::log::line::{Entry, What};
use lamport::log::read::parse::{LineBody, parse};
use lamport::log::read::reader::{read_history_on, read_logs_on};
use lamport::log::write::in_memory::InMemory;
use lamport::log::write::merge::write_lines;

use crate::common::{Scratch, handled};

const MACHINES: u64 = 3;
const ALL: std::ops::Range<f64> = f64::NEG_INFINITY..f64::INFINITY;

/// What a line says of its step: whether it is caused, and what it says beside its columns.
type Said = (bool, HandledRow);

/// What each event line of a log has to say, by its entries.
fn expected(entries: &[Entry]) -> Vec<Said> {
    let mut all = Vec::new();
    for entry in entries {
        match &entry.what {
            What::Step(step) => {
                all.push((false, HandledRow::of(step)));
                for sent in &step.caused {
                    let body = sent.body.clone();
                    let said = HandledRow {
                        body,
                        ..HandledRow::default()
                    };
                    all.push((true, said));
                }
            }
            What::Event { .. } => all.push((false, HandledRow::default())),
            _ => {}
        }
    }
    all
}

fn of_rows(columns: &Columns, machine: u64) -> Vec<Said> {
    let rows = (0..columns.len()).filter(|&row| columns.machine_id[row] == machine as i64);
    let said = |row: usize| {
        let said = HandledRow {
            prompt: columns.prompts[row].clone(),
            body: columns.bodies[row].clone(),
            state: columns.states[row].clone(),
        };
        (columns.caused[row], said)
    };
    rows.map(said).collect()
}

struct Written {
    scratch: Scratch,
    entries: Vec<Vec<Entry>>,
    paths: Vec<PathBuf>,
}

fn written(seed: u64) -> Written {
    let scratch = Scratch::new();
    let entries = handled::run(seed, MACHINES, 400, seed % 2 == 1);
    let mut paths = Vec::new();
    for (id, log) in (1..).zip(&entries) {
        let path = scratch.0.join(format!("machine_{id}.log"));
        fs::write(&path, handled::text(log, id, MACHINES)).unwrap();
        paths.push(path);
    }
    Written {
        scratch,
        entries,
        paths,
    }
}

#[test]
fn lines_say_what_the_steps_were() {
    let (mut sends, mut states, mut prompts) = (0, 0, 0);
    for seed in 0..4 {
        let written = written(seed);
        for (entries, path) in written.entries.iter().zip(&written.paths) {
            let text = fs::read_to_string(path).unwrap();
            let mut got = Vec::new();
            for line in text.lines() {
                let line = parse(line).unwrap();
                match line.body {
                    LineBody::Event(event) => got.push((line.is_caused, event.handled)),
                    LineBody::Startup(startup) => {
                        let told = (startup.algorithm, startup.arguments, startup.python);
                        let [algorithm, arguments, python] =
                            ["tests:Chatter", "{\"a\": [1, 2.50]}", "3.12"];
                        assert_eq!(
                            told,
                            (
                                Some(algorithm.into()),
                                Some(arguments.into()),
                                Some(python.into())
                            )
                        );
                    }
                    _ => {}
                }
            }
            assert_eq!(got, expected(entries));
            sends += got.iter().filter(|(is_caused, _)| *is_caused).count();
            states += got.iter().filter(|(_, said)| said.state.is_some()).count();
            prompts += got.iter().filter(|(_, said)| said.prompt.is_some()).count();
        }
    }
    assert!(
        sends > 500 && states > 300 && prompts > 150,
        "{sends} {states} {prompts}"
    );
}

#[test]
fn columns_hold_it_and_are_written_as_the_same_lines() {
    for seed in 0..4 {
        let written = written(seed);
        let go_on = &mut || true;
        let none = BTreeMap::new();
        let history = read_history_on(2, &written.paths, &none, go_on).unwrap();
        let logs = read_logs_on(2, &written.paths, &none, go_on).unwrap();
        for (id, entries) in (1..).zip(&written.entries) {
            let expected = expected(entries);
            assert_eq!(of_rows(&history.columns, id), expected);
            assert_eq!(of_rows(&logs.columns, id), expected);
        }
        // The general log is the lines, and what is in memory has them, too.
        let text = |path: &PathBuf| fs::read_to_string(path).unwrap();
        let merged = written.scratch.0.join("merged.log");
        write_lines(&logs.sources, logs.zero.time(), &merged, ALL, go_on).unwrap();
        let again = read_logs_on(1, std::slice::from_ref(&merged), &none, go_on).unwrap();
        for (id, entries) in (1..).zip(&written.entries) {
            assert_eq!(of_rows(&again.columns, id), expected(entries));
        }
        let saved = written.scratch.0.join("saved");
        fs::create_dir(&saved).unwrap();
        let memory = InMemory::new(logs.columns.clone(), &logs, Vec::new());
        memory.write_logs(&saved, go_on).unwrap();
        for path in &written.paths {
            let events = |text: String| -> Vec<String> {
                let lines = text.lines().filter(|line| line.contains("old_clock"));
                lines.map(str::to_owned).collect()
            };
            let copy = saved.join(path.file_name().unwrap());
            assert_eq!(events(text(&copy)), events(text(path)));
        }
    }
}

#[test]
fn a_corrected_clock_moves_what_is_due() {
    let written = written(1);
    let offsets = BTreeMap::from([(1, 0.5)]);
    let history = read_history_on(1, &written.paths, &offsets, &mut || true).unwrap();
    let plain = read_history_on(1, &written.paths, &BTreeMap::new(), &mut || true).unwrap();
    let due = |columns: &Columns, row| match columns.prompt(row) {
        Some(lamport::log::prompt::Prompt::Timer { due, .. }) => Some(*due),
        _ => None,
    };
    let mut seen = 0;
    for row in 0..history.columns.len() {
        let moved = due(&history.columns, row).zip(due(&plain.columns, row));
        let Some((moved, plain)) = moved else {
            continue;
        };
        let is_first = history.columns.machine_id[row] == 1;
        assert_eq!(moved - plain, if is_first { 500_000 } else { 0 });
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
fn the_same_names_with_other_values_are_another_programs() {
    let line = r#"{"event": "INTERNAL", "system_time": 1.0, "machine_id": 1, "old_clock": 0, "new_clock": 1, "caused": "no", "start": 1, "timer": 7, "due": "x", "body": "hello", "state": "idle"}"#;
    let line = parse(line).unwrap();
    let LineBody::Event(event) = line.body else {
        panic!("it is an event")
    };
    assert!(!line.is_caused && event.handled.is_empty());
    let startup = r#"{"event": "STARTUP", "system_time": 1.0, "machine_id": 1, "algorithm": 1, "arguments": [2], "python": null}"#;
    let LineBody::Startup(startup) = parse(startup).unwrap().body else {
        panic!("it is a STARTUP")
    };
    assert_eq!(
        (startup.algorithm, startup.arguments, startup.python),
        (None, None, None)
    );
}
