//! Logs in their own order, and what tables and single lines have to do with it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::files::Files;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::log::columns::Columns;
use lamport::log::history::{History, LogHistory};
use lamport::log::read::lines::Lines;
use lamport::log::read::parse::parse;
use lamport::log::read::reader::{read_history_on, read_logs_on};
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::fault::Fault;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::topology::Topology;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::common::Scratch;

/// The logs of three machines, of which one crashes and comes back.
static LOGS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let scratch = Scratch::new();
    let setup = Setup {
        topology: Topology::Full(3),
        duration: 8.0,
        rates: Some(vec![2.0, 4.0, 6.0]),
        max_rate: 6,
        behavior: Behavior::default(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Constant(0.3),
        seed: 7,
        faults: Fault::list(r#"[{"fault": "crash", "machine": 2, "at": 3, "down_for": 1}]"#)
            .unwrap(),
    };
    let mut simulation = Simulation::new(setup).unwrap();
    let mut files = Files::create(&simulation, &scratch.0).unwrap();
    assert!(simulation.run(&mut files, &Watch::default()));
    files.finish(&simulation).unwrap();
    let text = |id| fs::read_to_string(scratch.0.join(format!("machine_{id}.log"))).unwrap();
    (1..=3)
        .map(|id| text(id).lines().map(str::to_owned).collect())
        .collect()
});

/// What happens to a line, in this log, with another line of it.
type Damage = (Index, Index, Index, u8);

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let place = any::<Index>;
    prop::collection::vec((place(), place(), place(), 0..11_u8), 0..4)
}

/// A line without this field, which has a number.
fn without(line: &str, field: &str) -> String {
    let Some((before, after)) = line.split_once(&format!("\"{field}\": ")) else {
        return line.to_owned();
    };
    let number = |c: char| c.is_ascii_digit() || c == ',' || c == ' ';
    format!("{before}{}", after.trim_start_matches(number))
}

fn damaged(damages: &[Damage]) -> Vec<Vec<u8>> {
    let mut logs = LOGS.clone();
    for (log, at, other, kind) in damages {
        let lines = &mut logs[log.index(3)];
        if lines.is_empty() {
            continue;
        }
        let (at, other) = (at.index(lines.len()), other.index(lines.len()));
        let replaced = |old: &str, new: &str| lines[at].replacen(old, new, 1);
        let changed = match kind {
            0 => {
                lines.remove(at);
                continue;
            }
            1 => {
                lines.swap(at, other);
                continue;
            }
            2 => {
                lines.insert(at, lines[other].clone());
                continue;
            }
            3 => replaced("\": ", "\":"),
            4 => replaced("\"machine_id\": ", "\"machine_id\": 1"),
            5 => replaced("\"virtual-", "\"other-"),
            6 => replaced("recipient_ids", "mood"),
            7 => replaced("_clock\": ", "_clock\": 1"),
            8 => without(&lines[at], "old_clock"),
            9 => lines[at].split_at(other.min(lines[at].len())).0.to_owned(),
            _ => replaced("}", ", \"mood\": [1]}"),
        };
        lines[at] = changed;
    }
    // The last line of the last log is torn, now and then.
    let torn = damages.len() == 3;
    let mut texts: Vec<_> = logs
        .into_iter()
        .map(|lines| lines.join("\n") + "\n")
        .collect();
    if torn {
        texts[2].pop();
    }
    texts.into_iter().map(String::into_bytes).collect()
}

/// All of an event but its line; `scale` makes microseconds of the times of these columns, `time` is one of them.
fn event(columns: &Columns, row: usize, time: &[f64], scale: f64) -> String {
    let micros = |time: f64| (time * scale).round();
    format!(
        "{:?}",
        (
            micros(columns.system_time[row]),
            (columns.machine_id[row], columns.event[row]),
            (columns.old_clock[row], columns.new_clock[row]),
            (
                columns.queue_len[row],
                columns.sender[row],
                columns.sent_clock[row]
            ),
            micros(columns.arrived[row] - time[row]),
            (columns.manual[row], columns.by_hand[row]),
            columns.recipients(row),
        )
    )
}

