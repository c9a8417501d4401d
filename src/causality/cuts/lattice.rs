//! The consistent cuts of a stretch of a run, one made of another.
//!
//! Each cut but the first is made from one other, its *parent*: the cut without the event of the last machine, in
//! their order, whose latest event nothing in the cut follows from. So none is made twice, and none has to be kept to
//! know that. A cut is a row: by machine, how many events beyond the first cut are in it, and a bit for each
//! machine whose latest event may be taken away. Only machines that have events in the stretch are in rows.

use super::range::CutRange;
use crate::causality::checkpoint::Checkpoint;
use crate::causality::graph::{EventId, Graph};
use crate::error::Result;

/// Stands where an event waits for nobody.
const NOBODY: u32 = u32::MAX;
/// Bits of a word of a row.
const BITS: usize = u32::BITS as usize;

/// What of an event must be in a cut before it: so many events of the machine at a place of rows.
#[derive(Debug, Clone, Copy)]
struct Wait {
    place: u32,
    count: u32,
}

/// The events of a stretch, and what each waits for: 8 bytes an event.
#[derive(Debug)]
pub(super) struct Lattice {
    first: Vec<u32>,
    /// By place of rows, the place of the machine among all.
    machines: Vec<u32>,
    /// The events of the machine at place k of rows are from `starts[k]` to `starts[k + 1]`.
    starts: Vec<u32>,
    waits: Vec<Wait>,
    /// What else events wait for: where those of each start, and all of them; empty if there is nothing.
    more_starts: Vec<u32>,
    more: Vec<Wait>,
}

impl Lattice {
    /// The cuts of a graph within a range.
    pub(super) fn new(
        graph: &Graph,
        range: &CutRange,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let (first, last) = (&range.first, &range.last);
        let machines: Vec<u32> = (0..first.len() as u32)
            .filter(|&place| first[place as usize] < last[place as usize])
            .collect();
        let mut own = vec![NOBODY; first.len()];
        for (place, &machine) in machines.iter().enumerate() {
            own[machine as usize] = place as u32;
        }
        let wait = |cause: EventId| {
            let machine = cause.place as usize;
            // What happened before the first cut is in all of them.
            let is_ahead = cause.index > first[machine];
            is_ahead.then(|| Wait {
                place: own[machine],
                count: cause.index - first[machine],
            })
        };
        let nothing = Wait {
            place: NOBODY,
            count: 0,
        };
        let mut lattice = Self {
            first: first.clone(),
            machines: Vec::new(),
            starts: vec![0],
            waits: Vec::with_capacity(range.events() as usize),
            more_starts: Vec::new(),
            more: Vec::new(),
        };
        for &machine in &machines {
            let machine = machine as usize;
            let start = graph.starts[machine];
            for position in start + first[machine]..start + last[machine] {
                let position = position as usize;
                let cause = graph.cause(position).and_then(wait);
                lattice.waits.push(cause.unwrap_or(nothing));
                if !graph.more.is_empty() {
                    lattice.more_starts.push(lattice.more.len() as u32);
                    let more = graph.more.of(position).iter();
                    lattice.more.extend(more.copied().filter_map(wait));
                }
                checkpoint.after(4)?;
            }
            lattice.starts.push(lattice.waits.len() as u32);
        }
        if lattice.more.is_empty() {
            lattice.more_starts.clear();
        } else {
            lattice.more_starts.push(lattice.more.len() as u32);
        }
        lattice.machines = machines;
        Ok(lattice)
    }

    /// How many machines there are.
    pub(super) fn machines_in_all(&self) -> usize {
        self.first.len()
    }

    /// How many machines rows have.
    pub(super) fn width(&self) -> usize {
        self.machines.len()
    }

    /// How long a row is.
    pub(super) fn stride(&self) -> usize {
        self.width() + self.width().div_ceil(BITS)
    }

    /// The row of the first cut, whose events stay.
    pub(super) fn first_row(&self) -> Vec<u32> {
        vec![0; self.stride()]
    }

    /// How many events are between the first cut and the last.
    pub(super) fn events(&self) -> usize {
        self.waits.len()
    }

