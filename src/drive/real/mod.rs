//! The real-time driver: threads, TCP sockets, the wall clock.
//!
//! One poll thread does the network input and output of all machines of a process (`poll`); one
//! tick thread per machine makes its steps ([`machine`], `ticker`). A step goes: the tick thread
//! asks the node, hands the log's lines to the operating system, then tells the
//! poll thread, which lets messages and acknowledgements out.

pub mod clock;
mod command;
mod connection;
mod ending;
mod endpoint;
mod entropy;
mod fault_injection;
pub mod gate;
mod incoming;
pub mod inherit;
mod link_faults;
pub mod listen;
pub mod local;
pub mod machine;
mod mailbox;
pub mod network;
mod outgoing;
pub mod pace;
mod poll;
pub mod resolve;
pub mod roster;
pub mod running;
pub mod supervisor;
mod ticker;
mod transfer;
mod warnings;
