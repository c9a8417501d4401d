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
    /// Between these clocks, the first left out, events are missing; apart from each other, in order.
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
        let next = self.gaps.partition_point(|gap| gap.1 < clock);
        (self.begins || clock > self.from)
            && (self.is_ended || clock <= self.to)
            && self.gaps.get(next).is_none_or(|gap| clock <= gap.0)
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
        let gap = self.gaps.first().map(|&(from, _)| from.saturating_add(1));
        let end = (!self.is_ended).then(|| self.to.saturating_add(1));
        gap.into_iter().chain(end).min().unwrap_or(i64::MAX)
    }

    /// Spans in order, those that overlap as one.
    pub(super) fn apart(mut spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
        if spans.is_sorted_by(|a, b| a.1 <= b.0) {
            return spans;
        }
        spans.sort_unstable();
        let mut apart: Vec<(i64, i64)> = Vec::new();
        for span in spans {
            match apart.last_mut() {
                Some(last) if span.0 <= last.1 => last.1 = last.1.max(span.1),
                _ => apart.push(span),
            }
        }
        apart
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
            gaps: Cover::apart(vec![(6, 7), (5, 6), (5, 7)]),
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
