//! What events may follow from, where the logs leave it open.
//!
//! A receipt that is not matched may be of the latest SEND that each machine may have sent it, and so of all before it. If the
//! sender may be unlogged, everything may have led to the message that has a clock below its timestamp. The same
//! goes for an event before which others are missing: there may have been receipts among them.

use super::checkpoint::Checkpoint;
use super::graph::{EventId, Graph, MoreCauses, NONE};
use super::matching::{Clue, Evidence};
use crate::error::Result;

/// What the events of a graph of certain causes may follow from beside these; `None` if nothing is ruled out.
pub(super) fn causes(
    graph: &Graph,
    evidence: &Evidence<'_>,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Option<MoreCauses>> {
    let machines = graph.machines().len();
    // Nothing is ruled out.
    if evidence.is_vast() {
        return Ok(None);
    }
    let mut search = OpenCauses {
        graph,
        evidence,
        more: MoreCauses::default(),
        log: 0,
        given: vec![0; machines],
        next: vec![0; machines],
        latest: vec![0; machines],
        limit: i64::MIN,
    };
    for log in 0..machines {
        if search.machine(log, checkpoint)?.is_none() {
            return Ok(None);
        }
    }
    let count = search.more.events.len() as u32;
    search.more.starts.push(count);
    Ok(Some(search.more))
}

struct OpenCauses<'a, 'e> {
    graph: &'a Graph,
    evidence: &'a Evidence<'e>,
    more: MoreCauses,
    /// The machine at hand.
    log: usize,
    /// By machine, up to which event those of the machine at hand have a cause here.
    given: Vec<u32>,
    /// By machine, the next of its SENDs, and the latest before it that may be to the machine at hand, as its number.
    next: Vec<usize>,
    latest: Vec<u32>,
    /// Up to which clock all events have been given.
    limit: i64,
}

impl OpenCauses<'_, '_> {
    /// Adds the causes of the events of a machine; `None` if nothing is ruled out.
    fn machine(&mut self, log: usize, checkpoint: &mut Checkpoint<'_>) -> Result<Option<()>> {
        let evidence = self.evidence;
        self.log = log;
        self.given.fill(0);
        self.latest.fill(0);
        self.limit = i64::MIN;
        for (place, next) in self.next.iter_mut().enumerate() {
            *next = evidence.sends.of(place).start;
        }
        let with_vector = evidence.with_vector(log);
        for (index, &row) in evidence.rows_of(log).iter().enumerate() {
            let row = row as usize;
            let position = self.graph.starts[log] as usize + index;
            self.more.starts.push(self.more.events.len() as u32);
            self.more.events.extend(self.graph.more.of(position));
            checkpoint.after(4)?;
            // A vector tells all that came before.
            if index < with_vector {
                continue;
            }
            if !evidence.follows(log, index) {
                if evidence.is_computed {
                    return Ok(None);
                }
                let found = evidence.old(log, index);
                let clock = found.unwrap_or_else(|| evidence.most_before(row));
                let Some(limit) = evidence.rules.before_receipt(clock) else {
                    return Ok(None);
                };
                self.all_up_to(limit, checkpoint)?;
            }
            let is_open = evidence.trace.event[row].receives()
                && !evidence.trace.by_hand[row]
                && self.graph.sender[position] == NONE;
            if is_open
                && self
                    .receipt(row, evidence.clue(log, index), checkpoint)?
                    .is_none()
            {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    /// Adds the causes of a receipt that is not matched.
    fn receipt(
        &mut self,
        row: usize,
        clue: Clue,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Option<()>> {
        let evidence = self.evidence;
        // Computed clocks know nothing of a message that is not known.
        if evidence.is_computed {
            return Ok(None);
        }
        let machines = 0..self.given.len();
        let clock = evidence.rules.clock_of(clue.most());
        let mut may_be_unlogged = false;
        match (evidence.sender(row), clue) {
            (Some(None), _) => may_be_unlogged = true,
            (Some(Some(sender)), _) => {
                let cover = &evidence.covers[sender];
                may_be_unlogged |= match clue {
                    Clue::Is(_) => !cover.has(clock),
                    Clue::AtMost(_) => !cover.has_all_to(clock),
                };
                self.sends_of(sender, clue);
            }
            (None, Clue::Is(stamp)) => {
                may_be_unlogged |= !evidence.is_closed || !evidence.all_cover(self.log, clock);
                for send in evidence.candidates(self.log, stamp) {
                    let row = evidence.sends.rows[send] as usize;
                    let sender = evidence.ids.place(evidence.trace.machine_id[row] as u64);
                    if let Some(sender) = sender {
                        self.give(sender, evidence.sends.indices[send] + 1);
                    }
                }
            }
            (None, Clue::AtMost(_)) => {
                checkpoint.after(8 * machines.len())?;
                may_be_unlogged |= !evidence.is_closed || !evidence.all_cover_to(self.log, clock);
                for sender in machines {
                    if evidence.may_send(sender, self.log) {
                        self.sends_of(sender, clue);
                    }
                }
            }
        }
        if may_be_unlogged {
            let Some(limit) = evidence.rules.before_message(clue.most()) else {
                return Ok(None);
            };
            self.all_up_to(limit, checkpoint)?;
        }
        Ok(Some(()))
    }

    /// Adds the latest SEND of a machine that can be of a receipt.
    fn sends_of(&mut self, sender: usize, clue: Clue) {
        let (evidence, sends) = (self.evidence, &self.evidence.sends);
        let id = self.graph.machines()[self.log];
        match clue {
            Clue::Is(stamp) => {
                for send in sends.with(sender, stamp) {
                    if evidence.may_be(send, id) {
                        self.give(sender, sends.indices[send] + 1);
                    }
                }
            }
            Clue::AtMost(most) => {
                let end = sends.of(sender).end;
                while self.next[sender] < end && sends.stamps[self.next[sender]] <= most {
                    if evidence.may_be(self.next[sender], id) {
                        let number = sends.indices[self.next[sender]] + 1;
                        self.latest[sender] = self.latest[sender].max(number);
                    }
                    self.next[sender] += 1;
                }
                self.give(sender, self.latest[sender]);
            }
        }
    }

    /// Adds the last event of each other machine with at most this clock.
    fn all_up_to(&mut self, limit: i64, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        if limit <= self.limit {
            return Ok(());
        }
        self.limit = limit;
        for place in 0..self.given.len() {
            let span = self.graph.starts[place] as usize..self.graph.starts[place + 1] as usize;
            let clocks = &self.graph.clocks[span];
            self.give(
                place,
                clocks.partition_point(|&clock| clock <= limit) as u32,
            );
        }
        checkpoint.after(16 * self.given.len())
    }

    /// Adds an event of another machine as a cause, if it is news.
    fn give(&mut self, place: usize, index: u32) {
        if place != self.log && index > self.given[place] {
            self.given[place] = index;
            self.more.events.push(EventId {
                place: place as u32,
                index,
            });
        }
    }
}
