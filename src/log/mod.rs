//! Events, lines and columns.

pub mod columns;
pub mod facts;
pub mod merge;
pub mod parse;
pub mod reader;
pub mod table;
pub mod text;
