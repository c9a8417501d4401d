//! Which clocks a log covers.

/// Which clocks of its machine a log tells.
#[derive(Debug, Clone, Copy)]
pub(in crate::causality) struct Cover {
    /// Those above this one: all if it is 0, as the log begins at the beginning.
    pub(in crate::causality) from: i64,
    /// Those up to this one: all if the log says that the machine ended.
    pub(in crate::causality) to: i64,
    /// Between these clocks, the first left out, lines are missing.
    pub(in crate::causality) gap: Option<(i64, i64)>,
}

impl Cover {
    /// Whether the log would tell of a SEND with this clock.
    pub(super) fn has(&self, clock: i64) -> bool {
        let is_in_gap = |(from, to): (i64, i64)| from < clock && clock <= to;
        let is_before = self.from != 0 && clock <= self.from;
        clock <= self.to && !is_before && !self.gap.is_some_and(is_in_gap)
    }
}
