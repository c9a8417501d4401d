//! Clocks that are a fixed number of counters: the larger of each when a message comes, and some of them more by one.

use super::super::checkpoint::Checkpoint;
use super::super::graph::{EventId, Graph};
use super::carried::Carried;
use super::order_of::each_event;
use super::wanted::Wanted;
use crate::error::{Error, Result};

/// The most counters that machines have at a time.
const MOST_COUNTERS: usize = 100_000_000;

/// How many counters a clock has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width<'a> {
    /// The clock.
    pub kind: &'a str,
    /// What callers call its number of counters.
    pub option: &'a str,
    pub counters: usize,
}

impl Width<'_> {
    /// The counters of all machines; an error if that is too much.
    fn of_machines(self, machines: usize) -> Result<usize> {
        let Self {
            kind,
            option,
            counters,
        } = self;
        let all = machines.saturating_mul(counters);
        if all <= MOST_COUNTERS {
            return Ok(all);
        }
        Err(Error::invalid(format!(
            "{kind}: {option}={counters} counters of each of {machines} machines are more than {MOST_COUNTERS}, which there may be: give {option}={} or less",
            MOST_COUNTERS / machines
        )))
    }
}

/// Visits the counters after each event.
///
/// `count` is what an event counts. What is kept is a row for each machine and for each message under way.
fn each_row(
    graph: &Graph,
    width: Width<'_>,
    checkpoint: &mut Checkpoint<'_>,
    count: impl Fn(EventId, &mut [u32]),
    mut each: impl FnMut(usize, &[u32]),
) -> Result<()> {
    let mut rows = vec![0_u32; width.of_machines(graph.machines().len())?];
    let width = width.counters;
    let mut carried: Carried<Box<[u32]>> = Carried::new(graph);
    each_event(graph, checkpoint, |event| {
        let row = &mut rows[event.place * width..][..width];
        for cause in graph.causes(event.position) {
            carried.take(graph.position(cause), |theirs| {
                for (mine, &theirs) in row.iter_mut().zip(theirs) {
                    *mine = (*mine).max(theirs);
                }
            });
        }
        let id = EventId {
            place: event.place as u32,
            index: event.index,
        };
        count(id, row);
        carried.put(event.position, || row.to_vec().into_boxed_slice());
        each(event.position, row);
        Ok(width)
    })
}

/// The counters after the events that are asked for, a row each.
pub(super) fn table(
    graph: &Graph,
    width: Width<'_>,
    wanted: &Wanted,
    checkpoint: &mut Checkpoint<'_>,
    count: impl Fn(EventId, &mut [u32]),
) -> Result<Vec<i64>> {
    let mut table = wanted.zeros(width.kind, width.counters)?;
    each_row(graph, width, checkpoint, count, |position, row| {
        let width = width.counters;
        if let Some(slot) = wanted.slot(position) {
            let to = &mut table[slot * width..][..width];
            for (to, &value) in to.iter_mut().zip(row) {
                *to = value.into();
            }
        }
    })?;
    Ok(table)
}

/// The counters after all events, a row each, by position.
pub(super) fn all(
    graph: &Graph,
    width: Width<'_>,
    checkpoint: &mut Checkpoint<'_>,
    count: impl Fn(EventId, &mut [u32]),
) -> Result<Vec<u32>> {
    let mut rows = vec![0; graph.len() * width.counters];
    each_row(graph, width, checkpoint, count, |position, row| {
        let width = width.counters;
        rows[position * width..][..width].copy_from_slice(row);
    })?;
    Ok(rows)
}

/// Whether the counters are all no larger, and not all equal.
#[inline]
pub(super) fn is_less(a: &[u32], b: &[u32]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a != b
}