/// The rows of the histories in the order of tables.
fn merged(history: &History) -> Vec<usize> {
    let columns = &history.columns;
    let mut rows: Vec<usize> = (0..columns.len()).collect();
    rows.sort_by(|&a, &b| {
        columns.system_time[a]
            .total_cmp(&columns.system_time[b])
            .then_with(|| columns.machine_id[a].cmp(&columns.machine_id[b]))
    });
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn tables_are_the_histories_merged_or_refuse_what_they_must(damages in damages(), threads in 1..4_usize) {
        let scratch = Scratch::new();
        let paths: Vec<PathBuf> = (1..=3).map(|id| scratch.0.join(format!("{id}.log"))).collect();
        for (path, bytes) in paths.iter().zip(damaged(&damages)) {
            fs::write(path, bytes).unwrap();
        }
        let tables = read_logs_on(threads, &paths, &BTreeMap::new(), &mut || true);
        let history = read_history_on(threads, &paths, &BTreeMap::new(), &mut || true);
        match (tables, history) {
            (Ok(tables), Ok(history)) => {
                prop_assert!(!history.logs.iter().any(LogHistory::has_gap));
                let rows = merged(&history);
                prop_assert_eq!(tables.columns.len(), rows.len());
                for (row, &of_history) in rows.iter().enumerate() {
                    let (table, log) = (&tables.columns, &history.columns);
                    let found = event(table, row, &table.time, 1e6);
                    prop_assert_eq!(found, event(log, of_history, &log.system_time, 1.0));
                }
                let torn = history.logs.iter().filter(|log| log.torn.is_some()).count();
                let noted = tables.notes.iter().filter(|note| note.contains("no newline")).count();
                prop_assert_eq!(torn, noted);
            }
            (Err(error), Ok(history)) => {
                // The first line that is of another machine or another run.
                let log = history.logs.iter().find(|log| {
                    let runs = log.startups().map(|(_, startup)| startup.run_id.as_deref());
                    log.gaps.iter().any(|gap| gap.why.contains("belongs to one")) || runs.collect::<std::collections::BTreeSet<_>>().len() > 1
                });
                let is_other = error.to_string().contains("belongs to one");
                // Or the first that cannot be read.
                let mut gaps = history.logs.iter().filter_map(|log| Some((log, log.gaps.first()?)));
                let is_gap = !is_other && gaps.any(|(log, gap)| {
                    let (file, line) = log.place(gap.line);
                    error.to_string() == format!("{file}:{line}: {}", gap.why)
                });
                prop_assert!(is_other != is_gap && (is_gap || log.is_some()), "{}", error);
            }
            (Err(tables), Err(history)) => {
                // Tables judge each log before they judge all; what they refuse in one, a history has as it stands.
                let mut alone = paths.chunks(1).filter_map(|path| {
                    read_logs_on(threads, path, &BTreeMap::new(), &mut || true).err()
                });
                let expected = alone.next().unwrap_or(history);
                // Which executions there are is told of all logs.
                let first = |error: lamport::error::Error| {
                    let text = error.to_string();
                    text.split("; or say which execution").next().map(str::to_owned)
                };
                prop_assert_eq!(first(tables), first(expected));
            }
            (Ok(_), Err(history)) => prop_assert!(false, "{}", history),
        }
    }

    #[test]
    fn a_line_is_read_as_it_is_parsed(damages in damages()) {
        for bytes in damaged(&damages) {
            let mut texts = Lines::new(&bytes[..], "x.log");
            let mut lines = Lines::new(&bytes[..], "x.log");
            while let Some((number, text)) = texts.next_line().unwrap() {
                if text.trim().is_empty() {
                    continue;
                }
                match (lines.next_read(), parse(text)) {
                    (Ok(Some(read)), Ok(parsed)) => prop_assert_eq!(read, (number, parsed)),
                    (Err(read), Err(parsed)) => prop_assert_eq!(read.to_string(), format!("x.log:{number}: {parsed}")),
                    (read, parsed) => prop_assert!(false, "{:?} {:?}", read, parsed),
                }
                prop_assert_eq!(lines.length(), texts.length());
            }
            prop_assert!(lines.next_read().unwrap().is_none());
        }
    }
}
