//! Log files into columns, messages and machines.

// An unwrap that fails is a test that fails, and every float here is exact.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use lamport::causality::machines::machines;
use lamport::causality::messages::{LOST_SIGHT, RECEIVED, UNDELIVERED, UNREAD, messages};
use lamport::error::{Error, Result};
use lamport::log::columns::UNKNOWN;
use lamport::log::logs::{Logs, Zero};
use lamport::log::read::reader::read_history_on;
use lamport::log::read::reader::{read_logs, read_logs_on};
use lamport::log::schema::EventKind;
use lamport::log::write::merge::write_lines;

/// No line is left out.
const ALL: std::ops::Range<f64> = f64::NEG_INFINITY..f64::INFINITY;

/// A directory of files that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("lamport-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(paths: &[PathBuf]) -> Result<Logs> {
    read_logs(paths, &BTreeMap::new(), &mut || true)
}

/// The error of reading one file with this text.
fn error(text: impl AsRef<[u8]>) -> String {
    let directory = Directory::new();
    read(&[directory.file("x.log", text)])
        .unwrap_err()
        .to_string()
}

const ONE: &str = r#"{"event": "STARTUP", "system_time": 100.000000, "machine_id": 1, "clock_rate": 2.0, "local_clock": 0, "history": 7, "listen": ["127.0.0.1", 5001], "peers": [["127.0.0.1", 5002], ["127.0.0.1", 5003]], "run_id": "lab", "seed": 1, "internal_probability": 0.7, "broadcast_share": 0.25, "time": "real", "version": "0.1.0"}
{"event": "CONNECT", "system_time": 100.100000, "machine_id": 1, "peer": ["127.0.0.1", 5002], "peer_id": 2, "peer_history": 9}
{"event": "SEND", "system_time": 100.500000, "machine_id": 1, "old_clock": 0, "new_clock": 1, "recipients": [["127.0.0.1", 5003], ["127.0.0.1", 5002]], "recipient_ids": [null, 2], "began": 100.000000}
{"event": "SEND", "system_time": 101.000000, "machine_id": 1, "old_clock": 1, "new_clock": 2, "recipients": [["127.0.0.1", 5002]], "recipient_ids": [2]}
{"event": "SEND", "system_time": 101.500000, "machine_id": 1, "old_clock": 2, "new_clock": 3, "recipients": [["127.0.0.1", 5002]], "recipient_ids": [2]}
{"event": "END", "system_time": 102.000000, "machine_id": 1, "final_clock": 3, "queue_len": 0, "ticks": 4, "lateness": {"p50": 0.1, "p99": 0.2, "max": 0.3}, "undelivered": [[2, 1], [null, 1]]}
"#;
const TWO: &str = r#"{"event": "STARTUP", "system_time": 100.000001, "machine_id": 2, "clock_rate": 1.0, "local_clock": 0, "history": 9, "listen": ["127.0.0.1", 5002], "peers": [["127.0.0.1", 5001]], "run_id": "lab", "seed": 1, "internal_probability": 0.7, "broadcast_share": 0.25, "time": "real", "version": "0.1.0"}
{"event": "INTERNAL", "system_time": 100.500000, "machine_id": 2, "old_clock": 0, "new_clock": 1, "began": 100.000100}
{"event": "RECEIVE", "system_time": 101.500000, "machine_id": 2, "old_clock": 1, "new_clock": 2, "queue_len": 1, "sender": 1, "sent_clock": 1, "arrival_time": 100.600000}
{"event": "RECEIVE", "system_time": 101.600000, "machine_id": 2, "old_clock": 2, "new_clock": 9, "queue_len": 1, "sender": null, "sent_clock": 8, "arrival_time": 101.600000, "manual": true}
{"event": "UNREAD", "system_time": 102.100000, "machine_id": 2, "sender": 1, "sent_clock": 2, "arrival_time": 101.100000}
{"event": "END", "system_time": 102.100000, "machine_id": 2, "final_clock": 9, "queue_len": 1, "ticks": 2, "lateness": {"p50": 0.1, "p99": 0.2, "max": 0.3}, "undelivered": []}
"#;
const BASE: &str = r#"{"event": "RECEIVE", "system_time": 1677782102.954512, "machine_id": 1, "old_clock": 5, "new_clock": 7}
{"event": "SEND", "system_time": 1677782103.954512, "machine_id": 1, "old_clock": 7, "new_clock": 8, "recipients": [["localhost", 5002]]}
"#;

