//! By how much events move the clock, and where it stands at first.

use super::chain::each_row;
use super::habit::{Habit, is_next_to_nothing};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::UNKNOWN;
use crate::log::history::History;
use crate::model::rules::{Rules, Start, Step};

/// Events that move the clock by differing amounts are told from a few wrong ones by their number.
const MANY: u64 = 5;

/// What the clocks of events that receive nothing show.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// By how much the program is to move the clock, and by how much most of them do.
    steps: (Step, i64),
    /// How many there are, those that do it by another amount than most, and of those the ones that go forward.
    events: (u64, u64, u64),
    /// Those that do not do as they are to do; how many would not if what is logged as the clock after an event
    /// were that before it, and the other way round.
    wrong: (u64, u64, u64),
    /// Where clocks begin that do not begin where their log says, if that is one clock; and whether it is.
    begins: (Option<i64>, bool),
}

impl Moves {
    pub(super) fn count(
        history: &History,
        rules: &Rules,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let columns = &history.columns;
        let step = |row: usize| {
            let (old, new) = (columns.old_clock[row], columns.new_clock[row]);
            (old != UNKNOWN && new != UNKNOWN).then(|| new - old)
        };
        let is_quiet = |row: usize| !columns.event[row].receives();
        let mut usual = Majority::default();
        for log in &history.logs {
            each_row(log, checkpoint, |row, follows| {
                if follows && is_quiet(row) && is_quiet(row - 1) {
                    usual.vote(step(row));
                }
            })?;
        }
        let wanted = match rules.step {
            Step::By(step) => step,
            Step::Any => usual.most.unwrap_or(1),
        };
        let usual = usual.most.unwrap_or(wanted);
        let mut moves = Self {
            steps: (rules.step, usual),
            begins: (None, true),
            ..Self::default()
        };
        for log in &history.logs {
            each_row(log, checkpoint, |row, follows| {
                // The first of a table says nothing of the clock before it.
                if !follows && history.is_table {
                    return;
                }
                let Some(here) = step(row).filter(|_| is_quiet(row)) else {
                    return;
                };
                moves.events.0 += 1;
                moves.events.1 += u64::from(here != usual);
                moves.events.2 += u64::from(here != usual && here > 0);
                moves.wrong.0 += u64::from(here != wanted);
                let next = (row + 1 < log.rows.end).then(|| step(row + 1)).flatten();
                let last = follows.then(|| step(row - 1)).flatten();
                moves.wrong.1 += u64::from(next.is_some_and(|next| next != usual));
                moves.wrong.2 += u64::from(last.is_some_and(|last| last != usual));
            })?;
            moves.beginning(history, log.rows.start, log, rules);
        }
        Ok(moves)
    }

    fn beginning(
        &mut self,
        history: &History,
        first: usize,
        log: &crate::log::history::LogHistory,
        rules: &Rules,
    ) {
        let said = log.startups().next().filter(|(mark, _)| mark.row == first);
        let Some((_, startup)) = said.filter(|_| !log.rows.is_empty()) else {
            return;
        };
        let clock = history.columns.old_clock[first];
        let told = match rules.start {
            Start::At(start) => start,
            Start::Proved | Start::Any => 0,
        };
        if startup.local_clock == Some(0) && clock != told {
            self.begins.1 &= self.begins.0.is_none_or(|other| other == clock);
            self.begins.0 = Some(clock);
        } else {
            self.begins.1 = false;
        }
    }

    /// Whether the clock logged is that of the other side of the event.
    pub(super) fn shift(&self) -> Option<Habit> {
        let (wrong, before, after) = self.wrong;
        if wrong == 0 {
            None
        } else if is_next_to_nothing(before, wrong) {
            Some(Habit::ClockBefore)
        } else if is_next_to_nothing(after, wrong) {
            Some(Habit::ClockAfter)
        } else {
            None
        }
    }

    /// Whether all clocks begin elsewhere than their logs say.
    pub(super) fn start(&self) -> Option<Habit> {
        let (clock, is_one) = self.begins;
        clock
            .filter(|&clock| is_one && clock >= 0)
            .map(Habit::Start)
    }

    /// Whether events move the clock by another amount than they are to.
    pub(super) fn step(&self) -> Option<Habit> {
        let Step::By(wanted) = self.steps.0 else {
            return None;
        };
        let (events, others, forward) = self.events;
        if self.steps.1 > 0 && self.steps.1 != wanted && is_next_to_nothing(others, events) {
            Some(Habit::Step(Step::By(self.steps.1)))
        } else if forward == others && others >= MANY && others * 10 >= events {
            Some(Habit::Step(Step::Any))
        } else {
            None
        }
    }
}

/// The value that more than half of all votes are for, if there is one: the vote of Boyer and Moore.
#[derive(Debug, Default)]
struct Majority {
    most: Option<i64>,
    lead: u64,
}

impl Majority {
    fn vote(&mut self, value: Option<i64>) {
        let Some(value) = value else {
            return;
        };
        if self.lead == 0 {
            (self.most, self.lead) = (Some(value), 1);
        } else if self.most == Some(value) {
            self.lead += 1;
        } else {
            self.lead -= 1;
        }
    }
}
