//! The rows of a table by machine.

use super::checkpoint::Checkpoint;
use super::ids::Ids;
use crate::error::Result;

/// All machines, and whose each row is.
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
        Ok(Self { ids, places })
    }

    /// Where the rows of each machine start, if they stand by machine, and at last how many there are.
    pub(super) fn starts(&self) -> Vec<u32> {
        starts(self.ids.all().len(), &self.places, |_| true)
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
        let starts = starts(machines, places, &is_chosen);
        let mut next = starts.clone();
        // Kinds of events alternate at random: writing to one place too many is faster than a branch.
        let surplus = starts[machines];
        let mut rows = vec![0; surplus as usize + 1];
        for (row, &place) in places.iter().enumerate() {
            let at = &mut next[place as usize];
            let is_chosen = is_chosen(row);
            let to = if is_chosen { *at } else { surplus };
            rows[to as usize] = row as u32;
            *at += u32::from(is_chosen);
        }
        Self { starts, rows }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.rows.len() - 1
    }

    /// The rows of the machine at a place.
    pub(super) fn of(&self, place: usize) -> impl Iterator<Item = usize> {
        let rows = self.starts[place] as usize..self.starts[place + 1] as usize;
        self.rows[rows].iter().map(|&row| row as usize)
    }
}

/// Where the chosen rows of each machine start, if they stand by machine, and at last how many there are.
fn starts(machines: usize, places: &[u32], is_chosen: impl Fn(usize) -> bool) -> Vec<u32> {
    let mut starts = vec![0; machines + 1];
    for (row, &place) in places.iter().enumerate() {
        starts[place as usize + 1] += u32::from(is_chosen(row));
    }
    for place in 0..machines {
        starts[place + 1] += starts[place];
    }
    starts
}
