//! Which machines there are.

use super::case::Case;
use super::membership::Members;

/// All machines, as far as they are known.
pub(super) struct AllMachines {
    /// Whether each machine there is has a log.
    pub(super) is_closed: bool,
    /// Whether that is proved.
    is_proven: bool,
    logs: usize,
}

impl AllMachines {
    /// `members` are those that take part by what is known of the run.
    pub(super) fn new(case: &Case<'_>, members: Option<&Members>) -> Self {
        let logs = case.logs().len();
        let is_closed = case.evidence.is_some_and(|evidence| evidence.is_closed);
        let has_log = |id: u64| case.ids.place(id).is_some();
        let are_here = members.is_none_or(|members| {
            let count = u64::from(members.topology.machines());
            count <= logs as u64 && (1..=count).all(has_log)
        });
        Self {
            is_closed: is_closed && are_here,
            is_proven: members.is_some(),
            logs,
        }
    }

    /// What a violation that takes all machines for known says of it.
    pub(super) fn words(&self) -> String {
        if self.is_proven {
            String::new()
        } else {
            format!(
                ", if these {} machines are all and nothing was put in by hand (else rules=lamport.Rules(machines='more'))",
                self.logs
            )
        }
    }
}
