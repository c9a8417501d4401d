//! What the logs of a run tell of its messages, with their columns.

use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

use super::clue::Clue;
use super::common_cover::CommonCover;
use super::log_contents::LogContents;
use super::log_notes::LogNotes;
use super::one_log::OneLog;
use super::sends_to::{Candidates, SendsTo};
use crate::causality::by_machine::ByMachine;
use crate::causality::trace::Trace;
use crate::log::logs::Logs;
use crate::log::schema::known;
use crate::log::vector_column::VectorColumn;
use crate::model::rules::Rules;

/// Beyond so many steps, events x machines, receipts are not held against every machine that may have sent them.
const MOST_STEPS: usize = 1 << 31;

/// What the logs of a run tell of its messages.
pub(in crate::causality) struct Evidence<'a> {
    pub(in crate::causality) trace: Trace<'a>,
    pub(in crate::causality) rules: &'a Rules,
    vectors: Option<&'a VectorColumn>,
    /// Of a table, the row of each event before it was put in order; several of one row were one event.
    source_rows: &'a [u32],
    contents: Arc<LogContents>,
}

impl Deref for Evidence<'_> {
    type Target = LogContents;

    fn deref(&self) -> &LogContents {
        &self.contents
    }
}

impl<'a> Evidence<'a> {
    /// Of the logs of all machines; `named` are the machines that are named, beside those that events name.
    pub(in crate::causality) fn new(
        (trace, rules): (Trace<'a>, &'a Rules),
        by_machine: ByMachine,
        notes: Vec<LogNotes>,
        named: impl Iterator<Item = u64>,
    ) -> Self {
        let mut contents = LogContents::new((&trace, rules), by_machine, notes, false);
        contents.is_closed = contents.has_all((&trace, rules), named);
        Self {
            trace,
            rules,
            vectors: None,
            source_rows: &[],
            contents: Arc::new(contents),
        }
    }

    /// Of a table, with what is known beside it.
    pub(in crate::causality) fn of_table(
        trace: Trace<'a>,
        beside: &'a Logs,
        by_machine: ByMachine,
    ) -> Self {
        let mut notes = vec![LogNotes::default(); by_machine.ids.all().len()];
        // Only machines that came back are looked up by clock.
        let lines = OnceCell::new();
        for summary in &beside.machines {
            if let Some(place) = by_machine.ids.place(summary.id) {
                let clocks = |clock: i64| {
                    let (starts, rows) = lines.get_or_init(|| {
                        let starts = by_machine.starts();
                        let rows = by_machine.rows(&starts);
                        (starts, rows)
                    });
                    let rows = &rows[starts[place] as usize..starts[place + 1] as usize];
                    rows.partition_point(|&row| trace.new_clock[row as usize] <= clock)
                };
                notes[place] = LogNotes::of_summary(summary, clocks, beside.rules.start);
            }
        }
        let peers = beside.peers.iter();
        let named = peers.flat_map(|(&id, peers)| std::iter::once(id).chain(peers.iter().copied()));
        let rules = &beside.rules;
        let mut contents = LogContents::new((&trace, rules), by_machine, notes, beside.is_computed);
        contents.is_closed = contents.has_all((&trace, rules), named);
        Self::again(trace, beside, Arc::new(contents))
    }

    /// The same of a table of which it was found before.
    pub(in crate::causality) fn again(
        trace: Trace<'a>,
        beside: &'a Logs,
        contents: Arc<LogContents>,
    ) -> Self {
        Self {
            trace,
            rules: &beside.rules,
            vectors: beside.vectors.as_ref(),
            source_rows: &beside.source_rows,
            contents,
        }
    }

    /// What was found of the logs, for another time.
    pub(in crate::causality) fn contents(&self) -> &Arc<LogContents> {
        &self.contents
    }

