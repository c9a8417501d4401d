//! What happens on a machine.

use crate::model::message::Message;

/// Who a SEND goes to, as positions in the machine's list of peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipients {
    /// The peer at this position.
    One(u32),
    /// Every peer.
    All,
    /// These peers, for a send made by hand.
    Some(Box<[u32]>),
}

impl Recipients {
    /// These of `peers` peers, in any order, in the one way to say it; `None` if there are none.
    pub fn among(mut positions: Vec<u32>, peers: u32) -> Option<Self> {
        positions.sort_unstable();
        positions.dedup();
        match *positions {
            [] => None,
            _ if positions.len() == peers as usize => Some(Self::All),
            [one] => Some(Self::One(one)),
            _ => Some(Self::Some(positions.into())),
        }
    }

    /// The positions, for a machine with `peers` peers.
    pub fn positions(&self, peers: u32) -> impl Iterator<Item = u32> + '_ {
        let (range, list): (_, &[u32]) = match self {
            Self::One(peer) => (*peer..peer + 1, &[]),
            Self::All => (0..peers, &[]),
            Self::Some(list) => (0..0, list),
        };
        range.chain(list.iter().copied())
    }
}

/// One event: one step of a machine's clock; `B` is what messages say beside their timestamps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<B = ()> {
    /// A message left for each of the recipients, carrying `new_clock`.
    Send {
        /// The clock before.
        old_clock: u64,
        /// The clock after.
        new_clock: u64,
        /// Who it goes to.
        recipients: Recipients,
    },
    /// The oldest message of the queue was taken.
    Receive {
        /// The clock before.
        old_clock: u64,
        /// The clock after.
        new_clock: u64,
        /// The messages that have arrived and still wait.
        queue_len: u64,
        /// The message taken.
        message: Message<B>,
    },
    /// Nothing but the clock moved.
    Internal {
        /// The clock before.
        old_clock: u64,
        /// The clock after.
        new_clock: u64,
    },
}

impl<B> Event<B> {
    /// Nothing but the clock moved.
    pub fn moved(old_clock: u64, new_clock: u64) -> Self {
        Self::Internal {
            old_clock,
            new_clock,
        }
    }

    /// The clock before.
    #[inline]
    pub fn old_clock(&self) -> u64 {
        match self {
            Self::Send { old_clock, .. }
            | Self::Receive { old_clock, .. }
            | Self::Internal { old_clock, .. } => *old_clock,
        }
    }

    /// The event's own clock value.
    #[inline]
    pub fn new_clock(&self) -> u64 {
        match self {
            Self::Send { new_clock, .. }
            | Self::Receive { new_clock, .. }
            | Self::Internal { new_clock, .. } => *new_clock,
        }
    }

    /// Who its message goes to, if one leaves.
    #[inline]
    pub fn recipients(&self) -> Option<&Recipients> {
        match self {
            Self::Send { recipients, .. } => Some(recipients),
            Self::Receive { .. } | Self::Internal { .. } => None,
        }
    }

    /// The same, without what its message says.
    pub fn without_body(self) -> Event {
        match self {
            Self::Send {
                old_clock,
                new_clock,
                recipients,
            } => Event::Send {
                old_clock,
                new_clock,
                recipients,
            },
            Self::Receive {
                old_clock,
                new_clock,
                queue_len,
                message,
            } => Event::Receive {
                old_clock,
                new_clock,
                queue_len,
                message: message.without_body(),
            },
            Self::Internal {
                old_clock,
                new_clock,
            } => Event::Internal {
                old_clock,
                new_clock,
            },
        }
    }

    /// The message that was taken, and how many then wait.
    #[inline]
    pub fn received(&self) -> Option<(&Message<B>, u64)> {
        match self {
            Self::Receive {
                message, queue_len, ..
            } => Some((message, *queue_len)),
            Self::Send { .. } | Self::Internal { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Recipients;

    #[test]
    fn positions_name_each_recipient_once() {
        let of = |recipients: Recipients| recipients.positions(3).collect::<Vec<_>>();
        assert_eq!(of(Recipients::One(2)), [2]);
        assert_eq!(of(Recipients::All), [0, 1, 2]);
        assert_eq!(of(Recipients::Some([2, 0].into())), [2, 0]);
    }

    #[test]
    fn recipients_are_told_in_one_way() {
        let among = |positions: &[u32]| Recipients::among(positions.to_vec(), 3);
        assert_eq!(among(&[]), None);
        assert_eq!(among(&[2, 2]), Some(Recipients::One(2)));
        assert_eq!(among(&[2, 0, 2]), Some(Recipients::Some([0, 2].into())));
        assert_eq!(among(&[2, 0, 1]), Some(Recipients::All));
        assert_eq!(Recipients::among(vec![0], 1), Some(Recipients::All));
    }
}
