//! Vector clocks: for each event, how many events of each machine it follows from.
//!
//! A row of them is made only where a receipt brings news; events up to the next such receipt share
//! it, and the entry of an event's own machine is its own index. The pass costs O(events +
//! receipts x machines); rows that are kept cost 4 bytes a machine, and 4 bytes an event say which row is whose.

use super::checkpoint::Checkpoint;
use super::graph::{EventId, Graph, NONE};
use crate::error::Result;

/// One step of a pass.
pub(super) struct EventClock<'a> {
    /// Where the event stands.
    pub(super) position: usize,
    /// The place of its machine.
    pub(super) place: usize,
    /// Its number among those of its machine that are visited.
    pub(super) index: u32,
    /// The vector clock, but for the entry at `place`, which is `index`.
    pub(super) row: &'a [u32],
    /// Whether no event before has this row.
    pub(super) is_new: bool,
}

/// The vector clocks of all events.
#[derive(Debug)]
pub(super) struct Vectors {
    width: usize,
    /// By position, the row.
    of: Vec<u32>,
    rows: Vec<u32>,
}

impl Vectors {
    /// The vector clocks of a whole graph.
    pub(super) fn new(graph: &Graph, checkpoint: &mut Checkpoint<'_>) -> Result<Self> {
        let mut rows = ClockRows::new(graph.machines().len(), Some(graph.rows_kept()));
        let (from, to) = whole(graph);
        let of = traverse(graph, &from, &to, &mut rows, checkpoint, |_| Ok(0))?;
        rows.entries.shrink_to_fit();
        Ok(Self {
            width: rows.width,
            of,
            rows: rows.entries,
        })
    }

    /// How many events of the machine at `place` an event at `position` follows from; not of its own machine.
    #[inline]
    pub(super) fn entry(&self, position: usize, place: u32) -> u32 {
        self.rows[self.of[position] as usize * self.width + place as usize]
    }

    /// The vector clock of an event at `position`, but for the entry of its own machine.
    #[inline]
    pub(super) fn entries(&self, position: usize) -> &[u32] {
        &self.rows[self.of[position] as usize * self.width..][..self.width]
    }

    /// The vector clock of an event at `position`.
    pub(super) fn clock(&self, position: usize, event: EventId) -> Vec<u32> {
        let start = self.of[position] as usize * self.width;
        let mut clock = self.rows[start..start + self.width].to_vec();
        clock[event.place as usize] = event.index;
        clock
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        4 * (self.of.len() + self.rows.len())
    }
}

/// The cuts before the first and after the last event.
pub(super) fn whole(graph: &Graph) -> (Vec<u32>, Vec<u32>) {
    let machines = graph.machines().len();
    let to = (0..machines).map(|place| graph.length(place)).collect();
    (vec![0; machines], to)
}

/// Rows of vector clocks; row 0 is that of events that follow from no other machine.
pub(super) struct ClockRows {
    width: usize,
    entries: Vec<u32>,
    /// Whether rows that no event to come can need are used again.
    recycles: bool,
    /// By row, the machines that are there, and the sends whose receipt is still to come.
    holders: Vec<u32>,
    free: Vec<u32>,
}

impl ClockRows {
    /// Rows for so many machines; as many as given are kept, or else only those still needed.
    pub(super) fn new(width: usize, kept: Option<usize>) -> Self {
        let mut entries = Vec::with_capacity((kept.unwrap_or(0) + 1) * width);
        entries.resize(width, 0);
        Self {
            width,
            entries,
            recycles: kept.is_none(),
            holders: vec![width as u32],
            free: Vec::new(),
        }
    }

    #[inline]
    fn row(&self, row: u32) -> &[u32] {
        &self.entries[row as usize * self.width..][..self.width]
    }

    /// A row with the larger entry of two at each place, and `news` at one.
    #[inline]
    fn merge(&mut self, mine: u32, theirs: u32, news: EventId) -> u32 {
        let width = self.width;
        let row = if let Some(row) = self.free.pop() {
            row
        } else {
            self.entries.resize(self.entries.len() + width, 0);
            if self.recycles {
                self.holders.push(0);
            }
            (self.entries.len() / width - 1) as u32
        };
        let start = row as usize * width;
        self.entries
            .copy_within(mine as usize * width..(mine as usize + 1) * width, start);
        let theirs = theirs as usize * width;
        if theirs < start {
            let (before, after) = self.entries.split_at_mut(start);
            raise(&mut after[..width], &before[theirs..theirs + width]);
        } else {
            let (before, after) = self.entries.split_at_mut(theirs);
            raise(&mut before[start..start + width], &after[..width]);
        }
        self.entries[start + news.place as usize] = news.index;
        row
    }

