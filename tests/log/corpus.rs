//! What fuzzing found, and where it starts from, as ordinary tests: see `tests/fuzz/run`.

#![allow(clippy::unwrap_used)]

#[path = "../fuzz/plays/noise.rs"]
mod noise;
#[path = "../fuzz/plays/recover.rs"]
mod recover;
#[path = "../fuzz/plays/wire.rs"]
mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::common::Scratch;
use lamport::causality::messages::messages;
use lamport::causality::verify::{Options, verify};
use lamport::log::read::parse::parse;
use lamport::log::read::reader::read_history_on;
use lamport::log::read::reader::read_logs_on;
use lamport::log::read::scan::Scanner;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let cases = fs::read_dir(directory).unwrap();
    let cases: Vec<_> = cases
        .map(|case| fs::read(case.unwrap().path()).unwrap())
        .collect();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn lines_are_read_alike() {
    let mut scanner = Scanner::default();
    for line in corpus("scan")
        .iter()
        .flat_map(|case| case.split(|&byte| byte == b'\n'))
    {
        let mut padded = line.to_vec();
        padded.extend_from_slice(b"\n        ");
        if let Some(found) = scanner.scan(&padded) {
            let line = parse(std::str::from_utf8(line).unwrap()).unwrap();
            assert_eq!((line.time, line.machine_id), (found.time, found.machine_id));
        }
    }
}

#[test]
fn logs_are_read_alike_on_any_number_of_threads() {
    for case in corpus("logs") {
        let scratch = Scratch::new();
        let logs = case.splitn(2, |&byte| byte == b'\x0c').enumerate();
        let paths: Vec<_> = logs
            .map(|(place, bytes)| {
                let path = scratch.0.join(format!("{place}.log"));
                fs::write(&path, bytes).unwrap();
                path
            })
            .collect();
        let read = |threads| read_logs_on(threads, &paths, &BTreeMap::new(), &mut || true);
        match (read(1), read(3)) {
            (Ok(one), Ok(three)) => {
                assert_eq!(one.columns.new_clock, three.columns.new_clock);
                messages(&one.columns, &one);
            }
            (one, three) => {
                assert_eq!(one.unwrap_err().to_string(), three.unwrap_err().to_string());
            }
        }
        if let Ok(history) = read_history_on(1, &paths, &BTreeMap::new(), &mut || true) {
            verify(&history, &Options::default(), &mut || true).unwrap();
        }
    }
}

#[test]
fn whatever_is_said_or_was_written() {
    for case in corpus("wire") {
        wire::play(&case);
    }
    for case in corpus("noise") {
        noise::play(&case);
    }
    for case in corpus("recover") {
        recover::play(&case);
    }
}
