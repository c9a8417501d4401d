//! Messages between machines.

/// The number a machine has in its run: 0 .. 2^53-1.
pub type MachineId = u64;

/// Nanoseconds since the origin of the driver's clock.
pub type Nanos = u64;

/// A time in whole microseconds, as logs state it.
pub type Micros = i64;

/// A message as it stands in the queue of its recipient.
///
/// `(sender, timestamp)` identifies it: a clock never repeats a value on its
/// machine. Of the built-in behaviour it says nothing else, and takes no room for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<B = ()> {
    /// With [`BY_HAND`] if no channel brought it; [`NOBODY`] if no one is named either. A third of
    /// a message would be the tag of an `Option`.
    sender: MachineId,
    /// The sender's clock when it was sent.
    pub timestamp: u64,
    /// When it entered the queue, or will.
    pub arrival: Nanos,
    /// What it says.
    pub body: B,
}

/// No id has this bit.
const BY_HAND: u64 = 1 << 63;
/// No machine's id.
const NOBODY: MachineId = MachineId::MAX;

impl Message {
    /// A message that the channel from `sender` brought.
    #[inline]
    pub fn new(sender: MachineId, timestamp: u64, arrival: Nanos) -> Self {
        Self::saying((), sender, timestamp, arrival)
    }

    /// A message delivered by hand, in the name of `sender` or of nobody: it is no channel's.
    pub fn by_hand(sender: Option<MachineId>, timestamp: u64, arrival: Nanos) -> Self {
        Self::by_hand_saying((), sender, timestamp, arrival)
    }
}

impl<B> Message<B> {
    /// As [`Message::new`], with a body.
    #[inline]
    pub fn saying(body: B, sender: MachineId, timestamp: u64, arrival: Nanos) -> Self {
        Self {
            sender,
            timestamp,
            arrival,
            body,
        }
    }

    /// As [`Message::by_hand`], with a body.
    pub fn by_hand_saying(
        body: B,
        sender: Option<MachineId>,
        timestamp: u64,
        arrival: Nanos,
    ) -> Self {
        let sender = sender.map_or(NOBODY, |sender| sender | BY_HAND);
        Self::saying(body, sender, timestamp, arrival)
    }

    /// The same, without what it says.
    pub fn without_body(&self) -> Message {
        Message {
            sender: self.sender,
            timestamp: self.timestamp,
            arrival: self.arrival,
            body: (),
        }
    }

    /// The same, arriving at another time.
    #[must_use]
    pub fn arriving(self, arrival: Nanos) -> Self {
        Self { arrival, ..self }
    }

    /// The machine that sent it, as far as it is said.
    pub fn sender(&self) -> Option<MachineId> {
        (self.sender != NOBODY).then_some(self.sender & !BY_HAND)
    }

    /// The machine whose channel brought it.
    pub fn channel(&self) -> Option<MachineId> {
        (self.sender & BY_HAND == 0).then_some(self.sender)
    }

    /// Whether both came through one channel.
    pub(crate) fn has_sender_of(&self, other: &Self) -> bool {
        self.sender == other.sender
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_given_by_hand_makes_no_channel() {
        let named = Message::by_hand(Some(2), 9, 1);
        assert_eq!((named.sender(), named.channel()), (Some(2), None));
        let nobody = Message::by_hand(None, 9, 1);
        assert_eq!((nobody.sender(), nobody.channel()), (None, None));
        let came = Message::new(2, 9, 1);
        assert_eq!((came.sender(), came.channel()), (Some(2), Some(2)));
        assert!(!came.has_sender_of(&named));
        assert_eq!(size_of::<Message>(), 24);
    }
}
