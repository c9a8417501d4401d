//! Rule `membership`: only machines of the run take part in it.
//!
//! What a run was made with tells them, if it is known to be this run. Logs alone do not: a machine that
//! was let in by hand stands in no STARTUP, and its log may be elsewhere.

use std::collections::BTreeMap;

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::history::{LogHistory, Note};
use crate::log::schema::known;
use crate::model::topology::Topology;

const RULE: Rule = Rule::Membership;

/// The machines of a run, as it was made.
#[derive(Debug, Clone)]
pub struct Members {
    /// Who sends to whom; machine i of the topology has number i + 1.
    pub topology: Topology,
    /// The run.
    pub run_id: Option<String>,
}

impl Members {
    fn has(&self, id: u64) -> bool {
        (1..=u64::from(self.topology.machines())).contains(&id)
    }

    /// Whether machine `from` sends to machine `to`; both are of the run.
    fn has_link(&self, from: u64, to: u64) -> bool {
        if matches!(self.topology, Topology::Full(_)) {
            return from != to;
        }
        let mut peers = self.topology.peers((from - 1) as u32);
        peers.any(|peer| u64::from(peer) + 1 == to)
    }
}

/// Checks who spoke to the machines of a run, and to whom they spoke.
pub(super) fn check(
    case: &Case<'_>,
    members: Option<&Members>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let Some(members) = members else {
        return Ok(());
    };
    if let Some(other) = other_run(case, members) {
        report.unchecked(other);
        return Ok(());
    }
    for place in 0..case.logs().len() {
        receipts(case, members, place, report, checkpoint)?;
        connections(case, members, place, report);
    }
    Ok(())
}

/// The machines of the run, if these are its logs.
pub(super) fn of_run<'a>(case: &Case<'_>, members: Option<&'a Members>) -> Option<&'a Members> {
    members.filter(|members| other_run(case, members).is_none())
}

/// Why these are not the logs of the run, if they are not.
fn other_run(case: &Case<'_>, members: &Members) -> Option<String> {
    let expected = members.run_id.as_deref()?;
    let mut startups = case.logs().iter().flat_map(LogHistory::startups);
    let other = startups
        .find_map(|(_, start)| start.run_id.as_deref().filter(|&run_id| run_id != expected))?;
    Some(format!(
        "run.json is of run {expected:?}, the logs are of run {other:?}: which machines may take part is not checked"
    ))
}

/// The senders that have no log here: those that have are judged by what they sent.
fn receipts(
    case: &Case<'_>,
    members: &Members,
    place: usize,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let columns = case.columns;
    let log = &case.logs()[place];
    let wrong = |sender: u64| {
        if case.ids.place(sender).is_some() {
            None
        } else if !members.has(sender) {
            let last = members.topology.machines();
            Some(format!(
                "a message of one of the machines 1 to {last}, as in run.json"
            ))
        } else if members.has(log.machine_id) && !members.has_link(sender, log.machine_id) {
            let id = log.machine_id;
            Some(format!(
                "a message of a machine that sends to machine {id} by run.json"
            ))
        } else {
            None
        }
    };
    let found = |sender: u64| format!("one of machine {sender}");
    // By sender, what would be right, if it is not.
    let mut judged: BTreeMap<u64, Option<String>> = BTreeMap::new();
    for row in log.rows.clone() {
        checkpoint.row()?;
        if !columns.event[row].receives() || columns.by_hand[row] {
            continue;
        }
        let Some(sender) = known(columns.sender[row]) else {
            continue;
        };
        report.checked(RULE, 1);
        if let Some(expected) = judged.entry(sender).or_insert_with(|| wrong(sender)) {
            report.add(RULE, || {
                case.event(RULE, place, row, expected.clone(), found(sender))
            });
        }
    }
    for mark in &log.marks {
        let Note::Unread {
            sender: Some(sender),
            ..
        } = mark.note
        else {
            continue;
        };
        report.checked(RULE, 1);
        if let Some(expected) = judged.entry(sender).or_insert_with(|| wrong(sender)) {
            let expected = expected.clone();
            report.add(RULE, || {
                case.line(RULE, place, mark.line, expected, found(sender))
            });
        }
    }
    Ok(())
}

/// Who was found at the addresses of peers.
fn connections(case: &Case<'_>, members: &Members, place: usize, report: &mut Report) {
    for mark in &case.logs()[place].marks {
        let Note::Connect(hand) = &mark.note else {
            continue;
        };
        report.checked(RULE, 1);
        if !members.has(hand.peer_id) {
            report.add(RULE, || {
                let last = members.topology.machines();
                let expected = format!("one of the machines 1 to {last}, as in run.json");
                let found = format!(
                    "machine {} at {}:{}",
                    hand.peer_id, hand.peer.0, hand.peer.1
                );
                case.line(RULE, place, mark.line, expected, found)
            });
        }
    }
}
