//! Which clocks a log covers.

/// Which clocks of its machine a log tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::causality) struct Cover {
    /// Whether nothing came before its first event.
    pub(in crate::causality) begins: bool,
    /// It tells those above this one; any if it begins at the beginning.
    pub(in crate::causality) from: i64,
    /// And those up to this one; any if it says that the machine ended.
    pub(in crate::causality) to: i64,
    /// Whether nothing came after its last event.
    pub(in crate::causality) is_ended: bool,
    /// Between these clocks, the first left out, events are missing; in order.
    pub(in crate::causality) gaps: Vec<(i64, i64)>,
}

impl Cover {
    /// All clocks.
    pub(in crate::causality) fn whole() -> Self {
        Self {
            begins: true,
            is_ended: true,
            ..Self::default()
        }
    }

    /// Whether the log would tell of an event with this clock.
    pub(in crate::causality) fn has(&self, clock: i64) -> bool {
        let is_in_gap = |&(from, to): &(i64, i64)| from < clock && clock <= to;
        (self.begins || clock > self.from)
            && (self.is_ended || clock <= self.to)
            && !self.gaps.iter().any(is_in_gap)
    }

    /// Whether it would tell of every event up to this clock.
    pub(in crate::causality) fn has_all_to(&self, clock: i64) -> bool {
        clock < self.first_missing()
    }

    /// The smallest clock of which it may not tell.
    pub(in crate::causality) fn first_missing(&self) -> i64 {
        if !self.begins {
            return i64::MIN;
        }
        let gap = self.gaps.iter().map(|&(from, _)| from.saturating_add(1));
        let end = (!self.is_ended).then(|| self.to.saturating_add(1));
        gap.chain(end).min().unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_what_lies_between_its_ends_and_in_no_gap() {
        let cover = Cover {
            from: 3,
            to: 9,
            gaps: vec![(5, 7)],
            ..Cover::default()
        };
        let has: Vec<i64> = (0..12).filter(|&clock| cover.has(clock)).collect();
        assert_eq!(has, [4, 5, 8, 9]);
        assert!(!cover.has_all_to(4), "there may have been some before");
        let begun = Cover {
            begins: true,
            ..cover.clone()
        };
        assert!(begun.has(1) && begun.has_all_to(5) && !begun.has_all_to(6));
        let ended = Cover {
            is_ended: true,
            ..cover
        };
        assert!(ended.has(12) && !ended.has(6));
        assert!(Cover::whole().has_all_to(i64::MAX - 1));
    }
}
