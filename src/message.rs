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
    /// [`NOBODY`] for one delivered by hand: a third of a message would be the tag of an `Option`.
    sender: MachineId,
    /// The sender's clock when it was sent.
    pub timestamp: u64,
    /// When it entered the queue, or will.
    pub arrival: Nanos,
}

/// No machine's id.
const NOBODY: MachineId = MachineId::MAX;

impl Message {
    /// A message of `sender`, or of nobody if it is delivered by hand.
    pub fn new(sender: Option<MachineId>, timestamp: u64, arrival: Nanos) -> Self {
        Self {
            sender: sender.unwrap_or(NOBODY),
            timestamp,
            arrival,
        }
    }

    /// The machine that sent it, `None` for one delivered by hand.
    pub fn sender(&self) -> Option<MachineId> {
        (self.sender != NOBODY).then_some(self.sender)
    }

    /// Whether both came through one channel.
    pub(crate) fn has_sender_of(&self, other: &Self) -> bool {
        self.sender == other.sender
    }
}
