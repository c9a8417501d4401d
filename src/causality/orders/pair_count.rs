//! Numbers of pairs of events, counted or estimated.

/// A number of pairs of two events.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PairCount {
    /// How many.
    pub value: u64,
    /// The standard error; 0 if they were counted.
    pub error: f64,
}

impl PairCount {
    pub(super) fn counted(value: u64) -> Self {
        Self { value, error: 0.0 }
    }

    /// These without so many of them.
    pub(super) fn less(self, some: u64) -> Self {
        Self {
            value: self.value.saturating_sub(some),
            ..self
        }
    }

    /// So many without these.
    pub(super) fn less_from(self, all: u64) -> Self {
        Self {
            value: all.saturating_sub(self.value),
            ..self
        }
    }
}

/// What a clock says of the order of all pairs of two events.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PairOrders {
    /// One happened before the other, and its stamp is before the other's.
    pub kept: PairCount,
    /// Neither happened before the other, and one's stamp is before the other's.
    pub made_up: PairCount,
    /// One happened before the other, and its stamp is not before the other's.
    pub missed: PairCount,
}
