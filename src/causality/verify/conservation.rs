//! Rule `conservation`: what was sent was received, is unread, or counts as undelivered.
//!
//! In virtual time the numbers agree exactly. A real sender may not have heard of the last messages
//! that arrived, so that it counts more as undelivered than are missing. Nor can it have heard what a
//! crash of the recipient took from its queue, unless it connected again after that crash.

use std::collections::BTreeMap;

use super::case::Case;
use super::hosts::Hosts;
use super::report::{Report, Rule};
use crate::log::history::{LogHistory, Note};
use crate::log::line::End;

const RULE: Rule = Rule::Conservation;

/// What became of the messages of a channel.
pub(super) struct ChannelCount {
    pub(super) sent: u64,
    /// Received or unread.
    pub(super) found: u64,
    /// Whether all recipients of the sender are known.
    pub(super) is_sure: bool,
}

pub(super) struct Conservation<'a> {
    hosts: &'a Hosts,
    is_virtual: bool,
    /// Channels of which an end is missing.
    unchecked: u64,
    /// By recipient id, how many messages are missing that its crash can have taken.
    taken: BTreeMap<u64, u64>,
    /// What the sender of the last pair counts.
    last: Option<(usize, UndeliveredCounts)>,
}

/// What one END counts as undelivered.
struct UndeliveredCounts {
    /// By peer, in order; a peer may be there more than once.
    named: Vec<(u64, u64)>,
    /// To peers that never connected.
    unnamed: u64,
}

impl UndeliveredCounts {
    fn new(end: &End) -> Self {
        let named = end.counts().iter();
        let named = named.filter_map(|&(peer, count)| Some((peer?, count)));
        let unnamed = end.counts().iter().filter(|(peer, _)| peer.is_none());
        let mut named: Vec<_> = named.collect();
        named.sort_unstable();
        Self {
            named,
            unnamed: unnamed.map(|(_, count)| count).sum(),
        }
    }

    fn to(&self, id: u64) -> u64 {
        let first = self.named.partition_point(|(peer, _)| *peer < id);
        let here = self.named[first..].iter();
        here.take_while(|(peer, _)| *peer == id)
            .map(|(_, count)| count)
            .sum()
    }
}

impl<'a> Conservation<'a> {
    pub(super) fn new(case: &Case<'_>, hosts: &'a Hosts) -> Self {
        let mut starts = case.logs().iter().flat_map(LogHistory::startups);
        Self {
            hosts,
            is_virtual: starts.next().is_some_and(|(_, start)| start.is_virtual)
                && starts.all(|(_, start)| start.is_virtual),
            unchecked: 0,
            taken: BTreeMap::new(),
            last: None,
        }
    }

    /// The machines to which the END of a sender counts undelivered messages, in order.
    pub(super) fn counted(case: &Case<'_>, sender: usize) -> Vec<usize> {
        let ends = case.ends[sender].iter();
        let peers = ends.flat_map(|(_, end)| end.counts());
        let places = peers.filter_map(|&(peer, _)| case.ids.place(peer?));
        let mut places: Vec<_> = places.collect();
        places.sort_unstable();
        places
    }

    pub(super) fn pair(
        &mut self,
        case: &Case<'_>,
        (sender, recipient): (usize, usize),
        count: &ChannelCount,
        report: &mut Report,
    ) {
        let told = case.ends[sender].filter(|(_, end)| end.undelivered.is_some());
        let is_sent_known = count.is_sure && case.is_whole(sender);
        let (Some((mark, end)), true) = (told, is_sent_known) else {
            self.unchecked += 1;
            return;
        };
        let is_found_known = case.tells_queue(recipient) && case.is_whole(recipient);
        self.unchecked += u64::from(!is_found_known);
        report.checked(RULE, 1);
        let id = case.logs()[recipient].machine_id;
        let last = self.last.take().filter(|last| last.0 == sender);
        let last = last.unwrap_or_else(|| (sender, UndeliveredCounts::new(end)));
        let undelivered = last.1.to(id);
        let missing = count.sent - count.found;
        let most = undelivered + last.1.unnamed;
        self.last = Some(last);
        // As many more may have been received as do not say what they received.
        let vague = case.vague[recipient].len();
        let is_right = if !is_found_known || !case.rules.channel.is_fifo() {
            undelivered <= count.sent
        } else if self.is_virtual {
            (missing.saturating_sub(vague)..=missing).contains(&undelivered)
        } else {
            let beyond = missing.saturating_sub(most.saturating_add(vague));
            let is_taken = beyond > 0 && self.can_be_taken(case, (sender, recipient));
            if is_taken {
                *self.taken.entry(id).or_default() += beyond;
            }
            undelivered <= count.sent && (beyond == 0 || is_taken)
        };
        if !is_right {
            report.add(RULE, || {
                let expected = if is_found_known {
                    format!(
                        "{missing} undelivered to machine {id}: {} sent, {} received or unread",
                        count.sent, count.found
                    )
                } else {
                    format!(
                        "at most {} undelivered to machine {id}, as were sent",
                        count.sent
                    )
                };
                case.line(
                    RULE,
                    sender,
                    mark.line,
                    expected,
                    format!("{undelivered} undelivered"),
                )
            });
        }
    }

    /// Whether the recipient came back from a crash after which the sender is not known to have connected:
    /// what had entered the queue by then, and was acknowledged, is gone.
    fn can_be_taken(&self, case: &Case<'_>, (sender, recipient): (usize, usize)) -> bool {
        let log = &case.logs()[recipient];
        let Some((back, _)) = log.startups().skip(1).last() else {
            return false;
        };
        let Some(tolerance) = self.hosts.tolerance(sender, recipient) else {
            return true;
        };
        let is_to_it =
            |note: &Note| matches!(note, Note::Connect(hand) if hand.peer_id == log.machine_id);
        let mut marks = case.logs()[sender].marks.iter().rev();
        let last = marks.find(|mark| is_to_it(&mark.note));
        last.is_none_or(|last| last.time < back.time + tolerance)
    }

    pub(super) fn finish(self, report: &mut Report) {
        for (id, count) in self.taken {
            report.unchecked(format!(
                "{count} messages may have been in the queue of machine {id} when it crashed, and nobody who sent them connected to it again: that they are lost is not checked"
            ));
        }
        if self.unchecked > 0 {
            report.unchecked(format!(
                "conservation is not checked for {} ordered pairs: an end of the pair has no END or lacks lines, or recipients are not known",
                self.unchecked
            ));
        }
    }
}
