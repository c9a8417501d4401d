//! One log as matching reads it, event by event.

use super::clue::Clue;
use super::log_notes::LogNotes;
use crate::causality::trace::Trace;
use crate::log::columns::UNKNOWN;
use crate::model::rules::{Receive, Rules, Start, Step};

/// One log, of whose events each tells something beside the one before.
#[derive(Clone, Copy)]
pub(super) struct OneLog<'e> {
    pub(super) trace: &'e Trace<'e>,
    pub(super) rules: &'e Rules,
    pub(super) notes: &'e LogNotes,
    /// Whether the clocks were computed.
    pub(super) is_computed: bool,
}

impl OneLog<'_> {
    /// The clock at which clocks begin, if that is known.
    pub(super) fn first(&self) -> i64 {
        match self.rules.start {
            Start::Proved => 0,
            Start::At(clock) => clock,
            // Below any clock: nothing proves that a log begins at the beginning.
            Start::Any => i64::MIN / 2,
        }
    }

    /// Whether nothing came before the first event, which stands in this row, if there is one.
    pub(super) fn begins(&self, first: Option<usize>) -> bool {
        let is_at_start = || first.and_then(|row| self.old(row, 0, None)) == Some(self.first());
        self.notes.begins || !self.rules.may_stay_at_start() && is_at_start()
    }

    fn is_after_unreadable(&self, index: usize) -> bool {
        let gaps = &self.notes.gaps;
        !gaps.is_empty() && gaps.binary_search(&(index as u32)).is_ok()
    }

    /// The clock before the event in a row, if it is known: logged, or what the step or the line before tells.
    ///
    /// It is the one at `index`, after an event that left the clock at `before`, if there is one.
    #[inline]
    pub(super) fn old(&self, row: usize, index: usize, before: Option<i64>) -> Option<i64> {
        let logged = self.trace.old_clock[row];
        if logged != UNKNOWN {
            return Some(logged);
        }
        let new = self.trace.new_clock[row];
        let moves = !self.trace.event[row].receives();
        if moves && let Step::By(step) = self.rules.step {
            return Some(new - step);
        }
        let is_first = new == self.first() + self.rules.least_step()
            && (moves || self.rules.receive != Receive::Max);
        match before {
            _ if is_first => Some(self.first()),
            _ if self.is_after_unreadable(index) => None,
            Some(before) => Some(before),
            None => self.notes.begins.then(|| self.first()),
        }
    }

    /// What a RECEIVE that found a clock, if that is known, tells of its timestamp.
    #[inline]
    pub(super) fn clue(&self, row: usize, old: Option<i64>) -> Clue {
        match self.trace.sent_clock[row] {
            UNKNOWN if self.is_computed => Clue::AtMost(i64::MAX),
            UNKNOWN => Clue::of(self.rules, old, self.trace.new_clock[row]),
            stamp => Clue::Is(stamp),
        }
    }

    /// The timestamp of the messages of a SEND that found a clock, if that is known: logged, or what its clocks tell.
    #[inline]
    pub(super) fn stamp(&self, row: usize, old: Option<i64>) -> i64 {
        match self.trace.sent_clock[row] {
            UNKNOWN => {
                let stamp = self.rules.stamp(old, self.trace.new_clock[row]);
                stamp.unwrap_or(UNKNOWN)
            }
            logged => logged,
        }
    }

    /// Whether nothing is missing between an event, which found this clock, and the one before, or before the first.
    #[inline]
    pub(super) fn follows(&self, index: usize, before: Option<i64>, old: Option<i64>) -> bool {
        let before = match before {
            Some(before) => before,
            // A clock that was computed proves nothing.
            None if self.is_computed && self.rules.start == Start::Proved => return false,
            None if self.rules.may_stay_at_start() && !self.notes.begins => return false,
            None => self.first(),
        };
        old == Some(before) && !self.is_after_unreadable(index)
    }

    /// The largest clock that the event in a row can have found.
    pub(super) fn most_before(&self, row: usize) -> i64 {
        let new = self.trace.new_clock[row];
        match (self.trace.event[row].receives(), self.rules.receive) {
            (true, Receive::Max) => new,
            _ => new - self.rules.least_step(),
        }
    }

    /// Between which clocks events are missing before one, where it does not follow.
    #[inline]
    pub(super) fn gap(
        &self,
        row: usize,
        before: Option<i64>,
        old: Option<i64>,
    ) -> Option<(i64, i64)> {
        let old = old.unwrap_or_else(|| self.most_before(row));
        let before = before.unwrap_or_else(|| self.first());
        // Where the clock went back, those around are not covered.
        (old != before).then(|| (before.min(old), before.max(old)))
    }
}
