//! Lines to columns.

pub(crate) mod addresses;
mod assemble;
mod bad_line;
pub(crate) mod binary;
pub(crate) mod block;
mod blocks;
pub(crate) mod diagnose;
pub mod input;
mod interleave;
mod join;
mod joined;
pub mod lines;
mod merge_rows;
mod named_recipients;
pub mod open_files;
pub mod parse;
mod parts;
pub mod peek;
pub mod reader;
mod reclaim;
pub mod recover;
mod rows;
pub mod scan;
pub(crate) mod seconds;
mod tables;
mod uptime;
mod workers;
