//! What follows from the columns of a log.

pub mod align;
mod build;
mod by_machine;
mod checkpoint;
mod cut;
pub mod diagnose;
pub mod export;
pub mod graph;
mod graph_paths;
pub mod happened;
mod ids;
mod limits;
pub mod machines;
pub mod matching;
pub mod messages;
mod open_receipts;
pub mod order;
mod possible;
mod reach;
mod resolution;
mod share;
mod table_log;
mod trace;
mod vector_causes;
mod vectors;
pub mod verify;
