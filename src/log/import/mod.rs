//! Events from elsewhere into columns.

pub(crate) mod alike;
pub(crate) mod binary;
mod check;
mod clocks;
pub(crate) mod collect;
pub(crate) mod dates;
pub mod executions;
pub(crate) mod expression;
pub(crate) mod fields;
pub(crate) mod instants;
pub(crate) mod intern;
mod into_logs;
pub mod json;
pub(crate) mod json_line;
pub(crate) mod number;
pub(crate) mod portions;
pub(crate) mod recipient_text;
mod recipients;
pub(crate) mod row_writer;
pub(crate) mod scan;
pub mod source;
pub mod table;
pub mod text;
mod times;
pub(crate) mod vector_text;
pub mod when;
pub mod words;
