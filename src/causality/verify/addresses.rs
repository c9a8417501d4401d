//! Rule `structure`: what logs say of who is where, and of each other's histories.
//!
//! In one log an address always stands for one machine, and a machine has one address: a host has many
//! names, but the log uses that of the list of peers. A machine that comes back may list a peer elsewhere, in the
//! place it had. In virtual time the address is the machine's number.
//! An address beyond that list is one that something was sent to by hand before.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::report::{Report, Rule};
use super::structure::is_by_hand;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::history::{LogHistory, Note};
use crate::log::line::Place;

const RULE: Rule = Rule::Structure;

pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let mut histories = Histories::default();
    for (place, log) in case.logs().iter().enumerate() {
        if let Some((mark, start)) = log.startups().next()
            && let Some(history) = &start.history
        {
            let at_line = (place, mark.line);
            histories.check(case, (log.machine_id, history), at_line, report);
        }
    }
    for (place, log) in case.logs().iter().enumerate() {
        checkpoint.row()?;
        addresses(case, place, log, report);
        for mark in &log.marks {
            if let Note::Connect(hand) = &mark.note
                && let Some(history) = &hand.peer_history
            {
                let at_line = (place, mark.line);
                histories.check(case, (hand.peer_id, history), at_line, report);
            }
        }
    }
    Ok(())
}

/// A log and a line of it.
type LogLine = (usize, u32);

/// Whose history is which, and the line that tells it.
#[derive(Default)]
struct Histories<'a> {
    of: BTreeMap<u64, (&'a str, LogLine)>,
    owner: BTreeMap<&'a str, (u64, LogLine)>,
}

impl<'a> Histories<'a> {
    /// A machine has one history, which is no other's.
    fn check(
        &mut self,
        case: &Case<'_>,
        (id, history): (u64, &'a str),
        at_line: LogLine,
        report: &mut Report,
    ) {
        let at = |(place, line): LogLine| case.at(place, line);
        let known = *self.of.entry(id).or_insert((history, at_line));
        let owner = *self.owner.entry(history).or_insert((id, at_line));
        let (expected, found) = if known.0 != history {
            let expected = format!("history {} of machine {id}, as at {}", known.0, at(known.1));
            (expected, format!("history {history}"))
        } else if owner.0 != id {
            let found = format!(
                "history {history}, that of machine {} at {}",
                owner.0,
                at(owner.1)
            );
            (format!("another history of machine {id}"), found)
        } else {
            return;
        };
        report.add(RULE, || {
            case.line(RULE, at_line.0, at_line.1, expected, found)
        });
    }
}

/// What a line says of an address: who is there, if it is known.
struct Mention<'a> {
    line: u32,
    address: &'a Place<'static>,
    id: Option<u64>,
    is_by_hand: bool,
}

/// The lines of a log that name an address, in order.
fn mentions<'a>(case: &Case<'_>, log: &'a LogHistory) -> Vec<Mention<'a>> {
    let mut mentions: Vec<_> = log
        .links
        .iter()
        .map(|link| Mention {
            line: link.line,
            address: &link.address,
            id: link.id,
            is_by_hand: is_by_hand(case, log, link.line),
        })
        .collect();
    for mark in &log.marks {
        let (address, id) = match &mark.note {
            Note::Startup(start) => match &start.listen {
                Some(address) => (address, log.machine_id),
                None => continue,
            },
            Note::Connect(hand) => (&hand.peer, hand.peer_id),
            Note::Unread { .. } | Note::End(_) => continue,
        };
        mentions.push(Mention {
            line: mark.line,
            address,
            id: Some(id),
            is_by_hand: false,
        });
    }
    mentions.sort_by_key(|mention| mention.line);
    mentions
}

/// The addresses that the list of peers has no more, and the line of the STARTUP that has others in their places.
fn moves(log: &LogHistory) -> Vec<(u32, &Place<'static>)> {
    let lists: Vec<_> = log
        .startups()
        .map(|(mark, start)| (mark.line, &start.peers))
        .collect();
    let mut moves = Vec::new();
    for pair in lists.windows(2) {
        let [(_, before), (line, now)] = pair else {
            continue;
        };
        let places = before.iter().zip(*now);
        let moved = places.filter(|(old, new)| old != new);
        moves.extend(moved.map(|(old, _)| (*line, old)));
    }
    moves
}

/// What one log says of addresses agrees from line to line.
fn addresses(case: &Case<'_>, place: usize, log: &LogHistory, report: &mut Report) {
    let peers = log.startups().map(|(_, start)| &start.peers);
    let mut peers: Vec<&Place<'_>> = peers.flatten().collect();
    peers.sort_unstable();
    let is_virtual = log.startups().any(|(_, start)| start.is_virtual);
    let shown = |Place(host, port): &Place<'_>| format!("{host}:{port}");
    let mut ids: BTreeMap<&Place<'_>, (u64, u32)> = BTreeMap::new();
    let mut addresses: BTreeMap<u64, (&Place<'_>, u32)> = BTreeMap::new();
    let mut others: BTreeSet<&Place<'_>> = BTreeSet::new();
    let mut moves = moves(log).into_iter().peekable();
    for Mention {
        line,
        address,
        id,
        is_by_hand,
    } in mentions(case, log)
    {
        while let Some((_, old)) = moves.next_if(|(moved, _)| *moved <= line) {
            if let Some((id, _)) = ids.remove(old) {
                addresses.remove(&id);
            }
        }
        if is_by_hand {
            others.insert(address);
        }
        let mut add = |expected: String, found: String| {
            report.add(RULE, || case.line(RULE, place, line, expected, found));
        };
        let is_own = id == Some(log.machine_id);
        if let Some(id) = id {
            let known = *ids.entry(address).or_insert((id, line));
            if known.0 != id {
                let at = case.at(place, known.1);
                add(
                    format!("machine {} at {}, as at {at}", known.0, shown(address)),
                    format!("machine {id}"),
                );
                continue;
            }
            if is_virtual && (address.0 != "virtual" || address.1 != id) {
                add(
                    format!("the address virtual:{id} of machine {id}"),
                    shown(address),
                );
                continue;
            }
            // It may listen elsewhere when it comes back.
            let known = *addresses.entry(id).or_insert((address, line));
            if !is_own && known.0 != address {
                let at = case.at(place, known.1);
                add(
                    format!("machine {id} at {}, as at {at}", shown(known.0)),
                    shown(address),
                );
                continue;
            }
        }
        let is_known = peers.binary_search(&address).is_ok() || others.contains(address);
        if !is_own && !peers.is_empty() && !is_known {
            add(
                "an address in the list of peers of STARTUP, or one sent to by hand before".into(),
                shown(address),
            );
        }
    }
}
