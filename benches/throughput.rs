//! How many messages a second three machines exchange with every event logged.
//!
//! ```text
//! cargo bench --no-default-features --bench throughput -- [rounds = 5] [seconds = 2] [ticks/s = 1e6]
//! LAMPORT_BENCH_DIR=/dev/shm cargo bench --no-default-features --bench throughput
//! ```
//!
//! The machines are asked for 10^6 ticks a second each, never internal, every
//! idle tick a broadcast. A tick is one event, and a broadcast makes two
//! messages, so two of three ticks are receipts: the ceiling is two received
//! messages per tick of one machine, 2.0 M/s. All ticks happen however late,
//! so a slower run takes longer; `messages/s` counts RECEIVE lines over the
//! seconds from the first event to the last. Each run is checked: per pair,
//! sent = received + UNREAD. The CPU time per message, of all threads, changes
//! less with the host's load than the rate does. A rate above 10^6 raises the
//! ceiling and shows what lies beyond it.
//!
//! Beside it, in the same rounds:
//!
//! - `keyed`: the same machines with a key, every connection encrypted;
//! - `floor`: three threads exchange the same lines over loopback TCP, writes
//!   gathered as ours are, no queue, no clock, no log;
//! - `floor + log`: the same, and for each message as many bytes into a file
//!   as our logs take;
//! - `python socket`: `throughput_baseline.py`, a new socket for each message;
//! - `python kept`: the same with persistent sockets.
//!
//! Logs go to the temporary directory, or to `LAMPORT_BENCH_DIR`. Without that
//! variable a second table has them in memory, in `/dev/shm` where it exists.
//! The ratios of a table travel to other hosts; its figures do not.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

mod common;
#[path = "common/floor.rs"]
mod floor;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Scratch, Story, argument, cpu_seconds, load, median};
use lamport::channel::key::Key;
use lamport::drive::real::local::{Local, LocalConfig};
use lamport::model::behavior::Behavior;
use lamport::model::topology::Topology;

fn main() {
    let (rounds, seconds, rate) = (
        argument(0, 5.0) as usize,
        argument(1, 2.0),
        argument(2, 1e6),
    );
    if let Some(directory) = std::env::var_os("LAMPORT_BENCH_DIR") {
        compare(Path::new(&directory), rounds, seconds, rate);
        return;
    }
    compare(&std::env::temp_dir(), rounds, seconds, rate);
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        compare(&memory, rounds, seconds, rate);
    }
}

fn compare(directory: &Path, rounds: usize, seconds: f64, rate: f64) {
    println!(
        "\nlogs in {}, {rounds} rounds, load {}",
        directory.display(),
        load()
    );
    let names = [
        "lamport",
        "keyed",
        "floor",
        "floor + log",
        "python socket",
        "python kept",
    ];
    let mut rates: [Vec<f64>; 6] = Default::default();
    let (mut ticks, mut cpus, mut keyed_cpus) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (story, log_bytes, cpu) = ours(directory, seconds, rate, None);
        ticks.push(story.ticks as f64 / story.seconds());
        cpus.push(cpu);
        rates[0].push(story.received as f64 / story.seconds());
        let key = Key::new(&[7; 32]).expect("a key has 32 bytes");
        let (keyed, _, cpu) = ours(directory, seconds, rate, Some(key));
        keyed_cpus.push(cpu);
        rates[1].push(keyed.received as f64 / keyed.seconds());
        rates[2].push(floor::run(seconds, 0, directory));
        rates[3].push(floor::run(seconds, log_bytes, directory));
        rates[4].push(python("socket", directory, seconds));
        rates[5].push(python("kept", directory, seconds));
    }
    let ours = median(rates[0].clone());
    for (name, rates) in names.iter().zip(&rates) {
        let middle = median(rates.clone());
        println!(
            "{name:14} {middle:10.0} messages/s   lamport / it {:7.2}   rounds {:.0?}",
            ours / middle,
            rates
        );
    }
    println!(
        "lamport: {:.0} ticks/s of all machines, {:.0} ns CPU a message; ceiling {:.0} messages/s, \
         reached {:.0} %; none lost; load {}",
        median(ticks),
        1e9 * median(cpus.clone()),
        2.0 * rate,
        100.0 * ours / (2.0 * rate),
        load()
    );
    println!(
        "with a key: {:.2} of the messages/s, {:.2} times the CPU time a message",
        median(rates[1].clone()) / ours,
        median(keyed_cpus) / median(cpus)
    );
}

/// What a run's logs say, and per message received their bytes and the CPU time.
fn ours(directory: &Path, seconds: f64, rate: f64, key: Option<Key>) -> (Story, u64, f64) {
    let scratch = Scratch::new(directory);
    let config = LocalConfig {
        rates: Some(vec![rate; 3]),
        behavior: Behavior::new(0.0, 1.0).expect("these are probabilities"),
        key,
        algorithm: None,
        until_quiet: false,
        ..common::config(Topology::Full(3), seconds, &scratch.0)
    };
    let before = cpu_seconds();
    let local = Local::open(&config).expect("the run opens");
    let running = local.start().expect("the run starts");
    running.join(None).expect("the run ends in order");
    let cpu = cpu_seconds() - before;
    let story = Story::read(&scratch.0, 3);
    assert_eq!(
        story.ticks,
        3 * (rate * seconds) as u64,
        "every tick happens"
    );
    assert_eq!(story.lost(), 0, "no message is lost");
    let log_bytes = story.bytes / story.received.max(1);
    let cpu = cpu / story.received.max(1) as f64;
    (story, log_bytes, cpu)
}

fn python(sockets: &str, directory: &Path, seconds: f64) -> f64 {
    let scratch = Scratch::new(directory);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/throughput_baseline.py");
    let output = Command::new("python3")
        .arg(script)
        .args([sockets, "processes", &seconds.to_string()])
        .arg(&scratch.0)
        .output()
        .expect("python3 starts");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or_else(|_| {
        panic!(
            "the baseline failed: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}
