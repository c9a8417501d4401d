//! The clocks of the SENDs to each machine, and where there can be no other.

use crate::causality::checkpoint::Checkpoint;
use crate::causality::ids::Ids;
use crate::causality::matching::Cover;
use crate::error::Result;
use crate::log::columns::UNKNOWN;
use crate::log::history::{History, LogHistory, Note};
use crate::model::rules::{Membership, Rules};

/// The SENDs of all logs by their recipients.
pub(super) struct SendClocks {
    ids: Ids,
    /// By log, the clocks of the SENDs to its machine, and the log that each stands in; in order.
    to: Vec<Vec<(i64, u32)>>,
    /// The same of SENDs that do not tell all their recipients.
    to_someone: Vec<(i64, u32)>,
    covers: Vec<Cover>,
    /// Which clocks every log covers; `None` if there may be machines without a log.
    by_all: Option<Cover>,
}

impl SendClocks {
    pub(super) fn new(
        history: &History,
        rules: &Rules,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let columns = &history.columns;
        let ids = Ids::new(history.logs.iter().map(|log| log.machine_id).collect());
        let mut to = vec![Vec::new(); history.logs.len()];
        let mut to_someone = Vec::new();
        let mut is_closed = rules.machines == Membership::These;
        for (place, log) in history.logs.iter().enumerate() {
            for row in log.rows.clone() {
                checkpoint.row()?;
                if !columns.event[row].sends() {
                    let sender = columns.sender[row];
                    is_closed &= sender == UNKNOWN || ids.place(sender as u64).is_some();
                    continue;
                }
                let send = (columns.new_clock[row], place as u32);
                for &id in columns.recipients(row) {
                    if id == UNKNOWN {
                        to_someone.push(send);
                    } else if let Some(recipient) = ids.place(id as u64) {
                        to[recipient].push(send);
                    } else {
                        is_closed = false;
                    }
                }
            }
        }
        for list in to.iter_mut().chain([&mut to_someone]) {
            list.sort_unstable();
        }
        let covers: Vec<Cover> = history.logs.iter().map(|log| cover(log, history)).collect();
        let by_all = is_closed.then(|| common(&covers));
        Ok(Self {
            ids,
            to,
            to_someone,
            covers,
            by_all,
        })
    }

    /// Whether a SEND with this clock to the machine of a log stands in the log of the sender, or of anyone if that
    /// is not known; `None` if it may stand nowhere.
    pub(super) fn has(&self, recipient: usize, sender: Option<u64>, clock: i64) -> Option<bool> {
        let from = match sender.map(|id| self.ids.place(id)) {
            Some(None) => return None,
            Some(place) => place,
            None => None,
        };
        let is_there = |list: &[(i64, u32)]| {
            let first = list.partition_point(|&(other, _)| other < clock);
            list[first..]
                .iter()
                .take_while(|&&(other, _)| other == clock)
                .any(|&(_, log)| match from {
                    Some(from) => log as usize == from,
                    None => log as usize != recipient,
                })
        };
        if is_there(&self.to[recipient]) || is_there(&self.to_someone) {
            return Some(true);
        }
        let cover = match from {
            Some(from) => Some(&self.covers[from]),
            None => self.by_all.as_ref(),
        };
        cover.is_some_and(|cover| cover.has(clock)).then_some(false)
    }
}

/// Which clocks a log covers.
fn cover(log: &LogHistory, history: &History) -> Cover {
    let columns = &history.columns;
    let (rows, starts) = (log.rows.clone(), log.startups().next());
    let first = columns.old_clock[rows.clone()].first().copied();
    let last = columns.new_clock[rows.clone()].last().copied();
    let begins = match starts {
        Some((mark, startup)) => mark.row == rows.start && startup.local_clock == Some(0),
        None => first == Some(0),
    };
    let clock = |values: &[i64], row: Option<usize>, else_clock: i64| {
        row.filter(|row| rows.contains(row))
            .map_or(else_clock, |row| values[row])
    };
    let gaps = log.gaps.iter().map(|lines| {
        let before = clock(&columns.new_clock, lines.row.checked_sub(1), i64::MIN);
        let after = clock(&columns.old_clock, Some(lines.row), i64::MAX);
        (before, after)
    });
    Cover {
        begins,
        from: first.unwrap_or(i64::MAX),
        to: last.unwrap_or(i64::MIN),
        is_ended: log
            .marks
            .iter()
            .any(|mark| matches!(mark.note, Note::End(_))),
        gaps: gaps.collect(),
    }
}

/// What all of them cover.
fn common(covers: &[Cover]) -> Cover {
    let from = covers.iter().filter(|cover| !cover.begins);
    let to = covers.iter().filter(|cover| !cover.is_ended);
    let (from, to) = (
        from.map(|cover| cover.from).max(),
        to.map(|cover| cover.to).min(),
    );
    Cover {
        begins: from.is_none(),
        from: from.unwrap_or(0),
        to: to.unwrap_or(0),
        is_ended: to.is_none(),
        gaps: covers.iter().flat_map(|cover| cover.gaps.clone()).collect(),
    }
}
