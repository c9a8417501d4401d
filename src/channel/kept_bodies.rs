//! What the messages that are kept for peers say: one body for each SEND, whatever the number of its recipients.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::body::Body;

/// The bodies of a machine with an algorithm; null has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct KeptBodies {
    /// By timestamp.
    kept: BTreeMap<u64, KeptBody>,
    /// Of a machine that came back: the newest message of its log.
    before: u64,
    forgotten: KeptSize,
}

/// What messages that are kept take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct KeptSize {
    /// How many there are, each recipient counted.
    pub messages: u64,
    /// The bytes of their bodies, each SEND counted once.
    pub bytes: u64,
}

/// A body and how many recipients may still need it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct KeptBody {
    text: Arc<str>,
    recipients: usize,
}

impl KeptBodies {
    /// What a SEND to so many peers says.
    pub(super) fn keep(&mut self, timestamp: u64, body: Body, recipients: usize) {
        if let Some(text) = body
            && recipients > 0
        {
            self.kept.insert(timestamp, KeptBody { text, recipients });
        }
    }

    /// What a message that is kept says.
    pub(super) fn of(&self, timestamp: u64) -> Body {
        self.kept.get(&timestamp).map(|kept| kept.text.clone())
    }

    /// One recipient of a message does not need it any more.
    pub(super) fn forget(&mut self, timestamp: u64) {
        self.forgotten.messages += u64::from(timestamp > self.before);
        let Some(kept) = self.kept.get_mut(&timestamp) else {
            return;
        };
        kept.recipients -= 1;
        if kept.recipients == 0 {
            self.forgotten.bytes += kept.text.len() as u64;
            self.kept.remove(&timestamp);
        }
    }

    /// What was kept of this life, and is no more.
    pub fn forgotten(&self) -> KeptSize {
        self.forgotten
    }
}
