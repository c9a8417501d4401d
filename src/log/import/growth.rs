//! What vector clocks tell of messages: where an entry grew, a message came.

use super::machine_index::MachineIndex;
use super::order::own_entry;
use super::received::ReceivedMessage;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::log::columns::UNKNOWN;
use crate::log::vector_column::VectorColumn;

/// The messages that the growth of vectors shows, in order of rows.
///
/// Of the entries that grew those are left out that came with another: a message brings all that its sender knew.
/// A receipt that brought nothing new is not among them, nor is one before which rows may be missing, by its own entry or
/// for want of vectors: what grew may have come in these.
pub(super) fn received(rows: &Rows, index: &MachineIndex) -> Result<Vec<ReceivedMessage>> {
    let Some(vectors) = &rows.vectors else {
        return Ok(Vec::new());
    };
    let events = Events::new(rows, index, vectors)?;
    let mut received = Vec::new();
    // By machine, the last vector so far, by machine.
    let mut known: Vec<Vec<(i64, i64)>> = vec![Vec::new(); index.ids.len()];
    // The own entry of the next event, if the one before told its own.
    let mut next: Vec<Option<i64>> = vec![Some(1); index.ids.len()];
    let mut grown: Vec<(i64, i64)> = Vec::new();
    for row in 0..rows.len() {
        let place = index.places[row] as usize;
        let vector = sorted(vectors.of(row));
        if vector.is_empty() {
            next[place] = None;
            continue;
        }
        let id = index.ids[place];
        let own = own_entry(vectors.of(row), id);
        let follows = own.is_some_and(|own| next[place].is_some_and(|next| own <= next));
        next[place] = own.map(|own| own + 1);
        if !follows {
            known[place] = vector;
            continue;
        }
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
        for (machine, count) in events.direct(&grown) {
            received.push(ReceivedMessage {
                row: row as u32,
                sender: machine,
                send: events.row((machine, count)),
            });
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
    /// By row, how many events its vector tells of.
    known: Vec<i64>,
}

impl<'a> Events<'a> {
    fn new(rows: &Rows, index: &'a MachineIndex, vectors: &'a VectorColumn) -> Result<Self> {
        let mut own = vec![Vec::new(); index.ids.len()];
        let mut known = vec![0; rows.len()];
        for (row, known) in known.iter_mut().enumerate() {
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
            *known = counts
                .iter()
                .fold(0, |sum: i64, &count| sum.saturating_add(count));
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
            known,
        })
    }

    /// The row of a machine's event with this entry.
    fn row(&self, (machine, count): (i64, i64)) -> Option<u32> {
        let own = &self.own[self.index.place(machine)?];
        let at = own.binary_search_by_key(&count, |&(entry, _)| entry).ok()?;
        Some(own[at].1)
    }

    /// Of events that became known at once, which are in order of machines, those that came with no other of them, as far as that
    /// is certain.
    ///
    /// Who knows most is looked at first: mostly one event brought all. What an event knew that is not here, nobody knows: if there
    /// is one of these it may have brought all the others, and if there are more, any of them.
    fn direct(&self, grown: &[(i64, i64)]) -> Vec<(i64, i64)> {
        if grown.len() < 2 {
            return grown.to_vec();
        }
        let knows = |&(machine, count): &(i64, i64)| {
            let row = self.row((machine, count))? as usize;
            Some((self.known[row], row))
        };
        let mut order: Vec<(Option<(i64, usize)>, usize)> =
            grown.iter().map(knows).zip(0..).collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        let mut is_brought = vec![false; grown.len()];
        for &(known, number) in &order {
            let Some((_, row)) = known.filter(|_| !is_brought[number]) else {
                continue;
            };
            let (machines, counts) = self.vectors.of(row);
            for (machine, &count) in machines.iter().zip(counts) {
                if let Ok(other) = grown.binary_search_by_key(machine, |&(machine, _)| machine)
                    && other != number
                    && grown[other].1 <= count
                {
                    is_brought[other] = true;
                }
            }
        }
        let is_here: Vec<bool> = grown.iter().map(|event| knows(event).is_some()).collect();
        let direct = |is_wanted: bool| -> Vec<(i64, i64)> {
            let events = grown.iter().zip(is_brought.iter().zip(&is_here));
            let events =
                events.filter(|(_, (is_brought, is_here))| !**is_brought && **is_here == is_wanted);
            events.map(|(&event, _)| event).collect()
        };
        match direct(false) {
            none if none.is_empty() => direct(true),
            one if one.len() == 1 => one,
            _ => vec![(UNKNOWN, UNKNOWN)],
        }
    }
}
