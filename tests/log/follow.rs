//! Logs that grow while they are followed.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use lamport::log::follow::followed_files::Followed;
use lamport::log::follow::follower::Follower;
use lamport::log::read::reader::read_logs;
use serde_json::Value;

use crate::common::Scratch;
use crate::common::virtual_time::{paths, run, settings};

const SECOND: i64 = 1_000_000;
/// The time of the first poll.
const NOW: i64 = 1_700_000_000 * SECOND;
/// No update is longer.
const LONGEST: usize = 200_000;

/// A follower of a directory, and what it told.
struct Viewer {
    follower: Follower,
    now: i64,
    texts: Vec<Value>,
}

impl Viewer {
    fn of(followed: Followed, limit: usize) -> Self {
        Self {
            follower: Follower::new(followed, limit).unwrap(),
            now: NOW,
            texts: Vec::new(),
        }
    }

    fn new(scratch: &Scratch) -> Self {
        Self::of(Followed::Directory(scratch.0.clone()), 5000)
    }

    /// What is told a second later.
    fn poll(&mut self) -> Vec<Value> {
        self.now += SECOND;
        self.poll_at_once()
    }

    fn poll_at_once(&mut self) -> Vec<Value> {
        let read = |text: &String| {
            assert!(
                text.len() <= LONGEST && !text.contains('\n'),
                "{}",
                text.len()
            );
            serde_json::from_str(text).unwrap()
        };
        let new: Vec<Value> = self.follower.poll(self.now).iter().map(read).collect();
        self.texts.extend(new.iter().cloned());
        new
    }

    /// Reads all there is.
    fn poll_all(&mut self) {
        while {
            self.poll();
            self.follower.is_behind()
        } {}
    }

    /// Of each event: machine, kind, clock, and the message it received.
    fn events(&self) -> Vec<(u64, u64, u64, (u64, u64))> {
        let mut events = Vec::new();
        for text in of_type(&self.texts, "more") {
            let column = |name: &str| text[name].as_array().unwrap().clone();
            let (from, sent) = (column("from"), column("sent_clock"));
            let (machines, kinds, clocks) = (column("machine"), column("kind"), column("clock"));
            for name in ["time", "queue", "arrived", "to"] {
                assert_eq!(column(name).len(), machines.len(), "{name}");
            }
            for at in 0..machines.len() {
                let number = |values: &[Value]| values[at].as_u64().unwrap();
                let message = (number(&from), number(&sent));
                events.push((number(&machines), number(&kinds), number(&clocks), message));
            }
        }
        events
    }

    fn warnings(&self) -> Vec<String> {
        let warnings =
            of_type(&self.texts, "more").flat_map(|text| text["warnings"].as_array().unwrap());
        warnings
            .map(|words| words.as_str().unwrap().to_owned())
            .collect()
    }

    fn struck(&self) -> Vec<(String, f64, u64)> {
        let struck =
            of_type(&self.texts, "more").flat_map(|text| text["struck"].as_array().unwrap());
        let read = |struck: &Value| {
            let kind = struck["kind"].as_str().unwrap().to_owned();
            (
                kind,
                struck["at"].as_f64().unwrap(),
                struck["machine"].as_u64().unwrap(),
            )
        };
        struck.map(read).collect()
    }

    /// The last word on each machine: clock, queue, events.
    fn last(&self) -> BTreeMap<u64, (u64, i64, u64)> {
        let mut last = BTreeMap::new();
        for text in of_type(&self.texts, "more") {
            let column = |name: &str| text["last"][name].as_array().unwrap();
            for (at, id) in column("machine").iter().enumerate() {
                let value = |name: &str| column(name)[at].as_i64().unwrap();
                let known = (
                    value("clock") as u64,
                    value("queue"),
                    value("events") as u64,
                );
                last.insert(id.as_u64().unwrap(), known);
            }
        }
        last
    }
}

