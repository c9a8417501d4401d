//! Logs of JSON lines of any shape.

#![allow(clippy::unwrap_used, clippy::float_cmp)]

use std::collections::BTreeMap;

use lamport::error::Result;
use lamport::log::import::json::read_json_on;
use lamport::log::import::source::TextFile;
use lamport::log::import::table::Table;
use lamport::log::import::text::Foreign;
use lamport::log::import::when::TimeReader;
use proptest::prelude::*;

use crate::common::Scratch;

fn read_on(
    threads: usize,
    text: &[u8],
    columns: &[(&str, Option<&str>)],
    unit: Option<&str>,
    skips: bool,
) -> Result<Table> {
    let scratch = Scratch::new();
    let path = scratch.0.join("all.jsonl");
    std::fs::write(&path, text).unwrap();
    let files = [TextFile {
        path,
        ..TextFile::default()
    }];
    let columns = columns
        .iter()
        .map(|&(theirs, ours)| (theirs.to_owned(), ours.map(str::to_owned)));
    let foreign = Foreign {
        columns: columns.collect(),
        times: TimeReader::new(None, unit)?,
        skips,
        ..Foreign::default()
    };
    read_json_on(Some(threads), &files, &foreign, &mut || true)
}

fn names(table: &Table, column: &[i64]) -> Vec<String> {
    let names = table.names.as_ref().unwrap();
    let name =
        |&place: &i64| usize::try_from(place).map_or("?".into(), |place| names[place].clone());
    column.iter().map(name).collect()
}

#[track_caller]
fn refused(text: &str, columns: &[(&str, Option<&str>)], words: &[&str]) {
    let error = read_on(1, text.as_bytes(), columns, None, false)
        .unwrap_err()
        .to_string();
    for word in words {
        assert!(error.contains(word), "{word:?} is not in: {error}");
    }
}

const COLUMNS: &[(&str, Option<&str>)] = &[
    ("node", Some("machine_id")),
    ("kind", Some("event")),
    ("at.ms", Some("time")),
    ("lc", Some("new_clock")),
    ("from", Some("sender")),
    ("to", Some("recipients")),
    ("junk", None),
];

#[test]
fn any_keys_are_read() {
    let text = r#"{"node": "Zürich", "kind": "Exec", "at": {"ms": 1741130946579}, "lc": 1, "junk": [1, {}]}
{"lc":2,"node":"south wing","kind":"Sent","at":{"ms":1741130946641,"x":1},"to":["north","Z\u00fcrich"],"level":"info"}

{"node": "north", "kind": "Recv", "at": {"ms": 1741130946746}, "lc": 3.0, "from": "south wing", "sent_clock": 2, "to": null}"#;
    for text in [
        text.to_owned(),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}\n"),
    ] {
        let table = read_on(1, text.as_bytes(), COLUMNS, Some("ms"), false).unwrap();
        assert_eq!(
            names(&table, &table.columns.machine_id),
            ["Zürich", "south wing", "north"]
        );
        let kinds: Vec<&str> = table.columns.event.iter().map(|kind| kind.name()).collect();
        assert_eq!(kinds, ["INTERNAL", "SEND", "RECEIVE"]);
        assert_eq!(table.columns.time, [0.0, 0.062, 0.167]);
        assert_eq!(table.columns.new_clock, [1, 2, 3]);
        assert_eq!(
            names(&table, table.recipients.as_ref().unwrap().of(1)),
            ["north", "Zürich"]
        );
        assert_eq!(
            names(&table, &table.columns.sender),
            ["?", "?", "south wing"]
        );
        assert_eq!(table.columns.sent_clock, [-1, -1, 2]);
        assert_eq!(table.origin.as_ref().unwrap().line, [1, 2, 4]);
        let extra: Vec<(&str, &str)> = table
            .extra
            .iter()
            .map(|(name, texts)| (name.as_str(), texts.of(1)))
            .collect();
        assert_eq!(extra, [("at.x", "1"), ("level", "info")]);
    }
}

