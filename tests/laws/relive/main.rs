//! Machines with an algorithm that die anywhere and come back by their logs: each does, has and sends what one does
//! that never died. `RELIVE_SCHEDULES` says how many schedules are tried, `RELIVE_FIRST` from which seed on.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    dead_code,
    reason = "a harness that cannot go on has failed, and figures are printed"
)]

mod account;
mod broken;
mod failing;
#[path = "../../common/handled.rs"]
mod handled;
mod world;

use broken::ALL;
use world::{Figures, World};

/// A number that the environment may ask for.
fn asked(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().unwrap())
}

#[test]
fn who_dies_anywhere_is_who_never_died() {
    let first = asked("RELIVE_FIRST", 1);
    let count = asked("RELIVE_SCHEDULES", 100_000);
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let share = |thread: u64| {
        let mut all = Figures::default();
        for seed in (first + thread..first + count).step_by(threads as usize) {
            let world = World::new(seed, None).run();
            let world = world.unwrap_or_else(|why| panic!("seed {seed}: {why}"));
            // Verification reads files, which takes as long as some schedules.
            if seed % 250 == 0 {
                account::judge(&world, seed);
            }
            all.add(&world.figures);
        }
        all
    };
    let mut all = Figures::default();
    std::thread::scope(|scope| {
        let shares = (0..threads).map(|thread| scope.spawn(move || share(thread)));
        for share in shares.collect::<Vec<_>>() {
            all.add(&share.join().unwrap());
        }
    });
    println!("{count} schedules: {all:?}");
    assert!(all.crashes > count && all.torn > count / 2 && all.received > count);
    assert!(all.completed > count / 20 && all.timers > count / 2);
}

#[test]
fn each_rule_of_recovery_that_is_broken_is_caught() {
    for broken in ALL {
        let caught = (1..2_000).find_map(|seed| {
            let why = World::new(seed, Some(broken)).run().err()?;
            Some((seed, why))
        });
        let (seed, why) = caught.unwrap_or_else(|| panic!("{broken:?} is not caught"));
        println!("{broken:?} is caught by schedule {seed}: {why}");
    }
}
