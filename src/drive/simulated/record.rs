//! Every event of a run in virtual time, in memory.

use std::ops::Range;

use crate::drive::simulated::id;
use crate::drive::simulated::record_list::{CHUNK, Pieces, Record};
use crate::drive::simulated::record_share::{RecordShare, columns_of_shares};
use crate::drive::simulated::recorder::{Divisible, Recorder};
use crate::log::columns::Columns;
use crate::model::event::Event;
use crate::model::message::Nanos;
use crate::model::topology::Topology;

/// Bytes that recording takes for an event: here, and then in the columns.
pub const BYTES_PER_EVENT: u64 = size_of::<(Record, u64)>() as u64 + BYTES_PER_ROW;
/// What the columns take for an event and its messages, about.
const BYTES_PER_ROW: u64 = 130;

/// Every event, in order.
#[derive(Debug, Default)]
pub struct Records {
    list: Pieces<Record>,
    /// Those of blocks of machines, if they were recorded apart; then there are no others.
    shares: Vec<RecordShare>,
}

impl Recorder for Records {
    #[inline]
    fn event(&mut self, time: Nanos, machine: u32, event: &Event) {
        self.list.push(Record::new(time, machine, event));
    }
}

impl Divisible for Records {
    type Share = RecordShare;

    fn divide(&mut self, blocks: &[Range<u32>]) -> Vec<RecordShare> {
        blocks.iter().map(|_| RecordShare::default()).collect()
    }

    fn unite(&mut self, shares: Vec<RecordShare>) {
        self.shares = shares;
    }
}

impl Records {
    /// How many events there are.
    pub fn len(&self) -> usize {
        let shared = self.shares.iter().map(RecordShare::len);
        self.list.len() + shared.sum::<usize>()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the events and keeps the memory.
    pub fn clear(&mut self) {
        self.list.clear();
        self.shares.clear();
    }

    /// The columns of these events, or `None` if `go_on` said no; the records are gone afterwards.
    pub fn into_columns(
        self,
        topology: &Topology,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Columns> {
        if !self.shares.is_empty() {
            return columns_of_shares(&self.shares, topology, go_on);
        }
        let mut columns = Columns::default();
        let mut clocks = vec![0; topology.machines() as usize];
        columns.reserve(self.len());
        for (row, record) in self.list.into_values().enumerate() {
            if row.is_multiple_of(CHUNK) && !go_on() {
                return None;
            }
            let clock = &mut clocks[record.machine as usize];
            let old_clock = std::mem::replace(clock, record.new_clock);
            columns.push(&record.row(old_clock));
            for position in record.positions(topology) {
                columns.recipient(id(topology.peer(record.machine, position)) as i64);
            }
        }
        columns.finish();
        Some(columns)
    }
}
