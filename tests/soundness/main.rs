//! Clean runs of which anything is taken away: nothing is accused, no receipt is given to a message that is not its own, and no answer about what
//! happened before what is wrong.
//!
//! `LAMPORT_RUNS=100000 cargo test --no-default-features --test soundness -- --nocapture` is the long form;
//! `LAMPORT_SEED=161 LAMPORT_RUNS=1` looks at one run again. `LAMPORT_PARTS` parts are made of each, and of a hundred runs `LAMPORT_STRANGE` obey rules of
//! their own. What fails is made small first: removals that it fails without are undone.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and figures are printed"
)]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod chance;
mod judge;
mod mutant;
mod part;
mod relabel;
mod removal;
mod sources;
mod table;
mod trial;
mod truth;
mod whole;
mod world;

use trial::{Figures, hunt};

/// A number that the environment may ask for.
fn asked(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().unwrap())
}

#[test]
fn nothing_that_is_taken_away_makes_a_clean_run_wrong() {
    let runs = (asked("LAMPORT_SEED", 1), asked("LAMPORT_RUNS", 1000));
    let figures: Figures = hunt(
        runs,
        asked("LAMPORT_PARTS", 4),
        asked("LAMPORT_STRANGE", 30),
    );
    println!("{figures:#?}");
    assert_eq!(figures.runs, runs.1);
}
