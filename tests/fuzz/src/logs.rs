//! Two logs of any bytes: reading, matching and verification end, and threads change nothing.

#![no_main]

mod count;

use std::collections::BTreeMap;
use std::path::PathBuf;

use lamport::causality::machines::machines;
use lamport::causality::messages::messages;
use lamport::causality::verify::{Options, verify};
use lamport::log::read::reader::read_history_on;
use lamport::log::read::reader::read_logs_on;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    count::count(data);
    // A form feed parts the logs.
    let paths: Vec<PathBuf> = data
        .splitn(2, |&byte| byte == b'\x0c')
        .enumerate()
        .map(|(place, bytes)| {
            let name = format!("lamport-fuzz-{}-{place}.log", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, bytes).expect("there is room");
            path
        })
        .collect();
    let offsets = BTreeMap::new();
    let read = |threads| read_logs_on(threads, &paths, &offsets, &mut || true);
    match (read(1), read(3)) {
        (Ok(one), Ok(three)) => {
            assert_eq!(one.columns.new_clock, three.columns.new_clock);
            assert_eq!(one.columns.recipients, three.columns.recipients);
            assert_eq!(one.notes, three.notes);
            messages(&one.columns, &one);
            machines(&one);
        }
        (Err(one), Err(three)) => assert_eq!(one.to_string(), three.to_string()),
        (one, three) => panic!("{:?} but {:?}", one.err(), three.err()),
    }
    if let Ok(history) = read_history_on(1, &paths, &offsets, &mut || true) {
        let _ = verify(&history, &Options::default(), &mut || true);
    }
});
