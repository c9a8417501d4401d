//! How long a queue can be at most, by what was sent.
//!
//! A queue holds no more than what was sent to its machine by then and not received, whatever
//! became of it in a crash. What is delivered by hand is not sent: a log that shows
//! anything by hand has no such bound.

use super::Case;
use super::channels::Groups;
use super::hosts::Hosts;
use crate::log::history::Note;

/// What was sent to each machine; every machine that is named has a log here.
pub(super) struct Bounds<'a> {
    case: &'a Case<'a>,
    hosts: &'a Hosts,
    sends: &'a Groups<u32>,
}

/// What was sent to one machine, by time.
pub(super) struct Sent {
    /// When each message can have been there at the earliest, in order, in microseconds.
    times: Vec<f64>,
    /// From when on others may have been sent.
    until: f64,
    /// How many of the times are over.
    next: usize,
}

impl<'a> Bounds<'a> {
    /// With what the channels say was sent.
    pub(super) fn new(case: &'a Case<'a>, hosts: &'a Hosts, sends: &'a Groups<u32>) -> Self {
        Self { case, hosts, sends }
    }

    /// What was sent to the machine of a log, if that bounds its queue.
    pub(super) fn of(&self, place: usize) -> Option<Sent> {
        let has_unknown = self.case.unknown.iter().any(|&count| count > 0);
        // The recipients of a mere table may be those that received.
        let is_bare = self.case.logs()[place].startups().next().is_none();
        if has_unknown || self.case.history.is_table && is_bare || self.is_by_hand(place) {
            return None;
        }
        let mut sent = Sent {
            times: Vec::new(),
            until: f64::INFINITY,
            next: 0,
        };
        for sender in 0..self.case.logs().len() {
            let tolerance = self.hosts.tolerance(sender, place);
            if self.case.ends[sender].is_none() && sender != place {
                // Its last lines may be missing.
                let last = tolerance.map(|tolerance| self.last(sender) - tolerance);
                sent.until = sent.until.min(last.unwrap_or(f64::NEG_INFINITY));
            }
            let spans = &self.sends.spans[self.sends.of(sender)];
            if let Ok(span) = spans.binary_search_by_key(&place, |span| span.0) {
                let earliest = |&row: &u32| match tolerance {
                    Some(tolerance) => self.case.columns.system_time[row as usize] - tolerance,
                    None => f64::NEG_INFINITY,
                };
                let rows = &self.sends.items[spans[span].1.clone()];
                sent.times.extend(rows.iter().map(earliest));
            }
        }
        sent.times.sort_by(f64::total_cmp);
        Some(sent)
    }

    /// Whether anything in a log was done by hand.
    fn is_by_hand(&self, place: usize) -> bool {
        let (columns, log) = (self.case.columns, &self.case.logs()[place]);
        let is_nameless = |mark| matches!(mark, &Note::Unread { sender: None, .. });
        log.marks.iter().any(|mark| is_nameless(&mark.note))
            || log.rows.clone().any(|row| {
                let is_receive = columns.event[row].receives();
                columns.manual[row] || is_receive && columns.message(row).0.is_none()
            })
    }

    /// The time of the last line of a log.
    fn last(&self, place: usize) -> f64 {
        let log = &self.case.logs()[place];
        let event = log.rows.clone().next_back();
        let event = event.map(|row| self.case.columns.system_time[row]);
        let mark = log.marks.last().map(|mark| mark.time);
        let times = event.into_iter().chain(mark);
        times.fold(f64::NEG_INFINITY, f64::max)
    }
}

impl Sent {
    /// How many messages can have come until `now`, if that is known; `now` never goes back.
    pub(super) fn until(&mut self, now: f64) -> Option<usize> {
        while self.times.get(self.next).is_some_and(|&time| time <= now) {
            self.next += 1;
        }
        (now < self.until).then_some(self.next)
    }
}
