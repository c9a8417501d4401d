//! Vector clocks as they are sent: what has changed since the last message to the same machine (Singhal and Kshemkalyani
//! 1992).
//!
//! Whoever takes the larger of each number, message by message, has the vector clocks, because the messages of a channel
//! come in the order in which they were sent, if none is lost.

use std::collections::BTreeMap;

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::{EventId, Graph};
use super::super::trace::Trace;
use super::super::vectors::{ClockRows, traverse, whole};
use super::news::News;
use super::wanted::Wanted;
use crate::error::{Error, Result};

/// What a message tells of a machine, by place: how many of its events are known of.
pub type NewEntry = (u32, u32);

/// The differences that an event sends, by recipient.
pub type SentChanges = Vec<(u64, Vec<NewEntry>)>;

/// What the events that are asked for send.
///
/// Recipients are those that SENDs name, and those that received. It is an error if a message was overtaken.
pub fn table(
    graph: &Graph,
    trace: &Trace<'_>,
    wanted: &Wanted,
    go_on: &mut GoOn<'_>,
) -> Result<Vec<SentChanges>> {
    let checkpoint = &mut Checkpoint::of_query(go_on);
    check_order(graph, checkpoint)?;
    let recipients = recipients(graph, trace, checkpoint)?;
    let width = graph.machines().len();
    let mut news = News::new(width);
    // By machine, the index of its last send to each recipient.
    let mut last: Vec<BTreeMap<u64, u32>> = vec![BTreeMap::new(); width];
    let mut table = vec![SentChanges::new(); wanted.len()];
    let mut entries = 0;
    let mut rows = ClockRows::new(width, None);
    let (from, to) = whole(graph);
    traverse(graph, &from, &to, &mut rows, checkpoint, |step| {
        let mut work = 8;
        if step.is_new {
            news.update(step);
            work += width;
        }
        for &recipient in &recipients.all[recipients.of(step.position)] {
            let before = last[step.place].insert(recipient, step.index).unwrap_or(0);
            let Some(slot) = wanted.slot(step.position) else {
                continue;
            };
            let own = step.place as u32;
            let mut changes: Vec<NewEntry> = news.after(step.place, before).collect();
            let at = changes.partition_point(|&(place, _)| place < own);
            changes.insert(at, (own, step.index));
            entries += changes.len();
            wanted.check("vector_diff", entries.saturating_mul(PRICE))?;
            table[slot].push((recipient, changes));
            work += width;
        }
        Ok(work)
    })?;
    Ok(table)
}

/// A number in a mapping of Python takes as much as so many in a table.
const PRICE: usize = 10;

/// An error if a machine received what was sent to it in another order.
fn check_order(graph: &Graph, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
    for place in 0..graph.machines().len() {
        let mut latest: BTreeMap<u32, u32> = BTreeMap::new();
        for position in graph.starts[place] as usize..graph.starts[place + 1] as usize {
            checkpoint.after(8)?;
            let Some(send) = graph.cause(position) else {
                continue;
            };
            let before = latest.insert(send.place, send.index).unwrap_or(0);
            if before > send.index {
                let index = before;
                let before = EventId { index, ..send };
                let clock = |event| graph.clocks[graph.position(event)];
                let ids = graph.machines();
                return Err(Error::state(format!(
                    "vector_diff: machine {} received what machine {} sent at clock {} after what it sent at clock {}: differences are for channels that keep the order",
                    ids[place],
                    ids[send.place as usize],
                    clock(send),
                    clock(before)
                )));
            }
        }
    }
    Ok(())
}

/// To whom events send.
struct RecipientsBySend {
    starts: Vec<u32>,
    all: Vec<u64>,
}

impl RecipientsBySend {
    fn of(&self, position: usize) -> std::ops::Range<usize> {
        self.starts[position] as usize..self.starts[position + 1] as usize
    }
}

fn recipients(
    graph: &Graph,
    trace: &Trace<'_>,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<RecipientsBySend> {
    let mut received: Vec<(u32, u64)> = Vec::new();
    for (place, &id) in graph.machines().iter().enumerate() {
        for position in graph.starts[place] as usize..graph.starts[place + 1] as usize {
            if let Some(send) = graph.cause(position) {
                received.push((graph.position(send) as u32, id));
            }
        }
        checkpoint.after(1)?;
    }
    received.sort_unstable();
    let mut received = received.into_iter().peekable();
    let mut recipients = RecipientsBySend {
        starts: vec![0],
        all: Vec::new(),
    };
    for position in 0..graph.len() {
        checkpoint.after(8)?;
        let first = recipients.all.len();
        let row = graph.rows[position] as usize;
        if trace.event[row].sends() {
            let named = trace.recipients(row).iter();
            recipients
                .all
                .extend(named.filter_map(|&id| u64::try_from(id).ok()));
        }
        while let Some((_, id)) = received.next_if(|&(of, _)| of as usize == position) {
            recipients.all.push(id);
        }
        recipients.all[first..].sort_unstable();
        // Each once.
        let mut kept = first;
        for at in first..recipients.all.len() {
            if at == first || recipients.all[at] != recipients.all[at - 1] {
                recipients.all[kept] = recipients.all[at];
                kept += 1;
            }
        }
        recipients.all.truncate(kept);
        recipients.starts.push(recipients.all.len() as u32);
    }
    Ok(recipients)
}
