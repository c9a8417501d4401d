//! How long machines take to start, with and without a key: every connection of a run begins with a handshake.
//!
//! ```text
//! cargo bench --no-default-features --bench startup -- [rounds = 5]
//! ```
//!
//! From nothing to the first possible tick: ports, logs, and all connections. 3 and 50 machines all to all, 200 on
//! a ring, to 40 others each and, where so many files may be open (`ulimit -n 100000`), all to all. A process holds
//! both ends of every connection. Rounds with and without a key alternate; the figures are medians.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench sleeps and reads the clock"
)]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::{Scratch, argument, cpu_seconds, load, median};
use lamport::channel::key::Key;
use lamport::drive::real::local::{Local, LocalConfig};
use lamport::model::topology::Topology;

fn main() {
    let rounds = argument(0, 5.0) as usize;
    println!("{rounds} rounds, load {}", load());
    println!(
        "machines        connections   plain s   keyed s   CPU plain   keyed   more CPU us a connection"
    );
    for (name, topology) in [
        ("3, all to all", Topology::Full(3)),
        ("50, all to all", Topology::Full(50)),
        ("200, ring", Topology::Ring(200)),
        ("200, 40 each", near(200, 40)),
        ("200, all to all", Topology::Full(200)),
    ] {
        let machines = topology.machines();
        let connections: u32 = (0..machines).map(|machine| topology.degree(machine)).sum();
        let mut taken: [Vec<(f64, f64)>; 2] = Default::default();
        'rounds: for _ in 0..rounds {
            for (is_keyed, taken) in [false, true].into_iter().zip(&mut taken) {
                match start(topology.clone(), is_keyed) {
                    Ok(seconds) => taken.push(seconds),
                    Err(error) => {
                        println!("{name:15} {error}");
                        break 'rounds;
                    }
                }
            }
        }
        if taken[0].is_empty() {
            continue;
        }
        let middle = |keyed: usize, of: fn(&(f64, f64)) -> f64| median(taken[keyed].iter().map(of));
        let cpu = [0, 1].map(|keyed| middle(keyed, |taken| taken.1));
        println!(
            "{name:15} {connections:11} {:9.3} {:9.3} {:11.3} {:7.3} {:10.0}",
            middle(0, |taken| taken.0),
            middle(1, |taken| taken.0),
            cpu[0],
            cpu[1],
            1e6 * (cpu[1] - cpu[0]) / f64::from(connections)
        );
    }
    println!("load {}", load());
}

/// A circle on which everyone sends to so many of those after it.
fn near(machines: u32, peers: u32) -> Topology {
    let row = |machine| {
        (1..=peers)
            .map(|step| (machine + step) % machines)
            .collect()
    };
    Topology::adjacency((0..machines).map(row).collect()).expect("these are other machines")
}

/// Seconds, and seconds of CPU, until the machines tick.
fn start(topology: Topology, is_keyed: bool) -> Result<(f64, f64), String> {
    let scratch = Scratch::new(&std::env::temp_dir());
    let machines = topology.machines() as usize;
    let config = LocalConfig {
        wait: 120.0,
        rates: Some(vec![1.0; machines]),
        key: is_keyed.then(|| Key::new(&[7; 32]).expect("a key has 32 bytes")),
        algorithm: None,
        until_quiet: false,
        ..common::config(topology, 3600.0, &scratch.0)
    };
    let (begin, cpu) = (Instant::now(), cpu_seconds());
    let local = Local::open(&config).map_err(|error| error.to_string())?;
    let running = local.start().map_err(|error| error.to_string())?;
    while running.elapsed() <= 0.0 {
        thread::sleep(Duration::from_micros(200));
    }
    let taken = begin.elapsed().as_secs_f64() - running.elapsed();
    let cpu = cpu_seconds() - cpu;
    let missing: usize = local
        .machines()
        .iter()
        .map(|machine| machine.missing_peers().len())
        .sum();
    assert_eq!(missing, 0, "all are connected before the first tick");
    running.stop();
    running.join(None).map_err(|error| error.to_string())?;
    Ok((taken, cpu))
}
