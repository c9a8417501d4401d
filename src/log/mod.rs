//! Events, lines, columns: the log is the truth about a run.

pub mod bad_row;
pub mod columns;
pub mod execution;
pub mod follow;
pub mod handled_row;
pub mod history;
pub mod import;
pub mod line;
pub mod logs;
pub(crate) mod newer_version;
pub mod origins;
pub mod prompt;
pub mod read;
pub mod schema;
pub mod texts;
pub mod vector_column;
pub mod write;
