//! What other clocks would have said of the events of a run.
//!
//! Each clock is told again from the graph of what is certain: a receipt whose send is not known, or that was delivered by
//! hand, is an event like any other, and brings no news. A file has one clock: its stamps by position, that of the events
//! of all machines one after the other.

pub mod bloom;
mod carried;
mod counters;
pub mod direct;
mod event_tree;
pub mod hlc;
pub mod itc;
pub mod lamport;
pub mod matrix;
pub(super) mod news;
mod order_of;
pub mod physical;
pub mod plausible;
pub mod varint;
pub mod vector;
pub mod vector_diff;
pub mod wanted;

/// The stamps of all events, as a program that has two of them would compare them.
///
/// But for physical clocks that step back, they only grow along each machine: those that are before a stamp are the first
/// few of each machine.
pub trait Stamps {
    /// Whether the clock says that the event at position `a` came before the one at `b`.
    fn precedes(&self, a: usize, b: usize) -> bool;

    /// How many bytes the stamp takes in a message that the event at `position` sends to the machine at `recipient`.
    ///
    /// Each number as a varint, see [`varint`].
    fn message_bytes(&self, position: usize, recipient: u32) -> u64;
}