    /// Whether every event has a vector clock, which tells all that came before; one that was several at once has it at
    /// the last of them.
    pub(in crate::causality) fn tells_vectors(&self) -> bool {
        let source = |row: u32| self.source_rows.get(row as usize).copied().unwrap_or(row);
        let Some(vectors) = self.vectors else {
            return false;
        };
        (0..self.notes.len()).all(|log| {
            let rows = self.rows_of(log);
            rows.iter().enumerate().all(|(index, &row)| {
                let next = rows.get(index + 1);
                let is_last = next.is_none_or(|&next| source(next) != source(row));
                !is_last || vectors.starts[row as usize] < vectors.starts[row as usize + 1]
            })
        })
    }

    fn lines(&self, log: usize) -> OneLog<'_> {
        OneLog {
            trace: &self.trace,
            rules: self.rules,
            notes: &self.notes[log],
            is_computed: self.is_computed,
        }
    }

    /// The clock before an event of a log, if it is known: logged, or what the step or the line before tells.
    pub(in crate::causality) fn old(&self, log: usize, index: usize) -> Option<i64> {
        let rows = self.rows_of(log);
        let before = index.checked_sub(1);
        let before = before.map(|before| self.trace.new_clock[rows[before] as usize]);
        self.lines(log).old(rows[index] as usize, index, before)
    }

    /// The largest clock that an event of a log can have found.
    pub(in crate::causality) fn most_before(&self, log: usize, index: usize) -> i64 {
        let row = self.rows_of(log)[index] as usize;
        self.lines(log).most_before(row)
    }

    /// What a RECEIVE of a log tells of its timestamp.
    pub(in crate::causality) fn clue(&self, log: usize, index: usize) -> Clue {
        let row = self.rows_of(log)[index] as usize;
        self.lines(log).clue(row, self.old(log, index))
    }

    /// The place of the machine that the RECEIVE in a row says it is from: `Some(None)` if that has no log.
    #[expect(
        clippy::option_option,
        reason = "whether it says so, and then whether that has a log"
    )]
    pub(in crate::causality) fn sender(&self, row: usize) -> Option<Option<usize>> {
        known(self.trace.sender[row]).map(|id| self.ids.place(id))
    }

    fn common(&self) -> &CommonCover {
        self.common.get_or_init(|| CommonCover::new(&self.covers))
    }

    /// Whether every log would tell of an event with this clock.
    pub(in crate::causality) fn all_logs_cover(&self, clock: i64) -> bool {
        self.common().has(&self.covers, None, clock)
    }

    /// Whether every machine that may have sent something to that of a log would tell of a SEND with this clock.
    pub(in crate::causality) fn all_cover(&self, log: usize, clock: i64) -> bool {
        self.common().has(&self.covers, self.no_sender(log), clock)
    }

    /// The same of SENDs with any clock up to this one.
    pub(in crate::causality) fn all_cover_to(&self, log: usize, clock: i64) -> bool {
        self.common().has_all_to(self.no_sender(log), clock)
    }

    /// The smallest clock of a SEND of which such a machine may not tell.
    pub(in crate::causality) fn first_missing(&self, log: usize) -> i64 {
        self.common().first_missing(self.no_sender(log))
    }

    fn no_sender(&self, log: usize) -> Option<usize> {
        (!self.sends_to_itself).then_some(log)
    }

    /// The SENDs by recipient.
    pub(in crate::causality) fn sends_to(&self) -> &SendsTo {
        self.to
            .get_or_init(|| SendsTo::new(&self.sends, &self.trace, &self.ids))
    }

    /// The SENDs that the machine of a log can have received.
    pub(super) fn candidates(&self, log: usize) -> Candidates<'_> {
        Candidates::new(&self.sends, self.sends_to(), log, self.sends_to_itself)
    }

    /// Whether to look at every machine for every receipt would take too long.
    pub(in crate::causality) fn is_vast(&self) -> bool {
        self.trace.len().saturating_mul(self.notes.len()) > MOST_STEPS
    }

    /// Whether the SEND at a place of the list may name a machine.
    pub(in crate::causality) fn may_be(&self, send: usize, id: u64) -> bool {
        self.trace.may_name(self.sends.rows[send] as usize, id)
    }
}
