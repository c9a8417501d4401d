//! The events of a run and what each follows from: the event before on its machine, and a send.

use super::ids::Ids;
use super::order;
use super::pause::Pause;
use crate::error::{Error, Result};
use crate::log::columns::{Columns, RECEIVE, SEND};

/// Stands where there is no machine.
pub(super) const NONE: u32 = u32::MAX;

/// Why receipts cannot be matched to sends.
pub const BASE_ONLY: &str = "the logs hold base fields only: their RECEIVE lines lack sender and sent_clock, so receipts cannot be matched to sends";

/// The columns that happened-before follows from; all have a row an event, and one length.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    /// The machine of each event.
    pub machine_id: &'a [i64],
    /// Its code.
    pub event: &'a [i8],
    /// The clock after it.
    pub new_clock: &'a [i64],
    /// Who sent the message received, NaN if unknown.
    pub sender: &'a [f64],
    /// The timestamp of the message received, NaN if unknown.
    pub sent_clock: &'a [f64],
}

impl<'a> Trace<'a> {
    /// What it takes of the columns of a run.
    pub fn of(columns: &'a Columns) -> Self {
        Self {
            machine_id: &columns.machine_id,
            event: &columns.event,
            new_clock: &columns.new_clock,
            sender: &columns.sender,
            sent_clock: &columns.sent_clock,
        }
    }
}

/// An event: the `index`-th (from 1) of the machine at `place`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The place of its machine among all.
    pub place: u32,
    /// Its number on the machine.
    pub index: u32,
}

/// The graph of a run: 24 bytes an event.
#[derive(Debug)]
pub struct Graph {
    pub(super) ids: Ids,
    /// The events of the machine at k stand from `starts[k]` to `starts[k + 1]`, in its own order.
    pub(super) starts: Vec<u32>,
    /// Their rows in the table.
    pub(super) rows: Vec<u32>,
    /// Their clocks, which only go up on a machine.
    pub(super) clocks: Vec<i64>,
    /// The place of who sent the message received, or [`NONE`].
    pub(super) sender: Vec<u32>,
    /// Which of the sender's events sent it.
    pub(super) sent: Vec<u32>,
    /// The places of the machines to visit one by one: an order in which every event comes after all it follows from.
    pub(super) sequence: Vec<u32>,
    /// How many receipts have a send.
    pub(super) matched: usize,
    /// How many have none.
    pub(super) unmatched: usize,
}

