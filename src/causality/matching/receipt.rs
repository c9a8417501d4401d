//! A receipt, and what it is matched with.

/// Stands where there is no item.
pub(super) const NONE: u32 = u32::MAX;

/// What a receipt is matched with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::causality) enum Match {
    /// The message that the SEND at this place of the channel left for the machine.
    Certain(usize),
    /// Such a message, but another receipt took it.
    Taken {
        /// That receipt.
        before: LoggedReceipt,
        /// A SEND of the same clock with an unknown recipient, which the machine may be.
        open: Option<u32>,
    },
    /// A SEND with a recipient that is not known, which the machine may be.
    Open {
        /// The SEND.
        send: u32,
        /// One with the same clock and a recipient that no receipt took before.
        free: Option<u32>,
    },
    /// The SEND may be missing: the log of the sender does not cover its clock.
    MayBeUnlogged,
    /// No machine can have sent it.
    None,
}

/// A receipt as its log tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::causality) struct LoggedReceipt {
    /// The timestamp of the message.
    pub(in crate::causality) clock: i64,
    /// The row of the RECEIVE; from the number of rows on, that many UNREAD messages into the log.
    pub(in crate::causality) at: usize,
}

/// The sender and the timestamp of a message received, if both are known and it came on a channel.
#[inline]
pub(in crate::causality) fn stamp_of(
    sender: i64,
    sent_clock: i64,
    by_hand: bool,
) -> Option<(u64, i64)> {
    (sender >= 0 && sent_clock >= 0 && !by_hand).then_some((sender as u64, sent_clock))
}