fn of_type<'a>(texts: &'a [Value], name: &'static str) -> impl Iterator<Item = &'a Value> {
    texts.iter().filter(move |text| text["type"] == name)
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn seconds(time: i64) -> String {
    format!("{}.{:06}", time / SECOND, time % SECOND)
}

fn startup(machine: u64, time: i64) -> String {
    format!(
        "{{\"event\": \"STARTUP\", \"system_time\": {}, \"machine_id\": {machine}, \"clock_rate\": 2.5, \"local_clock\": 0, \"peers\": []}}\n",
        seconds(time)
    )
}

fn internal(machine: u64, clock: u64, time: i64) -> String {
    format!(
        "{{\"event\": \"INTERNAL\", \"system_time\": {}, \"machine_id\": {machine}, \"old_clock\": {}, \"new_clock\": {clock}}}\n",
        seconds(time),
        clock - 1
    )
}

fn send(machine: u64, clock: u64, time: i64, to: &[u64]) -> String {
    let places: Vec<String> = to.iter().map(|id| format!("[\"h\", {id}]")).collect();
    let ids: Vec<String> = to.iter().map(u64::to_string).collect();
    format!(
        "{{\"event\": \"SEND\", \"system_time\": {}, \"machine_id\": {machine}, \"old_clock\": {}, \"new_clock\": {clock}, \"recipients\": [{}], \"recipient_ids\": [{}]}}\n",
        seconds(time),
        clock - 1,
        places.join(", "),
        ids.join(", ")
    )
}

fn receive(machine: u64, clock: u64, time: i64, from: (u64, u64)) -> String {
    format!(
        "{{\"event\": \"RECEIVE\", \"system_time\": {0}, \"machine_id\": {machine}, \"old_clock\": {1}, \"new_clock\": {clock}, \"queue_len\": 3, \"sender\": {2}, \"sent_clock\": {3}, \"arrival_time\": {0}}}\n",
        seconds(time),
        clock - 1,
        from.0,
        from.1
    )
}

#[test]
fn what_is_followed_in_pieces_is_what_is_read_at_once() {
    for (number, setup) in settings().iter().enumerate() {
        let (whole, growing) = (Scratch::new(), Scratch::new());
        let count = setup.topology.machines();
        run(setup, &whole.0, None);
        let logs: Vec<Vec<u8>> = paths(&whole.0, count)
            .iter()
            .map(|path| fs::read(path).unwrap())
            .collect();
        let mut viewer = Viewer::new(&growing);
        // Pieces of any length, which end within lines.
        let (mut done, mut state) = (vec![0; logs.len()], 7 + number as u64);
        while (0..logs.len()).any(|log| done[log] < logs[log].len()) {
            for (path, (log, done)) in paths(&growing.0, count)
                .iter()
                .zip(logs.iter().zip(&mut done))
            {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let length = (state >> 40) as usize % 3000;
                let end = log.len().min(*done + length);
                append(path, std::str::from_utf8(&log[*done..end]).unwrap());
                *done = end;
            }
            viewer.poll();
        }
        viewer.poll_all();
        assert_eq!(viewer.warnings(), Vec::<String>::new());
        let read = read_logs(&paths(&whole.0, count), &BTreeMap::new(), &mut || true).unwrap();
        let columns = &read.columns;
        let expected: BTreeSet<_> = (0..columns.len())
            .map(|row| {
                let message = (
                    columns.sender[row].max(0) as u64,
                    columns.sent_clock[row].max(0) as u64,
                );
                (
                    columns.machine_id[row] as u64,
                    columns.event[row] as u64,
                    columns.new_clock[row] as u64,
                    message,
                )
            })
            .collect();
        let events = viewer.events();
        assert_eq!(events.len(), columns.len());
        assert_eq!(BTreeSet::from_iter(events), expected);
        let times = |texts: &[Value]| {
            let mut times: Vec<i64> = of_type(texts, "more")
                .flat_map(|text| text["time"].as_array().unwrap())
                .map(|time| (time.as_f64().unwrap() * 1e6).round() as i64)
                .collect();
            times.sort_unstable();
            times
        };
        let mut expected: Vec<i64> = columns
            .time
            .iter()
            .map(|time| (time * 1e6).round() as i64)
            .collect();
        expected.sort_unstable();
        assert_eq!(times(&viewer.texts), expected);
        // All machines have ended, and this is said once, as the last word.
        assert_eq!(of_type(&viewer.texts, "end").count(), 1);
        assert_eq!(viewer.texts.last().unwrap()["type"], "end");
        assert!(viewer.poll().is_empty());
        let begin = of_type(&viewer.texts, "begin").last().unwrap();
        let ids: Vec<u64> = (1..=u64::from(count)).collect();
        assert_eq!(begin["machines"], serde_json::json!(ids));
        assert_eq!(begin["rates"].as_array().unwrap().len(), ids.len());
        let last = viewer.last();
        for (&id, &(clock, _, events)) in &last {
            let own = (0..columns.len()).filter(|&row| columns.machine_id[row] as u64 == id);
            assert_eq!(events, own.clone().count() as u64);
            assert_eq!(
                clock as i64,
                own.map(|row| columns.new_clock[row]).max().unwrap_or(0)
            );
        }
    }
}

#[test]
fn half_a_line_waits_for_its_end_and_machines_appear() {
    let scratch = Scratch::new();
    let mut viewer = Viewer::new(&scratch);
    let first = viewer.poll();
    assert_eq!(first[0]["type"], "begin");
    assert_eq!(first[0]["machines"], serde_json::json!([]));
    assert!(
        first[1]["warnings"][0]
            .as_str()
            .unwrap()
            .starts_with("no log in ")
    );
    assert!(
        first[1]["warnings"][0]
            .as_str()
            .unwrap()
            .ends_with(" yet: waiting")
    );
    assert!(viewer.poll().is_empty(), "said once");
    let (two, one) = (
        scratch.0.join("machine_2.log"),
        scratch.0.join("machine_1.log"),
    );
    let line = internal(2, 1, NOW);
    append(&two, &(startup(2, NOW - SECOND) + &line[..60]));
    viewer.poll();
    assert_eq!(viewer.events(), []);
    append(&two, &line[60..line.len() - 1]);
    viewer.poll();
    assert_eq!(viewer.events(), [], "a line counts only with its newline");
    append(&two, "\n");
    append(&one, &internal(1, 1, NOW + SECOND / 2));
    let told = viewer.poll();
    assert_eq!(told[0]["machines"], serde_json::json!([1, 2]));
    assert_eq!(told[0]["rates"], serde_json::json!([null, 2.5]));
    assert_eq!(BTreeSet::from_iter(viewer.events()).len(), 2);
    // Zero is the earliest event, as no line says when ticking began; the clock goes on from there.
    let more = of_type(&told, "more").next().unwrap();
    assert_eq!(
        more["now"].as_f64(),
        Some(viewer.now as f64 / 1e6 - NOW as f64 / 1e6)
    );
    assert!(!told.iter().any(|text| text["type"] == "end"));
}

#[test]
fn a_machine_that_comes_back_is_told() {
    let scratch = Scratch::new();
    let mut viewer = Viewer::new(&scratch);
    let path = scratch.0.join("machine_1.log");
    append(
        &path,
        &(startup(1, NOW) + &internal(1, 1, NOW + SECOND) + "{\"event\": \"INTER"),
    );
    viewer.poll();
    // It cuts the half line off and goes on in the same file.
    let text = fs::read_to_string(&path).unwrap();
    let whole = text.rfind('\n').unwrap() + 1;
    OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(whole as u64)
        .unwrap();
    append(
        &path,
        &(startup(1, NOW + 3 * SECOND) + &internal(1, 2, NOW + 4 * SECOND)),
    );
    viewer.poll();
    assert_eq!(viewer.warnings(), Vec::<String>::new());
    assert_eq!(
        viewer.struck(),
        [("crash".into(), 0.0, 1), ("recovery".into(), 2.0, 1)]
    );
    assert_eq!(viewer.events().len(), 2);
}

#[test]
fn what_befalls_many_machines_at_once_is_told_of_each() {
    let scratch = Scratch::new();
    let mut viewer = Viewer::new(&scratch);
    let path = |machine: u64| scratch.0.join(format!("machine_{machine}.log"));
    for machine in 1..=300 {
        let text = startup(machine, NOW) + &internal(machine, 1, NOW + SECOND);
        append(&path(machine), &text);
    }
    viewer.poll_all();
    for machine in 1..=300 {
        let text = startup(machine, NOW + 3 * SECOND) + &internal(machine, 2, NOW + 4 * SECOND);
        append(&path(machine), &text);
    }
    viewer.poll_all();
    let told: BTreeSet<(String, u64)> = viewer
        .struck()
        .into_iter()
        .map(|(kind, _, machine)| (kind, machine))
        .collect();
    let expected =
        (1..=300).flat_map(|machine| ["crash", "recovery"].map(|kind| (kind.into(), machine)));
    assert_eq!(told, expected.collect());
}

#[test]
fn files_that_are_replaced_are_read_anew() {
    for way in 0..3 {
        let scratch = Scratch::new();
        let mut viewer = Viewer::new(&scratch);
        let (one, two) = (
            scratch.0.join("machine_1.log"),
            scratch.0.join("machine_2.log"),
        );
        append(
            &one,
            &(startup(1, NOW) + &internal(1, 1, NOW) + &internal(1, 2, NOW)),
        );
        append(&two, &internal(2, 1, NOW));
        viewer.poll();
        assert_eq!(viewer.events().len(), 3);
        let new = startup(1, NOW + SECOND) + &internal(1, 1, NOW + SECOND);
        match way {
            // Cut.
            0 => fs::write(&one, &new).unwrap(),
            // Written anew, and longer than it was.
            1 => fs::write(&one, new.clone() + &internal(1, 2, NOW + SECOND).repeat(9)).unwrap(),
            // Another file in its place.
            _ => {
                fs::write(scratch.0.join("draft"), &new).unwrap();
                fs::rename(scratch.0.join("draft"), &one).unwrap();
            }
        }
        viewer.texts.clear();
        viewer.poll_all();
        let words = [
            "is shorter",
            "was written anew",
            "another file has its place",
        ][way];
        let warnings = viewer.warnings();
        assert!(
            warnings[0].starts_with("machine_1.log: ") && warnings[0].contains(words),
            "{warnings:?}"
        );
        assert_eq!(viewer.texts[0]["again"], true);
        let events = if way == 1 { 11 } else { 2 };
        assert_eq!(
            viewer.events().len(),
            events,
            "those of the other machine, too"
        );
        assert_eq!(viewer.last()[&1].2, events as u64 - 1);
        fs::remove_file(&one).unwrap();
        viewer.poll();
        viewer.poll();
        let gone = viewer
            .warnings()
            .iter()
            .filter(|words| words.contains("is gone"))
            .count();
        assert_eq!(gone, 1);
    }
}

#[test]
fn what_cannot_be_read_is_said_and_passed_over() {
    let scratch = Scratch::new();
    let mut viewer = Viewer::new(&scratch);
    let path = scratch.0.join("machine_1.log");
    append(
        &path,
        &(internal(1, 1, NOW) + "nonsense\n" + &internal(1, 2, NOW)),
    );
    viewer.poll();
    assert_eq!(viewer.events().len(), 2);
    let warnings = viewer.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("machine_1.log:2: "), "{warnings:?}");
    // Much of it is not said line by line, nor for ever.
    for _ in 0..50 {
        append(&path, &"nonsense\n".repeat(100));
        viewer.poll();
    }
    let warnings = viewer.warnings();
    assert!(
        warnings[2].ends_with("99 more lines cannot be read"),
        "{warnings:?}"
    );
    assert!((5..=12).contains(&warnings.len()), "{warnings:?}");
    append(&path, &internal(1, 3, NOW));
    viewer.poll();
    assert_eq!(viewer.events().len(), 3);
    // What is no text, compressed, a directory, or a pipe.
    fs::write(scratch.0.join("machine_2.log"), b"\x89PNG 1234").unwrap();
    fs::write(scratch.0.join("machine_3.log"), b"\x1f\x8b 1234").unwrap();
    fs::create_dir(scratch.0.join("machine_4.log")).unwrap();
    viewer.texts.clear();
    viewer.poll();
    viewer.poll();
    let warnings = viewer.warnings();
    for (name, words) in [("2", "a PNG image"), ("3", "compressed"), ("4", "no file")] {
        let name = format!("machine_{name}.log: ");
        let found = warnings
            .iter()
            .filter(|told| told.starts_with(&name) && told.contains(words));
        assert_eq!(found.count(), 1, "{warnings:?}");
    }
}

