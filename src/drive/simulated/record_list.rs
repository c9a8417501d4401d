//! Events of a run in virtual time as they are kept until tables are made, and the rows they become.

use std::ops::Range;

use crate::drive::simulated::id;
use crate::log::columns::{Row, UNKNOWN};
use crate::log::schema::EventKind;
use crate::model::event::{Event, Recipients};
use crate::model::message::Nanos;
use crate::model::topology::Topology;

/// Records in one piece of memory; pieces are kept for the next run.
pub(super) const CHUNK: usize = 1 << 16;

/// The recipients of a send to all.
const ALL: u32 = u32::MAX;

/// One event, compact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) time: Nanos,
    pub(super) new_clock: u64,
    /// Of a receipt: the message.
    sent_clock: u64,
    arrival: Nanos,
    /// Of a receipt: the id of the sender, less 1. Of a send: the position of the recipient, or [`ALL`].
    peer: u32,
    queue_len: u32,
    pub(super) machine: u32,
    kind: EventKind,
}

impl Record {
    #[inline]
    pub(super) fn new(time: Nanos, machine: u32, event: &Event) -> Self {
        let mut record = Self {
            time,
            new_clock: event.new_clock(),
            sent_clock: 0,
            arrival: 0,
            peer: 0,
            queue_len: 0,
            machine,
            kind: EventKind::of(event),
        };
        if let Some(recipients) = event.recipients() {
            record.peer = match recipients {
                Recipients::One(position) => *position,
                Recipients::All | Recipients::Some(_) => ALL,
            };
        }
        if let Some((message, queue_len)) = event.received() {
            record.sent_clock = message.timestamp;
            record.arrival = message.arrival;
            record.peer = (message.sender().unwrap_or(0)).wrapping_sub(1) as u32;
            record.queue_len = queue_len as u32;
        }
        record
    }

    /// Its row, of a machine that had this clock before.
    #[inline]
    pub(super) fn row(&self, old_clock: u64) -> Row {
        let receives = self.kind.receives();
        let known = |value: i64| if receives { value } else { UNKNOWN };
        let clocks = (old_clock as i64, self.new_clock as i64);
        Row {
            queue_len: known(i64::from(self.queue_len)),
            sender: known(i64::from(self.peer) + 1),
            sent_clock: known(self.sent_clock as i64),
            arrived: if receives {
                micros(self.arrival) / 1e6
            } else {
                f64::NAN
            },
            ..plain_row(self.time, self.machine, self.kind, clocks)
        }
    }

    /// To which positions among its machine's peers it sends.
    #[inline]
    pub(super) fn positions(&self, topology: &Topology) -> Range<u32> {
        if !self.kind.sends() {
            0..0
        } else if self.peer == ALL {
            0..topology.degree(self.machine)
        } else {
            self.peer..self.peer + 1
        }
    }
}

/// A list in pieces of memory, which are kept for the next.
#[derive(Debug)]
pub(super) struct Pieces<T> {
    full: Vec<Vec<T>>,
    last: Vec<T>,
    spare: Vec<Vec<T>>,
}

impl<T> Default for Pieces<T> {
    fn default() -> Self {
        Self {
            full: Vec::new(),
            last: Vec::new(),
            spare: Vec::new(),
        }
    }
}

impl<T> Pieces<T> {
    #[inline]
    pub(super) fn push(&mut self, value: T) {
        if self.last.len() == self.last.capacity() {
            self.next_chunk();
        }
        self.last.push(value);
    }

    #[cold]
    fn next_chunk(&mut self) {
        let next = self
            .spare
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(CHUNK));
        let last = std::mem::replace(&mut self.last, next);
        if !last.is_empty() {
            self.full.push(last);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.full.len() * CHUNK + self.last.len()
    }

    #[inline]
    pub(super) fn get(&self, place: usize) -> &T {
        let piece = self.full.get(place / CHUNK).unwrap_or(&self.last);
        &piece[place % CHUNK]
    }

    /// Forgets them and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.spare.append(&mut self.full);
        self.spare.push(std::mem::take(&mut self.last));
        for chunk in &mut self.spare {
            chunk.clear();
        }
        self.spare.retain(|chunk| chunk.capacity() > 0);
    }

    /// All of them; memory that is passed is free again.
    pub(super) fn into_values(self) -> impl Iterator<Item = T> {
        self.full.into_iter().chain([self.last]).flatten()
    }
}

/// The row of an event that receives nothing.
#[inline]
pub(super) fn plain_row(
    time: Nanos,
    machine: u32,
    event: EventKind,
    (old_clock, new_clock): (i64, i64),
) -> Row {
    let time = micros(time) / 1e6;
    Row {
        time,
        system_time: time,
        machine_id: id(machine) as i64,
        event,
        old_clock,
        new_clock,
        queue_len: UNKNOWN,
        sender: UNKNOWN,
        sent_clock: UNKNOWN,
        arrived: f64::NAN,
        manual: false,
        by_hand: false,
        caused: false,
    }
}

/// The time a log states: whole microseconds.
pub(super) fn micros(time: Nanos) -> f64 {
    (time / 1000) as f64
}
