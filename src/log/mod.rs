//! Events, lines, columns: the log is the truth about a run.

pub mod columns;
pub mod facts;
pub mod history;
pub mod import;
pub mod line;
pub mod read;
pub mod schema;
pub mod write;
