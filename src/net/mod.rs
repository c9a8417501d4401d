//! The real-time driver: threads, TCP sockets, the wall clock.

pub mod clock;
pub mod gate;
pub mod lines;
pub mod pace;
pub mod resolve;
pub mod wire;
