//! What vector clocks tell of messages: where an entry grew, a message came.

use super::machine_index::MachineIndex;
use super::order::own_entry;
use super::received::ReceivedMessage;
use super::rows::Rows;
use super::table::VectorColumn;
use crate::error::{Error, Result};

/// The messages that the growth of vectors shows, in order of rows.
///
/// Of the entries that grew those are left out that came with another: a message brings all that its sender knew.
/// A receipt that brought nothing new is not among them.
pub(super) fn received(rows: &Rows, index: &MachineIndex) -> Result<Vec<ReceivedMessage>> {
    let Some(vectors) = &rows.vectors else {
        return Ok(Vec::new());
    };
    let events = Events::new(rows, index, vectors)?;
    let mut received = Vec::new();
    // By machine, the last vector so far, by machine.
    let mut known: Vec<Vec<(i64, i64)>> = vec![Vec::new(); index.ids.len()];
    let mut grown: Vec<(i64, i64)> = Vec::new();
    for row in 0..rows.len() {
        let place = index.places[row] as usize;
        let vector = sorted(vectors.of(row));
        if vector.is_empty() {
            continue;
        }
        let id = index.ids[place];
        grown.clear();
        let mut before = known[place].iter().peekable();
        for &(machine, count) in &vector {
            while before.next_if(|&&(other, _)| other < machine).is_some() {}
            let was = before
                .next_if(|&&(other, _)| other == machine)
                .map_or(0, |&(_, count)| count);
            if count > was && machine != id {
                grown.push((machine, count));
            }
        }
        for (number, &(machine, count)) in grown.iter().enumerate() {
            let brought = |(other, &entry): (usize, &(i64, i64))| {
                other != number
                    && events.knows(entry, (machine, count))
                    && !(events.knows((machine, count), entry) && other > number)
            };
            if !grown.iter().enumerate().any(brought) {
                let send = events.row((machine, count));
                received.push(ReceivedMessage {
                    row: row as u32,
                    sender: machine,
                    send,
                });
            }
        }
        known[place] = vector;
    }
    Ok(received)
}

/// The entries of a vector by machine.
fn sorted((machines, counts): (&[i64], &[i64])) -> Vec<(i64, i64)> {
    let mut vector: Vec<(i64, i64)> = machines
        .iter()
        .copied()
        .zip(counts.iter().copied())
        .collect();
    vector.sort_unstable();
    vector
}

/// The events of each machine by its own entry.
struct Events<'a> {
    index: &'a MachineIndex,
    vectors: &'a VectorColumn,
    /// By machine, its own entries and their rows, in order.
    own: Vec<Vec<(i64, u32)>>,
}

impl<'a> Events<'a> {
    fn new(rows: &Rows, index: &'a MachineIndex, vectors: &'a VectorColumn) -> Result<Self> {
        let mut own = vec![Vec::new(); index.ids.len()];
        for row in 0..rows.len() {
            let (machines, counts) = vectors.of(row);
            if machines.is_empty() {
                continue;
            }
            let place = index.places[row] as usize;
            let Some(entry) = own_entry((machines, counts), index.ids[place]) else {
                return Err(Error::invalid(format!(
                    "{}: the vector clock has no entry of the machine itself, but of {} others: \
                     a machine has one name, and its vectors count its own events",
                    rows.place(row),
                    machines.len()
                )));
            };
            own[place].push((entry, row as u32));
        }
        for events in &mut own {
            // Of several with one entry, which only a wrong log has, the last one knows most.
            events.sort_by_key(|&(entry, row)| (entry, std::cmp::Reverse(row)));
            events.dedup_by_key(|&mut (entry, _)| entry);
        }
        Ok(Self {
            index,
            vectors,
            own,
        })
    }

    /// The row of a machine's event with this entry.
    fn row(&self, (machine, count): (i64, i64)) -> Option<u32> {
        let own = &self.own[self.index.place(machine)?];
        let at = own.binary_search_by_key(&count, |&(entry, _)| entry).ok()?;
        Some(own[at].1)
    }

    /// Whether a machine's event knew of another.
    fn knows(&self, event: (i64, i64), (machine, count): (i64, i64)) -> bool {
        let Some(row) = self.row(event) else {
            return false;
        };
        let (machines, counts) = self.vectors.of(row as usize);
        let mut entries = machines.iter().zip(counts);
        entries.any(|(&other, &known)| other == machine && known >= count)
    }
}
