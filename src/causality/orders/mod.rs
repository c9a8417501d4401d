//! Clocks compared: what each takes in messages, and what it gets wrong of the order of all pairs of events.
//!
//! Pairs are counted without making any. How many events happened before one is the sum of its vector clock. How many
//! pairs a clock orders follows from sorting its numbers, or from a pointer into each of two machines. Physical clocks
//! are wrong only of the last events that one knows of a machine.

pub mod channel_gap;
pub mod clock_row;
pub mod compared;
pub mod cost;
mod direct;
mod drawn;
pub mod kind;
mod late;
mod ordered;
pub mod pair_count;
mod vectors;
