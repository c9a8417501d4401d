//! What the logs of a run tell of its messages: their events in order, which clocks they cover, and which machines there are.

use std::cell::OnceCell;

use super::clue::Clue;
use super::common_cover::CommonCover;
use super::cover::Cover;
use super::log_notes::LogNotes;
use super::send_list::SendList;
use crate::causality::ids::Ids;
use crate::causality::trace::Trace;
use crate::log::columns::UNKNOWN;
use crate::log::logs::Logs;
use crate::log::schema::known;
use crate::log::vector_column::VectorColumn;
use crate::model::rules::{Membership, Receive, Rules, Start, Step};

/// Beyond so many steps, events x machines, receipts are not held against every machine that may have sent them.
const MOST_STEPS: usize = 1 << 31;

/// What the logs of a run tell of its messages.
pub(in crate::causality) struct Evidence<'a> {
    pub(in crate::causality) trace: Trace<'a>,
    pub(in crate::causality) rules: &'a Rules,
    pub(in crate::causality) ids: &'a Ids,
    /// The rows of the log at k are `rows[starts[k]..starts[k + 1]]`, in its own order.
    pub(in crate::causality) starts: &'a [u32],
    pub(in crate::causality) rows: &'a [u32],
    pub(in crate::causality) notes: Vec<LogNotes>,
    pub(in crate::causality) covers: Vec<Cover>,
    /// What these have in common, once someone asks.
    common: OnceCell<CommonCover>,
    /// Whether every machine there is has a log.
    pub(in crate::causality) is_closed: bool,
    /// Whether the clocks were computed from what is known of messages: then nothing follows from them.
    pub(in crate::causality) is_computed: bool,
    vectors: Option<&'a VectorColumn>,
    /// Whether some machine sends to itself.
    pub(in crate::causality) sends_to_itself: bool,
    /// The SENDs of all logs by their timestamps.
    pub(in crate::causality) sends: SendList,
}

impl<'a> Evidence<'a> {
    /// Of logs whose rows are given by log; `named` are the machines that are named, beside those that events name.
    pub(in crate::causality) fn new(
        (trace, rules, ids): (Trace<'a>, &'a Rules, &'a Ids),
        (starts, rows): (&'a [u32], &'a [u32]),
        notes: Vec<LogNotes>,
        named: impl Iterator<Item = u64>,
    ) -> Self {
        let mut evidence = Self {
            trace,
            rules,
            ids,
            starts,
            rows,
            notes,
            covers: Vec::new(),
            common: OnceCell::new(),
            is_closed: false,
            is_computed: false,
            vectors: None,
            sends_to_itself: false,
            sends: SendList::default(),
        };
        let logs = 0..evidence.notes.len();
        evidence.covers = logs.map(|log| evidence.cover(log)).collect();
        evidence.sends = evidence.list_sends();
        evidence.is_closed = rules.machines == Membership::These && evidence.has_all(named);
        evidence.sends_to_itself = evidence.is_any_sent_to_itself();
        evidence
    }

    /// Of a table, with what is known beside it.
    pub(in crate::causality) fn of_table(
        trace: Trace<'a>,
        beside: &'a Logs,
        ids: &'a Ids,
        (starts, rows): (&'a [u32], &'a [u32]),
    ) -> Self {
        let mut notes = vec![LogNotes::default(); ids.all().len()];
        for summary in &beside.machines {
            if let Some(place) = ids.place(summary.id) {
                let rows = &rows[starts[place] as usize..starts[place + 1] as usize];
                let clock = |index: usize| trace.new_clock[rows[index] as usize];
                let start = beside.rules.start;
                notes[place] = LogNotes::of_summary(summary, clock, rows.len(), start);
            }
        }
        let peers = beside.peers.iter();
        let named = peers.flat_map(|(&id, peers)| std::iter::once(id).chain(peers.iter().copied()));
        let mut evidence = Self::new((trace, &beside.rules, ids), (starts, rows), notes, named);
        evidence.vectors = beside.vectors.as_ref();
        if beside.is_computed {
            evidence.is_computed = true;
            evidence.covers = vec![Cover::default(); evidence.notes.len()];
        }
        evidence
    }

    /// How many of the first events of a log have a vector clock, their own or that of one behind: an event that was
    /// several at once has it at the last.
    pub(in crate::causality) fn with_vector(&self, log: usize) -> usize {
        let has =
            |vectors: &VectorColumn, row: usize| vectors.starts[row] < vectors.starts[row + 1];
        let rows = self.rows_of(log);
        let last = self
            .vectors
            .and_then(|vectors| rows.iter().rposition(|&row| has(vectors, row as usize)));
        last.map_or(0, |last| last + 1)
    }

    /// The rows of a log, in its own order.
    pub(in crate::causality) fn rows_of(&self, log: usize) -> &'a [u32] {
        &self.rows[self.starts[log] as usize..self.starts[log + 1] as usize]
    }

