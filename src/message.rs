//! Messages between machines.

/// The number a machine has in its run: 0 .. 2^53-1.
pub type MachineId = u64;

/// Nanoseconds since the origin of the driver's clock.
pub type Nanos = u64;

/// A message as it stands in the queue of its recipient.
///
/// `(sender, timestamp)` identifies it: a clock never repeats a value on its
/// machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// The machine that sent it, or `None` for one delivered by hand.
    pub sender: Option<MachineId>,
    /// The sender's clock when it was sent.
    pub timestamp: u64,
    /// When it entered the queue.
    pub arrival: Nanos,
}
