//! What happened before what, for other programs.

pub mod shiviz;
