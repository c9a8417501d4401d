//! Which clocks all logs cover but one.

use super::cover::Cover;

/// What the logs cover together, in a form that leaves any one of them out.
#[derive(Debug)]
pub(super) struct CommonCover {
    /// The two largest clocks that logs do not reach down to, each with its log.
    from: [(i64, usize); 2],
    /// The two smallest that they do not reach up to.
    to: [(i64, usize); 2],
    /// The two smallest of those that they do not tell.
    missing: [(i64, usize); 2],
    /// Whether some log has a gap.
    has_gaps: bool,
}

/// Puts a value among the two of the lowest keys.
fn keep<K: Ord>(two: &mut [(i64, usize); 2], item: (i64, usize), key: impl Fn(i64) -> K) {
    if key(item.0) < key(two[0].0) {
        *two = [item, two[0]];
    } else if key(item.0) < key(two[1].0) {
        two[1] = item;
    }
}

/// The first that is not of a log.
fn but(two: [(i64, usize); 2], log: Option<usize>) -> i64 {
    if log == Some(two[0].1) {
        two[1].0
    } else {
        two[0].0
    }
}

impl CommonCover {
    pub(super) fn new(covers: &[Cover]) -> Self {
        let nobody = usize::MAX;
        let mut common = Self {
            from: [(i64::MIN, nobody); 2],
            to: [(i64::MAX, nobody); 2],
            missing: [(i64::MAX, nobody); 2],
            has_gaps: covers.iter().any(|cover| !cover.gaps.is_empty()),
        };
        for (log, cover) in covers.iter().enumerate() {
            let from = if cover.begins { i64::MIN } else { cover.from };
            let to = if cover.is_ended { i64::MAX } else { cover.to };
            keep(&mut common.from, (from, log), std::cmp::Reverse);
            keep(&mut common.to, (to, log), |to| to);
            keep(&mut common.missing, (cover.first_missing(), log), |first| {
                first
            });
        }
        common
    }

    /// Whether every log, but for one if it is given, covers a clock.
    pub(super) fn has(&self, covers: &[Cover], log: Option<usize>, clock: i64) -> bool {
        let lowest = but(self.from, log);
        let is_inside = (lowest == i64::MIN || clock > lowest) && clock <= but(self.to, log);
        let mut others = covers.iter().enumerate();
        is_inside
            && (!self.has_gaps
                || others.all(|(other, cover)| log == Some(other) || cover.has(clock)))
    }

    /// Whether every log, but for one if it is given, covers all clocks up to this one.
    pub(super) fn has_all_to(&self, log: Option<usize>, clock: i64) -> bool {
        clock < but(self.missing, log)
    }

    /// The smallest clock that some log, but for one if it is given, may not tell.
    pub(super) fn first_missing(&self, log: Option<usize>) -> i64 {
        but(self.missing, log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn covers() -> impl Strategy<Value = Vec<Cover>> {
        let gaps = prop::collection::vec((0_i64..12, 1_i64..4), 0..2);
        let cover = (any::<bool>(), any::<bool>(), 0_i64..8, 0_i64..14, gaps);
        let made = cover.prop_map(|(begins, is_ended, from, to, gaps)| Cover {
            begins,
            from,
            to,
            is_ended,
            gaps: gaps
                .into_iter()
                .map(|(from, length)| (from, from + length))
                .collect(),
        });
        prop::collection::vec(made, 0..5)
    }

    proptest! {
        #[test]
        fn it_is_what_each_covers(covers in covers(), clock in 0_i64..16) {
            let common = CommonCover::new(&covers);
            for log in (0..covers.len()).map(Some).chain([None]) {
                let others: Vec<&Cover> = covers
                    .iter()
                    .enumerate()
                    .filter(|&(other, _)| log != Some(other))
                    .map(|(_, cover)| cover)
                    .collect();
                let has = others.iter().all(|cover| cover.has(clock));
                prop_assert_eq!(common.has(&covers, log, clock), has);
                let has_all = others.iter().all(|cover| cover.has_all_to(clock));
                prop_assert_eq!(common.has_all_to(log, clock), has_all);
            }
        }
    }
}