#[test]
fn a_directory_may_be_missing_at_first() {
    let scratch = Scratch::new();
    let directory = scratch.0.join("later");
    let mut viewer = Viewer::of(Followed::Directory(directory.clone()), 5000);
    viewer.poll();
    viewer.poll();
    assert_eq!(viewer.warnings().len(), 1);
    assert!(viewer.warnings()[0].ends_with("later yet: waiting"));
    fs::create_dir(&directory).unwrap();
    append(&directory.join("machine_1.log"), &internal(1, 1, NOW));
    viewer.poll();
    assert_eq!(viewer.events().len(), 1);
    // Files by their names.
    let file = scratch.0.join("a.txt");
    let mut viewer = Viewer::of(Followed::Files(vec![file.clone()]), 5000);
    viewer.poll();
    assert_eq!(viewer.warnings(), ["no log is there yet: waiting"]);
    append(&file, &internal(1, 1, NOW));
    viewer.poll();
    assert_eq!(viewer.events().len(), 1);
}

/// Lines of three machines that send to each other, 10 times as many events as `rounds`.
fn busy(rounds: u64, first: u64, time: i64) -> [String; 3] {
    let mut logs = [String::new(), String::new(), String::new()];
    for round in 0..rounds {
        let clock = (first + round) * 10 + 1;
        let time = time + round as i64 * 10;
        let _ = write!(logs[0], "{}", send(1, clock, time, &[2, 3]));
        let _ = write!(logs[1], "{}", receive(2, clock + 1, time + 5, (1, clock)));
        let _ = write!(logs[2], "{}", receive(3, clock + 1, time + 5, (1, clock)));
        let _ = write!(logs[2], "{}", internal(3, clock + 2, time + 6));
    }
    logs
}

