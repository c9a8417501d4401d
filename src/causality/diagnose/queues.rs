//! What queue lengths count, and what follows a receipt.

use super::chain::each_row;
use super::habit::{Habit, is_next_to_nothing};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::UNKNOWN;
use crate::log::history::{History, LogHistory, Note};
use crate::model::rules::{Paced, Rules};

/// What receipts show of the queue.
#[derive(Debug, Default)]
pub(super) struct Queues {
    /// Whether a queue is to be emptied before anything else.
    is_paced: bool,
    /// Receipts with a message left, and something else after it.
    left: u64,
    /// What speaks against queue lengths from before the pop.
    not_before: u64,
    /// Receipts after which comes something else, and another receipt.
    followed: (u64, u64),
    /// Logs whose ticks are those of their events that are no receipts, and other logs that count ticks.
    ticks: (u64, u64),
}

impl Queues {
    pub(super) fn count(
        history: &History,
        rules: &Rules,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let columns = &history.columns;
        let mut queues = Self {
            is_paced: rules.pace != Paced::Free,
            ..Self::default()
        };
        for log in &history.logs {
            let (mut receipts, mut events) = (0, 0);
            each_row(log, checkpoint, |row, follows| {
                let receives = columns.event[row].receives();
                events += u64::from(columns.is_tick(row));
                receipts += u64::from(receives);
                if receives && columns.queue_len[row] == 0 {
                    queues.not_before += 1;
                }
                if !follows || !columns.event[row - 1].receives() || !columns.is_tick(row) {
                    return;
                }
                let left = columns.queue_len[row - 1];
                if receives {
                    queues.followed.1 += 1;
                } else {
                    queues.followed.0 += 1;
                    queues.left += u64::from(left != UNKNOWN && left > 0);
                    queues.not_before += u64::from(left != UNKNOWN && left > 1);
                }
            })?;
            queues.ticks_of(log, events, receipts);
        }
        Ok(queues)
    }

    fn ticks_of(&mut self, log: &LogHistory, events: u64, receipts: u64) {
        let end = log.marks.iter().find_map(|mark| match &mark.note {
            Note::End(end) => Some(end),
            _ => None,
        });
        let ticks = end.and_then(|end| end.ticks);
        let Some(ticks) = ticks.filter(|_| receipts > 0) else {
            return;
        };
        if ticks + receipts == events {
            self.ticks.0 += 1;
        } else {
            self.ticks.1 += 1;
        }
    }

    /// What explains messages that are left where something else comes first.
    pub(super) fn habits(&self) -> Vec<Habit> {
        let mut habits = Vec::new();
        if !self.is_paced {
            return habits;
        }
        if self.left > 0 && is_next_to_nothing(self.not_before, self.left) {
            habits.push(Habit::QueueBefore);
        }
        let always = self.followed.0 > 0 && is_next_to_nothing(self.followed.1, self.followed.0);
        let counted = self.ticks.0 > 0 && is_next_to_nothing(self.ticks.1, self.ticks.0);
        if always && (counted || self.left > 0 && self.ticks == (0, 0)) {
            habits.push(Habit::DrawsAfterReceive);
        }
        habits
    }
}
