//! Events to lines.

pub mod batch;
pub mod file;
pub mod merge;
mod style;
pub mod writer;
