//! Lines to columns.

pub(crate) mod addresses;
mod blocks;
pub(crate) mod diagnose;
pub mod diaries;
mod gather;
pub mod input;
pub mod open_files;
pub mod parse;
pub(crate) mod part;
pub mod reader;
pub mod recover;
mod rows;
pub mod scan;
pub(crate) mod seconds;
pub mod text;
mod workers;
