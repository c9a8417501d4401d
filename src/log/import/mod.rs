//! Events from elsewhere into columns.

pub mod table;
