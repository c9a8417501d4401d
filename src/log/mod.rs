//! Events, lines and columns.

mod addresses;
pub mod columns;
mod diagnose;
pub mod facts;
pub mod merge;
pub mod parse;
pub mod reader;
pub mod table;
pub mod text;
