//! The rooms of the source: imports without circles, a name for one thing, one home for each thing.

#![allow(clippy::unwrap_used)]

mod homes;
mod imports;
mod names;
mod sources;
