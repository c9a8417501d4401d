//! What one pass over the logs of a run finds: their SENDs and receipts, which clocks they cover, where lines are missing.

use std::sync::OnceLock;

use super::common_cover::CommonCover;
use super::cover::Cover;
use super::log_notes::LogNotes;
use super::one_log::OneLog;
use super::receipt_list::{ReceiptList, UNLOGGED, UNTOLD};
use super::send_list::SendList;
use super::sends_to::SendsTo;
use crate::causality::by_machine::ByMachine;
use crate::causality::ids::Ids;
use crate::causality::trace::Trace;
use crate::log::columns::UNKNOWN;
use crate::log::schema::known;
use crate::model::rules::{Membership, Rules};

/// What the logs of a run tell of its messages, beside their columns.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, found in one pass"
)]
pub(in crate::causality) struct LogContents {
    pub(in crate::causality) ids: Ids,
    /// The rows of the log at k are `rows[starts[k]..starts[k + 1]]`, in its own order.
    starts: Vec<u32>,
    rows: Vec<u32>,
    /// By row, the log that it is of.
    pub(super) places: Vec<u32>,
    pub(in crate::causality) notes: Vec<LogNotes>,
    pub(in crate::causality) covers: Vec<Cover>,
    /// Whether every machine there is has a log.
    pub(in crate::causality) is_closed: bool,
    /// Whether the clocks were computed from what is known of messages: then nothing follows from them.
    pub(in crate::causality) is_computed: bool,
    /// Whether some machine sends to itself.
    pub(in crate::causality) sends_to_itself: bool,
    /// The SENDs of all logs by their timestamps.
    pub(in crate::causality) sends: SendList,
    /// The receipts of all logs.
    pub(in crate::causality) receipts: ReceiptList,
    /// By log, which of its events do not follow from the one before, in order.
    pub(in crate::causality) breaks: Vec<Vec<u32>>,
    /// Whether some SEND goes to more machines than there are others, not all of them known.
    is_crowded: bool,
    /// Whether the timestamps of SENDs are not the clocks after them; whether some are not known.
    pub(super) has_own_stamps: bool,
    pub(super) has_unknown_stamps: bool,
    /// What covers have in common, once someone asks.
    pub(super) common: OnceLock<CommonCover>,
    /// The SENDs by recipient, once someone asks.
    pub(super) to: OnceLock<SendsTo>,
}

/// What a pass knows of one log on its way.
#[derive(Clone, Copy, Default)]
struct Way {
    /// How many of its events came by.
    events: u32,
    /// Where its next SEND and its next receipt go.
    send: u32,
    receipt: u32,
    /// The clock after its last event.
    clock: Option<i64>,
    begins: bool,
}

impl LogContents {
    /// Of the logs of all machines, whose rows come in their own order.
    pub(super) fn new(
        (trace, rules): (&Trace<'_>, &Rules),
        by_machine: ByMachine,
        notes: Vec<LogNotes>,
        is_computed: bool,
    ) -> Self {
        let count = notes.len();
        let ByMachine { ids, places } = by_machine;
        let mut contents = Self {
            ids,
            starts: Vec::with_capacity(count + 1),
            rows: vec![0; places.len()],
            places,
            covers: Vec::with_capacity(count),
            notes: Vec::new(),
            is_closed: false,
            is_computed,
            sends_to_itself: false,
            sends: SendList::default(),
            receipts: ReceiptList::default(),
            breaks: vec![Vec::new(); count],
            is_crowded: false,
            has_own_stamps: false,
            has_unknown_stamps: false,
            common: OnceLock::new(),
            to: OnceLock::new(),
        };
        let line = |notes| OneLog {
            trace,
            rules,
            notes,
            is_computed,
        };
        let lines: Vec<OneLog<'_>> = notes.iter().map(line).collect();
        let gaps = contents.read(trace, &lines);
        for (log, (lines, gaps)) in lines.iter().zip(gaps).enumerate() {
            contents.covers.push(if is_computed {
                Cover::default()
            } else {
                cover(lines, contents.rows_of(log), gaps)
            });
        }
        contents.notes = notes;
        contents
    }

    /// Where the SENDs and the receipts of each log go.
    fn ways(&mut self, trace: &Trace<'_>, lines: &[OneLog<'_>]) -> Vec<Way> {
        let mut ways = vec![Way::default(); lines.len()];
        for (row, (&place, &event)) in self.places.iter().zip(trace.event).enumerate() {
            let (place, way) = (place as usize, &mut ways[place as usize]);
            if way.events == 0 {
                way.begins = lines[place].begins(Some(row));
            }
            way.events += 1;
            way.send += u32::from(event.sends());
            way.receipt += u32::from(event.receives() && !trace.by_hand[row]);
        }
        let (mut sends, mut receipts, mut events) = (0, 0, 0);
        for way in &mut ways {
            self.starts.push(events);
            events += way.events;
            self.sends.starts.push(sends);
            self.receipts.starts.push(receipts);
            (way.send, sends) = (sends, sends + way.send);
            (way.receipt, receipts) = (receipts, receipts + way.receipt);
            way.events = 0;
        }
        self.starts.push(events);
        self.sends.make(sends as usize);
        self.receipts.make(receipts as usize);
        ways
    }

