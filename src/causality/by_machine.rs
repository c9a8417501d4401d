//! The rows of a table by machine.

use super::checkpoint::Checkpoint;
use super::ids::Ids;
use crate::error::Result;

/// All machines, and whose each row is.
pub(super) struct ByMachine {
    pub(super) ids: Ids,
    /// The place of each row's machine.
    pub(super) places: Vec<u32>,
    /// Where the rows of each machine start, if they stand by machine, and at last how many there are.
    pub(super) starts: Vec<u32>,
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
        for &id in machine_id {
            match ids.place(id as u64) {
                Some(place) => places.push(place as u32),
                None => unnamed.push(id as u64),
            }
            checkpoint.after(2)?;
        }
        if !unnamed.is_empty() {
            all.extend(unnamed);
            all.sort_unstable();
            all.dedup();
            ids = Ids::new(all);
            let place = |&id: &i64| ids.place(id as u64).expect("every machine is there") as u32;
            places = machine_id.iter().map(place).collect();
        }
        let starts = starts(&places, ids.all().len());
        Ok(Self {
            ids,
            places,
            starts,
        })
    }
}

/// Some of the rows by machine, each machine's as they stand.
pub(super) struct MachineRows {
    /// Those of the machine at k stand from `starts[k]` to `starts[k + 1]`.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl MachineRows {
    /// The rows that are chosen, with the place of each row's machine.
    pub(super) fn new(machines: usize, places: &[u32], is_chosen: impl Fn(usize) -> bool) -> Self {
        let mut starts = vec![0; machines + 1];
        for (row, &place) in places.iter().enumerate() {
            starts[place as usize + 1] += u32::from(is_chosen(row));
        }
        for place in 0..machines {
            starts[place + 1] += starts[place];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; starts[machines] as usize];
        for (row, &place) in places.iter().enumerate() {
            if is_chosen(row) {
                let at = &mut next[place as usize];
                rows[*at as usize] = row as u32;
                *at += 1;
            }
        }
        Self { starts, rows }
    }

    /// The rows of the machine at a place.
    pub(super) fn of(&self, place: usize) -> impl Iterator<Item = usize> {
        let rows = self.starts[place] as usize..self.starts[place + 1] as usize;
        self.rows[rows].iter().map(|&row| row as usize)
    }
}

/// Where the events of each machine start, and at last how many there are.
fn starts(places: &[u32], machines: usize) -> Vec<u32> {
    let mut starts = vec![0; machines + 1];
    for &place in places {
        starts[place as usize + 1] += 1;
    }
    for place in 0..machines {
        starts[place + 1] += starts[place];
    }
    starts
}