#[test]
fn too_many_are_thinned_by_whole_messages() {
    let scratch = Scratch::new();
    let mut viewer = Viewer::new(&scratch);
    let files: Vec<_> = (1..=3)
        .map(|id| scratch.0.join(format!("machine_{id}.log")))
        .collect();
    let write = |second: u64, rounds: u64| {
        let logs = busy(rounds, second * 100_000, NOW + second as i64 * SECOND);
        files
            .iter()
            .zip(logs)
            .for_each(|(file, log)| append(file, &log));
    };
    write(0, 10);
    viewer.poll();
    viewer.texts.clear();
    for second in 1..=6 {
        write(second, 10_000);
        let before = viewer.events().len();
        viewer.poll();
        assert!(!viewer.follower.is_behind() || second == 1);
        assert!(
            viewer.events().len() - before <= 5000,
            "{}",
            viewer.events().len() - before
        );
    }
    viewer.poll_all();
    let thinned = of_type(&viewer.texts, "more").any(|text| text["every"].as_u64().unwrap() > 1);
    assert!(thinned);
    let events = viewer.events();
    assert!(events.len() > 6000, "much is told: {}", events.len());
    let sent: BTreeSet<_> = events
        .iter()
        .filter(|event| event.1 == 0)
        .map(|event| (1, event.2))
        .collect();
    let mut receipts: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    for event in events.iter().filter(|event| event.1 == 1) {
        *receipts.entry(event.3).or_default() += 1;
    }
    assert!(!sent.is_empty());
    assert_eq!(sent, receipts.keys().copied().collect());
    assert!(receipts.values().all(|&count| count == 2));
    let last = viewer.last();
    assert_eq!(last[&1].2, 60_010);
    assert_eq!(
        (last[&3].0, last[&3].1, last[&3].2),
        (609_999 * 10 + 3, 3, 120_020)
    );
    // All are told again when they are few.
    for second in 7..40 {
        write(second, 10);
        viewer.poll();
    }
    let last = of_type(&viewer.texts, "more").last().unwrap();
    assert_eq!(
        (
            last["every"].as_u64(),
            last["time"].as_array().unwrap().len()
        ),
        (Some(1), 40)
    );
}

