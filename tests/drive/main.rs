//! Runs over TCP and in virtual time.

#[path = "../common/mod.rs"]
mod common;

mod local;
mod replay;
mod simulate;
mod simulated_faults;
mod stopped;
