//! The events of a run and what each follows from: the event before on its machine, and a send.

pub use super::trace::Trace;

use super::ids::{Ids, few};
use crate::error::{Error, Result};

/// Stands where there is no machine.
pub(super) const NONE: u32 = u32::MAX;

/// An event: the `index`-th (from 1) of the machine at `place`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// The place of its machine among all.
    pub place: u32,
    /// Its number on the machine.
    pub index: u32,
}

/// What events may follow from beside the event before on their machine and the send of what they received.
#[derive(Debug, Clone, Default)]
pub(super) struct MoreCauses {
    /// Those of the event at a position start there, and at last how many there are; empty if there are none.
    pub(super) starts: Vec<u32>,
    /// All of them.
    pub(super) events: Vec<EventId>,
}

impl MoreCauses {
    /// Whether no event has any.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Those of the event at a position.
    #[inline]
    pub(super) fn of(&self, position: usize) -> &[EventId] {
        if self.starts.is_empty() {
            return &[];
        }
        &self.events[self.starts[position] as usize..self.starts[position + 1] as usize]
    }
}

/// The graph of a run: 24 bytes an event.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(super) ids: Ids,
    /// The events of the machine at k stand from `starts[k]` to `starts[k + 1]`, in its own order.
    pub(super) starts: Vec<u32>,
    /// Their rows in the table.
    pub(super) rows: Vec<u32>,
    /// Their clocks, which only go up on a machine.
    pub(super) clocks: Vec<i64>,
    /// The place of who sent the message received, or [`NONE`].
    pub(super) sender: Vec<u32>,
    /// Which of the sender's events sent it.
    pub(super) sent: Vec<u32>,
    /// What else events may follow from; nothing in the graph of what is certain.
    pub(super) more: MoreCauses,
    /// The places of the machines to visit one by one: an order in which every event comes after all it follows from.
    pub(super) sequence: Vec<u32>,
    /// How many receipts have a send.
    pub(super) matched: usize,
    /// How many have none.
    pub(super) unmatched: usize,
}

impl Graph {
    /// How many events there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The machines, sorted.
    pub fn machines(&self) -> &[u64] {
        self.ids.all()
    }

    /// How many messages were received without a known send.
    pub fn unmatched(&self) -> usize {
        self.unmatched
    }

    /// How many rows of vector clocks there are at most: one for each event that follows from another machine.
    pub(super) fn rows_kept(&self) -> usize {
        self.matched
            + self
                .more
                .starts
                .windows(2)
                .filter(|pair| pair[0] < pair[1])
                .count()
    }

    /// How many events the machine at `place` has.
    pub(super) fn length(&self, place: usize) -> u32 {
        self.starts[place + 1] - self.starts[place]
    }

    /// Where an event stands among those of all machines.
    #[inline]
    pub(super) fn position(&self, event: EventId) -> usize {
        (self.starts[event.place as usize] + event.index) as usize - 1
    }

    /// The event at a position.
    #[inline]
    pub(super) fn event_at(&self, position: u32) -> EventId {
        let place = self.starts.partition_point(|&start| start <= position) - 1;
        EventId {
            place: place as u32,
            index: position - self.starts[place] + 1,
        }
    }

    /// The send of the message received there, if it was and is known.
    #[inline]
    pub(super) fn cause(&self, position: usize) -> Option<EventId> {
        let place = self.sender[position];
        (place != NONE).then(|| EventId {
            place,
            index: self.sent[position],
        })
    }

    /// All that the event at a position follows from, but for the event before on its machine.
    #[inline]
    pub(super) fn causes(&self, position: usize) -> impl Iterator<Item = EventId> {
        let more = self.more.of(position).iter().copied();
        self.cause(position).into_iter().chain(more)
    }

    /// The place of a machine.
    pub(super) fn place(&self, machine_id: i64) -> Result<usize> {
        let place = u64::try_from(machine_id).ok();
        place.and_then(|id| self.ids.place(id)).ok_or_else(|| {
            Error::invalid(format!(
                "there is no machine {machine_id}: the machines are {}",
                few(self.machines())
            ))
        })
    }

    /// So many of the first events of a machine, if it has as many; with its place.
    pub fn first_events(&self, machine_id: i64, count: i64) -> Result<(usize, u32)> {
        let place = self.place(machine_id)?;
        let length = self.length(place);
        match u32::try_from(count) {
            Ok(count) if count <= length => Ok((place, count)),
            _ => Err(Error::invalid(format!(
                "a cut with {count} events of machine {machine_id}: it has {length}"
            ))),
        }
    }

    /// The event of a machine after which its clock was `clock`.
    pub fn event(&self, machine_id: i64, clock: i64) -> Result<EventId> {
        let place = self.place(machine_id)?;
        let clocks = &self.clocks[self.starts[place] as usize..self.starts[place + 1] as usize];
        match clocks.binary_search(&clock) {
            // Where receipts may leave the clock as it is.
            Ok(index)
                if clocks[..index].last() == Some(&clock)
                    || clocks.get(index + 1) == Some(&clock) =>
            {
                Err(Error::invalid(format!(
                    "machine {machine_id} has several events with clock {clock}: receipts did not move it, so that it names none of them"
                )))
            }
            Ok(index) => Ok(EventId {
                place: place as u32,
                index: index as u32 + 1,
            }),
            Err(index) => {
                let near = &clocks[index.saturating_sub(1)..clocks.len().min(index + 1)];
                let near: Vec<String> = near.iter().map(ToString::to_string).collect();
                let there = if near.is_empty() {
                    "it has no events".to_owned()
                } else {
                    format!(
                        "its {} events have clocks from {} to {}, the nearest {}",
                        clocks.len(),
                        clocks[0],
                        clocks[clocks.len() - 1],
                        near.join(" and ")
                    )
                };
                Err(Error::invalid(format!(
                    "machine {machine_id} has no event with clock {clock}: {there}"
                )))
            }
        }
    }
}
