//! Events, lines, columns: the log is the truth about a run.

mod addresses;
mod blocks;
pub mod columns;
mod diagnose;
pub mod diaries;
pub mod entry;
pub mod facts;
pub mod file;
mod gather;
pub mod history;
pub mod input;
pub mod merge;
pub mod open_files;
pub mod parse;
mod part;
pub mod reader;
pub mod recover;
mod rows;
pub mod scan;
mod seconds;
mod sheet;
pub mod table;
pub mod text;
pub mod turn;
mod workers;
pub mod writer;
