//! The rows of a table by machine.

use super::checkpoint::Checkpoint;
use super::ids::Ids;
use crate::error::Result;

/// Stands where there is no machine.
const NONE: u32 = u32::MAX;

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
        let ids = Ids::new(all.clone());
        let unnamed = machine_id.iter().map(|&id| id as u64);
        let unnamed: Vec<u64> = unnamed.filter(|&id| ids.place(id).is_none()).collect();
        let ids = if unnamed.is_empty() {
            ids
        } else {
            all.extend(unnamed);
            all.sort_unstable();
            all.dedup();
            Ids::new(all)
        };
        let mut places = Vec::with_capacity(machine_id.len());
        for &id in machine_id {
            places.push(ids.place(id as u64).map_or(NONE, |place| place as u32));
            checkpoint.after(2)?;
        }
        let starts = starts(&places, ids.all().len());
        Ok(Self {
            ids,
            places,
            starts,
        })
    }

    /// The rows by machine, each machine's as they stand.
    pub(super) fn rows(&self) -> Vec<u32> {
        let mut next = self.starts.clone();
        let mut rows = vec![0; self.places.len()];
        for (row, &place) in self.places.iter().enumerate() {
            let at = &mut next[place as usize];
            rows[*at as usize] = row as u32;
            *at += 1;
        }
        rows
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