impl Graph {
    /// The graph of the events of `machines`, of which some may have none.
    ///
    /// A receipt without a known send follows only from the event before on its machine. It is an
    /// error if clocks do not go up on a machine, if no receipt names its send, or if events
    /// follow from themselves.
    pub fn new(
        trace: &Trace<'_>,
        machines: &[i64],
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Self> {
        let rows = trace.event.len();
        if rows >= NONE as usize {
            return Err(Error::invalid(format!(
                "{rows} events are too many: at most {} are",
                NONE - 1
            )));
        }
        if is_base(trace) {
            return Err(Error::state(BASE_ONLY));
        }
        let mut pause = Pause::new(go_on);
        let (ids, places) = places(trace, machines, &mut pause)?;
        let mut graph = Self {
            starts: starts(&places, ids.all().len()),
            rows: vec![0; rows],
            clocks: vec![0; rows],
            sender: vec![NONE; rows],
            sent: vec![0; rows],
            sequence: Vec::new(),
            matched: 0,
            unmatched: 0,
            ids,
        };
        graph.line_up(trace, &places, &mut pause)?;
        graph.link(trace, &places, &mut pause)?;
        graph.sequence = order::causal(&graph, &places, &mut pause)?;
        Ok(graph)
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The machines, sorted.
    pub fn machines(&self) -> &[u64] {
        self.ids.all()
    }

    /// How many messages were received without a known send.
    pub fn unmatched(&self) -> usize {
        self.unmatched
    }

    /// How many events the machine at `place` has.
    pub(super) fn length(&self, place: usize) -> u32 {
        self.starts[place + 1] - self.starts[place]
    }

    /// Where an event stands among those of all machines.
    #[inline]
    pub(super) fn position(&self, event: Event) -> usize {
        (self.starts[event.place as usize] + event.index) as usize - 1
    }

    /// The send of the message received there, if it was and is known.
    #[inline]
    pub(super) fn cause(&self, position: usize) -> Option<Event> {
        let place = self.sender[position];
        (place != NONE).then(|| Event {
            place,
            index: self.sent[position],
        })
    }

    /// The place of a machine.
    pub(super) fn place(&self, machine_id: i64) -> Result<usize> {
        let place = u64::try_from(machine_id).ok();
        place.and_then(|id| self.ids.place(id)).ok_or_else(|| {
            Error::invalid(format!(
                "there is no machine {machine_id}: the machines are {}",
                few(self.machines())
            ))
        })
    }

    /// The event of a machine after which its clock was `clock`.
    pub fn event(&self, machine_id: i64, clock: i64) -> Result<Event> {
        let place = self.place(machine_id)?;
        let clocks = &self.clocks[self.starts[place] as usize..self.starts[place + 1] as usize];
        match clocks.binary_search(&clock) {
            Ok(index) => Ok(Event {
                place: place as u32,
                index: index as u32 + 1,
            }),
            Err(index) => {
                let near = &clocks[index.saturating_sub(1)..clocks.len().min(index + 1)];
                let near: Vec<String> = near.iter().map(ToString::to_string).collect();
                let there = if near.is_empty() {
                    "it has no events".to_owned()
                } else {
                    format!(
                        "its {} events have clocks from {} to {}, the nearest {}",
                        clocks.len(),
                        clocks[0],
                        clocks[clocks.len() - 1],
                        near.join(" and ")
                    )
                };
                Err(Error::invalid(format!(
                    "machine {machine_id} has no event with clock {clock}: {there}"
                )))
            }
        }
    }

    /// Puts the events of each machine into its own order.
    fn line_up(&mut self, trace: &Trace<'_>, places: &[u32], pause: &mut Pause<'_>) -> Result<()> {
        let mut next = self.starts.clone();
        for (row, &place) in places.iter().enumerate() {
            let at = &mut next[place as usize];
            let position = *at as usize;
            let clock = trace.new_clock[row];
            if *at > self.starts[place as usize] && self.clocks[position - 1] >= clock {
                let id = trace.machine_id[row];
                return Err(Error::state(format!(
                    "the clock of machine {id} is {} and then {clock} (row {row} of the events), where it must go up: run.verify() says what is wrong",
                    self.clocks[position - 1]
                )));
            }
            self.rows[position] = row as u32;
            self.clocks[position] = clock;
            *at += 1;
            pause.after(4)?;
        }
        Ok(())
    }

    /// Finds the send of each receipt.
    fn link(&mut self, trace: &Trace<'_>, places: &[u32], pause: &mut Pause<'_>) -> Result<()> {
        let mut next = self.starts.clone();
        // By sender, where the last message looked for was: the next is near.
        let mut hints = self.starts.clone();
        for (row, &place) in places.iter().enumerate() {
            let position = next[place as usize] as usize;
            next[place as usize] += 1;
            if trace.event[row] != RECEIVE {
                continue;
            }
            pause.after(16)?;
            let (sender, clock) = (trace.sender[row], trace.sent_clock[row]);
            let known = sender >= 0.0 && clock >= 0.0;
            let place = known.then(|| self.ids.place(sender as u64)).flatten();
            let found = place.and_then(|place| {
                let span = self.starts[place] as usize..self.starts[place + 1] as usize;
                let hint = hints[place] as usize - span.start;
                let index = near(&self.clocks[span.clone()], hint, clock as i64)?;
                hints[place] = (span.start + index) as u32;
                let is_send = trace.event[self.rows[span.start + index] as usize] == SEND;
                is_send.then_some((place, index))
            });
            if let Some((place, index)) = found {
                self.sender[position] = place as u32;
                self.sent[position] = index as u32 + 1;
                self.matched += 1;
            } else {
                self.unmatched += 1;
            }
        }
        Ok(())
    }
}

/// Whether there are receipts and none says what was received.
fn is_base(trace: &Trace<'_>) -> bool {
    let mut receipts = (0..trace.event.len())
        .filter(|&row| trace.event[row] == RECEIVE)
        .peekable();
    receipts.peek().is_some() && receipts.all(|row| trace.sent_clock[row].is_nan())
}

/// All machines, and the place of each row's.
fn places(trace: &Trace<'_>, machines: &[i64], pause: &mut Pause<'_>) -> Result<(Ids, Vec<u32>)> {
    let mut all: Vec<u64> = machines.iter().map(|&id| id as u64).collect();
    all.sort_unstable();
    all.dedup();
    let ids = Ids::new(all.clone());
    let strangers = trace.machine_id.iter().map(|&id| id as u64);
    let strangers: Vec<u64> = strangers.filter(|&id| ids.place(id).is_none()).collect();
    let ids = if strangers.is_empty() {
        ids
    } else {
        all.extend(strangers);
        all.sort_unstable();
        all.dedup();
        Ids::new(all)
    };
    let mut places = Vec::with_capacity(trace.machine_id.len());
    for &id in trace.machine_id {
        places.push(ids.place(id as u64).map_or(NONE, |place| place as u32));
        pause.after(2)?;
    }
    Ok((ids, places))
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

/// The place of `wanted` among the sorted clocks, looked for from `hint` outwards.
fn near(clocks: &[i64], hint: usize, wanted: i64) -> Option<usize> {
    let (mut low, mut high) = (0, clocks.len());
    let mut step = 1;
    if clocks.get(hint).is_some_and(|&clock| clock <= wanted) {
        low = hint;
        while low + step < high {
            if clocks[low + step] > wanted {
                high = low + step;
                break;
            }
            low += step;
            step *= 2;
        }
    } else {
        high = hint.min(high);
        while high >= step {
            if clocks[high - step] <= wanted {
                low = high - step;
                break;
            }
            high -= step;
            step *= 2;
        }
    }
    clocks[low..high]
        .binary_search(&wanted)
        .ok()
        .map(|place| low + place)
}

/// The first few of a list.
fn few(ids: &[u64]) -> String {
    let shown: Vec<String> = ids.iter().take(8).map(ToString::to_string).collect();
    let rest = if ids.len() > 8 {
        format!(", ... {}", ids[ids.len() - 1])
    } else {
        String::new()
    };
    format!("{}{rest}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn near_finds_what_a_plain_search_finds(
            steps in prop::collection::vec(1_i64..4, 0..40),
            hint in 0_usize..50,
            wanted in -2_i64..120,
        ) {
            let clocks: Vec<i64> = steps.iter().scan(0, |sum, step| { *sum += step; Some(*sum) }).collect();
            let hint = hint.min(clocks.len());
            prop_assert_eq!(near(&clocks, hint, wanted), clocks.binary_search(&wanted).ok());
        }
    }
}
