//! Log files into columns: the reader, the scanner, and what fuzzing found.

#[path = "../common/mod.rs"]
mod common;

mod corpus;
mod endless;
mod follow;
mod grouping;
mod handled;
mod history;
mod import;
mod json_lines;
mod line;
mod patterns;
mod reader;
mod scan;
