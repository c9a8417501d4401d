//! What makes machines tick and messages arrive: in real time over TCP, or in virtual time.

pub mod conductor;
mod memory;
pub mod real;
pub mod simulated;
