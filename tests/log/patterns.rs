//! Logs of any text, read by patterns.

#![allow(clippy::unwrap_used, clippy::float_cmp)]

use std::io::Write;

use lamport::error::Result;
use lamport::log::execution::Execution;
use lamport::log::import::source::TextFile;
use lamport::log::import::table::{ALL, OTHERS, Table};
use lamport::log::import::text::{Foreign, TextPatterns, read_text_on};
use lamport::log::import::when::TimeReader;
use lamport::log::import::words::{Meaning, Words};
use proptest::prelude::*;

use crate::common::Scratch;

/// What is read, and how.
#[derive(Clone, Default)]
struct Case<'c> {
    /// Name of the machine, if the file tells it, and what the file holds.
    files: Vec<(Option<&'c str>, Vec<u8>)>,
    patterns: &'c [&'c str],
    aside: &'c [&'c str],
    unit: Option<&'c str>,
    delimiter: Option<&'c str>,
    execution: Option<Execution>,
    header: u32,
    skips: bool,
}

impl<'c> Case<'c> {
    fn of(text: &str, patterns: &'c [&'c str]) -> Self {
        Self {
            files: vec![(None, text.into())],
            patterns,
            ..Self::default()
        }
    }

    fn read_on(&self, threads: usize) -> Result<Table> {
        let scratch = Scratch::new();
        let mut files = Vec::new();
        for (place, (machine, bytes)) in self.files.iter().enumerate() {
            let path = scratch.0.join(format!("{place}.log"));
            std::fs::write(&path, bytes).unwrap();
            files.push(TextFile {
                path,
                machine: machine.map(str::to_owned),
                header: self.header,
            });
        }
        let patterns = TextPatterns {
            patterns: self
                .patterns
                .iter()
                .map(|&pattern| pattern.to_owned())
                .collect(),
            delimiter: self.delimiter.map(str::to_owned),
            execution: self.execution.clone(),
        };
        let aside = self
            .aside
            .iter()
            .map(|&word| (word.to_owned(), Meaning::Aside));
        let foreign = Foreign {
            words: Words::new(aside.collect()),
            times: TimeReader::new(None, self.unit)?,
            skips: self.skips,
            ..Foreign::default()
        };
        read_text_on(Some(threads), &files, &patterns, &foreign, &mut || true)
    }

    #[track_caller]
    fn read(&self) -> Table {
        self.read_on(1).unwrap()
    }

    #[track_caller]
    fn refused(&self, words: &[&str]) {
        let error = self.read_on(1).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{word:?} is not in: {error}");
        }
    }
}

/// The texts behind a column of places.
fn names(table: &Table, column: &[i64]) -> Vec<String> {
    let names = table.names.as_ref().unwrap();
    let name =
        |&place: &i64| usize::try_from(place).map_or("?".into(), |place| names[place].clone());
    column.iter().map(name).collect()
}

fn kinds(table: &Table) -> Vec<&'static str> {
    table.columns.event.iter().map(|kind| kind.name()).collect()
}

const COMMA: &str = r"^(?<time>[\d.]+), (?<event>\w+)(?:\((?<die>\d)\))?, L=(?<clock>\d+)(?:, queue=(?<queue_len>\d+))?";

#[test]
fn one_line_is_one_event() {
    let text = "1.5, INIT, L=0\n2.25, SEND(3), L=1\n2.5, RECEIVE, L=6, queue=0\n\n3, INTERNAL, L=7";
    let case = Case {
        files: vec![(Some("7"), text.into())],
        aside: &["INIT"],
        ..Case::of("", &[COMMA])
    };
    let table = case.read();
    assert_eq!(kinds(&table), ["SEND", "RECEIVE", "INTERNAL"]);
    assert_eq!(names(&table, &table.columns.machine_id), ["7"; 3]);
    assert_eq!(table.columns.new_clock, [1, 6, 7]);
    assert_eq!(table.columns.queue_len, [-1, 0, -1]);
    assert_eq!(table.columns.time, [2.25, 2.5, 3.0]);
    assert_eq!(table.resolution.to_bits(), 0.01_f64.to_bits());
    assert_eq!(
        (
            table.extra[0].0.as_str(),
            table.extra[0].1.of(0),
            table.extra[0].1.of(1)
        ),
        ("die", "3", "")
    );
    assert_eq!(table.origin.unwrap().line, [2, 3, 5]);
    let without_end = Case { aside: &[], ..case };
    without_end.refused(&["\"INIT\" (1)", "0.log:1", "events={\"INIT\": None}"]);
}

