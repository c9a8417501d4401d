//! The real-time driver: threads, TCP sockets, the wall clock.
//!
//! One poll thread moves the bytes of all machines of a process (`poll`); one
//! thread a machine ticks ([`machine`], `ticker`). A step goes: the tick thread
//! asks the node, hands the log's lines to the operating system, then tells the
//! poll thread, which lets messages and acknowledgements out.

pub mod clock;
pub mod conductor;
mod connection;
pub mod crew;
mod ending;
pub mod gate;
mod incoming;
pub mod inherit;
mod interference;
pub mod limits;
pub mod lines;
pub mod listen;
pub mod local;
pub mod machine;
mod mailbox;
pub mod network;
mod outgoing;
pub mod pace;
mod poll;
pub mod resolve;
mod station;
mod ticker;
mod transfer;
mod warnings;
pub mod weather;
