//! Runs over TCP and in virtual time.

#[path = "../common/mod.rs"]
mod common;

mod algorithms;
mod disciplines;
mod distributions;
mod handled;
mod heard;
mod local;
mod replay;
mod simulate;
mod simulated_faults;
mod stopped;
mod windows;
