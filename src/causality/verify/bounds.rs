//! How long a queue can be at most, by what was sent.
//!
//! A queue holds no more than what was sent to its machine by then and not received, whatever
//! became of it in a crash. What is delivered by hand is not sent: a log that shows
//! anything by hand has no such bound, nor one of which lines are missing that may have shown it.

use std::cell::OnceCell;

use super::case::Case;
use super::hosts::Hosts;
use crate::causality::matching::{Crossed, Groups};
use crate::log::history::Note;

/// What was sent to each machine; every machine that is named has a log here.
pub(super) struct Bounds<'a> {
    case: &'a Case<'a>,
    hosts: &'a Hosts,
    sends: &'a Groups<u32>,
    /// The same by recipient, and the logs that may lack their last lines: for whoever needs a bound.
    known: OnceCell<(Crossed<'a, u32>, Unended)>,
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

/// The logs without END that end first, each with the time of its last line.
struct Unended {
    /// By host, the first two.
    near: Vec<Vec<(f64, usize)>>,
    /// The first of the first two hosts.
    far: Vec<(f64, usize)>,
}

impl<'a> Bounds<'a> {
    /// With what the channels say was sent.
    pub(super) fn new(case: &'a Case<'a>, hosts: &'a Hosts, sends: &'a Groups<u32>) -> Self {
        Self {
            case,
            hosts,
            sends,
            known: OnceCell::new(),
        }
    }

    /// What was sent to the machine of a log, if that bounds its queue.
    pub(super) fn of(&self, place: usize) -> Option<Sent> {
        let case = self.case;
        // The recipients of a mere table may be those that received.
        let is_bare = case.history.is_table && case.logs()[place].startups().next().is_none();
        // Lines that are missing may have shown something by hand.
        let is_cut = case.is_holed(place) || !case.tells_queue(place);
        let may_be_more = case.rules.channel.duplicating || is_cut || self.is_by_hand(place);
        if case.has_unknown() || is_bare || may_be_more {
            return None;
        }
        let (by_recipient, unended) = self
            .known
            .get_or_init(|| (self.sends.crossed(), self.unended()));
        let mut times = Vec::new();
        for (sender, rows) in by_recipient.of(place) {
            let tolerance = self.hosts.tolerance(sender, place);
            times.extend(rows.iter().map(|&row| match tolerance {
                Some(tolerance) => self.case.columns.system_time[row as usize] - tolerance,
                None => f64::NEG_INFINITY,
            }));
        }
        times.sort_by(f64::total_cmp);
        Some(Sent {
            times,
            until: self.until(unended, place),
            next: 0,
        })
    }

    /// From when on what others sent to the machine of a log may be missing.
    fn until(&self, unended: &Unended, place: usize) -> f64 {
        let host = self.hosts.host(place);
        let near = unended.near[host].iter().find(|log| log.1 != place);
        let mut far = unended.far.iter();
        let far = far.find(|log| self.hosts.host(log.1) != host);
        // Clocks of one host differ less, but all of its machines by as much.
        let times = near.into_iter().chain(far).map(|&(last, sender)| {
            let tolerance = self.hosts.tolerance(sender, place);
            tolerance.map_or(f64::NEG_INFINITY, |tolerance| last - tolerance)
        });
        times.fold(f64::INFINITY, f64::min)
    }

    fn unended(&self) -> Unended {
        let logs = self.case.logs().len();
        let mut all: Vec<_> = (0..logs)
            .filter(|&log| self.case.ends[log].is_none())
            .map(|log| (self.last(log), log))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut unended = Unended {
            near: vec![Vec::new(); logs],
            far: Vec::new(),
        };
        for log in all {
            let near = &mut unended.near[self.hosts.host(log.1)];
            if near.is_empty() && unended.far.len() < 2 {
                unended.far.push(log);
            }
            if near.len() < 2 {
                near.push(log);
            }
        }
        unended
    }

    /// Whether anything in a log was done by hand.
    fn is_by_hand(&self, place: usize) -> bool {
        let (columns, log) = (self.case.columns, &self.case.logs()[place]);
        let is_unnamed = |mark| matches!(mark, &Note::Unread { sender: None, .. });
        log.marks.iter().any(|mark| is_unnamed(&mark.note))
            || log.rows.clone().any(|row| {
                let is_receive = columns.event[row].receives();
                columns.is_manual(row) || is_receive && columns.message(row).0.is_none()
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