    /// The cut of a row: by machine among all, how many events are in it.
    pub(super) fn counts(&self, row: &[u32], counts: &mut [u32]) {
        counts.copy_from_slice(&self.first);
        for (&machine, &count) in self.machines.iter().zip(row) {
            counts[machine as usize] += count;
        }
    }

    /// The place among all machines of that at a place of rows.
    pub(super) fn machine(&self, place: usize) -> u32 {
        self.machines[place]
    }

    /// Whether the next event of a machine has in a cut all that it waits for, if there is one.
    #[inline]
    pub(super) fn may_take(&self, row: &[u32], place: usize) -> bool {
        let at = (self.starts[place] + row[place]) as usize;
        if at >= self.starts[place + 1] as usize {
            return false;
        }
        let is_in = |wait: &Wait| wait.place == NOBODY || wait.count <= row[wait.place as usize];
        is_in(&self.waits[at]) && self.more(at).iter().all(is_in)
    }

    /// What else an event waits for.
    #[inline]
    fn more(&self, at: usize) -> &[Wait] {
        if self.more_starts.is_empty() {
            return &[];
        }
        &self.more[self.more_starts[at] as usize..self.more_starts[at + 1] as usize]
    }

    /// Where to begin to look for machines whose next event makes a cut of which a row is the parent.
    ///
    /// Below the last machine whose event may be taken away only one will do that receives from it. Where an event
    /// waits for one other only, that is at least the one before it.
    #[inline]
    pub(super) fn begin(&self, row: &[u32]) -> usize {
        let Some(last) = highest(&row[self.width()..]) else {
            return 0;
        };
        if !self.more.is_empty() {
            return 0;
        }
        let words = &row[self.width()..];
        let below = words[last / BITS] & ((1 << (last % BITS)) - 1);
        if below != 0 {
            return last / BITS * BITS + top(below);
        }
        highest(&words[..last / BITS]).unwrap_or(0)
    }

    /// Takes the next event of a machine in; whether the cut that was is the parent of that which is.
    ///
    /// The row is as it was if it is not.
    #[inline]
    pub(super) fn take(&self, row: &mut [u32], place: usize) -> bool {
        let (counts, words) = row.split_at_mut(self.width());
        let at = (self.starts[place] + counts[place]) as usize;
        if !self.more.is_empty() {
            return self.take_of_many(counts, words, place, at);
        }
        let wait = self.waits[at];
        if wait.place != NOBODY && counts[wait.place as usize] == wait.count {
            // The latest event of its sender may be taken away no longer.
            let word = wait.place as usize / BITS;
            let before = words[word];
            words[word] &= !(1 << (wait.place as usize % BITS));
            if has_above(words, place) {
                words[word] = before;
                return false;
            }
        } else if has_above(words, place) {
            return false;
        }
        words[place / BITS] |= 1 << (place % BITS);
        counts[place] += 1;
        true
    }

    /// The same of an event that waits for several.
    fn take_of_many(&self, counts: &mut [u32], words: &mut [u32], place: usize, at: usize) -> bool {
        let before = words.to_vec();
        for wait in std::iter::once(&self.waits[at]).chain(self.more(at)) {
            if wait.place != NOBODY && counts[wait.place as usize] == wait.count {
                words[wait.place as usize / BITS] &= !(1 << (wait.place as usize % BITS));
            }
        }
        if has_above(words, place) {
            words.copy_from_slice(&before);
            return false;
        }
        words[place / BITS] |= 1 << (place % BITS);
        counts[place] += 1;
        true
    }
}

/// Whether a bit above one is set.
#[inline]
fn has_above(words: &[u32], place: usize) -> bool {
    let word = place / BITS;
    words[word] >> (place % BITS) > 1 || words[word + 1..].iter().any(|&word| word != 0)
}

/// The highest bit that is set.
#[inline]
fn highest(words: &[u32]) -> Option<usize> {
    let word = words.iter().rposition(|&word| word != 0)?;
    Some(word * BITS + top(words[word]))
}

/// The highest bit of a word that is not 0.
#[inline]
fn top(word: u32) -> usize {
    BITS - 1 - word.leading_zeros() as usize
}
