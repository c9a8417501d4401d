//! Many machines in one process: do all tick, is anything lost, what does it cost?
//!
//! ```text
//! cargo bench --no-default-features --bench many -- [seconds = 30]
//! ```
//!
//! 80 machines on a full mesh, 1,000 on a ring, and 1,000 that each send to the
//! two before and the two after it; 6 ticks a second each, the other parameters
//! at their defaults. Each case is a process of its own, so that the peak of its
//! memory is its own. `cpu` is the process's CPU time while the machines tick,
//! in percent of one core (the aim: under 100); `set-up` is from nothing to the
//! first possible tick, connections included; `end` from the last tick's time
//! to the last END line. The lateness is the median and the largest of what
//! the END lines say.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench sleeps and reads the clock"
)]

mod common;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use common::{Scratch, Story, argument, cpu_seconds, load, median, quantile};
use lamport::drive::real::local::{Local, LocalConfig};
use lamport::model::topology::Topology;

const CASES: [&str; 3] = ["mesh", "ring", "circulant"];
const RATE: f64 = 6.0;
/// What the child process reads to know its case.
const CASE: &str = "LAMPORT_BENCH_CASE";

fn main() {
    let seconds = argument(0, 30.0);
    if let Ok(case) = std::env::var(CASE) {
        measure(&case, seconds);
        return;
    }
    println!("{seconds} s each, load {}", load());
    let own = std::env::current_exe().expect("a program knows where it is");
    for case in CASES {
        let mut child = Command::new(&own);
        let status = child.arg(seconds.to_string()).env(CASE, case).status();
        assert!(status.expect("it starts").success(), "{case} failed");
    }
    println!("load {}", load());
}

fn topology(case: &str) -> Topology {
    let machines = 1000;
    match case {
        "mesh" => Topology::Full(80),
        "ring" => Topology::Ring(machines),
        _ => {
            let near = |machine| {
                [1, 2, machines - 2, machines - 1].map(|step| (machine + step) % machines)
            };
            Topology::adjacency(
                (0..machines)
                    .map(|machine| near(machine).to_vec())
                    .collect(),
            )
            .expect("no machine is its own peer")
        }
    }
}

fn measure(case: &str, seconds: f64) {
    let scratch = Scratch::new(&std::env::temp_dir());
    let topology = topology(case);
    let machines = u64::from(topology.machines());
    let begin = Instant::now();
    let config = LocalConfig {
        rates: Some(vec![RATE; machines as usize]),
        ..common::config(topology, seconds, &scratch.0)
    };
    let local = Local::open(&config).expect("the run opens");
    let running = local.start().expect("the run starts");
    while running.elapsed() <= 0.0 {
        thread::sleep(Duration::from_millis(1));
    }
    let set_up = begin.elapsed().as_secs_f64();
    let before = cpu_seconds();
    running
        .join(Some(Duration::from_secs_f64(seconds)))
        .expect("the run goes well");
    let cpu = (cpu_seconds() - before) / seconds;
    running.join(None).expect("the run ends in order");
    let end = begin.elapsed().as_secs_f64() - set_up - seconds;
    let peak = status_mib("VmHWM");
    for machine in local.machines() {
        assert_eq!(machine.take_warnings(), Vec::<String>::new());
    }

    let story = Story::read(&scratch.0, machines);
    assert_eq!(
        story.ticks,
        machines * (RATE * seconds) as u64,
        "every tick happens"
    );
    assert_eq!(story.lost(), 0, "no message is lost");
    println!(
        "{case:10} {machines:4} machines: cpu {:5.1} %, set-up {set_up:.2} s, end {end:.2} s, peak {peak:.0} MiB; \
         {} ticks, {} received, {} unread, 0 lost; late p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms",
        100.0 * cpu,
        story.ticks,
        story.received,
        story.unread,
        1e3 * median(story.late.iter().map(|late| late.p50)),
        1e3 * median(story.late.iter().map(|late| late.p99)),
        1e3 * quantile(story.late.iter().map(|late| late.max), 1.0),
    );
}

/// A field of the process's status, in MiB.
fn status_mib(field: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = text
        .lines()
        .find(|line| line.starts_with(field))
        .expect("Linux has it");
    let kib = line.split_whitespace().nth(1).expect("a value");
    kib.parse::<f64>().expect("a number") / 1024.0
}