    /// The clock before an event of a log, if it is known: logged, or what the step or the line before tells.
    pub(in crate::causality) fn old(&self, log: usize, index: usize) -> Option<i64> {
        let rows = self.rows_of(log);
        let row = rows[index] as usize;
        let (logged, new) = (self.trace.old_clock[row], self.trace.new_clock[row]);
        let moves = !self.trace.event[row].receives();
        if logged != UNKNOWN {
            return Some(logged);
        }
        if moves && let Step::By(step) = self.rules.step {
            return Some(new - step);
        }
        let is_first = new == self.first() + self.rules.least_step()
            && (moves || self.rules.receive != Receive::Max);
        match index.checked_sub(1) {
            _ if is_first => Some(self.first()),
            _ if self.is_after_unreadable(log, index) => None,
            Some(before) => Some(self.trace.new_clock[rows[before] as usize]),
            None => self.notes[log].begins.then(|| self.first()),
        }
    }

    /// The clock at which clocks begin, if that is known.
    fn first(&self) -> i64 {
        match self.rules.start {
            Start::Proved => 0,
            Start::At(clock) => clock,
            // Below any clock: nothing proves that a log begins at the beginning.
            Start::Any => i64::MIN / 2,
        }
    }

    /// What a RECEIVE of a log tells of its timestamp.
    pub(in crate::causality) fn clue(&self, log: usize, index: usize) -> Clue {
        let row = self.rows_of(log)[index] as usize;
        match self.trace.sent_clock[row] {
            UNKNOWN if self.is_computed => Clue::AtMost(i64::MAX),
            UNKNOWN => Clue::of(self.rules, self.old(log, index), self.trace.new_clock[row]),
            stamp => Clue::Is(stamp),
        }
    }

    /// Whether the message received in a row was, it seems, put into the queue in nobody's name; or its sender is lost.
    pub(super) fn is_nobodys(&self, log: usize, row: usize) -> bool {
        let trace = &self.trace;
        self.notes[log].is_own && trace.sent_clock[row] != UNKNOWN && trace.sender[row] == UNKNOWN
    }