#[test]
fn patterns_are_tried_in_their_order() {
    let text = "2025-03-04 23:29:06,641 - Sent 1 to A and C. Clock: 1\n\
                2025-03-04 23:29:06,958 - Received message from B. Queue: 1. Clock: 2\n\
                2025-03-04 23:29:07,079 - Internal event. Clock: 3\n";
    let patterns = [
        r"^(?P<time>\S+ \S+) - (?P<event>Received) message from (?P<sender>\w+)\. Queue: (?P<queue_len>\d+)\. Clock: (?P<clock>\d+)",
        r"^(?<time>\S+ \S+) - (?<event>Sent) \d+ to (?<recipients>.*?)\. Clock: (?<clock>\d+)",
        r"^(?<time>\S+ \S+) - (?<event>Internal) event\. Clock: (?<clock>\d+)",
    ];
    let case = Case {
        files: vec![
            (Some("B"), text.into()),
            (Some("A"), text.replace("to A and C", "to all").into()),
        ],
        ..Case::of("", &patterns)
    };
    let table = case.read();
    assert_eq!(kinds(&table), ["SEND", "RECEIVE", "INTERNAL"].repeat(2));
    assert_eq!(table.columns.time[..3], [0.0, 0.317, 0.438]);
    assert_eq!(
        names(&table, &table.columns.sender),
        ["?", "B", "?", "?", "B", "?"]
    );
    let lists = table.recipients.as_ref().unwrap();
    assert_eq!(names(&table, lists.of(0)), ["A", "C"]);
    assert_eq!(lists.of(3), [ALL]);
    assert!(
        table.notes.iter().any(|note| note.contains("UTC")),
        "{:?}",
        table.notes
    );
    assert_ne!(ALL, OTHERS);
    // Without one of the patterns, the first line of its kind is missed.
    let less = Case {
        patterns: &patterns[..2],
        ..case.clone()
    };
    less.refused(&["0.log:3", "Internal event. Clock: 3", "errors='skip'"]);
}

#[test]
fn lines_like_events_are_not_skipped_in_silence() {
    let text = "1, SEND, L=1\nhello\n2, RECEIVE, L=3\n3, INTERNAL, L=4\n";
    let pattern = [r"(?<time>\d+), (?<event>SEND|RECEIVE), L=(?<clock>\d+)"];
    let case = Case {
        files: vec![(Some("1"), text.into())],
        ..Case::of("", &pattern)
    };
    case.refused(&["0.log:4", "3, INTERNAL, L=4", "errors='skip'"]);
    let table = Case {
        skips: true,
        ..case
    }
    .read();
    assert_eq!(kinds(&table), ["SEND", "RECEIVE"]);
    assert!(
        table.notes[0].contains("2 lines match no pattern")
            && table.notes[0].contains("line 2: \"hello\""),
        "{:?}",
        table.notes
    );
}

const VECTORS: &str = r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)";

#[test]
fn patterns_span_lines() {
    let text = "the expression\n\nnode2 {\"node2\": 1}\nSEND 1\nnorth {\"north\":1, \"node2\":1}\nRECEIVE 2\n";
    for text in [
        text.to_owned(),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
    ] {
        let table = Case {
            header: 2,
            ..Case::of(&text, &[VECTORS])
        }
        .read();
        assert_eq!(names(&table, &table.columns.machine_id), ["node2", "north"]);
        assert_eq!(kinds(&table), ["SEND", "RECEIVE"]);
        let vectors = table.vectors.as_ref().unwrap();
        assert_eq!(names(&table, vectors.of(1).0), ["north", "node2"]);
        assert_eq!(vectors.of(1).1, [1, 1]);
        assert_eq!(table.extra[0].0, "event_text");
        assert_eq!(table.extra[0].1.of(1), "RECEIVE 2");
        assert_eq!(table.origin.unwrap().line, [3, 5]);
    }
    let free = text.replace("SEND 1", "Prepare to send");
    let table = Case {
        header: 2,
        ..Case::of(&free, &[VECTORS])
    }
    .read();
    assert!(table.columns.event.is_empty());
    assert_eq!(table.extra[0].1.of(0), "Prepare to send");
}

