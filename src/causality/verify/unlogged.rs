//! Machines that have no log here: what others say of them.

use std::collections::BTreeMap;

use super::case::Case;
use super::fifo;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::causality::matching::{Matching, MessageLog};
use crate::error::Result;
use crate::log::history::Note;

/// What others say of one machine.
#[derive(Default)]
struct Unlogged {
    /// Messages received from it, or left unread.
    received: u64,
    /// Messages sent to it.
    sent: u64,
}

/// By machine without a log, what others say of it.
type AllUnlogged = BTreeMap<u64, Unlogged>;

/// Says which machines have no log here, and checks what can be; whether all that was sent is here.
pub(super) fn check(
    case: &Case<'_>,
    matching: &Matching<'_, Case<'_>>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<bool> {
    let mut unlogged = AllUnlogged::new();
    for place in 0..case.logs().len() {
        let (sent, received) = matching.unlogged(place);
        if received > 0 {
            receipts(case, place, &mut unlogged, report, checkpoint)?;
        }
        let sent = if sent > 0 {
            sent_to(case, place, checkpoint)?
        } else {
            BTreeMap::new()
        };
        undelivered(case, place, &sent, &mut unlogged, report);
        for mark in &case.logs()[place].marks {
            if let Note::Connect(hand) = &mark.note
                && case.ids.place(hand.peer_id).is_none()
            {
                unlogged.entry(hand.peer_id).or_default();
            }
        }
    }
    let log = if case.history.is_table {
        "events"
    } else {
        "log"
    };
    for (id, Unlogged { received, sent }) in &unlogged {
        let what = match (received, sent) {
            (0, 0) => "others name it".to_owned(),
            (0, _) => format!("{sent} messages sent to it are not matched"),
            (_, 0) => format!("{received} messages received from it are not matched"),
            _ => format!(
                "{received} messages received from it and {sent} sent to it are not matched"
            ),
        };
        report.unchecked(format!("machine {id} has no {log} here: {what}"));
    }
    let is_whole = (0..case.logs().len()).all(|log| case.is_whole(log));
    Ok(unlogged.is_empty() && is_whole)
}

/// Each message of such a machine is received once, in order.
fn receipts(
    case: &Case<'_>,
    place: usize,
    unlogged: &mut AllUnlogged,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let mut newest: BTreeMap<u64, i64> = BTreeMap::new();
    case.receipts(place, checkpoint, |sender, receipt| {
        if case.ids.place(sender).is_none() {
            unlogged.entry(sender).or_default().received += 1;
            let newest = newest.entry(sender).or_insert(-1);
            fifo::follows(case, (sender, place), receipt, newest, report);
        }
    })
}

/// How many messages were sent to each such machine.
fn sent_to(
    case: &Case<'_>,
    place: usize,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<BTreeMap<u64, u64>> {
    let mut sent = BTreeMap::new();
    case.sends(place, checkpoint, |recipient, _| {
        if let Some(id) = recipient.filter(|&id| case.ids.place(id).is_none()) {
            *sent.entry(id).or_default() += 1;
        }
    })?;
    Ok(sent)
}

/// No more messages to such a machine are undelivered than were sent.
fn undelivered(
    case: &Case<'_>,
    place: usize,
    sent: &BTreeMap<u64, u64>,
    unlogged: &mut AllUnlogged,
    report: &mut Report,
) {
    for (&id, count) in sent {
        unlogged.entry(id).or_default().sent += count;
    }
    let Some((mark, end)) = case.ends[place] else {
        return;
    };
    for &(peer, undelivered) in end.counts() {
        let Some(id) = peer.filter(|&id| case.ids.place(id).is_none()) else {
            continue;
        };
        unlogged.entry(id).or_default();
        if case.unknown[place] > 0 || !case.is_whole(place) {
            continue;
        }
        let rule = Rule::Conservation;
        report.checked(rule, 1);
        let sent = sent.get(&id).copied().unwrap_or_default();
        if undelivered > sent {
            report.add(rule, || {
                let expected = format!("at most {sent} undelivered to machine {id}, as were sent");
                let found = format!("{undelivered} undelivered");
                case.line(rule, place, mark.line, expected, found)
            });
        }
    }
}
