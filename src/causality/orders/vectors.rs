//! Clocks that know what happened before: what vectors, their differences and matrices take.
//!
//! One pass tells all of them, without any of their stamps: the row of a matrix clock for a machine is the vector clock of
//! the last event that is known of it.

use std::collections::BTreeMap;

use super::super::checkpoint::Checkpoint;
use super::super::stamps::news::News;
use super::super::stamps::varint;
use super::super::vectors::{ClockRows, EventClock, traverse, whole};
use super::cost::{SentMessages, StampCost};
use crate::error::Result;

/// What one pass tells.
pub(super) struct Exact {
    /// How many pairs of events there are of which one happened before the other.
    pub(super) ordered: u64,
    pub(super) vector: StampCost,
    pub(super) difference: StampCost,
    pub(super) matrix: StampCost,
}

/// Visits all events. O(events + (receipts + messages) x machines).
pub(super) fn exact(messages: SentMessages<'_>, checkpoint: &mut Checkpoint<'_>) -> Result<Exact> {
    let graph = messages.graph;
    let machines = graph.machines().len();
    let mut pass = Pass {
        messages,
        before: vec![0; machines],
        vectors: Sizes::new(machines, machines as u64, 1),
        matrices: Sizes::new(machines, (machines * machines) as u64, machines as u64),
        sizes: vec![0; graph.len()],
        differences: Differences::new(messages),
        told: Exact {
            ordered: 0,
            vector: StampCost::default(),
            difference: StampCost::default(),
            matrix: StampCost::default(),
        },
    };
    let mut rows = ClockRows::new(machines, None);
    let (from, to) = whole(graph);
    traverse(graph, &from, &to, &mut rows, checkpoint, |step| {
        Ok(pass.event(step))
    })?;
    let (events, receipts, width) = (graph.len() as u64, graph.matched as u64, machines as u64);
    let mut told = pass.told;
    told.vector.entries = events + receipts * width;
    told.matrix.entries = events + receipts * width * width;
    told.difference = pass.differences.cost;
    told.difference.entries += events;
    Ok(told)
}

struct Pass<'a> {
    messages: SentMessages<'a>,
    /// By machine, how many events of other machines its last one follows from.
    before: Vec<u64>,
    vectors: Sizes,
    matrices: Sizes,
    /// By position, the bytes of the vector clock.
    sizes: Vec<u32>,
    differences: Differences<'a>,
    told: Exact,
}

impl Pass<'_> {
    /// Returns the work.
    fn event(&mut self, step: &EventClock<'_>) -> usize {
        let graph = self.messages.graph;
        let mut work = 16;
        if step.is_new {
            let all: u64 = step.row.iter().map(|&entry| u64::from(entry)).sum();
            self.before[step.place] = all - u64::from(step.row[step.place]);
            self.vectors
                .others(step, |_, count| varint::bytes(count.into()));
            let sizes = &self.sizes;
            self.matrices.others(step, |place, count| {
                u64::from(sizes[(graph.starts[place] + count) as usize - 1])
            });
            self.differences.news.update(step);
            work += 4 * step.row.len();
        }
        self.told.ordered += self.before[step.place] + u64::from(step.index) - 1;
        let vector = self.vectors.of[step.place] + varint::bytes(step.index.into());
        self.sizes[step.position] = vector as u32;
        let recipients = self.messages.recipients(step.position);
        let count = recipients.len() as u64;
        if count > 0 {
            self.told.vector.add(count, vector);
            let matrix = self.matrices.of[step.place] + vector;
            self.told.matrix.add(count, matrix);
            work += self.differences.send(step, recipients);
        }
        self.differences.receipt(step);
        work
    }
}

/// By machine, how many bytes its clock takes but for what it says of the machine itself.
struct Sizes {
    of: Vec<u64>,
    /// What it takes for a machine of which nothing is known.
    unknown: u64,
}

impl Sizes {
    fn new(machines: usize, nothing: u64, unknown: u64) -> Self {
        Self {
            of: vec![nothing - unknown.min(nothing); machines],
            unknown,
        }
    }

    /// Sums what it takes for others, of which so many events are known.
    fn others(&mut self, step: &EventClock<'_>, bytes: impl Fn(usize, u32) -> u64) {
        let known = step.row.iter().enumerate();
        let others = known.filter(|&(place, _)| place != step.place);
        let sizes = others.map(|(place, &count)| match count {
            0 => self.unknown,
            _ => bytes(place, count),
        });
        self.of[step.place] = sizes.sum();
    }
}

/// What changed since the last message of a channel (Singhal and Kshemkalyani 1992): pairs of a machine's place and its entry.
struct Differences<'a> {
    messages: SentMessages<'a>,
    news: News,
    /// By sender and recipient, which of the sender's events sent last.
    last: BTreeMap<(usize, i64), u32>,
    /// Of each message, in the order of all recipients, how many entries it has.
    entries: Vec<u32>,
    cost: StampCost,
}

impl<'a> Differences<'a> {
    fn new(messages: SentMessages<'a>) -> Self {
        let machines = messages.graph.machines().len();
        Self {
            messages,
            news: News::new(machines),
            last: BTreeMap::new(),
            entries: vec![0; messages.trace.recipients.len()],
            cost: StampCost::default(),
        }
    }

    fn send(&mut self, step: &EventClock<'_>, recipients: &[i64]) -> usize {
        let row = self.messages.graph.rows[step.position] as usize;
        let first = self.messages.trace.starts[row];
        let own = varint::bytes(step.place as u64) + varint::bytes(step.index.into());
        let mut work = 0;
        for (message, &recipient) in (first..).zip(recipients) {
            // Nobody knows what one who is not known knows.
            let last = match recipient {
                ..0 => 0,
                _ => (self.last.insert((step.place, recipient), step.index)).unwrap_or(0),
            };
            let (mut entries, mut bytes) = (0, 0);
            if last < step.index {
                (entries, bytes) = (1, own);
            }
            for (place, count) in self.news.after(step.place, last) {
                entries += 1;
                bytes += varint::bytes(place.into()) + varint::bytes(count.into());
            }
            if entries > 1 {
                work += step.row.len();
            }
            self.entries[message] = entries;
            self.cost.add(1, bytes);
            work += 16;
        }
        work
    }

    /// A receipt is handed the entries of its message.
    fn receipt(&mut self, step: &EventClock<'_>) {
        let graph = self.messages.graph;
        let Some(send) = graph.cause(step.position) else {
            return;
        };
        let sent = graph.position(send);
        let first = self.messages.trace.starts[graph.rows[sent] as usize];
        let recipients = self.messages.recipients(sent);
        let id = graph.machines()[step.place] as i64;
        // To whom its SEND says, or to one of those who are not known.
        let found = recipients.iter().position(|&recipient| recipient == id);
        let found = found.or_else(|| recipients.iter().position(|&recipient| recipient < 0));
        if let Some(found) = found {
            self.cost.entries += u64::from(self.entries[first + found]);
        }
    }
}
