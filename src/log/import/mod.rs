//! Events from elsewhere into columns.

mod check;
mod clocks;
mod into_logs;
mod recipients;
pub mod table;
mod times;
