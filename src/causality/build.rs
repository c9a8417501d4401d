//! How the graph of a run is made: events by machine, then the send of each receipt.

use super::checkpoint::Checkpoint;
use super::graph::{BASE_ONLY, Graph, NONE, Trace};
use super::ids::Ids;
use super::order;
use crate::error::{Error, Result};
use crate::log::columns::UNKNOWN;

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
        let mut checkpoint = Checkpoint::of_query(go_on);
        let (ids, places) = places(trace, machines, &mut checkpoint)?;
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
        graph.line_up(trace, &places, &mut checkpoint)?;
        graph.link(trace, &places, &mut checkpoint)?;
        graph.sequence = order::causal(&graph, &places, &mut checkpoint)?;
        Ok(graph)
    }

    /// Puts the events of each machine into its own order.
    fn line_up(
        &mut self,
        trace: &Trace<'_>,
        places: &[u32],
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
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
            checkpoint.after(4)?;
        }
        Ok(())
    }

    /// Finds the send of each receipt.
    fn link(
        &mut self,
        trace: &Trace<'_>,
        places: &[u32],
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let mut next = self.starts.clone();
        // By sender, where the last message looked for was: the next is near.
        let mut hints = self.starts.clone();
        for (row, &place) in places.iter().enumerate() {
            let position = next[place as usize] as usize;
            next[place as usize] += 1;
            if !trace.event[row].receives() {
                continue;
            }
            checkpoint.after(16)?;
            let (sender, clock) = (trace.sender[row], trace.sent_clock[row]);
            let known = sender != UNKNOWN && clock != UNKNOWN && !trace.by_hand[row];
            let place = known.then(|| self.ids.place(sender as u64)).flatten();
            let found = place.and_then(|place| {
                let span = self.starts[place] as usize..self.starts[place + 1] as usize;
                let hint = hints[place] as usize - span.start;
                let index = near(&self.clocks[span.clone()], hint, clock)?;
                hints[place] = (span.start + index) as u32;
                let is_send = trace.event[self.rows[span.start + index] as usize].sends();
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
        .filter(|&row| trace.event[row].receives())
        .peekable();
    receipts.peek().is_some() && receipts.all(|row| trace.sent_clock[row] == UNKNOWN)
}

/// All machines, and the place of each row's.
fn places(
    trace: &Trace<'_>,
    machines: &[i64],
    checkpoint: &mut Checkpoint<'_>,
) -> Result<(Ids, Vec<u32>)> {
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
        checkpoint.after(2)?;
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
