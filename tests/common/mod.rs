//! What the tests of runs share: a directory of their own, and the laws every run obeys.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

pub mod handled;
pub mod virtual_time;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use lamport::model::discipline::Discipline;
use lamport::model::rules::{Receive, Stamp};
use serde_json::Value;

/// A directory of its own, removed at the end.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "lamport-test-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

pub fn lines(directory: &Path, machine: usize) -> Vec<Value> {
    let text = std::fs::read_to_string(directory.join(format!("machine_{machine}.log"))).unwrap();
    assert!(text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Checked {
    pub received: usize,
    pub undelivered: u64,
}

/// Every law that a complete run obeys, by brute force over the lines.
pub fn check(directory: &Path, machines: usize) -> Checked {
    check_by(directory, machines, Discipline::default())
}

/// The same, of programs that keep their clocks by this discipline.
pub fn check_by(directory: &Path, machines: usize, discipline: Discipline) -> Checked {
    // For each message (sender, timestamp, recipient): sent, received or unread.
    let mut messages: BTreeMap<(u64, u64, u64), (u32, u32)> = BTreeMap::new();
    let (mut received, mut undelivered) = (0, 0);
    for machine in 1..=machines {
        let (mut clock, mut time, mut unread) = (0, 0.0, 0);
        let lines = lines(directory, machine);
        assert_eq!(lines[0]["event"], "STARTUP");
        assert_eq!(lines[lines.len() - 1]["event"], "END");
        let mut last: BTreeMap<u64, u64> = BTreeMap::new();
        for line in &lines {
            let number = |field: &str| line[field].as_u64().unwrap();
            assert!(line["system_time"].as_f64().unwrap() >= time);
            time = line["system_time"].as_f64().unwrap();
            let event = line["event"].as_str().unwrap();
            if let "SEND" | "RECEIVE" | "INTERNAL" = event {
                assert_eq!(number("old_clock"), clock);
                clock = number("new_clock");
            }
            match event {
                "SEND" => {
                    assert_eq!(number("new_clock"), number("old_clock") + 1);
                    let stamp = match discipline.stamp {
                        Stamp::After => clock,
                        Stamp::Before => clock - 1,
                    };
                    for recipient in line["recipient_ids"].as_array().unwrap() {
                        messages
                            .entry((machine as u64, stamp, recipient.as_u64().unwrap()))
                            .or_default()
                            .0 += 1;
                    }
                }
                "RECEIVE" | "UNREAD" => {
                    let (sender, sent) = (number("sender"), number("sent_clock"));
                    messages
                        .entry((sender, sent, machine as u64))
                        .or_default()
                        .1 += 1;
                    assert!(
                        last.insert(sender, sent).is_none_or(|before| before < sent),
                        "FIFO"
                    );
                    assert!(line["arrival_time"].as_f64().unwrap() <= time);
                    if event == "RECEIVE" {
                        let old = number("old_clock");
                        let right = match discipline.receive {
                            Receive::MaxPlusOne => sent.max(old) + 1,
                            Receive::MaxOfNext => sent.max(old + 1),
                            Receive::Max => sent.max(old),
                        };
                        assert_eq!(clock, right);
                        received += 1;
                    } else {
                        unread += 1;
                    }
                }
                "END" => {
                    assert_eq!(number("final_clock"), clock);
                    assert_eq!(number("queue_len"), unread);
                    for pair in line["undelivered"].as_array().unwrap() {
                        undelivered += pair[1].as_u64().unwrap();
                    }
                }
                _ => {}
            }
        }
    }
    assert!(
        messages
            .values()
            .all(|&(sent, arrived)| sent == 1 && arrived <= 1),
        "each message is sent once and arrives at most once"
    );
    let missing = messages.values().filter(|&&(_, arrived)| arrived == 0);
    assert_eq!(missing.count() as u64, undelivered);
    Checked {
        received,
        undelivered,
    }
}
