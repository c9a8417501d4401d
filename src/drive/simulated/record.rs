//! Every event of a run in virtual time, in memory.

use crate::drive::simulated::engine::Recorder;
use crate::drive::simulated::id;
use crate::log::columns::{Columns, Row, UNKNOWN};
use crate::log::schema::EventKind;
use crate::model::event::{Event, Recipients};
use crate::model::message::Nanos;
use crate::model::topology::Topology;

/// Bytes that recording takes for an event: here, and then in the columns.
pub const BYTES_PER_EVENT: u64 = size_of::<Record>() as u64 + BYTES_PER_ROW;
/// What the columns take for an event and its messages, about.
const BYTES_PER_ROW: u64 = 130;

/// Records in one piece of memory; pieces are kept for the next run.
const CHUNK: usize = 1 << 16;

/// The recipients of a send to all.
const ALL: u32 = u32::MAX;

/// One event, compact.
#[derive(Debug, Clone, Copy)]
struct Record {
    time: Nanos,
    new_clock: u64,
    /// Of a receipt: the message.
    sent_clock: u64,
    arrival: Nanos,
    /// Of a receipt: the id of the sender, less 1. Of a send: the position of the recipient, or [`ALL`].
    peer: u32,
    queue_len: u32,
    machine: u32,
    kind: EventKind,
}

/// Every event, in order.
#[derive(Debug, Default)]
pub struct Records {
    full: Vec<Vec<Record>>,
    last: Vec<Record>,
    spare: Vec<Vec<Record>>,
}

impl Recorder for Records {
    #[inline]
    fn event(&mut self, time: Nanos, machine: u32, event: &Event) {
        let mut record = Record {
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
        if self.last.len() == self.last.capacity() {
            self.next_chunk();
        }
        self.last.push(record);
    }
}

impl Records {
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

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.full.len() * CHUNK + self.last.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the events and keeps the memory.
    pub fn clear(&mut self) {
        self.spare.append(&mut self.full);
        self.spare.push(std::mem::take(&mut self.last));
        for chunk in &mut self.spare {
            chunk.clear();
        }
        self.spare.retain(|chunk| chunk.capacity() > 0);
    }

    /// The columns of these events, or `None` if `go_on` said no; the records are gone afterwards.
    pub fn into_columns(
        self,
        topology: &Topology,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Columns> {
        let mut columns = Columns::default();
        let mut clocks = vec![0; topology.machines() as usize];
        columns.reserve(self.len());
        for (row, record) in self
            .full
            .into_iter()
            .chain([self.last])
            .flatten()
            .enumerate()
        {
            if row.is_multiple_of(CHUNK) && !go_on() {
                return None;
            }
            let clock = &mut clocks[record.machine as usize];
            let old_clock = std::mem::replace(clock, record.new_clock);
            let receives = record.kind.receives();
            let known = |value: i64| if receives { value } else { UNKNOWN };
            let clocks = (old_clock as i64, record.new_clock as i64);
            columns.push(&Row {
                queue_len: known(i64::from(record.queue_len)),
                sender: known(i64::from(record.peer) + 1),
                sent_clock: known(record.sent_clock as i64),
                arrived: if receives {
                    micros(record.arrival) / 1e6
                } else {
                    f64::NAN
                },
                ..plain_row(record.time, record.machine, record.kind, clocks)
            });
            if record.kind.sends() {
                let all = 0..topology.degree(record.machine);
                let positions = if record.peer == ALL {
                    all
                } else {
                    record.peer..record.peer + 1
                };
                for position in positions {
                    columns.recipient(id(topology.peer(record.machine, position)) as i64);
                }
            }
        }
        columns.finish();
        Some(columns)
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
