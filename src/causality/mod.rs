//! What follows from the columns of a log.

mod build;
mod by_channel;
mod checkpoint;
mod cut;
pub mod export;
pub mod graph;
pub mod happened;
mod ids;
pub mod machines;
pub mod messages;
pub mod order;
mod reach;
mod share;
mod vectors;
pub mod verify;