#[test]
fn a_run_becomes_sorted_columns() {
    let directory = Directory::new();
    let files = [directory.file("2.log", TWO), directory.file("1.log", ONE)];
    let logs = read(&files).unwrap();
    let columns = &logs.columns;
    assert_eq!(columns.time, [0.5, 0.5, 1.0, 1.5, 1.5, 1.6]);
    assert_eq!(columns.system_time[5].to_bits(), 101.6_f64.to_bits());
    assert_eq!(columns.machine_id, [1, 2, 1, 1, 2, 2]);
    assert_eq!(
        columns.event,
        [
            EventKind::Send,
            EventKind::Internal,
            EventKind::Send,
            EventKind::Send,
            EventKind::Receive,
            EventKind::Receive
        ]
    );
    assert_eq!(columns.old_clock, [0, 0, 1, 2, 1, 2]);
    assert_eq!(columns.new_clock, [1, 1, 2, 3, 2, 9]);
    assert_eq!(columns.queue_len[4..], [1, 1]);
    assert_eq!(
        (columns.queue_len[0], columns.sender[5]),
        (UNKNOWN, UNKNOWN)
    );
    assert_eq!(columns.arrived[4], 0.6);
    // Port 5003 is nobody's here.
    assert_eq!(columns.recipients(0), [UNKNOWN, 2]);
    assert_eq!(columns.recipients(1), [0; 0]);
    assert_eq!(logs.peers[&1], [2]);
    assert_eq!(logs.peers[&2], [1]);
    assert_eq!(logs.notes.len(), 1, "{:?}", logs.notes);
}

#[test]
fn messages_are_what_became_of_each_send() {
    let directory = Directory::new();
    let files = [directory.file("1.log", ONE), directory.file("2.log", TWO)];
    let logs = read(&files).unwrap();
    let messages = messages(&logs.columns, &logs);
    assert_eq!(messages.sender, [1; 4]);
    assert_eq!(messages.sent_clock, [1, 1, 2, 3]);
    assert_eq!(messages.recipient[..2], [2, UNKNOWN]);
    assert_eq!(
        messages.status,
        [RECEIVED, UNDELIVERED, UNREAD, UNDELIVERED]
    );
    assert_eq!(messages.received[0], 1.5);
    assert_eq!(messages.received_clock[0], 2);
    assert_eq!([messages.arrived[0], messages.arrived[2]], [0.6, 1.1]);
    // The one delivered by hand.
    assert_eq!(messages.unmatched, 1);
}

#[test]
fn machines_are_summed_up() {
    let directory = Directory::new();
    let files = [directory.file("1.log", ONE), directory.file("2.log", TWO)];
    let table = machines(&read(&files).unwrap());
    assert_eq!(table.machine_id, [1, 2]);
    assert_eq!(table.clock_rate, [2.0, 1.0]);
    assert_eq!(table.ticks, [4, 2]);
    assert_eq!(
        (table.sends, table.receives, table.internals),
        (vec![3, 0], vec![0, 2], vec![0, 1])
    );
    assert_eq!(table.final_clock, [3, 9]);
    assert_eq!(table.mean_jump, [1.0, 3.0]);
    assert_eq!(table.max_jump, [1, 7]);
    assert_eq!(table.max_queue_len, [0, 1]);
    assert_eq!(table.final_queue_len, [0, 1]);
    assert_eq!(table.duration, [2.0, 2.0999]);
    assert_eq!(table.lateness_p99, [0.2, 0.2]);
    assert_eq!(table.probabilities[1], [0.25, 0.25]);
    assert_eq!(table.run_id, ["lab".into(), "lab".into()]);
}