    /// The place of the machine that the RECEIVE in a row says it is from: `Some(None)` if that has no log.
    #[expect(
        clippy::option_option,
        reason = "whether it says so, and then whether that has a log"
    )]
    pub(in crate::causality) fn sender(&self, row: usize) -> Option<Option<usize>> {
        known(self.trace.sender[row]).map(|id| self.ids.place(id))
    }

    fn is_after_unreadable(&self, log: usize, index: usize) -> bool {
        self.notes[log].gaps.binary_search(&(index as u32)).is_ok()
    }

    /// Whether nothing is missing between an event of a log and the one before, or before the first.
    pub(in crate::causality) fn follows(&self, log: usize, index: usize) -> bool {
        let found = self.old(log, index);
        let before = match index.checked_sub(1) {
            Some(before) => self.trace.new_clock[self.rows_of(log)[before] as usize],
            // A clock that was computed proves nothing.
            None if self.is_computed && self.rules.start == Start::Proved => return false,
            None => self.first(),
        };
        found == Some(before) && !self.is_after_unreadable(log, index)
    }

    /// Between which clocks events are missing before one of a log, where it does not follow.
    fn gap(&self, log: usize, index: usize) -> Option<(i64, i64)> {
        let rows = self.rows_of(log);
        let old = self.old(log, index);
        let old = old.unwrap_or_else(|| self.most_before(rows[index] as usize));
        let before = match index.checked_sub(1) {
            Some(before) => self.trace.new_clock[rows[before] as usize],
            None => self.first(),
        };
        // Where the clock went back, those around are not covered.
        (old != before).then(|| (before.min(old), before.max(old)))
    }

    fn cover(&self, log: usize) -> Cover {
        let (rows, notes) = (self.rows_of(log), &self.notes[log]);
        let begins = notes.begins || !rows.is_empty() && self.old(log, 0) == Some(self.first());
        let inside = usize::from(!begins)..rows.len();
        let mut gaps: Vec<_> = inside.filter_map(|index| self.gap(log, index)).collect();
        let last = rows.last().map(|&row| self.trace.new_clock[row as usize]);
        let to = last.unwrap_or(self.first());
        // Lines may be missing behind the last event, too.
        if let Some(end) = notes.end.filter(|&end| end > to) {
            gaps.push((to, end));
        } else if notes.gaps.last() == Some(&(rows.len() as u32)) {
            gaps.push((to, i64::MAX));
        }
        let first = rows.first().map(|&row| self.trace.new_clock[row as usize]);
        Cover {
            begins,
            from: match first {
                // Where receipts need not move the clock, a SEND before may have left it as it is.
                Some(first) => self.old(log, 0).unwrap_or(first),
                None => i64::MAX,
            },
            to,
            is_ended: notes.end.is_some(),
            gaps: Cover::apart(gaps),
        }
    }

    /// The largest clock that the event in a row can have found.
    pub(in crate::causality) fn most_before(&self, row: usize) -> i64 {
        let new = self.trace.new_clock[row];
        match (self.trace.event[row].receives(), self.rules.receive) {
            (true, Receive::Max) => new,
            _ => new - self.rules.least_step(),
        }
    }

    fn list_sends(&self) -> SendList {
        let mut list = SendList::default();
        let mut own = Vec::new();
        for log in 0..self.notes.len() {
            list.starts.push(list.rows.len() as u32);
            own.clear();
            for (index, &row) in self.rows_of(log).iter().enumerate() {
                if self.trace.event[row as usize].sends() {
                    own.push((self.stamp(log, index), row, index as u32));
                }
            }
            if !own.is_sorted_by_key(|&(stamp, ..)| stamp) {
                own.sort_by_key(|&(stamp, ..)| stamp);
            }
            list.stamps.extend(own.iter().map(|&(stamp, ..)| stamp));
            list.rows.extend(own.iter().map(|&(_, row, _)| row));
            list.indices.extend(own.iter().map(|&(.., index)| index));
        }
        list.starts.push(list.rows.len() as u32);
        list
    }

    /// The timestamp of the messages of a SEND: logged, or what its clocks tell.
    pub(super) fn stamp(&self, log: usize, index: usize) -> i64 {
        let row = self.rows_of(log)[index] as usize;
        match self.trace.sent_clock[row] {
            UNKNOWN => self
                .rules
                .stamp(self.old(log, index), self.trace.new_clock[row])
                .unwrap_or(UNKNOWN),
            logged => logged,
        }
    }

    /// Whether every machine that is named has a log.
    fn has_all(&self, mut named: impl Iterator<Item = u64>) -> bool {
        let has = |id: i64| id < 0 || self.ids.place(id as u64).is_some();
        // A SEND to more machines than there are others tells of one more.
        let others = self.notes.len().saturating_sub(1);
        let rows = self.sends.rows.iter().map(|&row| row as usize);
        let addresses = self.notes.iter().map(|notes| notes.addresses);
        named.all(|id| has(id as i64))
            && addresses.max().is_none_or(|addresses| addresses <= others)
            && self.trace.sender.iter().all(|&id| has(id))
            && self.trace.recipients.iter().all(|&id| has(id))
            && self
                .notes
                .iter()
                .flat_map(|notes| &notes.unread)
                .all(|&(id, _)| has(id as i64))
            && rows
                .map(|row| self.trace.recipients(row))
                .all(|list| list.len() <= others || list.iter().all(|&id| id != UNKNOWN))
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

    /// The SENDs with a timestamp that the machine of a log can have received.
    pub(in crate::causality) fn candidates(
        &self,
        log: usize,
        stamp: i64,
    ) -> impl Iterator<Item = usize> {
        let id = self.ids.all()[log];
        self.sends.all_with(stamp).filter(move |&send| {
            let sender = self.trace.machine_id[self.sends.rows[send] as usize] as u64;
            (sender != id || self.sends_to_itself) && self.may_be(send, id)
        })
    }

    /// Whether to look at every machine for every receipt would take too long.
    pub(in crate::causality) fn is_vast(&self) -> bool {
        self.trace.len().saturating_mul(self.notes.len()) > MOST_STEPS
    }

    /// Whether the SEND at a place of the list may name a machine.
    pub(in crate::causality) fn may_be(&self, send: usize, id: u64) -> bool {
        self.trace.may_name(self.sends.rows[send] as usize, id)
    }

    /// Whether the machine of a log may have sent something to that of another.
    pub(in crate::causality) fn may_send(&self, sender: usize, log: usize) -> bool {
        sender != log || self.sends_to_itself
    }

    fn is_any_sent_to_itself(&self) -> bool {
        let mut rows = self.sends.rows.iter().map(|&row| row as usize);
        rows.any(|row| {
            self.trace
                .recipients(row)
                .contains(&self.trace.machine_id[row])
        })
    }
}
