//! How receipts are matched.

/// How a receipt was matched with its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(i8)]
pub enum How {
    /// It tells sender and timestamp.
    #[default]
    Exact,
    /// No other SEND can be its message.
    Unique,
    /// Its channel keeps the order of messages.
    Fifo,
    /// Several SENDs can be its message, or one that is in no log.
    Ambiguous,
    /// No SEND here can be its message.
    None,
}

impl How {
    /// The words for them, each at the place of its number.
    pub const WORDS: [&'static str; 5] = ["exact", "unique", "fifo", "ambiguous", "none"];
}
