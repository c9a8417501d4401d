//! Events in the formats of other programs.

pub mod chrome;
pub mod excerpt;
mod label;
pub mod mermaid;
pub mod shiviz;
