//! Events to lines.

pub mod file;
pub mod merge;
mod style;
pub mod turn;
pub mod writer;
