//! What follows from the columns of a log.

pub mod machines;
pub mod messages;
pub mod verify;
