//! How the graph of a run is made: events by machine, then the send of each receipt.

use super::by_machine::ByMachine;
use super::checkpoint::Checkpoint;
use super::graph::{BASE_ONLY, Graph, NONE, Trace};
use super::matching::{ByClock, stamp_of};
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
        let machines = machines.iter().map(|&id| id as u64);
        let by_machine = ByMachine::new(trace.machine_id, machines, &mut checkpoint)?;
        let starts = by_machine.starts();
        let ByMachine { ids, places } = by_machine;
        let mut graph = Self {
            starts,
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

    /// Finds the send of each receipt: the SEND that its sender and timestamp name, whoever it names.
    fn link(
        &mut self,
        trace: &Trace<'_>,
        places: &[u32],
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let mut next = self.starts.clone();
        let mut by_clock = ByClock::new(&self.starts, &self.clocks);
        for (row, &place) in places.iter().enumerate() {
            let position = next[place as usize] as usize;
            next[place as usize] += 1;
            if !trace.event[row].receives() {
                continue;
            }
            checkpoint.after(16)?;
            let (sender, clock) = (trace.sender[row], trace.sent_clock[row]);
            let stamp = stamp_of(sender, clock, trace.by_hand[row]);
            let found = stamp.and_then(|(id, clock)| {
                let place = self.ids.place(id)?;
                let index = by_clock.find(place, clock)?;
                let row = self.rows[self.starts[place] as usize + index];
                trace.event[row as usize].sends().then_some((place, index))
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
