//! How the graphs of a run are made: events by machine, then the send of each receipt, then what is left open.

use super::by_machine::ByMachine;
use super::checkpoint::{CHUNK, Checkpoint, GoOn};
use super::graph::{Graph, MoreCauses, NONE};
use super::matching::{ByClock, Completed, Evidence, Inference, stamp_of};
use super::trace::Trace;
use super::{order, possible, vector_causes};
use crate::error::{Error, Result};
use crate::log::logs::Logs;
use crate::model::rules::Receive;

/// What is certain, and what is possible.
#[derive(Debug)]
pub(super) struct Graphs {
    pub(super) certain: Graph,
    pub(super) possible: Possible<Graph>,
}

/// What can have happened before what.
#[derive(Debug)]
pub(super) enum Possible<T> {
    /// What is certain, and nothing else: the logs leave nothing open.
    Same,
    /// What follows in this graph, which has all that is certain.
    In(T),
    /// Anything but what contradicts what is certain.
    Any,
}

impl Graph {
    /// The graph of the events of `machines`, of which some may have none, by what receipts themselves tell.
    ///
    /// A receipt without a known send follows only from the event before on its machine. It is an
    /// error if clocks do not go up on a machine, or if events follow from themselves.
    pub fn new(
        trace: &Trace<'_>,
        machines: &[i64],
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Self> {
        let mut checkpoint = Checkpoint::of_query(go_on);
        let machines = machines.iter().map(|&id| id as u64);
        let (mut graph, places) = Self::of_machines(trace, machines, &mut checkpoint)?;
        graph.line_up(trace, &places, false, &mut checkpoint)?;
        let completed = Completed::as_logged(trace);
        graph.link(trace, &places, &completed, &mut checkpoint)?;
        graph.sequence = order::causal(&graph, &places, &mut checkpoint)?;
        Ok(graph)
    }

    /// The events of all machines, not yet in order.
    fn of_machines(
        trace: &Trace<'_>,
        machines: impl Iterator<Item = u64>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<(Self, Vec<u32>)> {
        let rows = trace.len();
        if rows >= NONE as usize {
            return Err(Error::invalid(format!(
                "{rows} events are too many: at most {} are",
                NONE - 1
            )));
        }
        let by_machine = ByMachine::new(trace.machine_id, machines, checkpoint)?;
        let starts = by_machine.starts();
        let ByMachine { ids, places } = by_machine;
        let graph = Self {
            starts,
            rows: vec![0; rows],
            clocks: vec![0; rows],
            sender: vec![NONE; rows],
            sent: vec![0; rows],
            more: MoreCauses::default(),
            sequence: Vec::new(),
            matched: 0,
            unmatched: 0,
            ids,
        };
        Ok((graph, places))
    }

    /// Puts the events of each machine into its own order, and says whether each found the clock that the one before left.
    ///
    /// With `keeps`, a receipt may leave the clock as it is.
    fn line_up(
        &mut self,
        trace: &Trace<'_>,
        places: &[u32],
        keeps: bool,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<bool> {
        let mut follows = true;
        let mut next = self.starts.clone();
        // By machine, the clock after the event before.
        let mut clocks = vec![0; next.len()];
        for (row, &place) in places.iter().enumerate() {
            if row % CHUNK == 0 {
                checkpoint.after(4 * CHUNK)?;
            }
            let at = &mut next[place as usize];
            let position = *at as usize;
            let clock = trace.new_clock[row];
            let before = std::mem::replace(&mut clocks[place as usize], clock);
            follows &= trace.old_clock[row] == before;
            let is_kept = || keeps && before == clock && trace.event[row].receives();
            if before >= clock && *at > self.starts[place as usize] && !is_kept() {
                let id = trace.machine_id[row];
                return Err(Error::state(format!(
                    "the clock of machine {id} is {before} and then {clock} (row {row} of the events), where it must go up: run.verify() says what is wrong"
                )));
            }
            self.rows[position] = row as u32;
            self.clocks[position] = clock;
            *at += 1;
        }
        Ok(follows)
    }

    /// Finds the send of each receipt: the SEND that its sender and timestamp name, whoever it names.
    fn link(
        &mut self,
        trace: &Trace<'_>,
        places: &[u32],
        completed: &Completed<'_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let (senders, stamps) = (&*completed.sender, &*completed.sent_clock);
        let mut next = self.starts.clone();
        let mut by_clock = ByClock::new(&self.starts, &self.clocks);
        for (row, &place) in places.iter().enumerate() {
            let position = next[place as usize] as usize;
            next[place as usize] += 1;
            if !trace.event[row].receives() {
                continue;
            }
            checkpoint.after(16)?;
            let (sender, clock) = (senders[row], stamps[row]);
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

    /// Finds the send of each receipt, where it follows from more than what the receipt tells.
    fn link_inferred(
        &mut self,
        evidence: &Evidence<'_>,
        completed: &Completed<'_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let (receipts, sends) = (&evidence.receipts, &evidence.sends);
        for log in 0..self.machines().len() {
            let first = self.starts[log];
            for receipt in receipts.of(log) {
                checkpoint.after(8)?;
                if let Some(send) = completed.send(evidence, receipt) {
                    let position = (first + receipts.indices[receipt]) as usize;
                    self.sender[position] = sends.logs[send];
                    self.sent[position] = sends.indices[send] + 1;
                    self.matched += 1;
                }
            }
        }
        let all = evidence.trace.event.iter();
        self.unmatched = all.filter(|event| event.receives()).count() - self.matched;
        Ok(())
    }

    /// Adds what logged vector clocks tell.
    fn add_vectors(&mut self, beside: &Logs, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        if let Some(vectors) = &beside.vectors {
            self.more = vector_causes::causes(self, vectors, checkpoint)?;
        }
        Ok(())
    }

    /// Whether every receipt that came over a channel has its send.
    fn is_matched(&self, trace: &Trace<'_>) -> bool {
        let mut positions = 0..self.len();
        self.unmatched == 0
            || positions.all(|position| {
                let row = self.rows[position] as usize;
                let is_open = trace.event[row].receives() && !trace.by_hand[row];
                !is_open || self.sender[position] != NONE
            })
    }
}

impl Graphs {
    /// Of the events of a run, and of what is known beside them.
    pub(super) fn new(
        trace: &Trace<'_>,
        beside: &Logs,
        inference: &Inference,
        go_on: &mut GoOn<'_>,
    ) -> Result<Self> {
        let mut checkpoint = Checkpoint::of_query(go_on);
        let checkpoint = &mut checkpoint;
        let machines = beside.machines.iter().map(|summary| summary.id);
        let (mut certain, places) = Graph::of_machines(trace, machines, checkpoint)?;
        let rules = &beside.rules;
        let keeps = rules.receive == Receive::Max;
        let follows = certain.line_up(trace, &places, keeps, checkpoint)?;
        let by_machine = |graph: &Graph| ByMachine {
            ids: graph.ids.clone(),
            places: places.clone(),
        };
        if Completed::is_complete(trace, rules) && !keeps {
            certain.link(trace, &places, &Completed::as_logged(trace), checkpoint)?;
            certain.add_vectors(beside, checkpoint)?;
            if follows && !beside.is_computed && certain.is_matched(trace) {
                certain.sequence = order::causal(&certain, &places, checkpoint)?;
                let possible = Possible::Same;
                return Ok(Self { certain, possible });
            }
            let evidence = Evidence::of_table(*trace, beside, by_machine(&certain));
            return Self::left_open(certain, &evidence, &places, checkpoint);
        }
        let inferred = inference.of(trace, beside, || by_machine(&certain), checkpoint)?;
        let evidence = inferred.evidence(*trace, beside);
        certain.link_inferred(&evidence, &inferred.completed(trace), checkpoint)?;
        certain.add_vectors(beside, checkpoint)?;
        Self::left_open(certain, &evidence, &places, checkpoint)
    }

    /// With what is possible beside what is certain.
    fn left_open(
        mut certain: Graph,
        evidence: &Evidence<'_>,
        places: &[u32],
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let more = possible::causes(&certain, evidence, checkpoint)?;
        let rules_out = more.is_some();
        let Some(more) = more.filter(|more| more.events.len() > certain.more.events.len()) else {
            certain.sequence = order::causal(&certain, places, checkpoint)?;
            let possible = if rules_out {
                Possible::Same
            } else {
                Possible::Any
            };
            return Ok(Self { certain, possible });
        };
        let mut graph = certain.clone();
        graph.more = more;
        // What is in order by all that is possible is so by what is certain.
        if order::is_causal(&graph, places, checkpoint)? {
            certain.sequence = places.to_vec();
            graph.sequence = places.to_vec();
            let possible = Possible::In(graph);
            return Ok(Self { certain, possible });
        }
        certain.sequence = order::causal(&certain, places, checkpoint)?;
        let possible = match order::sequence(&graph, places, checkpoint)? {
            Ok(sequence) => {
                graph.sequence = sequence;
                Possible::In(graph)
            }
            // Where clocks do not go up along messages, they rule nothing out.
            Err(_) => Possible::Any,
        };
        Ok(Self { certain, possible })
    }
}
