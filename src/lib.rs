//! A laboratory for logical clocks.
//!
//! A machine ticks at its own rate, keeps a Lamport clock, sends its clock to
//! peers, and logs every event. The crate is layered; imports go down only:
//!
//! - `python`: the boundary to Python (feature `python`);
//! - [`net`]: the real-time driver: threads, TCP sockets, the wall clock;
//! - [`causality`]: what follows from the columns of a log;
//! - [`log`]: events, lines, columns;
//! - everything else: the core, values in and values out.

pub mod address;
pub mod behavior;
pub mod causality;
pub mod channels;
pub mod clock;
pub mod error;
pub mod event;
pub mod fault;
pub mod faults;
pub mod identity;
pub mod key;
pub mod latency;
pub mod lateness;
pub mod link;
pub mod log;
pub mod message;
pub mod net;
pub mod node;
pub mod noise;
pub mod random;
pub mod schedule;
pub mod sim;
pub mod theory;
pub mod topology;
pub mod wire;

#[cfg(feature = "python")]
mod python;

/// The version of this package, as every STARTUP line states it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