#[test]
fn an_unknown_recipient_is_known_by_its_receipt() {
    let directory = Directory::new();
    let three = TWO
        .replace(r#""machine_id": 2"#, r#""machine_id": 3"#)
        .replace("5002", "6003");
    let files = [directory.file("1.log", ONE), directory.file("3.log", three)];
    let logs = read(&files).unwrap();
    let messages = messages(&logs.columns, &logs);
    assert_eq!(messages.recipient, [2, 3, 2, 2]);
    assert_eq!(
        messages.status,
        [LOST_SIGHT, RECEIVED, LOST_SIGHT, UNDELIVERED]
    );
}

#[test]
fn logs_of_base_fields_load() {
    let directory = Directory::new();
    let logs = read(&[directory.file("1.log", BASE)]).unwrap();
    assert_eq!(logs.columns.time, [0.0, 1.0]);
    assert_eq!(logs.columns.recipients(1), [UNKNOWN]);
    assert!(logs.notes[0].contains("base fields only"));
    let sent = messages(&logs.columns, &logs);
    assert_eq!(
        (sent.recipient, sent.status),
        (vec![UNKNOWN], vec![LOST_SIGHT])
    );
    let table = machines(&logs);
    assert!(table.clock_rate[0].is_nan() && table.max_queue_len[0] == UNKNOWN);
    assert_eq!((table.ticks[0], table.final_clock[0]), (2, 8));
    assert_eq!(table.duration, [1.0]);
    assert_eq!(table.final_queue_len[0], UNKNOWN);
}

#[test]
fn peers_are_whom_startup_lists_and_whom_ticks_send_to() {
    let directory = Directory::new();
    let peers = |one: &str| {
        let files = [directory.file("1.log", one), directory.file("2.log", TWO)];
        read(&files).unwrap().peers[&1].clone()
    };
    let unlisted = ONE.replacen(r#"[["127.0.0.1", 5002], ["127.0.0.1", 5003]]"#, "[]", 1);
    assert_ne!(unlisted, ONE);
    assert_eq!(peers(&unlisted), [2]);
    let by_hand = |line: &str| {
        if line.contains("SEND") {
            line.replace('}', ", \"manual\": true}") + "\n"
        } else {
            line.to_owned() + "\n"
        }
    };
    let by_hand: String = unlisted.lines().map(by_hand).collect();
    assert!(peers(&by_hand).is_empty());
}

#[test]
fn lines_of_others_are_told_from_those_left_aside() {
    let directory = Directory::new();
    // All in one block, in which the owner changes as often as can be: to look at all others for each of the
    // changes would take seconds for a single megabyte.
    let mut text = ONE.lines().next().unwrap().to_owned() + "\n";
    let mut expected = Vec::new();
    for at in 0..2000_u32 {
        let id = if at % 2 == 0 { 1 } else { 7 };
        writeln!(
            text,
            r#"{{"event": "INTERNAL", "system_time": {at}.0, "machine_id": {id}, "old_clock": {at}, "new_clock": {}}}"#,
            at + 1
        )
        .unwrap();
        let line = u32::try_from(text.matches('\n').count()).unwrap();
        if id == 7 {
            expected.push(line);
        }
        text.push_str(if at % 3 == 0 { "x\n\n\n" } else { "\n" });
    }
    text.push_str(&"\n".repeat(700_000));
    assert!(text.len() < 1 << 20);
    let path = directory.file("1.log", text);
    let history = read_history_on(1, &[path], &BTreeMap::new(), &mut || true).unwrap();
    let strays = history.logs[0].gaps.iter();
    let strays = strays.filter(|gap| gap.why.contains("machine_id is 7"));
    assert_eq!(strays.map(|gap| gap.line).collect::<Vec<_>>(), expected);
    assert_eq!(history.logs.len(), 1);
}

#[test]
fn a_machine_that_comes_back_often_is_up_and_down_for_as_long_as_its_lines_say() {
    let directory = Directory::new();
    let startup = ONE.lines().next().unwrap();
    let starts = 300;
    let mut text = String::new();
    for start in 0..starts {
        let (clock, time) = (start * 100, 100 + start * 2);
        let startup = startup.replace("\"local_clock\": 0", &format!("\"local_clock\": {clock}"));
        let startup = startup.replace("100.000000", &format!("{time}.000000"));
        text.push_str(&(startup + "\n"));
        for tick in 1..=100 {
            let (old, new) = (clock + tick - 1, clock + tick);
            writeln!(
                text,
                r#"{{"event": "INTERNAL", "system_time": {time}.{:06}, "machine_id": 1, "old_clock": {old}, "new_clock": {new}}}"#,
                tick * 5000
            )
            .unwrap();
        }
    }
    assert!(text.len() > 2 << 20, "several blocks");
    let logs = read(&[directory.file("1.log", text)]).unwrap();
    // Each time it ticks for half a second, and is back two seconds after it came last.
    let (up, down) = (f64::from(starts) / 2.0, f64::from(starts - 1) * 1.5);
    assert_eq!(logs.machines[0].up, (up, down));
}

#[test]
fn an_address_is_the_one_log_that_listens_there() {
    let directory = Directory::new();
    let one = ONE.replace("[null, 2]", "[null, null]");
    let one: String = one
        .lines()
        .filter(|line| !line.contains("CONNECT"))
        .fold(String::new(), |text, line| text + line + "\n");
    let three = TWO.replace(r#""machine_id": 2"#, r#""machine_id": 3"#);
    let of = |files: &[PathBuf]| read(files).unwrap().columns.recipients(0).to_vec();
    let first = directory.file("1.log", &one);
    let second = directory.file("2.log", TWO);
    assert_eq!(of(&[first.clone(), second.clone()]), [UNKNOWN, 2]);
    let elsewhere = directory.file("3.log", three.replace("127.0.0.1", "10.0.0.3"));
    assert_eq!(
        of(&[first.clone(), second.clone(), elsewhere]),
        [UNKNOWN, 2]
    );
    let same = directory.file("4.log", three);
    assert_eq!(of(&[first, second, same]), [UNKNOWN, UNKNOWN]);
}

#[test]
fn offsets_shift_every_time_of_a_log() {
    let directory = Directory::new();
    let files = [directory.file("1.log", ONE), directory.file("2.log", TWO)];
    let with = |id, offset| read_logs(&files, &BTreeMap::from([(id, offset)]), &mut || true);
    let logs = with(2, 10.0).unwrap();
    assert_eq!(logs.columns.time, [0.5, 1.0, 1.5, 10.5, 11.5, 11.6]);
    assert_eq!(logs.columns.arrived[4], 10.6);
    assert_eq!(messages(&logs.columns, &logs).arrived[2], 11.1);
    assert!(with(5, 1.0).unwrap_err().to_string().contains("machine 5"));
    assert!(with(1, f64::NAN).is_err());
}

#[test]
fn a_torn_last_line_is_a_note_and_any_other_an_error() {
    let directory = Directory::new();
    let logs = read(&[directory.file("1.log", &ONE[..ONE.len() - 1])]).unwrap();
    assert!(logs.notes[0].contains("1.log:6: the last line has no newline"));
    assert!(logs.notes[1].contains("no END"));
    assert_eq!(logs.columns.len(), 3);
    let torn = ONE.replacen(r#""new_clock": 2, "#, "", 1);
    let words = error(&torn);
    assert!(words.contains("x.log:4: a SEND line needs"), "{words}");
}

#[test]
fn what_is_no_log_is_refused() {
    for (text, words) in [
        (&b""[..], "the file is empty"),
        (b"{\"event\"", "no complete line"),
        (b"\x1f\x8b\x08\x00\xff\n", "binary"),
        (b"\n \r\n", "x.log:1: there are only blank lines"),
    ] {
        let got = error(text);
        assert!(got.contains(words), "{got}");
    }
    let mut bytes = ONE.as_bytes().to_vec();
    bytes.extend(b"\"\xff\xfe\"\n");
    assert!(error(bytes).contains("x.log:7: invalid UTF-8 at byte 2"));
    let endless = vec![b' '; lamport::log::read::lines::MAX_LINE + 1];
    assert!(error(endless).contains("longer than"));
    let other = ONE.to_owned() + &BASE.replace(r#""machine_id": 1"#, r#""machine_id": 4"#);
    // What says that it is the log of one machine has no lines of another.
    let directory = Directory::new();
    let own = read(&[directory.file("machine_1.log", other)]).unwrap_err();
    assert!(own.to_string().contains("machine_1.log:7: machine_id is 4"));
    let again = ONE.to_owned() + &ONE.replace(r#""lab""#, r#""other""#);
    assert!(error(again).contains("x.log:7: run_id"));
    assert!(matches!(read(&[]), Err(Error::Invalid(_))));
    let missing = read(&[std::env::temp_dir().join("lamport-none.log")]);
    assert!(matches!(missing, Err(Error::Io { .. })));
}

#[test]
fn logs_that_do_not_belong_together_are_refused() {
    let directory = Directory::new();
    let one = directory.file("1.log", ONE);
    let twin = directory.file("twin.log", ONE);
    let words = read(&[one.clone(), twin]).unwrap_err().to_string();
    assert!(
        words.contains("1.log") && words.contains("twin.log"),
        "{words}"
    );
    let other = directory.file("other.log", TWO.replace(r#""lab""#, r#""field""#));
    let words = read(&[one, other]).unwrap_err().to_string();
    for part in ["1.log", "other.log", "\"lab\"", "\"field\""] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn a_machine_that_came_back_is_one_machine() {
    let directory = Directory::new();
    let lines: Vec<_> = ONE.lines().collect();
    let again = lines[0]
        .replace(r#""local_clock": 0"#, r#""local_clock": 2"#)
        .replace("5001", "6001");
    let order = [lines[0], lines[2], lines[3], &again, lines[4], ""];
    let logs = read(&[directory.file("1.log", order.join("\n"))]).unwrap();
    assert_eq!(logs.columns.len(), 3);
    assert_eq!(logs.machines.len(), 1);
    assert_eq!(machines(&logs).final_clock, [3]);
}

#[test]
fn a_machine_was_up_from_the_beginning_of_ticking_to_its_end_but_while_it_was_down() {
    let directory = Directory::new();
    let times = |text: &str| {
        let table = machines(&read(&[directory.file("1.log", text)]).unwrap());
        (table.duration[0], table.down[0])
    };
    // Its lines span two seconds of ticking and a wait of three before them; the rate does not matter.
    let waited = ONE.replacen("100.000000", "97.000000", 1);
    assert_eq!(times(&waited), (2.0, 0.0));
    assert_eq!(
        times(&waited.replace("\"clock_rate\": 2.0", "\"clock_rate\": 8.0")),
        (2.0, 0.0)
    );
    // What does not say when it began: from STARTUP, else from the first event.
    let untold = waited.replace(", \"began\": 100.000000", "");
    assert_eq!(times(&untold), (5.0, 0.0));
    let events: String = untold.split_inclusive('\n').skip(2).collect();
    assert_eq!(times(&events), (1.5, 0.0));
    // To the last event where there is no END.
    let lines: Vec<_> = waited.lines().collect();
    assert_eq!(times(&(lines[..5].join("\n") + "\n")), (1.5, 0.0));
    let again = lines[0]
        .replace("97.000000", "101.250000")
        .replace(r#""local_clock": 0"#, r#""local_clock": 2"#);
    let resumed = [
        lines[0], lines[1], lines[2], lines[3], &again, lines[4], lines[5], "",
    ];
    assert_eq!(times(&resumed.join("\n")), (1.75, 0.25));
    // One that was down before it began to tick.
    let early = [
        lines[0],
        &again.replace("101.25", "99.00"),
        lines[2],
        lines[5],
        "",
    ];
    assert_eq!(times(&early.join("\n")), (2.0, 0.0));
    // Virtual time begins with the ticking.
    let ideal = untold.replace(r#""real""#, r#""virtual""#);
    assert_eq!(times(&ideal), (5.0, 0.0));
}

#[test]
fn time_0_is_the_earliest_beginning_of_ticking() {
    let directory = Directory::new();
    let zero = |one: &str, two: &str, offsets: &[(u64, f64)]| {
        let files = [directory.file("1.log", one), directory.file("2.log", two)];
        let offsets = offsets.iter().copied().collect();
        let logs = read_logs(&files, &offsets, &mut || true).unwrap();
        let first = (logs.columns.system_time[0] - logs.columns.time[0]).round();
        assert!((first - (logs.zero.time() as f64 / 1e6).round()).abs() < 1e-9);
        let is_noted = logs.notes.iter().any(|note| note.contains("began"));
        assert_eq!(
            is_noted,
            matches!(logs.zero, Zero::Earliest(_)),
            "{:?}",
            logs.notes
        );
        logs.zero
    };
    assert_eq!(zero(ONE, TWO, &[]), Zero::Told(100_000_000));
    assert_eq!(zero(TWO, ONE, &[]), Zero::Told(100_000_000));
    // Aligned, if it is.
    assert_eq!(zero(ONE, TWO, &[(1, 5.0)]), Zero::Told(100_000_100));
    assert_eq!(zero(ONE, TWO, &[(1, -5.0)]), Zero::Told(95_000_000));
    // One that never began does not count, however early its events are.
    let untold = |text: &str| {
        let (before, rest) = text.split_once(", \"began\": ").unwrap();
        format!("{before}{}", &rest[rest.find('}').unwrap()..])
    };
    let early = untold(ONE).replace("100.500000", "100.200000");
    assert_eq!(zero(&early, TWO, &[]), Zero::Told(100_000_100));
    // A resume keeps the first.
    let late = TWO.replace(
        "\"manual\": true}",
        "\"manual\": true, \"began\": 100.300000}",
    );
    assert_eq!(zero(&early, &late, &[]), Zero::Told(100_000_100));
    // Nobody tells: the earliest event of all, with its offset.
    assert_eq!(zero(&early, &untold(TWO), &[]), Zero::Earliest(100_200_000));
    let moved = zero(&early, &untold(TWO), &[(2, -1.0)]);
    assert_eq!(moved, Zero::Earliest(99_500_000));
    let virtual_time = |text: &str| untold(text).replace(r#""real""#, r#""virtual""#);
    assert_eq!(zero(&virtual_time(ONE), &virtual_time(TWO), &[]), Zero::Own);
}

#[test]
fn what_happened_before_ticking_began_is_negative() {
    let directory = Directory::new();
    let early = ONE.replace("100.000000}", "100.750000}");
    let logs = read(&[
        directory.file("1.log", &early),
        directory.file("2.log", TWO),
    ])
    .unwrap();
    assert_eq!(logs.zero, Zero::Told(100_000_100));
    let later = TWO.replace("100.000100}", "100.800000}");
    let logs = read(&[
        directory.file("1.log", early),
        directory.file("2.log", later),
    ])
    .unwrap();
    assert_eq!(logs.columns.time, [-0.25, -0.25, 0.25, 0.75, 0.75, 0.85]);
    assert_eq!(logs.columns.arrived[4].to_bits(), (-0.15_f64).to_bits());
    let path = directory.0.join("some.log");
    let count =
        |window| write_lines(&logs.sources, logs.zero.time(), &path, window, &mut || true).unwrap();
    assert_eq!(count(-0.75..0.0), 5);
    assert_eq!(count(-0.25..0.250_001), 3);
    assert_eq!(count(0.0..f64::INFINITY), 7);
}

#[test]
fn all_that_was_sent_to_peers_that_never_connected_is_undelivered() {
    let directory = Directory::new();
    // Nobody listens at the address of the two; machine 2 listens, and had not answered either.
    let never = |undelivered: &str| {
        let mut one: String = ONE
            .lines()
            .filter(|line| !line.contains("CONNECT"))
            .fold(String::new(), |text, line| text + line + "\n");
        one = one
            .replace("[null, 2]", "[null, null]")
            .replace("[2]", "[null]");
        one.replace("[[2, 1], [null, 1]]", undelivered)
    };
    let two: String = TWO
        .lines()
        .filter(|line| !line.contains("RECEIVE") && !line.contains("UNREAD"))
        .fold(String::new(), |text, line| text + line + "\n");
    let statuses = |undelivered: &str, two: &str| {
        let files = [
            directory.file("1.log", never(undelivered)),
            directory.file("2.log", two),
        ];
        let logs = read(&files).unwrap();
        let messages = messages(&logs.columns, &logs);
        let ids: Vec<_> = messages.recipient.iter().map(|&id| id == UNKNOWN).collect();
        assert_eq!(ids, [false, true, false, false]);
        messages.status
    };
    let all = [UNDELIVERED; 4];
    assert_eq!(statuses("[[null, 1], [null, 3]]", &two), all);
    // A count that fits no peer says nothing of one that is known by where it listens.
    let [sight, gone] = [LOST_SIGHT, UNDELIVERED];
    assert_eq!(statuses("[[null, 1]]", &two), [sight, gone, sight, sight]);
    assert_eq!(statuses("[[null, 2]]", &two), [sight, gone, sight, sight]);
    // One that is named counts its newest.
    assert_eq!(
        statuses("[[null, 3], [2, 1]]", &two),
        [sight, gone, sight, gone]
    );
    assert_eq!(statuses("[]", &two), [sight; 4]);
    // What arrived is what its recipient says.
    let got = statuses("[[null, 1], [null, 3]]", TWO);
    assert_eq!(got, [RECEIVED, gone, UNREAD, gone]);
}

#[test]
fn reading_stops_when_told_to() {
    let directory = Directory::new();
    let line = BASE.lines().next().unwrap().to_owned() + "\n";
    let path = directory.file("1.log", line.repeat(40_000));
    let mut asked = 0;
    let result = read_logs(&[path], &BTreeMap::new(), &mut || {
        asked += 1;
        asked < 2
    });
    assert!(matches!(result, Err(Error::State(_))) && asked == 2);
}

#[test]
fn the_general_log_has_every_line_in_order() {
    let directory = Directory::new();
    let torn = TWO.to_owned() + "{\"event\": ";
    let files = [directory.file("1.log", ONE), directory.file("2.log", torn)];
    let logs = read(&files).unwrap();
    let path = directory.0.join("all.log");
    assert_eq!(
        write_lines(&logs.sources, logs.zero.time(), &path, ALL, &mut || true).unwrap(),
        12
    );
    let text = fs::read_to_string(&path).unwrap();
    let mut expected: Vec<&str> = ONE.lines().chain(TWO.lines()).collect();
    let time = |line: &str| {
        line.split("system_time\": ")
            .nth(1)
            .map(|rest| rest[..10].to_owned())
    };
    expected.sort_by_key(|line| time(line));
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    let onto = write_lines(&logs.sources, 0, &files[0], ALL, &mut || true);
    assert!(matches!(onto, Err(Error::Invalid(_))));
    assert_eq!(fs::read_to_string(&files[0]).unwrap(), ONE);
    assert!(matches!(
        write_lines(&[], 0, &path, ALL, &mut || true),
        Err(Error::State(_))
    ));
}

/// A log of these INTERNAL events: microseconds after 5 s, and the clock.
fn internals(id: u64, events: &[(u64, u64)]) -> String {
    events.iter().fold(String::new(), |mut text, (micros, clock)| {
        writeln!(
            text,
            "{{\"event\": \"INTERNAL\", \"system_time\": 5.{micros:06}, \"machine_id\": {id}, \"old_clock\": {}, \"new_clock\": {clock}}}",
            clock - 1
        ).unwrap();
        text
    })
}

#[test]
fn what_happens_at_one_time_is_in_the_order_of_machines_and_then_of_the_log() {
    let directory = Directory::new();
    let logs = [
        (9, vec![(1, 1), (1, 2), (4, 3), (4, 4)]),
        (2, vec![(1, 1), (1, 2), (1, 3), (4, 4)]),
        (5, vec![(0, 1), (1, 2), (4, 3), (4, 4)]),
    ];
    let mut expected: Vec<(u64, u64, u64)> = logs
        .iter()
        .flat_map(|(id, events)| events.iter().map(|&(time, clock)| (time, *id, clock)))
        .collect();
    expected.sort_unstable();
    // Whatever the order in which the files are given.
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let files = order.map(|place: usize| {
            let (id, events) = &logs[place];
            directory.file(&format!("{id}.log"), internals(*id, events))
        });
        let read = read(&files).unwrap();
        let columns = &read.columns;
        let rows: Vec<_> = (0..columns.len())
            .map(|row| {
                let micros = ((columns.system_time[row] - 5.0) * 1e6).round() as u64;
                (
                    micros,
                    columns.machine_id[row] as u64,
                    columns.new_clock[row] as u64,
                )
            })
            .collect();
        assert_eq!(rows, expected);
        let path = directory.0.join("all.log");
        write_lines(&read.sources, read.zero.time(), &path, ALL, &mut || true).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let whole: String = expected
            .iter()
            .map(|&(time, id, clock)| internals(id, &[(time, clock)]))
            .collect();
        assert_eq!(text, whole);
    }
}

#[test]
fn a_stretch_of_the_general_log_begins_with_its_start_and_ends_before_its_stop() {
    let directory = Directory::new();
    let events: Vec<_> = (1..=5).map(|clock| (clock * 100_000, clock)).collect();
    let files = [
        directory.file("1.log", internals(1, &events)),
        directory.file("2.log", internals(2, &events)),
    ];
    let logs = read(&files).unwrap();
    let path = directory.0.join("all.log");
    let infinity = f64::INFINITY;
    // Seconds since the first event, and which of the five times are in it.
    for (window, times) in [
        (-infinity..infinity, 1..6),
        (0.1..infinity, 2..6),
        (0.100_000_1..infinity, 3..6),
        (-infinity..0.2, 1..3),
        (-infinity..0.200_000_1, 1..4),
        (0.1..0.2, 2..3),
        (0.1..0.300_000_1, 2..5),
        (0.0..0.4, 1..5),
        (-1.0..0.0, 1..1),
        (0.400_000_1..9.0, 6..6),
    ] {
        let count = write_lines(
            &logs.sources,
            logs.zero.time(),
            &path,
            window.clone(),
            &mut || true,
        )
        .unwrap();
        let expected: String = times
            .map(|time| {
                let line = |id| internals(id, &[(time * 100_000, time)]);
                line(1) + &line(2)
            })
            .collect();
        assert_eq!(fs::read_to_string(&path).unwrap(), expected, "{window:?}");
        assert_eq!(count as usize, expected.lines().count());
    }
}

#[test]
fn the_general_log_of_long_files_is_whole() {
    let directory = Directory::new();
    let mut files = Vec::new();
    for id in 1..=3 {
        let mut text = String::new();
        for clock in 0..5_000 {
            let micros = clock * 1000 + id * 7;
            let pad = "x".repeat((clock % 50) as usize * 3);
            writeln!(
                text,
                "{{\"event\": \"INTERNAL\", \"system_time\": {}.{:06}, \"machine_id\": {id}, \"old_clock\": {clock}, \"new_clock\": {}, \"pad\": \"{pad}\"}}",
                micros / 1_000_000,
                micros % 1_000_000,
                clock + 1
            ).unwrap();
        }
        // One line longer than any block.
        writeln!(
            text,
            "{{\"event\": \"INTERNAL\", \"system_time\": 9.{id:06}, \"machine_id\": {id}, \"old_clock\": 0, \"new_clock\": 1, \"pad\": \"{}\"}}",
            "y".repeat(600_000)
        ).unwrap();
        files.push(directory.file(&format!("{id}.log"), text));
    }
    let logs = read(&files).unwrap();
    let path = directory.0.join("all.log");
    assert_eq!(
        write_lines(&logs.sources, logs.zero.time(), &path, ALL, &mut || true).unwrap(),
        15_003
    );
    let merged = read_logs_of_all(&path);
    assert!(merged.is_sorted());
    assert_eq!(merged.len(), 15_003);
}

fn read_logs_of_all(path: &PathBuf) -> Vec<(u64, u64)> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| {
            let line = lamport::log::read::parse::parse(line).unwrap();
            (line.time as u64, line.machine_id)
        })
        .collect()
}

/// Logs of many blocks: `lines` INTERNAL lines each, every tenth of them in another spelling.
fn long(directory: &Directory, machines: u64, lines: u64) -> Vec<PathBuf> {
    let log = |id| {
        (0..lines).fold(String::new(), |mut text, clock| {
            let micros = clock * 1000 / id + id;
            let space = if clock % 10 == 0 { " " } else { "" };
            writeln!(
                text,
                "{{\"event\": \"INTERNAL\", \"system_time\": {}.{:06}, \"machine_id\": {id}, \"old_clock\": {clock},{space} \"new_clock\": {}}}",
                micros / 1_000_000, micros % 1_000_000, clock + 1
            ).unwrap();
            text
        })
    };
    (1..=machines)
        .map(|id| directory.file(&format!("{id}.log"), log(id)))
        .collect()
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let directory = Directory::new();
    let mut files = long(&directory, 3, 40_000);
    let on = |threads, files: &[PathBuf]| {
        read_logs_on(threads, files, &BTreeMap::from([(2, 0.5)]), &mut || true)
    };
    let one = on(1, &files).unwrap();
    assert_eq!(one.columns.len(), 120_000);
    let keys = |row: &usize| {
        let columns = &one.columns;
        (
            columns.time[*row],
            columns.machine_id[*row],
            columns.new_clock[*row],
        )
    };
    assert!((0..120_000).collect::<Vec<_>>().is_sorted_by_key(keys));
    for threads in 2..6 {
        let many = on(threads, &files).unwrap();
        assert_eq!(many.columns.time, one.columns.time);
        assert_eq!(many.columns.system_time, one.columns.system_time);
        assert_eq!(many.columns.machine_id, one.columns.machine_id);
        assert_eq!(many.columns.new_clock, one.columns.new_clock);
        assert_eq!(many.columns.starts, one.columns.starts);
        assert_eq!(many.notes, one.notes);
    }
    // Faults in several blocks and files: the first by file and line is told.
    let text = fs::read_to_string(&files[1]).unwrap();
    for (line, word, expected) in [
        // Lines of another machine are no fault of their file.
        (35_000, "\"machine_id\": 7", "3.log:1: not JSON"),
        (20_000, "\"machine_id\": x", "2.log:20000: not JSON"),
        (1, "\"machine_id\": -1", "2.log:1: machine_id is -1"),
    ] {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        for at in [line - 1, 39_000] {
            lines[at] = lines[at].replace("\"machine_id\": 2", word);
        }
        files[1] = directory.file("2.log", lines.join("\n") + "\n");
        files[2] = directory.file("3.log", "nothing\n");
        for threads in 1..6 {
            let error = on(threads, &files).unwrap_err().to_string();
            assert!(error.contains(expected), "{threads}: {error}");
        }
    }
}

#[test]
fn compressed_logs_are_read_as_what_they_hold() {
    let directory = Directory::new();
    let plain = [directory.file("1.log", ONE), directory.file("2.log", TWO)];
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    // Two members and two frames, as tools that append leave them; the names do not tell.
    let half = ONE.find("{\"event\": \"END").unwrap();
    let one = [gzip(&ONE[..half]), gzip(&ONE[half..])].concat();
    let half = TWO.find("{\"event\": \"END").unwrap();
    let frame = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    let two = [frame(&TWO[..half]), frame(&TWO[half..])].concat();
    let packed = [directory.file("1.gz", &one), directory.file("2.txt", two)];
    let (expected, got) = (read(&plain).unwrap(), read(&packed).unwrap());
    assert_eq!(got.columns.time, expected.columns.time);
    assert_eq!(got.columns.recipients, expected.columns.recipients);
    assert_eq!(
        messages(&got.columns, &got).status,
        messages(&expected.columns, &expected).status
    );
    let path = directory.0.join("all.log");
    assert_eq!(
        write_lines(&got.sources, got.zero.time(), &path, ALL, &mut || true).unwrap(),
        12
    );
    // Cut off: what is whole counts.
    let mut all = String::new();
    for clock in 0..20_000 {
        all += &BASE
            .lines()
            .next()
            .unwrap()
            .replace("\"old_clock\": 5", &format!("\"old_clock\": {clock}"));
        all.push('\n');
    }
    let whole = gzip(&all);
    let cut = read(&[directory.file("cut.gz", &whole[..whole.len() / 2])]).unwrap();
    assert!(cut.notes[0].contains("cut off here"), "{:?}", cut.notes);
    assert!((1..20_000).contains(&cut.columns.len()));
    let mut bad = whole;
    for byte in &mut bad[2..] {
        *byte = !*byte;
    }
    assert!(error(bad).contains("looks binary"));
}

#[test]
fn a_log_that_shrinks_or_grows_meanwhile_is_read_to_its_end() {
    let directory = Directory::new();
    let path = long(&directory, 1, 40_000).remove(0);
    let whole = fs::read_to_string(&path).unwrap();
    for (length, more) in [
        (whole.len() / 2, ""),
        (10, ""),
        (whole.len(), whole.as_str()),
    ] {
        fs::write(&path, &whole).unwrap();
        let mut asked = 0;
        let logs = read_logs_on(
            1,
            std::slice::from_ref(&path),
            &BTreeMap::new(),
            &mut || {
                asked += 1;
                if asked == 1 {
                    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
                    file.set_len(length as u64).unwrap();
                    std::io::Write::write_all(&mut file, more.as_bytes()).unwrap();
                }
                true
            },
        );
        let rows = logs.unwrap().columns.new_clock;
        let expected = (0..80_000).map(|row| row % 40_000 + 1);
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        if more.is_empty() {
            // At least the block that was read before, at most what there was.
            assert!((7_000..40_000).contains(&rows.len()), "{}", rows.len());
            assert!(expected.take(rows.len()).eq(rows));
        } else {
            assert_eq!(rows.len(), 80_000);
            assert!((0..80_000).map(|row| row / 2 + 1).eq(sorted));
        }
    }
}

#[test]
fn reading_ends_whenever_it_is_told_to() {
    let directory = Directory::new();
    let files = long(&directory, 3, 40_000);
    // Other threads may take most of the work, and the questions that go with it.
    for (threads, least) in [(1, 6), (3, 1)] {
        for most in 0..least {
            let mut asked = 0;
            let result = read_logs_on(threads, &files, &BTreeMap::new(), &mut || {
                asked += 1;
                asked <= most
            });
            assert!(matches!(result, Err(Error::State(_))) && asked == most + 1);
        }
    }
}

#[test]
fn histories_are_the_same_on_any_number_of_threads() {
    let directory = Directory::new();
    let mut files = long(&directory, 2, 40_000);
    files.push(directory.file(
        "one.log",
        ONE.replace("\"machine_id\": 1", "\"machine_id\": 7"),
    ));
    let on = |threads| read_history_on(threads, &files, &BTreeMap::new(), &mut || true).unwrap();
    let one = on(1);
    assert_eq!(one.columns.len(), 80_003);
    assert_eq!(one.columns.line[..3], [1, 2, 3]);
    assert_eq!(one.columns.line[80_000..], [3, 4, 5]);
    assert_eq!(one.columns.recipients, [UNKNOWN, 2, 2, 2]);
    let marks: Vec<_> = one.logs[2]
        .marks
        .iter()
        .map(|mark| (mark.line, mark.row))
        .collect();
    assert_eq!(marks, [(1, 80_000), (2, 80_000), (6, 80_003)]);
    for threads in 2..6 {
        let many = on(threads);
        assert_eq!(many.columns.system_time, one.columns.system_time);
        assert_eq!(many.columns.machine_id, one.columns.machine_id);
        assert_eq!(many.columns.new_clock, one.columns.new_clock);
        assert_eq!(many.columns.starts, one.columns.starts);
        assert_eq!(many.columns.recipients, one.columns.recipients);
        assert_eq!(many.columns.line, one.columns.line);
    }
}
