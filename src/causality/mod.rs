//! What follows from the columns of a log.

mod build;
mod by_machine;
mod checkpoint;
mod cut;
pub mod export;
pub mod graph;
pub mod happened;
mod ids;
pub mod machines;
mod matching;
pub mod messages;
pub mod order;
mod reach;
mod share;
mod table_log;
mod trace;
mod vectors;
pub mod verify;
