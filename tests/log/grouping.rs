//! The same lines in any grouping are the same logs.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use lamport::causality::verify::report::Rule;
use lamport::causality::verify::{Options, verify};
use lamport::log::history::History;
use lamport::log::logs::Logs;
use lamport::log::read::reader::{read_history_on, read_logs_on};

use crate::common::Scratch;

/// Which file a line is for, by its number, its machine and its text.
type Which = fn(usize, u64, &str) -> usize;

/// What a few machines say in turn, each line with its machine.
fn lines() -> Vec<(u64, String)> {
    let mut lines = Vec::new();
    for id in 1..=3_u64 {
        lines.push((id, format!(
            r#"{{"event": "STARTUP", "system_time": 9.00000{id}, "machine_id": {id}, "clock_rate": 1.0, "local_clock": 0, "listen": ["h", 500{id}]}}"#
        )));
    }
    let mut clocks = [0_u64; 4];
    let mut queues = [const { VecDeque::new() }; 4];
    for at in 0..60_u64 {
        let id = 1 + at * 7 % 3;
        let old = clocks[id as usize];
        let waits = if at % 4 == 1 {
            queues[id as usize].pop_front()
        } else {
            None
        };
        let (kind, new, more) = match (at % 4, waits) {
            (0, _) => {
                let to = 1 + id % 3;
                queues[to as usize].push_back(old + 1);
                let more = format!(r#", "recipients": [["h", 500{to}]]"#);
                ("SEND", old + 1, more)
            }
            (_, Some(stamp)) => ("RECEIVE", old.max(stamp) + 1, String::new()),
            _ => ("INTERNAL", old + 1, String::new()),
        };
        clocks[id as usize] = new;
        lines.push((id, format!(
            r#"{{"event": "{kind}", "system_time": {}.5, "machine_id": {id}, "old_clock": {old}, "new_clock": {new}{more}}}"#,
            10 + at
        )));
    }
    for id in 1..=3_u64 {
        let last = clocks[id as usize];
        lines.push((id, format!(
            r#"{{"event": "END", "system_time": 80.0, "machine_id": {id}, "final_clock": {last}}}"#
        )));
    }
    lines
}

/// Files, each with the lines that `which` names it for.
fn files(
    scratch: &Scratch,
    names: &[&str],
    which: impl Fn(usize, u64, &str) -> usize,
) -> Vec<PathBuf> {
    let mut texts = vec![String::new(); names.len()];
    for (at, (id, line)) in lines().into_iter().enumerate() {
        writeln!(texts[which(at, id, &line)], "{line}").unwrap();
    }
    let paths: Vec<_> = names.iter().map(|name| scratch.0.join(name)).collect();
    for (path, text) in paths.iter().zip(texts) {
        fs::write(path, text).unwrap();
    }
    paths
}

fn tables(paths: &[PathBuf]) -> Logs {
    read_logs_on(2, paths, &BTreeMap::new(), &mut || true).unwrap()
}

fn history(paths: &[PathBuf]) -> History {
    read_history_on(2, paths, &BTreeMap::new(), &mut || true).unwrap()
}

/// All that a run says, but for where it stands.
fn said(logs: &Logs) -> String {
    let machines = logs.machines.iter().map(|machine| {
        (
            machine.id,
            &machine.startup,
            &machine.end,
            machine.span,
            machine.up,
        )
    });
    format!(
        "{:?}\n{:?}\n{:?}",
        logs.columns,
        machines.collect::<Vec<_>>(),
        logs.peers
    )
}

#[test]
fn any_grouping_of_the_lines_is_the_same_run() {
    let scratch = Scratch::new();
    let own = files(
        &scratch,
        &["machine_1.log", "machine_2.log", "machine_3.log"],
        |_, id, _| id as usize - 1,
    );
    let expected = said(&tables(&own));
    let clean = verify(&history(&own), &Options::default(), &mut || true).unwrap();
    assert!(clean.is_ok(), "{:?}", clean.violations);
    let groupings: [(&[&str], Which); 5] = [
        (&["all.jsonl"], |_, _, _| 0),
        // Rotated, the older with the higher number or the lower.
        (&["all.log.1", "all.log"], |at, _, _| usize::from(at > 30)),
        (&["all.log.1", "all.log.2", "all.log"], |at, _, _| {
            2 - at / 23
        }),
        // By kind of event, so that each machine is in every file, in turns.
        (&["sends", "others"], |_, _, line| {
            usize::from(!line.contains("SEND"))
        }),
        (&["a", "b", "c", "d"], |at, id, _| {
            if id == 1 { at % 2 } else { 2 + at % 2 }
        }),
    ];
    for (names, which) in groupings {
        let paths = files(&scratch, names, which);
        assert_eq!(said(&tables(&paths)), expected, "{names:?}");
        let report = verify(&history(&paths), &Options::default(), &mut || true).unwrap();
        assert!(report.is_ok(), "{names:?}: {:?}", report.violations);
        assert_eq!(report.checked, clean.checked, "{names:?}");
    }
}

#[test]
fn each_line_is_found_in_its_file() {
    let scratch = Scratch::new();
    let which = |at: usize, _: u64, line: &str| if line.contains("SEND") { 0 } else { 1 + at % 2 };
    let paths = files(&scratch, &["sends", "b", "c"], which);
    let texts: BTreeMap<String, String> = paths
        .iter()
        .map(|path| {
            (
                path.display().to_string(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    let history = history(&paths);
    for log in &history.logs {
        for row in log.rows.clone() {
            let (file, line) = log.place(history.columns.line[row]);
            let text = texts[file].lines().nth(line as usize - 1).unwrap();
            let new = format!("\"new_clock\": {}", history.columns.new_clock[row]);
            assert!(text.contains(&new), "{file}:{line}: {text}");
            assert!(
                text.contains(&format!("\"machine_id\": {},", log.machine_id)),
                "{text}"
            );
        }
        for mark in &log.marks {
            let (file, line) = log.place(mark.line);
            let text = texts[file].lines().nth(line as usize - 1).unwrap();
            assert!(text.contains("STARTUP") || text.contains("END"), "{text}");
        }
    }
}

#[test]
fn what_is_wrong_is_named_where_it_stands() {
    let scratch = Scratch::new();
    let paths = files(&scratch, &["a", "b"], |at, _, _| at % 2);
    let text = fs::read_to_string(&paths[1]).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines[20] = "{broken".into();
    fs::write(&paths[1], lines.join("\n") + "\n").unwrap();
    let error = read_logs_on(2, &paths, &BTreeMap::new(), &mut || true).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("{}:21: not JSON", paths[1].display())),
        "{error}"
    );
    // It may be of any of the machines: none is blamed for what it may have told.
    let report = verify(&history(&paths), &Options::default(), &mut || true).unwrap();
    let found: Vec<_> = report
        .violations
        .iter()
        .map(|each| (each.rule, each.line))
        .collect();
    assert_eq!(found, [(Rule::Structure, 21)], "{:?}", report.violations);
    assert!(report.violations[0].file.ends_with('b'));
}

#[test]
fn two_lives_of_a_machine_are_not_one() {
    let scratch = Scratch::new();
    let names = ["a/machine_1.log", "b/machine_1.log"];
    for name in names {
        fs::create_dir_all(scratch.0.join(name).parent().unwrap()).unwrap();
        files(&scratch, &[name, "rest"], |_, id, _| usize::from(id != 1));
    }
    let paths = names.map(|name| scratch.0.join(name));
    let error = read_logs_on(1, &paths, &BTreeMap::new(), &mut || true)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("b/machine_1.log:1: machine 1 has two logs, the other is"),
        "{error}"
    );
    assert!(error.contains("each begins with the clock at 0"), "{error}");
    // The middle of a log twice.
    let texts: Vec<_> = lines()
        .into_iter()
        .filter(|(id, _)| *id == 1)
        .map(|(_, line)| line + "\n")
        .collect();
    fs::write(&paths[0], texts[..12].concat()).unwrap();
    fs::write(&paths[1], texts[8..].concat()).unwrap();
    let error = read_logs_on(1, &paths, &BTreeMap::new(), &mut || true)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("both have an event after which the clock is"),
        "{error}"
    );
}
