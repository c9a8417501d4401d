//! Rows of tables that cannot be read.

use std::ops::Range;

/// A row that cannot be read: it is not in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its file.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub why: String,
    /// The row of the table that follows.
    pub row: u32,
    /// The rows of the table that are of the same file.
    pub rows: Range<u32>,
    /// The machine that it may be of.
    pub machine_id: u64,
}