#[test]
fn vectors_are_objects_lists_or_texts() {
    let text = r#"{"machine": "a", "event": "send", "clock": {"a": 1}}
{"machine": "b", "event": "recv", "clock": "{\"b\": 1, \"a\": 1}"}
{"machine": "b", "event": "exec", "clock": [1, 2]}
"#;
    let table = read_on(1, text.as_bytes(), &[], None, false).unwrap();
    let vectors = table.vectors.as_ref().unwrap();
    assert_eq!(names(&table, vectors.of(1).0), ["b", "a"]);
    assert_eq!(
        (vectors.of(2).0, vectors.of(2).1),
        (&[!0, !1][..], &[1, 2][..])
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let good = r#"{"machine": 1, "event": "send", "clock": 1}"#;
    let after = |line: &str| format!("{good}\n{line}\n");
    refused(
        &after("{\"machine\": 1, \"event\""),
        &[],
        &["all.jsonl:2", "no JSON", "column"],
    );
    refused(
        &after("hello"),
        &[],
        &["all.jsonl:2", "\"hello\"", "no JSON object"],
    );
    refused(&after("[1]"), &[], &["all.jsonl:2", "no JSON object"]);
    refused(
        &after(r#"{"machine": "1", "event": "send", "clock": 2}"#),
        &[],
        &["all.jsonl:2", "two names for one machine", "all.jsonl:1"],
    );
    refused(
        &after(r#"{"machine": 1, "machine": 2, "event": "send", "clock": 2}"#),
        &[],
        &["all.jsonl:2", "\"machine\" is there twice"],
    );
    refused(
        &after(r#"{"machine": [1], "event": "send", "clock": 2}"#),
        &[],
        &["all.jsonl:2", "name of a machine"],
    );
    refused(
        &after(r#"{"machine": "a\nb", "event": "send", "clock": 2}"#),
        &[],
        &["all.jsonl:2", "control characters"],
    );
    refused(
        &after(r#"{"machine": 1, "event": "send", "clock": 1e3}"#),
        &[],
        &["all.jsonl:2", "whole number"],
    );
    refused(
        &after(r#"{"machine": 1, "event": "INIT", "clock": 2}"#),
        &[],
        &["\"INIT\" (1)", "all.jsonl:2", "events="],
    );
    refused(
        r#"{"node": 1, "what": "send"}"#,
        &[],
        &["no key tells", "what", "columns="],
    );
    refused(
        r#"{"node": 1, "event": "send"}"#,
        &[],
        &["the machine", "node", "columns="],
    );
    let table = read_on(1, after("{\"machine\": 1,").as_bytes(), &[], None, true).unwrap();
    assert_eq!(table.columns.machine_id.len(), 1);
    assert!(table.notes[0].contains("all.jsonl:2"), "{:?}", table.notes);
}

#[test]
fn the_result_is_the_same_for_any_number_of_threads() {
    let line = |number: usize| {
        let machine = number % 5;
        format!(
            "{{\"machine\": \"m{machine}\", \"event\": \"exec\", \"clock\": {number}, \"more\": \"{}\"}}\n",
            "x".repeat(number % 50)
        )
    };
    let text: String = (0..60_000).map(line).collect();
    assert!(text.len() > 3 << 20);
    let shown = |table: Result<Table>| match table {
        Ok(table) => format!("{:?} {:?} {:?}", table.columns, table.names, table.extra),
        Err(error) => error
            .to_string()
            .rsplit_once(".jsonl")
            .unwrap_or_default()
            .1
            .to_owned(),
    };
    let mut bad = text.clone();
    bad.insert_str(2 << 20, "\n{\"machine\": }\n");
    for text in [text, bad] {
        let one = shown(read_on(1, text.as_bytes(), &[], None, false));
        for threads in [2, 4] {
            assert!(
                one == shown(read_on(threads, text.as_bytes(), &[], None, false)),
                "{threads} threads"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(rows in prop::collection::vec(("\\PC{1,4}", 0..3_usize, 0..1_000_000_i64, prop::option::of(0..9_i64)), 1..20)) {
        let words = ["Sent", "RECV", "local"];
        let mut text = String::new();
        for (machine, kind, clock, queue) in &rows {
            let mut object: BTreeMap<&str, serde_json::Value> = BTreeMap::new();
            object.insert("machine", machine.trim().into());
            object.insert("event", words[*kind].into());
            object.insert("clock", (*clock).into());
            object.insert("queue_len", (*queue).into());
            text += &serde_json::to_string(&object).unwrap();
            text.push('\n');
        }
        prop_assume!(rows.iter().all(|(machine, ..)| !machine.trim().is_empty()));
        let table = read_on(1, text.as_bytes(), &[], None, false).unwrap();
        let machines: Vec<&str> = rows.iter().map(|(machine, ..)| machine.trim()).collect();
        prop_assert_eq!(names(&table, &table.columns.machine_id), machines);
        let clocks: Vec<i64> = rows.iter().map(|&(_, _, clock, _)| clock).collect();
        prop_assert_eq!(&table.columns.new_clock, &clocks);
        let queues: Vec<i64> = rows.iter().map(|&(.., queue)| queue.unwrap_or(-1)).collect();
        prop_assert_eq!(if table.columns.queue_len.is_empty() { vec![-1; rows.len()] } else { table.columns.queue_len.clone() }, queues);
    }

    #[test]
    fn no_text_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "([\"{}\\[\\]:,0-9a-z\n]|\"(machine|event|clock)\": ){0,30}") {
        for bytes in [bytes, text.into_bytes(), [b"{\"machine\": 1, \"event\": 1, \"clock\": {\"", "é\\".as_bytes()].concat()] {
            let _ = read_on(1, &bytes, &[("a.b", Some("event"))], None, true);
        }
    }
}