#[test]
fn executions_are_chosen() {
    let text = "=== one ===\na {\"a\": 1}\nx\n=== two ===\na {\"a\": 1}\ny\na {\"a\": 2}\nz\n";
    let case = Case {
        delimiter: Some(r"^=== (?<trace>.*) ===$"),
        ..Case::of(text, &[VECTORS])
    };
    case.refused(&["holds 2 executions", "\"one\", \"two\"", "execution=1"]);
    let named = Case {
        execution: Some(Execution::Name("two".into())),
        ..case.clone()
    };
    assert_eq!(named.read().origin.unwrap().line, [5, 7]);
    let first = Case {
        execution: Some(Execution::Number(1)),
        ..case.clone()
    };
    assert_eq!(first.read().origin.unwrap().line, [2]);
    Case {
        execution: Some(Execution::Number(3)),
        ..case.clone()
    }
    .refused(&["execution=3", "there are 2"]);
    Case {
        execution: Some(Execution::Name("x".into())),
        ..case
    }
    .refused(&["execution=\"x\"", "\"one\""]);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let good = r"(?<machine>\w+) (?<event>\w+) (?<clock>\S+) (?<time>\S+)";
    let of = |text: &'static str| Case::of(text, Box::leak(Box::new([good])));
    of("a send 1 1\na send x 2\n").refused(&["0.log:2", "clock is \"x\"", "whole number"]);
    of("a send 1 1\na send 9007199254740992 2\n").refused(&["0.log:2", "9007199254740991"]);
    of("a send 1 1741130946579\n").refused(&["0.log:1", "time_unit=\"ms\"", "year"]);
    of("a send 1 1741130946\na send 2 1741130946579\n").refused(&["0.log:2", "time_unit"]);
    of("a send 1 1741130946\na send 2 2025-03-04\n").refused(&["0.log:2", "a date", "one kind"]);
    of("a send 1 1741130946\na send 2 1.5\n").refused(&["0.log:2", "one unit"]);
    of("a send 1 soon\n").refused(&["0.log:1", "\"soon\" is not a time", "time_format"]);
    of("hello\n").refused(&["0.log:1", "matches nothing", "\"hello\""]);
    of("\n \n").refused(&["0.log:1", "empty"]);
    let bytes = |bytes: &[u8]| Case {
        files: vec![(None, bytes.to_vec())],
        ..of("")
    };
    bytes(b"PK\x03\x04rest").refused(&["zip"]);
    bytes(b"\x89PNG\r\n").refused(&["image"]);
    bytes(b"a send 1 1\na s\xffnd 1 1\n").refused(&["0.log:2", "byte 4", "UTF-8"]);
    let patterns: [(&str, &[&str]); 7] = [
        (r"(?<event>\w+", &["cannot be compiled"]),
        (r"(?<time>\d+)", &["no group event"]),
        (
            r"(?<event>\w+) (?<clock>\d+)",
            &["no group machine", "file_pattern"],
        ),
        (
            r"(?<event>\w*)(?<machine>\w*)",
            &["matches where there is nothing"],
        ),
        (r"(?<event>\w+)\K(?<machine>\w+)", &["\\K"]),
        (r"(?<event>[z-a]) (?<machine>\w+)", &["cannot be compiled"]),
        (
            r"(?<machine>a)(?<event>((a|aa)+\4?)+b)",
            &["0.log:1", "takes for ever"],
        ),
    ];
    for (pattern, words) in patterns {
        let text = format!("{}!\n", "a".repeat(60));
        Case::of(&text, &[pattern]).refused(words);
    }
}

#[test]
fn damaged_lines_are_skipped_if_that_is_said() {
    let text = "a send 1\na send x\na send 3\n";
    let pattern = [r"(?<machine>\w+) (?<event>\w+) (?<clock>\S+)"];
    let table = Case {
        skips: true,
        ..Case::of(text, &pattern)
    }
    .read();
    assert_eq!(table.columns.new_clock, [1, 3]);
    assert!(
        table.notes[0].contains("1 line cannot be read") && table.notes[0].contains("0.log:2"),
        "{:?}",
        table.notes
    );
}

