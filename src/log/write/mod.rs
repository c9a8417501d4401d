//! Events to lines.

pub mod batch;
mod fields;
pub mod file;
pub mod in_memory;
pub mod merge;
pub mod room;
mod style;
mod watch;
pub mod writer;
