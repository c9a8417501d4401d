//! Events to lines.

pub mod file;
pub mod merge;
pub mod turn;
pub mod writer;
