//! Events to lines.

pub mod batch;
pub mod file;
pub mod merge;
pub mod room;
mod style;
pub mod writer;
