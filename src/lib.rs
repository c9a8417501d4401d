//! A laboratory for logical clocks.
//!
//! A machine ticks at its own rate, keeps a Lamport clock, sends its clock to
//! peers, and logs every event. The crate is layered; imports go down only:
//!
//! - `python`: the boundary to Python (feature `python`);
//! - [`drive`]: what makes machines tick and messages arrive, in real time or in virtual time;
//! - [`causality`]: what follows from the columns of a log;
//! - [`log`]: events, lines, columns;
//! - [`channel`]: two machines that talk, without sockets;
//! - [`model`]: machines, values in and values out;
//! - [`setting`]: the parameters of a run and of a machine.

pub mod causality;
pub mod channel;
pub mod drive;
pub mod error;
pub mod log;
pub mod model;
pub mod setting;

#[cfg(feature = "python")]
mod python;

/// The version of this package, as every STARTUP line states it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
