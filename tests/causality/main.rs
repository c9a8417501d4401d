//! What follows from logs: happened before, and whether they are possible.

#[path = "../common/mod.rs"]
mod common;

mod happened;
mod histories;
mod rules;
mod verify;
