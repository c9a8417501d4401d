//! Which clock messages carry, and what receipts make of it: counters for each way that is usual.
//!
//! Without timestamps a receipt tells one where its clock jumps, and which that is depends on the way. Each way
//! then wants a SEND with a clock of its own: five ways can be told apart, as max(clock, T) + 1 of stamps from
//! before the SEND and max(clock + 1, T) of those after it make the same clocks always.

use super::habit::{Habit, is_next_to_nothing};
use super::sends::SendClocks;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::UNKNOWN;
use crate::log::history::{History, Note};
use crate::log::logs::StampOrigin;
use crate::log::schema::known;
use crate::model::rules::{Receive, Rules, Stamp, Step};

/// The ways, with how many receipts and SENDs speak against each.
#[derive(Debug)]
pub(super) struct Clocks {
    against: Vec<((Receive, Stamp), u64)>,
    /// By what rule timestamps follow from SENDs, if nobody logged any.
    follow: Option<Stamp>,
}

impl Clocks {
    pub(super) fn count(
        history: &History,
        rules: &Rules,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let Step::By(step) = rules.step else {
            return Ok(Self {
                against: Vec::new(),
                follow: None,
            });
        };
        let stamps = Stamp::WORDS.map(|(_, stamp)| stamp);
        let ways = Receive::WORDS
            .into_iter()
            .flat_map(|(_, receive)| stamps.map(|stamp| (receive, stamp)));
        let mut clocks = Self {
            against: ways.map(|way| (way, 0)).collect(),
            follow: (history.stamps == StampOrigin::OfSends).then_some(history.rules.stamp),
        };
        let sends = SendClocks::new(history, rules, checkpoint)?;
        for (place, log) in history.logs.iter().enumerate() {
            for row in log.rows.clone() {
                checkpoint.row()?;
                clocks.event(history, row, step, |sender, clock| {
                    sends.has(place, sender, clock)
                });
            }
            for mark in &log.marks {
                if let Note::Unread {
                    sender: Some(sender),
                    sent_clock,
                    ..
                } = mark.note
                {
                    clocks.add(|(_, stamp)| {
                        let clock = of_send(stamp, sent_clock as i64, step);
                        sends.has(place, Some(sender), clock) == Some(false)
                    });
                }
            }
        }
        Ok(clocks)
    }

    /// What an event says; `has` tells whether a sender has a SEND with a clock.
    fn event(
        &mut self,
        history: &History,
        row: usize,
        step: i64,
        has: impl Fn(Option<u64>, i64) -> Option<bool>,
    ) {
        let columns = &history.columns;
        let (old, new) = (columns.old_clock[row], columns.new_clock[row]);
        let timestamp = columns.sent_clock[row];
        if columns.event[row].sends() && timestamp != UNKNOWN {
            // A SEND that tells what its message carries.
            self.add(|(_, stamp)| of_send(stamp, timestamp, step) != new);
        }
        if !columns.event[row].receives() || old == UNKNOWN || new == UNKNOWN {
            return;
        }
        let sender = known(columns.sender[row]);
        let is_by_hand = columns.by_hand[row];
        let is_missing = |stamp, timestamp| {
            !is_by_hand && has(sender, of_send(stamp, timestamp, step)) == Some(false)
        };
        let follow = self.follow;
        self.add(|(receive, stamp)| {
            if timestamp != UNKNOWN
                && let Some(usual) = follow
            {
                // The SEND is known, whatever its message carries.
                let clock = of_send(usual, timestamp, step);
                return receive.of(old, carried(stamp, clock, step), step) != new;
            }
            if timestamp != UNKNOWN {
                return receive.of(old, timestamp, step) != new || is_missing(stamp, timestamp);
            }
            match jump(receive, old, new, step) {
                Jump::Impossible => true,
                Jump::Of(timestamp) => is_missing(stamp, timestamp),
                Jump::None => false,
            }
        });
    }

    fn add(&mut self, is_against: impl Fn((Receive, Stamp)) -> bool) {
        for (way, against) in &mut self.against {
            *against += u64::from(is_against(*way));
        }
    }

    /// The ways that explain what speaks against that of these rules, or nothing but what is so anyway.
    pub(super) fn habits(&self, rules: &Rules) -> Vec<Vec<Habit>> {
        let usual = (rules.receive, rules.stamp);
        let of = |way| self.against.iter().find(|(other, _)| *other == way);
        let wrong = of(usual).map_or(0, |&(_, against)| against);
        let explains = |against: u64| wrong > 0 && is_next_to_nothing(against, wrong);
        let mut lists: Vec<Vec<Habit>> = self
            .against
            .iter()
            .filter(|&&(way, against)| way != usual && explains(against))
            .map(|&((receive, stamp), _)| {
                let stamp = (stamp != rules.stamp).then_some(Habit::Stamp(stamp));
                let receive = (receive != rules.receive).then_some(Habit::Receive(receive));
                stamp.into_iter().chain(receive).collect()
            })
            .collect();
        lists.sort_by_key(Vec::len);
        if lists.is_empty() {
            lists.push(Vec::new());
        }
        lists
    }
}

/// What the message of a SEND with this clock carries.
fn carried(stamp: Stamp, clock: i64, step: i64) -> i64 {
    match stamp {
        Stamp::After => clock,
        Stamp::Before => clock - step,
    }
}

/// The clock of the SEND whose message carries `timestamp`.
fn of_send(stamp: Stamp, timestamp: i64, step: i64) -> i64 {
    match stamp {
        Stamp::After => timestamp,
        Stamp::Before => timestamp + step,
    }
}

/// What the clocks of a receipt tell of its timestamp.
enum Jump {
    /// No timestamp makes such clocks.
    Impossible,
    /// It is this.
    Of(i64),
    /// It was not ahead.
    None,
}

fn jump(receive: Receive, old: i64, new: i64, step: i64) -> Jump {
    let (least, ahead) = match receive {
        Receive::MaxPlusOne => (old + step, new - step),
        Receive::MaxOfNext => (old + step, new),
        Receive::Max => (old, new),
    };
    match new.cmp(&least) {
        std::cmp::Ordering::Less => Jump::Impossible,
        std::cmp::Ordering::Equal => Jump::None,
        std::cmp::Ordering::Greater => Jump::Of(ahead),
    }
}