    /// Raises a row that no other event has yet.
    fn merge_into(&mut self, mine: u32, theirs: u32, news: EventId) {
        let width = self.width;
        let (start, theirs) = (mine as usize * width, theirs as usize * width);
        if theirs < start {
            let (before, after) = self.entries.split_at_mut(start);
            raise(&mut after[..width], &before[theirs..theirs + width]);
        } else if theirs > start {
            let (before, after) = self.entries.split_at_mut(theirs);
            raise(&mut before[start..start + width], &after[..width]);
        }
        let entry = &mut self.entries[start + news.place as usize];
        *entry = (*entry).max(news.index);
    }

    fn hold(&mut self, row: u32) {
        self.holders[row as usize] += 1;
    }

    fn release(&mut self, row: u32) {
        self.holders[row as usize] -= 1;
        if self.holders[row as usize] == 0 && row != 0 {
            self.free.push(row);
        }
    }
}

#[inline]
fn raise(mine: &mut [u32], theirs: &[u32]) {
    for (mine, &theirs) in mine.iter_mut().zip(theirs) {
        *mine = (*mine).max(theirs);
    }
}

/// Visits, in causal order, the events that lie between two consistent cuts, and returns the row of each.
///
/// Events before the first cut count for nothing: indices and clocks start behind it. `each` returns its own
/// work. Where rows are used again, those returned say nothing.
pub(super) fn traverse(
    graph: &Graph,
    from: &[u32],
    to: &[u32],
    rows: &mut ClockRows,
    checkpoint: &mut Checkpoint<'_>,
    each: impl FnMut(&EventClock<'_>) -> Result<usize>,
) -> Result<Vec<u32>> {
    // Most graphs have but one cause of a receipt, and are asked for no more.
    if graph.more.is_empty() {
        visit::<false>(graph, (from, to), rows, checkpoint, each)
    } else {
        visit::<true>(graph, (from, to), rows, checkpoint, each)
    }
}

fn visit<const HAS_MORE: bool>(
    graph: &Graph,
    (from, to): (&[u32], &[u32]),
    rows: &mut ClockRows,
    checkpoint: &mut Checkpoint<'_>,
    mut each: impl FnMut(&EventClock<'_>) -> Result<usize>,
) -> Result<Vec<u32>> {
    let machines = graph.machines().len();
    let mut of = vec![0; graph.len()];
    let mut waits = if rows.recycles {
        waits(graph, from, to)
    } else {
        Vec::new()
    };
    let mut current = vec![0_u32; machines];
    let mut next = vec![0_u32; machines];
    for &place in &graph.sequence {
        let machine = place as usize;
        let position = (graph.starts[machine] + next[machine]) as usize;
        next[machine] += 1;
        let (index, start) = (next[machine], from[machine]);
        if index <= start || index > to[machine] {
            continue;
        }
        let mut row = current[machine];
        let mut work = 4;
        let mut is_new = false;
        // The send of what was received, or nobody's, and then what else there is.
        let (mut sender, mut sent) = (graph.sender[position], graph.sent[position]);
        let mut more: &[EventId] = if HAS_MORE {
            graph.more.of(position)
        } else {
            &[]
        };
        loop {
            if sender != NONE && sent > from[sender as usize] {
                let news = EventId {
                    place: sender,
                    index: sent - from[sender as usize],
                };
                let send = (graph.starts[sender as usize] + sent - 1) as usize;
                let theirs = of[send];
                // What follows from the send already, follows from all it follows from.
                if sender != place && rows.row(row)[sender as usize] < news.index {
                    if HAS_MORE && is_new {
                        rows.merge_into(row, theirs, news);
                    } else {
                        let merged = rows.merge(row, theirs, news);
                        if rows.recycles {
                            rows.hold(merged);
                            rows.release(row);
                        }
                        (row, is_new) = (merged, true);
                        current[machine] = row;
                    }
                    work += rows.width;
                }
                if rows.recycles {
                    waits[send] -= 1;
                    if waits[send] == 0 {
                        rows.release(theirs);
                    }
                }
            }
            if !HAS_MORE {
                break;
            }
            let Some((cause, others)) = more.split_first() else {
                break;
            };
            (sender, sent, more) = (cause.place, cause.index, others);
        }
        of[position] = row;
        if rows.recycles && waits[position] > 0 {
            rows.hold(row);
        }
        work += each(&EventClock {
            position,
            place: machine,
            index: index - start,
            row: rows.row(row),
            is_new,
        })?;
        checkpoint.after(work)?;
    }
    Ok(of)
}

/// By position, how many receipts of its message lie between the cuts.
pub(super) fn waits(graph: &Graph, from: &[u32], to: &[u32]) -> Vec<u32> {
    let mut waits = vec![0; graph.len()];
    for place in 0..graph.machines().len() {
        let start = graph.starts[place];
        let mut count = |cause: EventId| {
            if cause.index > from[cause.place as usize] {
                waits[graph.position(cause)] += 1;
            }
        };
        for position in start + from[place]..start + to[place] {
            if let Some(send) = graph.cause(position as usize) {
                count(send);
            }
            for &cause in graph.more.of(position as usize) {
                count(cause);
            }
        }
    }
    waits
}
