//! Runs over real TCP on loopback, all machines in this process.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use lamport::behavior::Behavior;
use lamport::net::local::{Local, LocalConfig};
use lamport::topology::Topology;
use serde_json::Value;

/// A directory of its own, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "lamport-local-{}-{}",
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

fn config(topology: Topology, directory: &Path) -> LocalConfig {
    LocalConfig {
        topology,
        log_dir: directory.to_owned(),
        duration: 1.0,
        wait: 10.0,
        rates: None,
        max_rate: 6,
        behavior: Behavior::new(0.3, 0.5).unwrap(),
        seed: 1,
        run_id: "test".into(),
        base_port: 0,
        is_precise: true,
    }
}

fn lines(directory: &Path, machine: usize) -> Vec<Value> {
    let text = std::fs::read_to_string(directory.join(format!("machine_{machine}.log"))).unwrap();
    assert!(text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Every law that a complete run without faults obeys, by brute force over the lines.
fn check(directory: &Path, machines: usize) -> usize {
    // For each message (sender, timestamp, recipient): sent, received or unread.
    let mut messages: BTreeMap<(u64, u64, u64), (u32, u32)> = BTreeMap::new();
    let mut received = 0;
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
                    for recipient in line["recipient_ids"].as_array().unwrap() {
                        messages
                            .entry((machine as u64, clock, recipient.as_u64().unwrap()))
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
                        assert_eq!(clock, sent.max(number("old_clock")) + 1);
                        received += 1;
                    } else {
                        unread += 1;
                    }
                }
                "END" => {
                    assert_eq!(number("final_clock"), clock);
                    assert_eq!(number("queue_len"), unread);
                    assert_eq!(line["undelivered"].as_array().unwrap().len(), 0, "{line}");
                }
                _ => {}
            }
        }
    }
    assert!(
        messages.values().all(|&counts| counts == (1, 1)),
        "each message is sent once and arrives once"
    );
    received
}

fn run(config: &LocalConfig) {
    let local = Local::open(config).unwrap();
    assert!(local.start().unwrap().join(None).unwrap());
}

#[test]
fn three_machines_tick_exactly_and_lose_nothing() {
    let scratch = Scratch::new();
    let rates = vec![10.0, 30.0, 60.0];
    run(&LocalConfig {
        rates: Some(rates),
        ..config(Topology::Full(3), &scratch.0)
    });
    assert!(check(&scratch.0, 3) > 0);
    for (machine, ticks) in [(1, 10), (2, 30), (3, 60)] {
        let lines = lines(&scratch.0, machine);
        assert_eq!(lines[lines.len() - 1]["ticks"], ticks);
        let events = lines
            .iter()
            .filter(|line| line.get("new_clock").is_some())
            .count();
        assert_eq!(events, ticks);
    }
}

#[test]
fn machines_that_cannot_keep_up_lose_nothing_either() {
    let scratch = Scratch::new();
    let behavior = Behavior::new(0.0, 1.0).unwrap();
    run(&LocalConfig {
        rates: Some(vec![1e6; 3]),
        behavior,
        duration: 0.2,
        ..config(Topology::Full(3), &scratch.0)
    });
    assert!(check(&scratch.0, 3) > 10_000);
}

#[test]
fn directed_topologies_work() {
    let scratch = Scratch::new();
    let circle = Topology::adjacency(vec![vec![1], vec![2], vec![0], vec![]]).unwrap();
    run(&LocalConfig {
        rates: Some(vec![100.0; 4]),
        ..config(circle, &scratch.0)
    });
    assert!(check(&scratch.0, 4) > 0);
}

#[test]
fn a_machine_alone_runs() {
    let scratch = Scratch::new();
    run(&config(Topology::Full(1), &scratch.0));
    assert_eq!(check(&scratch.0, 1), 0);
}

#[test]
fn a_stop_ends_in_order() {
    let scratch = Scratch::new();
    let local = Local::open(&LocalConfig {
        duration: 1000.0,
        ..config(Topology::Ring(5), &scratch.0)
    })
    .unwrap();
    let running = local.start().unwrap();
    while local
        .machines()
        .iter()
        .map(|machine| machine.ticks())
        .sum::<u64>()
        < 10
    {
        assert!(
            !running
                .join(Some(std::time::Duration::from_millis(5)))
                .unwrap()
        );
    }
    running.stop();
    assert!(running.join(None).unwrap());
    check(&scratch.0, 5);
}

#[test]
fn a_run_that_does_not_come_about_leaves_no_log() {
    let scratch = Scratch::new();
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let error = Local::open(&LocalConfig {
        base_port: port,
        ..config(Topology::Full(2), &scratch.0)
    })
    .unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 0);
    for bad in [
        LocalConfig {
            rates: Some(vec![1.0]),
            ..config(Topology::Full(2), &scratch.0)
        },
        LocalConfig {
            rates: Some(vec![1.0, -1.0]),
            ..config(Topology::Full(2), &scratch.0)
        },
        LocalConfig {
            duration: f64::NAN,
            ..config(Topology::Full(2), &scratch.0)
        },
        LocalConfig {
            run_id: "two words".into(),
            ..config(Topology::Full(2), &scratch.0)
        },
        LocalConfig {
            base_port: 65_535,
            ..config(Topology::Full(2), &scratch.0)
        },
    ] {
        assert!(Local::open(&bad).is_err());
        assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 0);
    }
}