#[test]
fn compressed_files_are_read() {
    let text = "a send 1\nb receive 2\n";
    let pattern = [r"(?<machine>\w+) (?<event>\w+) (?<clock>\d+)"];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    for bytes in [
        gzip.finish().unwrap(),
        zstd::encode_all(text.as_bytes(), 1).unwrap(),
    ] {
        let table = Case {
            files: vec![(None, bytes)],
            ..Case::of("", &pattern)
        }
        .read();
        assert_eq!(table.columns.new_clock, [1, 2]);
    }
}

fn same(one: &Result<Table>, other: &Result<Table>) -> bool {
    // Files have names of their own.
    let told = |table: &Result<Table>| match table {
        Ok(table) => format!(
            "{:?} {:?} {:?} {:?}",
            table.columns,
            table.names,
            table.origin.as_ref().unwrap().line,
            table.notes.len()
        ),
        Err(error) => error
            .to_string()
            .rsplit_once(".log")
            .unwrap_or_default()
            .1
            .to_owned(),
    };
    told(one) == told(other)
}

#[test]
fn the_result_is_the_same_for_any_number_of_threads() {
    // Several MiB, with matches that reach from one portion into the next, and searches that begin inside of them.
    let record = |number: usize| match number % 7 {
        0 => format!(
            "n{} {{\"n{}\": {number}}}\nSEND {{\"x\": 1}}\n",
            number % 3,
            number % 3
        ),
        1 => format!("n1 {{\"n1\": {number}}}\nn2 {{\"n2\": 1}}\n"),
        2 => "a line between\n".to_owned(),
        _ => format!(
            "n{} {{\"n{}\": {number}}}\n{}\n",
            number % 3,
            number % 3,
            "text ".repeat(number % 40)
        ),
    };
    let text: String = (0..60_000).map(record).collect();
    assert!(text.len() > 3 << 20);
    let far = r"(?<host>\S+) (?<clock>{.*})\n(?<event>[^#]*?)between\n";
    for pattern in [VECTORS, far] {
        let patterns = [pattern];
        let case = Case {
            skips: true,
            ..Case::of(&text, &patterns)
        };
        let one = case.read_on(1);
        let rows = one.as_ref().map(|table| table.columns.machine_id.len());
        assert!(rows.as_ref().is_ok_and(|&rows| rows > 5000), "{rows:?}");
        for threads in [2, 5] {
            assert!(
                same(&one, &case.read_on(threads)),
                "{pattern} on {threads} threads"
            );
        }
    }
    // The first error too.
    let mut bad = text.clone();
    bad.insert_str(text.len() / 2, "\nn0 {\"n0\": x}\nSEND\n");
    bad.insert_str(text.len() / 2 + (1 << 20), "\nn0 {\"n0\": x}\nSEND\n");
    let case = Case::of(&bad, &[VECTORS]);
    let one = case.read_on(1);
    assert!(one.is_err());
    assert!(same(&one, &case.read_on(4)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "([a-c{}\":,0-9 \n]|send|\\PC){0,60}") {
        for bytes in [bytes, text.into_bytes()] {
            let case = Case { files: vec![(None, bytes)], skips: true, ..Case::of("", &[VECTORS, r"(?<machine>.)(?<event>.+)(?<clock>.)"]) };
            let _ = case.read_on(1);
        }
    }

    #[test]
    fn no_pattern_makes_it_panic(pattern in "(\\(\\?<(event|machine|clock|x)>|\\)|[a-z.*+?|{}\\[\\]\\\\0-9^$ \n]|\\\\[dwsb]){0,20}") {
        let patterns = [pattern.as_str()];
        let _ = Case::of("a send 1\nb receive {\"a\": 2}\n", &patterns).read_on(1);
    }
}

/// Rows in a shape as programs have them: a separator, an order of fields, marks around them, words, a form of times.
#[derive(Debug, Clone)]
struct Shape {
    separator: &'static str,
    order: Vec<usize>,
    has_keys: bool,
    words: [&'static str; 3],
    clock: usize,
    breaks_line: bool,
    noise: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    let separators = prop::sample::select(vec![", ", " | ", " - ", "\t", ";", " "]);
    let words = prop::sample::select(vec![
        ["SEND", "RECEIVE", "INTERNAL"],
        ["Sent", "Recv", "exec"],
        ["sending", "delivered", "local"],
    ]);
    let order = Just(vec![0, 1, 2, 3, 4]).prop_shuffle();
    (
        separators,
        order,
        any::<bool>(),
        words,
        0..3_usize,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(separator, order, has_keys, words, clock, breaks_line, noise)| Shape {
                separator,
                order,
                has_keys,
                words,
                clock,
                breaks_line,
                noise,
            },
        )
}

/// A row: machine, kind, clock, queue and milliseconds since the row before.
type RandomRow = (usize, usize, i64, Option<i64>, i64);

impl Shape {
    const NAMES: [&'static str; 5] = ["machine", "event", "clock", "queue_len", "time"];

    fn join(&self, fields: &[String; 5]) -> String {
        let named = |&place: &usize| {
            if self.has_keys {
                format!("{}={}", Self::NAMES[place], fields[place])
            } else {
                fields[place].clone()
            }
        };
        let mut text = String::from("<");
        for (number, piece) in self.order.iter().map(named).enumerate() {
            if number > 0 {
                text += if self.breaks_line && number == 2 {
                    "\n"
                } else {
                    self.separator
                };
            }
            text += &piece;
        }
        text + ">"
    }

    fn pattern(&self) -> String {
        let times = [
            r"(?<time>\d+)",
            r"(?<time>\d+\.\d+)",
            r"(?<time>\d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d,\d\d\d)",
        ];
        let fields = [
            r"(?<machine>\w+)",
            r"(?<event>\w+)",
            r"(?<clock>\d+)",
            r"(?<queue_len>\d+|none)",
            times[self.clock],
        ];
        let joined = self.join(&fields.map(str::to_owned));
        joined.replace(" | ", r" \| ")
    }

    fn write(&self, rows: &[RandomRow]) -> String {
        let mut text = String::new();
        let mut millis = 1_741_130_946_000;
        for &(machine, kind, clock, queue, later) in rows {
            millis += later;
            let second = millis / 1000 - 1_741_130_946 + 6;
            let time = [
                millis.to_string(),
                format!("{}.{:03}", millis / 1000, millis % 1000),
                format!(
                    "2025-03-04 23:{:02}:{:02},{:03}",
                    29 + second / 60,
                    second % 60,
                    millis % 1000
                ),
            ];
            let queue = queue.map_or("none".to_owned(), |queue| queue.to_string());
            if self.noise && clock % 3 == 0 {
                text += "# something else, as programs say it\n\n";
            }
            text += &self.join(&[
                format!("m{machine}"),
                self.words[kind].into(),
                clock.to_string(),
                queue,
                time[self.clock].clone(),
            ]);
            text += "\n";
        }
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_is_written_in_a_shape_is_read(
        shape in shape(),
        rows in prop::collection::vec((0..4_usize, 0..3_usize, 0..1000_i64, prop::option::of(0..9_i64), 0..900_i64), 1..40),
        ends in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let text = shape.write(&rows).replace('\n', ends);
        let pattern = shape.pattern();
        let patterns = [pattern.as_str()];
        let case = Case { unit: (shape.clock == 0).then_some("ms"), ..Case::of(&text, &patterns) };
        let table = case.read();
        let machines: Vec<String> = rows.iter().map(|(machine, ..)| format!("m{machine}")).collect();
        prop_assert_eq!(names(&table, &table.columns.machine_id), machines);
        let expected: Vec<&str> = rows.iter().map(|&(_, kind, ..)| ["SEND", "RECEIVE", "INTERNAL"][kind]).collect();
        prop_assert_eq!(kinds(&table), expected);
        prop_assert_eq!(&table.columns.new_clock, &rows.iter().map(|row| row.2).collect::<Vec<_>>());
        for (row, &(.., queue, _)) in rows.iter().enumerate() {
            prop_assert_eq!(table.columns.queue_len.get(row).copied().unwrap_or(-1), queue.unwrap_or(-1));
        }
        let mut millis = 0;
        for (row, (.., later)) in rows.iter().enumerate().skip(1) {
            millis += later;
            prop_assert_eq!((table.columns.time[row] * 1000.0).round() as i64, millis);
        }
        prop_assert!(same(&case.read_on(1), &case.read_on(3)));
    }
}