    /// Reads the events of all logs; by log, the clocks between which some are missing.
    fn read(&mut self, trace: &Trace<'_>, lines: &[OneLog<'_>]) -> Vec<Vec<(i64, i64)>> {
        let mut ways = self.ways(trace, lines);
        let mut gaps = vec![Vec::new(); lines.len()];
        let others = lines.len().saturating_sub(1);
        let (sends, receipts) = (&mut self.sends, &mut self.receipts);
        for (row, &place) in self.places.iter().enumerate() {
            let log = place as usize;
            let (way, lines) = (&mut ways[log], &lines[log]);
            let (index, before) = (way.events as usize, way.clock);
            way.events += 1;
            way.clock = Some(trace.new_clock[row]);
            self.rows[self.starts[log] as usize + index] = row as u32;
            let old = lines.old(row, index, before);
            if !lines.follows(index, before, old) {
                self.breaks[log].push(index as u32);
                // What came before the first event is no gap, unless nothing did.
                if index > 0 || way.begins {
                    gaps[log].extend(lines.gap(row, before, old));
                }
            }
            let event = trace.event[row];
            if event.sends() {
                let send = way.send as usize;
                way.send += 1;
                let stamp = lines.stamp(row, old);
                self.has_own_stamps |= stamp != trace.new_clock[row];
                self.has_unknown_stamps |= stamp < 0;
                sends.stamps[send] = stamp;
                sends.rows[send] = row as u32;
                sends.indices[send] = index as u32;
                sends.logs[send] = place;
                let recipients = trace.recipients(row);
                self.sends_to_itself |= recipients.contains(&trace.machine_id[row]);
                self.is_crowded |= recipients.len() > others && recipients.contains(&UNKNOWN);
            } else if event.receives() && !trace.by_hand[row] {
                let receipt = way.receipt as usize;
                way.receipt += 1;
                receipts.rows[receipt] = row as u32;
                receipts.indices[receipt] = index as u32;
                receipts.senders[receipt] = match known(trace.sender[row]) {
                    Some(id) => self.ids.place(id).map_or(UNLOGGED, |place| place as u32),
                    None => UNTOLD,
                };
                receipts.clues[receipt] = lines.clue(row, old);
            }
        }
        for log in 0..lines.len() {
            sends.sort(log);
        }
        gaps
    }

    /// Whether every machine that is named, there or in an event, has a log.
    pub(super) fn has_all(
        &self,
        (trace, rules): (&Trace<'_>, &Rules),
        mut named: impl Iterator<Item = u64>,
    ) -> bool {
        // Most often ids have no gap.
        let ids = self.ids.all();
        let span = ids.first().zip(ids.last());
        let span = span.filter(|&(first, last)| last - first + 1 == ids.len() as u64);
        let has = |id: i64| match span {
            _ if id < 0 => true,
            Some((&first, &last)) => (first..=last).contains(&(id as u64)),
            None => self.ids.place(id as u64).is_some(),
        };
        // A SEND to more machines than there are others tells of one more.
        let others = self.notes.len().saturating_sub(1);
        let addresses = self.notes.iter().map(|notes| notes.addresses);
        let mut unread = self.notes.iter().flat_map(|notes| &notes.unread);
        rules.machines == Membership::These
            && !self.is_crowded
            && named.all(|id| has(id as i64))
            && addresses.max().is_none_or(|addresses| addresses <= others)
            && unread.all(|&(id, _)| has(id as i64))
            && trace.sender.iter().all(|&id| has(id))
            && trace.recipients.iter().all(|&id| has(id))
    }

    /// The rows of a log, in its own order.
    pub(in crate::causality) fn rows_of(&self, log: usize) -> &[u32] {
        &self.rows[self.starts[log] as usize..self.starts[log + 1] as usize]
    }
}

/// Which clocks a log with these rows and gaps covers.
fn cover(lines: &OneLog<'_>, rows: &[u32], mut gaps: Vec<(i64, i64)>) -> Cover {
    let notes = lines.notes;
    let clock = |row: &u32| lines.trace.new_clock[*row as usize];
    let (first, last) = (rows.first(), rows.last());
    let to = last.map_or(lines.first(), clock);
    // Lines may be missing behind the last event, too.
    if let Some(end) = notes.end.filter(|&end| end > to) {
        gaps.push((to, end));
    } else if notes.gaps.last() == Some(&(rows.len() as u32)) {
        gaps.push((to, i64::MAX));
    }
    let old = |row: &u32| lines.old(*row as usize, 0, None);
    Cover {
        begins: lines.begins(first.map(|&row| row as usize)),
        // Where receipts need not move the clock, a SEND before may have left it as it is.
        from: first.map_or(i64::MAX, |row| old(row).unwrap_or_else(|| clock(row))),
        to,
        is_ended: notes.end.is_some(),
        gaps: Cover::apart(gaps),
    }
}
