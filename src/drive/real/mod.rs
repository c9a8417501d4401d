//! The real-time driver: threads, TCP sockets, the wall clock.
//!
//! One poll thread does the network input and output of all machines of a process (`poll`); one
//! tick thread per machine makes its steps ([`machine`], `ticker`). A step goes: the tick thread
//! asks the node, hands the log's lines to the operating system, then tells the
//! poll thread, which lets messages and acknowledgements out.

pub mod algorithm;
mod carry_out;
pub mod clock;
mod command;
mod entropy;
pub mod ephemeral;
pub mod gate;
mod handled_ticker;
pub mod inherit;
pub mod listen;
pub mod local;
pub mod machine;
pub mod machine_list;
mod mailbox;
pub mod own_addresses;
pub mod own_process;
pub mod pace;
mod poll;
pub mod poll_thread;
pub mod resolve;
pub mod room;
pub mod running;
mod site;
mod socket;
pub mod start_line;
pub mod supervisor;
mod ticker;
mod transfer;
mod waiting;
mod warnings;
