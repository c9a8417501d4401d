//! Which machines there are, and which clocks the logs of all of them cover.

use super::case::Case;
use super::membership::Members;
use crate::causality::matching::Cover;

/// All machines, as far as they are known.
pub(super) struct AllMachines {
    /// Whether each machine there is has a log.
    pub(super) is_closed: bool,
    /// Whether that is proved.
    is_proven: bool,
    /// The clocks that all logs cover.
    pub(super) common: Cover,
    /// The two logs that miss the smallest clocks, and these.
    first_missing: Vec<(i64, usize)>,
    logs: usize,
}

impl AllMachines {
    /// `members` are those that take part by what is known of the run.
    pub(super) fn new(case: &Case<'_>, members: Option<&Members>) -> Self {
        let covers = &case.covers;
        let is_closed = case.evidence.is_some_and(|evidence| evidence.is_closed);
        let has_log = |id: u64| case.ids.place(id).is_some();
        let are_here = members.is_none_or(|members| {
            let count = u64::from(members.topology.machines());
            count <= covers.len() as u64 && (1..=count).all(has_log)
        });
        let mut first_missing: Vec<_> = covers
            .iter()
            .enumerate()
            .map(|(log, cover)| (cover.first_missing(), log))
            .collect();
        first_missing.sort_unstable();
        first_missing.truncate(2);
        Self {
            is_closed: is_closed && are_here,
            is_proven: members.is_some(),
            common: Cover::common(covers),
            first_missing,
            logs: covers.len(),
        }
    }

    /// The smallest clock that a log other than `log` may not tell.
    pub(super) fn first_missing_beside(&self, log: usize) -> i64 {
        let mut others = self.first_missing.iter().filter(|(_, other)| *other != log);
        others.next().map_or(i64::MAX, |(clock, _)| *clock)
    }

    /// What a violation that takes all machines for known says of it.
    pub(super) fn words(&self) -> String {
        if self.is_proven {
            String::new()
        } else {
            format!(", if these {} machines are all", self.logs)
        }
    }
}
