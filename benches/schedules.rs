//! The resumable links under attack, at length: `cargo bench --no-default-features --bench schedules --
//! [count [first seed]] [forgets | syncs]`, a million schedules by default.
//!
//! The worlds are those of `tests/laws/links`: machines with real nodes, channels, logs and recovery over byte
//! streams that break anywhere, crashes between any two steps. Stops at the first schedule that loses or
//! doubles a message, and prints it with as few steps as it takes. With a word their hosts crash too, and logs
//! lose their ends: `forgets` without sync, `syncs` with it.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops at what it cannot do"
)]

#[path = "../tests/laws/links/mod.rs"]
mod links;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use links::broken::{Host, Twist};
use links::schedule::attack;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok());
    let count = numbers.next().unwrap_or(1_000_000);
    let first = numbers.next().unwrap_or(1);
    let host = |word: String| match word.as_str() {
        "forgets" => Some(Host::Forgets),
        "syncs" => Some(Host::Syncs),
        _ => None,
    };
    let host = std::env::args().find_map(host).unwrap_or_default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let begun = Instant::now();
    let shown = AtomicU64::new(0);
    let told = |schedules: u64| {
        let part = schedules / (count / 20).max(1);
        if shown.fetch_max(part, Ordering::Relaxed) < part {
            let seconds = begun.elapsed().as_secs_f64();
            println!("{schedules} schedules in {seconds:.0} s");
        }
    };
    // Verification reads files, which takes as long as a few schedules.
    let (figures, found) = attack(first, count, Twist::on(host), 100, threads, &told);
    if let Some(found) = found {
        println!("{found}");
        std::process::exit(1);
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{figures:#?}");
    println!(
        "seeds {first} to {}: lost unsaid 0, doubled 0; {:.0} schedules/s on {threads} threads",
        first + count - 1,
        count as f64 / seconds
    );
}
