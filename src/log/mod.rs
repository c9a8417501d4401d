//! Events, lines, columns: the log is the truth about a run.

mod addresses;
pub mod columns;
mod diagnose;
pub mod entry;
pub mod facts;
pub mod history;
pub mod merge;
pub mod parse;
pub mod reader;
pub mod table;
pub mod text;
pub mod writer;
