//! Orders of all events: a causal one, and Lamport's total one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::checkpoint::{Checkpoint, GoOn};
use super::graph::{EventId, Graph};
use crate::error::{Error, Result};

/// The rows in Lamport's total order: by clock, then by machine.
///
/// It extends happened-before wherever the clocks obey the clock condition; rows that have
/// both in common stay in their order.
pub fn total_order(
    machine_id: &[i64],
    new_clock: &[i64],
    go_on: &mut GoOn<'_>,
) -> Result<Vec<u32>> {
    let mut checkpoint = Checkpoint::of_query(go_on);
    let mut rows: Vec<u32> = (0..new_clock.len() as u32).collect();
    for keys in [machine_id, new_clock] {
        sort_by(&mut rows, |row| keys[row as usize] as u64, &mut checkpoint)?;
    }
    Ok(rows)
}

/// Sorts by a key, equal ones as they stand, in a pass for each 16 bits in use.
pub(super) fn sort_by(
    items: &mut Vec<u32>,
    key: impl Fn(u32) -> u64,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    const BITS: u32 = 16;
    let used = items.iter().fold(0, |used, &item| used | key(item));
    let mut sorted = vec![0; items.len()];
    let mut shift = 0;
    while shift < u64::BITS && used >> shift != 0 {
        let digit = |item: u32| (key(item) >> shift) as usize & ((1 << BITS) - 1);
        let mut ends = vec![0_usize; (1 << BITS) + 1];
        for &item in &*items {
            ends[digit(item) + 1] += 1;
            checkpoint.after(2)?;
        }
        for value in 0..1 << BITS {
            ends[value + 1] += ends[value];
        }
        for &item in &*items {
            let at = &mut ends[digit(item)];
            sorted[*at] = item;
            *at += 1;
            checkpoint.after(4)?;
        }
        std::mem::swap(items, &mut sorted);
        shift += BITS;
    }
    Ok(())
}

/// Whether each event stands in the table after all it follows from. `places` are the machines of the rows.
pub(super) fn is_causal(
    graph: &Graph,
    places: &[u32],
    checkpoint: &mut Checkpoint<'_>,
) -> Result<bool> {
    let mut next = graph.starts.clone();
    for &place in places {
        let position = next[place as usize];
        let mut causes = graph.causes(position as usize);
        if causes.any(|cause| graph.position(cause) as u32 >= next[cause.place as usize]) {
            return Ok(false);
        }
        next[place as usize] += 1;
        checkpoint.after(4)?;
    }
    Ok(true)
}

/// The machines to visit one by one so that each event comes after all it follows from.
///
/// The order is that of the table, but for receipts that stand before their send, which wait
/// for it with all that follows on their machine. `places` are the machines of the rows.
pub(super) fn causal(
    graph: &Graph,
    places: &[u32],
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<u32>> {
    sequence(graph, places, checkpoint)?
}

/// The same, with an error of its own if events follow from themselves.
pub(super) fn sequence(
    graph: &Graph,
    places: &[u32],
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Result<Vec<u32>>> {
    let machines = graph.machines().len();
    let mut visit = Visit {
        graph,
        due: vec![0; machines],
        next: vec![0; machines],
        is_blocked: vec![false; machines],
        waiting: vec![BinaryHeap::new(); machines],
        ready: Vec::new(),
        sequence: Vec::with_capacity(places.len()),
    };
    for &place in places {
        visit.due[place as usize] += 1;
        if !visit.is_blocked[place as usize] && !visit.goes_on(place) {
            visit.ready.push(place);
            visit.advance();
        }
        checkpoint.after(8)?;
    }
    match visit.is_blocked.iter().position(|&blocked| blocked) {
        None => Ok(Ok(visit.sequence)),
        Some(place) => Ok(Err(visit.cycle(place))),
    }
}

struct Visit<'a> {
    graph: &'a Graph,
    /// By machine, how many of its events came up so far.
    due: Vec<u32>,
    /// By machine, how many of them are visited.
    next: Vec<u32>,
    /// By machine, whether the next waits for its send.
    is_blocked: Vec<bool>,
    /// By machine, who waits until so many of its events are visited.
    waiting: Vec<BinaryHeap<Reverse<(u32, u32)>>>,
    ready: Vec<u32>,
    sequence: Vec<u32>,
}

impl Visit<'_> {
    /// Visits the event that is due of a machine that is not blocked, if it waits for nothing and nobody for the machine.
    #[inline]
    fn goes_on(&mut self, place: u32) -> bool {
        let machine = place as usize;
        let position = self.graph.starts[machine] + self.next[machine];
        let is_free = self.waiting[machine].is_empty() && self.awaited(position as usize).is_none();
        if is_free {
            self.next[machine] += 1;
            self.sequence.push(place);
        }
        is_free
    }

    /// Visits what is due and waits for nothing.
    fn advance(&mut self) {
        while let Some(place) = self.ready.pop() {
            let machine = place as usize;
            let start = self.graph.starts[machine];
            while self.next[machine] < self.due[machine] {
                if let Some(send) = self.awaited((start + self.next[machine]) as usize) {
                    self.waiting[send.place as usize].push(Reverse((send.index, place)));
                    self.is_blocked[machine] = true;
                    break;
                }
                self.next[machine] += 1;
                self.sequence.push(place);
            }
            while let Some(&Reverse((index, waiter))) = self.waiting[machine].peek()
                && index <= self.next[machine]
            {
                self.waiting[machine].pop();
                self.is_blocked[waiter as usize] = false;
                self.ready.push(waiter);
            }
        }
    }

    /// What the event at a position waits for, if it does.
    #[inline]
    fn awaited(&self, position: usize) -> Option<EventId> {
        let is_awaited = |event: &EventId| !self.is_visited(*event);
        let send = self.graph.cause(position).filter(is_awaited);
        send.or_else(|| {
            let more = self.graph.more.of(position);
            more.iter().copied().find(is_awaited)
        })
    }

    fn is_visited(&self, event: EventId) -> bool {
        self.next[event.place as usize] >= event.index
    }

    /// Names a receipt in the cycle in which the events that wait are caught.
    fn cycle(&self, start: usize) -> Error {
        let head = |place: usize| (self.graph.starts[place] + self.next[place]) as usize;
        let after = |place: usize| {
            let send = self.awaited(head(place));
            send.map_or(place, |send| send.place as usize)
        };
        // After as many steps as there are machines one is in the cycle.
        let place = (0..self.next.len()).fold(start, |place, _| after(place));
        let id = self.graph.machines()[place];
        Error::state(format!(
            "the receipt of machine {id} at clock {} comes before its own send, which follows from it: these events are not a possible history, and run.verify() says what is wrong",
            self.graph.clocks[head(place)]
        ))
    }
}
