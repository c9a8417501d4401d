//! How late ticks are, beside a loop that does nothing but wait.
//!
//! ```text
//! cargo bench --no-default-features --bench lateness -- [seconds = 60] [rounds = 5]
//! ```
//!
//! Three machines tick 1, 3 and 6 times a second, once by plain sleeping
//! (`precise=False`) and once by the default, which sleeps until 150 us before
//! a tick and spins the rest; that also with a key, every connection encrypted.
//! Beside each runs a bare pacing loop: three
//! threads with the same rates and absolute deadlines, `std::thread::sleep`
//! alone or until 150 us before. Within a round all run at the same time,
//! so that they see the same load of the host; together they tick 50 times a second.
//!
//! The lateness of a tick is the `system_time` of its line minus when it was
//! due, start + due(k); the start is the clock's reading minus the run's
//! `elapsed()`. Times in a log are whole microseconds, rounded down. The END
//! lines, which count nanoseconds, must agree. The figures are medians of the
//! rounds, over the ticks of the three machines together; `half` is p50 of the
//! second half of the run over p50 of the first: near 1, lateness does not grow.
//! A bare spin ends within 0.1 us of its deadline, below what a log can show; a
//! machine takes its locks before it reads the clock, about 1 us. There read
//! the difference, not the ratio.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench sleeps and reads the clock"
)]

mod common;

use std::thread;
use std::time::Duration;

use common::{Scratch, Story, argument, load, median, quantile};
use lamport::channel::key::Key;
use lamport::drive::real::clock::ProcessClock;
use lamport::drive::real::local::{Local, LocalConfig};
use lamport::model::message::Nanos;
use lamport::model::schedule::Schedule;
use lamport::model::topology::Topology;

const RATES: [f64; 3] = [1.0, 3.0, 6.0];
/// The stretch that the default spins.
const STRETCH: Nanos = 150_000;
/// The bare loop beside each.
const BARE: [usize; 5] = [0, 0, 2, 2, 2];
const NAMES: [&str; 5] = [
    "sleep, bare",
    "sleep, lamport",
    "spin, bare",
    "spin, lamport",
    "the same, keyed",
];

/// A tick: when it was due, in ns since the start, and how late it was, in s.
type Tick = (Nanos, f64);

/// What is printed of one run.
struct Figures {
    p50: f64,
    p99: f64,
    max: f64,
    half: f64,
}

fn main() {
    let (seconds, rounds) = (argument(0, 60.0), argument(1, 5.0) as usize);
    println!("{rounds} rounds of {seconds} s, load {}", load());
    let mut figures: [Vec<Figures>; 5] = Default::default();
    for _ in 0..rounds {
        thread::scope(|scope| {
            let runs = [
                scope.spawn(|| bare(seconds, 0)),
                scope.spawn(|| lamport(seconds, false, false)),
                scope.spawn(|| bare(seconds, STRETCH)),
                scope.spawn(|| lamport(seconds, true, false)),
                scope.spawn(|| lamport(seconds, true, true)),
            ];
            for (figures, run) in figures.iter_mut().zip(runs) {
                figures.push(summarize(
                    &run.join().expect("a run does not panic"),
                    seconds,
                ));
            }
        });
    }
    let middle = |variant: usize, of: fn(&Figures) -> f64| median(figures[variant].iter().map(of));
    println!("                  p50 us   p99 us   max us   half    / bare: p50    p99");
    for (variant, name) in NAMES.iter().enumerate() {
        let of_bare = |of: fn(&Figures) -> f64| middle(variant, of) / middle(BARE[variant], of);
        println!(
            "{name:15} {:8.1} {:8.1} {:8.1} {:6.2} {:14.2} {:6.2}",
            middle(variant, |figures| figures.p50) * 1e6,
            middle(variant, |figures| figures.p99) * 1e6,
            middle(variant, |figures| figures.max) * 1e6,
            middle(variant, |figures| figures.half),
            of_bare(|figures| figures.p50),
            of_bare(|figures| figures.p99),
        );
    }
    println!("load {}", load());
}