#[test]
fn of_what_was_there_before_the_newest_is_told() {
    let scratch = Scratch::new();
    let logs = busy(30_000, 0, NOW);
    for (id, log) in (1..).zip(&logs) {
        append(&scratch.0.join(format!("machine_{id}.log")), log);
    }
    let mut viewer = Viewer::new(&scratch);
    viewer.poll_all();
    let events = viewer.events();
    assert!((4900..=5000).contains(&events.len()), "{}", events.len());
    assert!(events.iter().all(|event| event.2 > 287_000), "the newest");
    assert!(of_type(&viewer.texts, "more").all(|text| text["every"] == 1));
    assert!(viewer.warnings()[0].contains("events that were there before are not shown"));
    assert_eq!(viewer.last()[&2].2, 30_000);
}

#[test]
fn no_update_is_too_long() {
    let scratch = Scratch::new();
    let mut viewer = Viewer::new(&scratch);
    let faults = "x".repeat(20_000);
    viewer
        .follower
        .describe(&format!("{{\"title\": \"{faults}\"}}"), 0)
        .unwrap();
    let huge = (1_u64 << 53) - 20_000;
    let mut all = String::new();
    for id in huge..huge + 4200 {
        all += &startup(id, NOW).replace("2.5", "0.12345678901234567");
        all += &internal(id, 1, NOW);
    }
    append(&scratch.0.join("machine_1.log"), &all);
    viewer.poll_all();
    let begin = of_type(&viewer.texts, "begin").last().unwrap();
    assert_eq!(begin["machines"].as_array().unwrap().len(), 4096);
    assert_eq!(begin["title"].as_str().unwrap().len(), 20_000);
    assert!(
        viewer
            .warnings()
            .iter()
            .any(|words| words.contains("more than 4096 machines"))
    );
    assert_eq!(viewer.last().len(), 4096);
    // SENDs to very many, and a line that is no line.
    let crowd: Vec<u64> = (huge..huge + 6000).collect();
    for clock in 2..40 {
        append(
            &scratch.0.join("machine_1.log"),
            &send(huge, clock, NOW + SECOND, &crowd),
        );
    }
    viewer.poll_all();
    append(&scratch.0.join("machine_1.log"), &"x".repeat(17 << 20));
    append(
        &scratch.0.join("machine_1.log"),
        &format!("\n{}", internal(huge, 40, NOW + SECOND)),
    );
    viewer.poll_all();
    assert_eq!(viewer.last()[&huge].0, 40);
    assert!(
        viewer
            .warnings()
            .iter()
            .any(|words| words.contains("longer than"))
    );
    for wrong in [
        "[]",
        "{",
        "{}\n",
        &format!("{{\"a\": \"{}\"}}", "x".repeat(30_000)),
    ] {
        assert!(viewer.follower.describe(wrong, 0).is_err());
    }
    assert!(Follower::new(Followed::Files(vec![]), 0).is_err());
}
