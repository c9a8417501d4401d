//! Lines to columns.

pub(crate) mod addresses;
mod assemble;
pub(crate) mod block;
mod blocks;
pub(crate) mod diagnose;
pub mod input;
pub mod lines;
mod merge_rows;
pub mod open_files;
pub mod parse;
pub mod reader;
pub mod recover;
mod rows;
pub mod scan;
pub(crate) mod seconds;
mod tables;
mod uptime;
mod workers;
