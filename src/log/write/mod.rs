//! Events to lines.

pub mod batch;
pub mod file;
pub mod merge;
pub mod room;
mod style;
mod watch;
pub mod writer;
