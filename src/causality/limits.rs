//! How much is kept and counted.

/// Up to which size an answer is kept or exact.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All vector clocks are kept up to this many entries (receipts x machines, 4 bytes each).
    pub kept: u64,
    /// Up to this many, every pair of events is counted.
    pub exact: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            kept: 1 << 27,
            exact: 1 << 30,
        }
    }
}
