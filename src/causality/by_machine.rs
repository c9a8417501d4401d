//! The rows of a table by machine.

use std::ops::Range;

use super::checkpoint::{CHUNK, Checkpoint};
use super::ids::Ids;
use crate::error::Result;
use crate::log::schema::EventKind;

/// All machines, and whose each row is.
#[derive(Clone)]
pub(super) struct ByMachine {
    pub(super) ids: Ids,
    /// The place of each row's machine.
    pub(super) places: Vec<u32>,
}

impl ByMachine {
    /// The machines of these rows and others, of which some may have no row.
    pub(super) fn new(
        machine_id: &[i64],
        others: impl Iterator<Item = u64>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let mut all: Vec<u64> = others.collect();
        all.sort_unstable();
        all.dedup();
        let mut ids = Ids::new(all.clone());
        let mut places = Vec::with_capacity(machine_id.len());
        let mut unnamed = Vec::new();
        for ids_of_rows in machine_id.chunks(CHUNK) {
            for &id in ids_of_rows {
                match ids.place(id as u64) {
                    Some(place) => places.push(place as u32),
                    None => unnamed.push(id as u64),
                }
            }
            checkpoint.after(2 * ids_of_rows.len())?;
        }
        if !unnamed.is_empty() {
            all.extend(unnamed);
            all.sort_unstable();
            all.dedup();
            ids = Ids::new(all);
            let place = |&id: &i64| ids.place(id as u64).expect("every machine is there") as u32;
            places = machine_id.iter().map(place).collect();
        }
        Ok(Self { ids, places })
    }

    /// The machines of logs that stand one after the other, each of which has some of the rows.
    pub(super) fn of_logs(ids: Ids, spans: impl Iterator<Item = Range<u32>>) -> Self {
        let places = spans.zip(0..);
        let places = places.flat_map(|(span, place)| std::iter::repeat_n(place, span.len()));
        Self {
            ids,
            places: places.collect(),
        }
    }

    /// Where the rows of each machine start, if they stand by machine, and at last how many there are.
    pub(super) fn starts(&self) -> Vec<u32> {
        let places = self.places.iter().map(|&place| place as usize);
        starts(self.ids.all().len(), places)
    }

    /// The rows by machine, each in its own order.
    pub(super) fn rows(&self, starts: &[u32]) -> Vec<u32> {
        let mut next = starts.to_vec();
        let mut rows = vec![0; self.places.len()];
        for (row, &place) in self.places.iter().enumerate() {
            let at = &mut next[place as usize];
            rows[*at as usize] = row as u32;
            *at += 1;
        }
        rows
    }
}

/// The rows by machine and kind of event, each in its own order.
pub(super) struct MachineRows {
    /// Those of the machine at k and of a kind start at that of the number k x kinds + kind.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl MachineRows {
    /// Of so many machines: the place and the kind of each row.
    pub(super) fn new(machines: usize, places: &[u32], kinds: &[EventKind]) -> Self {
        // Kinds alternate at random, so that all are counted and none is branched on.
        let keys = places
            .iter()
            .zip(kinds)
            .map(|(&place, &kind)| key(place as usize, kind));
        let starts = starts(machines * EventKind::COUNT, keys.clone());
        let mut next = starts.clone();
        let mut rows = vec![0; places.len()];
        for (row, key) in keys.enumerate() {
            let at = &mut next[key];
            rows[*at as usize] = row as u32;
            *at += 1;
        }
        Self { starts, rows }
    }

    /// The rows of a kind of the machine at a place.
    pub(super) fn of(&self, place: usize, kind: EventKind) -> impl Iterator<Item = usize> {
        let key = key(place, kind);
        let rows = self.starts[key] as usize..self.starts[key + 1] as usize;
        self.rows[rows].iter().map(|&row| row as usize)
    }
}

fn key(place: usize, kind: EventKind) -> usize {
    place * EventKind::COUNT + kind as usize
}

/// Where the items of each key start, if they stand by key, and at last how many there are.
fn starts(keys: usize, items: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut starts = vec![0; keys + 1];
    for key in items {
        starts[key + 1] += 1;
    }
    for key in 0..keys {
        starts[key + 1] += starts[key];
    }
    starts
}
