//! What the benches share: a run in a directory of its own, what its logs say, medians.

#![allow(dead_code, reason = "each bench uses a part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use lamport::drive::real::local::LocalConfig;
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::setup::Setup;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::topology::Topology;
use serde::Deserialize;

/// A directory of its own, removed at the end.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(parent: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("lamport-bench-{}-{count}", std::process::id()));
        fs::create_dir(&path).expect("the directory for logs takes a directory");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A failure leaves files behind, nothing else.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A run with the defaults that all benches share.
pub(crate) fn config(topology: Topology, duration: f64, directory: &Path) -> LocalConfig {
    LocalConfig {
        topology,
        log_dir: directory.to_owned(),
        duration,
        wait: 30.0,
        rates: None,
        max_rate: 6,
        behavior: Behavior::default(),
        latency: Latency::Constant(0.0),
        seed: 1,
        run_id: "bench".into(),
        base_port: 0,
        is_precise: true,
        manners: lamport::model::manner::Manners::default(),
        is_synced: false,
        faults: std::sync::Arc::default(),
        key: None,
        algorithm: None,
        until_quiet: false,
    }
}

/// About so many events of machines that know each other, in virtual time; of many, few send to all.
pub(crate) fn simulation(machines: u32, events: f64) -> Simulation {
    Simulation::new(Setup {
        topology: Topology::Full(machines),
        duration: events / (3.0 * f64::from(machines)),
        rates: Some(vec![3.0; machines as usize]),
        max_rate: 6,
        behavior: Behavior::new(0.7, if machines == 3 { 1.0 / 3.0 } else { 0.005 })
            .expect("both are probabilities"),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Constant(0.0005),
        seed: 1,
        faults: Vec::new(),
    })
    .expect("a setup that can be")
}

/// A line of a log, as far as the benches read it.
#[derive(Deserialize)]
struct Line<'a> {
    event: &'a str,
    system_time: f64,
    sender: Option<u64>,
    recipient_ids: Option<Vec<u64>>,
    ticks: Option<u64>,
    lateness: Option<Late>,
    undelivered: Option<Vec<(u64, u64)>>,
}

/// The summary of an END line, in seconds.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Late {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

/// What the logs of a run say.
#[derive(Default)]
pub(crate) struct Story {
    /// The times of each machine's events, in order.
    pub(crate) times: Vec<Vec<f64>>,
    /// The ticks that the END lines count.
    pub(crate) ticks: u64,
    pub(crate) received: u64,
    pub(crate) unread: u64,
    pub(crate) bytes: u64,
    /// What each END line says of the lateness.
    pub(crate) late: Vec<Late>,
    /// For each pair of sender and recipient, messages sent minus those received or unread.
    missing: BTreeMap<(u64, u64), i64>,
}

impl Story {
    /// Reads the logs of `machines` machines; panics where one is not complete.
    pub(crate) fn read(directory: &Path, machines: u64) -> Self {
        let mut story = Self::default();
        for machine in 1..=machines {
            let path = directory.join(format!("machine_{machine}.log"));
            let text = fs::read_to_string(path).expect("every machine has a log");
            story.bytes += text.len() as u64;
            story.times.push(Vec::new());
            for line in text.lines() {
                story.add(
                    machine,
                    serde_json::from_str(line).expect("a log has one JSON object a line"),
                );
            }
            assert_eq!(story.late.len() as u64, machine, "the log has an END");
        }
        story
    }

    fn add(&mut self, machine: u64, line: Line<'_>) {
        if let "SEND" | "RECEIVE" | "INTERNAL" = line.event {
            self.times
                .last_mut()
                .expect("the caller made it")
                .push(line.system_time);
        }
        match line.event {
            "SEND" => {
                for recipient in line.recipient_ids.expect("a SEND has recipients") {
                    *self.missing.entry((machine, recipient)).or_default() += 1;
                }
            }
            "RECEIVE" | "UNREAD" => {
                let sender = line.sender.expect("a message has a sender");
                *self.missing.entry((sender, machine)).or_default() -= 1;
                if line.event == "RECEIVE" {
                    self.received += 1;
                } else {
                    self.unread += 1;
                }
            }
            "END" => {
                self.ticks += line.ticks.expect("END counts the ticks");
                self.late.push(line.lateness.expect("END has the lateness"));
                for (peer, count) in line.undelivered.expect("END has it") {
                    *self.missing.entry((machine, peer)).or_default() -= count as i64;
                    assert_eq!(count, 0, "machine {machine} could not deliver to {peer}");
                }
            }
            _ => {}
        }
    }

    /// Messages lost (or received twice), over all pairs.
    pub(crate) fn lost(&self) -> u64 {
        self.missing
            .values()
            .map(|count| count.unsigned_abs())
            .sum()
    }

    /// Seconds from the first event to the last.
    pub(crate) fn seconds(&self) -> f64 {
        let first = self.times.iter().filter_map(|times| times.first());
        let last = self.times.iter().filter_map(|times| times.last());
        last.copied().fold(f64::NEG_INFINITY, f64::max)
            - first.copied().fold(f64::INFINITY, f64::min)
    }
}

/// The value in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quantile(values, 0.5)
}

/// The smallest value that at least this share of them does not pass.
pub(crate) fn quantile(values: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
}

/// The host's load averages; figures under load say little by themselves.
pub(crate) fn load() -> String {
    fs::read_to_string("/proc/loadavg").map_or("unknown".into(), |text| {
        text.split(' ').take(3).collect::<Vec<_>>().join(" ")
    })
}

/// The argument at `position`, or `default`. Cargo adds one of its own, `--bench`.
pub(crate) fn argument(position: usize, default: f64) -> f64 {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    words.nth(position).map_or(default, |word| {
        word.parse().expect("an argument is a number")
    })
}

/// CPU time of this process, all threads, in the system's steps of 10 ms.
pub(crate) fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux has it");
    let (_, fields) = text
        .rsplit_once(") ")
        .expect("the name stands in parentheses");
    // Fields 14 and 15, counted from the name as 2.
    let steps = fields.split(' ').skip(11).take(2);
    steps
        .map(|field| field.parse::<f64>().expect("a number"))
        .sum::<f64>()
        / 100.0
}

const ONLY: &str = "LAMPORT_BENCH_ONLY";

/// The files that this process alone is to work on, when [`peak_of`] has started it.
pub(crate) fn only() -> Option<Vec<PathBuf>> {
    let paths = std::env::var(ONLY).ok()?;
    Some(paths.split('\n').map(PathBuf::from).collect())
}

/// The largest memory, in bytes, of a process of this bench that works on nothing but these files.
pub(crate) fn peak_of(paths: &[PathBuf]) -> f64 {
    let names: Vec<_> = paths
        .iter()
        .map(|path| path.to_str().expect("a name of ours"))
        .collect();
    let output = std::process::Command::new(std::env::current_exe().expect("this program"))
        .env(ONLY, names.join("\n"))
        .output()
        .expect("it starts again");
    let text = String::from_utf8_lossy(&output.stdout);
    let kilobytes = text
        .lines()
        .find_map(|line| line.strip_prefix("peak "))
        .expect("it prints its peak");
    kilobytes.parse::<f64>().expect("a number") * 1024.0
}

/// Prints the largest memory of this process, for [`peak_of`].
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn tell_peak() {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.expect("Linux has it").trim().trim_end_matches(" kB");
    println!("peak {peak}");
}
