//! Events, lines, columns: the log is the truth about a run.

pub mod entry;
pub mod writer;