fn summarize(ticks: &[Tick], seconds: f64) -> Figures {
    let late = || ticks.iter().map(|&(_, late)| late);
    let middle = (seconds * 5e8) as Nanos;
    let p50_where = |is_first: bool| {
        let half = ticks.iter().filter(|&&(due, _)| (due < middle) == is_first);
        median(half.map(|&(_, late)| late))
    };
    Figures {
        p50: median(late()),
        p99: quantile(late(), 0.99),
        max: quantile(late(), 1.0),
        half: p50_where(false) / p50_where(true),
    }
}

/// The ticks of a run, from its logs.
fn lamport(seconds: f64, is_precise: bool, is_keyed: bool) -> Vec<Tick> {
    let scratch = Scratch::new(&std::env::temp_dir());
    let config = LocalConfig {
        rates: Some(RATES.to_vec()),
        is_precise,
        key: is_keyed.then(|| Key::new(&[7; 32]).expect("a key has 32 bytes")),
        algorithm: None,
        until_quiet: false,
        faults: std::sync::Arc::default(),
        seed: 1 + u64::from(is_precise),
        ..common::config(Topology::Full(3), seconds, &scratch.0)
    };
    let local = Local::open(&config).expect("the run opens");
    let running = local.start().expect("the run starts");
    while running.elapsed() <= 0.0 {
        thread::sleep(Duration::from_millis(20));
    }
    let clock = ProcessClock::of_process();
    let (before, elapsed, after) = (clock.now(), running.elapsed(), clock.now());
    let start = before.midpoint(after) - (elapsed * 1e9) as Nanos;
    running.join(None).expect("the run ends in order");

    let story = Story::read(&scratch.0, RATES.len() as u64);
    let origin = (clock.unix_origin() + start) as f64 / 1e9;
    let mut ticks = Vec::new();
    for (machine, times) in local.machines().iter().zip(&story.times) {
        let schedule = machine.schedule();
        assert_eq!(times.len() as u64, schedule.ticks(), "every tick happens");
        for (tick, time) in (1..).zip(times) {
            let due = schedule.due(tick);
            ticks.push((due, time - (origin + due as f64 / 1e9)));
        }
    }
    let most = quantile(story.late.iter().map(|late| late.max), 1.0);
    let seen = quantile(ticks.iter().map(|&(_, late)| late), 1.0);
    // Microseconds of the log, and a double's at today's Unix time, a quarter of one.
    assert!(
        (most - seen).abs() < 10e-6,
        "END says {most}, the lines {seen}"
    );
    ticks
}

/// The ticks of three threads that only wait, the last `stretch` of it spinning.
fn bare(seconds: f64, stretch: Nanos) -> Vec<Tick> {
    let clock = ProcessClock::of_process();
    let start = clock.now() + 5_000_000;
    let tick = move |(machine, rate): (usize, f64)| {
        // Some phase, other than that of the machines beside.
        let phase = (machine as u64 * 2 + stretch / STRETCH + 1) * 17_123_457;
        let schedule = Schedule::new(rate, phase, seconds).expect("a rate and a duration");
        let mut ticks = Vec::with_capacity(schedule.ticks() as usize);
        for tick in 1..=schedule.ticks() {
            let due = schedule.due(tick);
            let wake = start + due - stretch;
            thread::sleep(Duration::from_nanos(wake.saturating_sub(clock.now())));
            while clock.now() < start + due {
                std::hint::spin_loop();
            }
            ticks.push((due, (clock.now() - start - due) as f64 / 1e9));
        }
        ticks
    };
    thread::scope(|scope| {
        let threads: Vec<_> = RATES
            .into_iter()
            .enumerate()
            .map(|machine| scope.spawn(move || tick(machine)))
            .collect();
        let ticks = threads
            .into_iter()
            .map(|thread| thread.join().expect("it does not panic"));
        ticks.flatten().collect()
    })
}
