//! Happened-before between the events of a run.

pub use super::graph::{EventId, Graph, Trace};
pub use super::limits::Limits;
pub use super::share::Share;

use super::build::{Graphs, Possible};
use super::checkpoint::{Checkpoint, GoOn};
use super::cuts::cut;
use super::graph_paths::GraphPaths;
use super::matching::Inference;
use super::share;
use crate::error::Result;
use crate::log::logs::Logs;

/// Which event happened before which, as far as the logs tell.
///
/// What is certain follows from the order of each machine and from receipts whose SEND is known; what is possible,
/// from any SEND that others may be of too. Where both are one, every answer is known.
#[derive(Debug)]
pub struct Causality {
    limits: Limits,
    certain: GraphPaths,
    possible: Possible<GraphPaths>,
}

impl Causality {
    /// What follows from a graph that leaves nothing open.
    pub fn new(graph: Graph, limits: Limits) -> Self {
        Self {
            limits,
            certain: GraphPaths::new(graph, limits),
            possible: Possible::Same,
        }
    }

    /// What follows from the events of a run, and what is known beside them.
    ///
    /// It is an error if clocks do not go up on a machine, or if events follow from themselves.
    pub fn of(
        trace: &Trace<'_>,
        beside: &Logs,
        limits: Limits,
        go_on: &mut GoOn<'_>,
    ) -> Result<Self> {
        Self::inferred(trace, beside, &Inference::default(), limits, go_on)
    }

    /// The same, where what is found of receipts is kept for others who ask of the same run.
    pub fn inferred(
        trace: &Trace<'_>,
        beside: &Logs,
        inference: &Inference,
        limits: Limits,
        go_on: &mut GoOn<'_>,
    ) -> Result<Self> {
        let Graphs { certain, possible } = Graphs::new(trace, beside, inference, go_on)?;
        Ok(Self {
            limits,
            certain: GraphPaths::new(certain, limits),
            possible: match possible {
                Possible::Same => Possible::Same,
                Possible::In(graph) => Possible::In(GraphPaths::new(graph, limits)),
                Possible::Any => Possible::Any,
            },
        })
    }

    /// The events and the edges that are certain.
    pub fn graph(&self) -> &Graph {
        self.certain.graph()
    }

    /// The events and the edges that are possible.
    pub(super) fn possible(&self) -> &Possible<GraphPaths> {
        &self.possible
    }

    /// Whether the logs leave nothing open.
    pub fn is_certain(&self) -> bool {
        matches!(self.possible, Possible::Same)
    }

    /// How many bytes the kept vector clocks take; 0 before they are made.
    pub fn kept(&self) -> usize {
        let possible = match &self.possible {
            Possible::In(paths) => paths.kept(),
            Possible::Same | Possible::Any => 0,
        };
        self.certain.kept() + possible
    }

    /// Makes the vector clocks of all events, if they are within the limits.
    pub fn keep(&self, go_on: &mut GoOn<'_>) -> Result<()> {
        self.certain.keep(go_on)?;
        match &self.possible {
            Possible::In(paths) => paths.keep(go_on),
            Possible::Same | Possible::Any => Ok(()),
        }
    }

    /// Whether `a` happened before `b`; `None` if the logs leave it open.
    pub fn happened_before(
        &self,
        a: EventId,
        b: EventId,
        go_on: &mut GoOn<'_>,
    ) -> Result<Option<bool>> {
        if self.certain.has(a, b, go_on)? {
            return Ok(Some(true));
        }
        let may_have = match &self.possible {
            Possible::Same => false,
            Possible::In(paths) => paths.has(a, b, go_on)?,
            Possible::Any => a.place != b.place && !self.certain.has(b, a, go_on)?,
        };
        Ok(if may_have { None } else { Some(false) })
    }

    /// Whether neither happened before the other; no event is concurrent with itself. `None` if the logs leave it open.
    pub fn concurrent(&self, a: EventId, b: EventId, go_on: &mut GoOn<'_>) -> Result<Option<bool>> {
        if a == b {
            return Ok(Some(false));
        }
        let before = self.happened_before(a, b, go_on)?;
        if before == Some(true) {
            return Ok(Some(false));
        }
        Ok(match (before, self.happened_before(b, a, go_on)?) {
            (_, Some(true)) => Some(false),
            (Some(false), Some(false)) => Some(true),
            _ => None,
        })
    }

    /// By machine, how many of its events happened before `event` or are it; with `possible`, or may have.
    pub fn vector_clock(
        &self,
        event: EventId,
        possible: bool,
        go_on: &mut GoOn<'_>,
    ) -> Result<Vec<u32>> {
        match &self.possible {
            Possible::In(paths) if possible => paths.vector_clock(event, go_on),
            Possible::Any if possible => {
                let first = self.certain.first_after(event, go_on)?;
                let before = |(place, first)| {
                    if place == event.place as usize {
                        event.index
                    } else {
                        first - 1
                    }
                };
                Ok(first.into_iter().enumerate().map(before).collect())
            }
            _ => self.certain.vector_clock(event, go_on),
        }
    }

    /// By row of the table, whether that event happened before `event`; with `possible`, or may have.
    pub fn past(&self, event: EventId, possible: bool, go_on: &mut GoOn<'_>) -> Result<Vec<bool>> {
        match &self.possible {
            Possible::In(paths) if possible => paths.past(event, go_on),
            Possible::Any if possible => {
                let clock = self.vector_clock(event, true, go_on)?;
                Ok(self.certain.rows_before(event, &clock))
            }
            _ => self.certain.past(event, go_on),
        }
    }

    /// By row of the table, whether `event` happened before that event; with `possible`, or may have.
    pub fn future(
        &self,
        event: EventId,
        possible: bool,
        go_on: &mut GoOn<'_>,
    ) -> Result<Vec<bool>> {
        match &self.possible {
            Possible::In(paths) if possible => paths.future(event, go_on),
            Possible::Any if possible => {
                let clock = self.certain.vector_clock(event, go_on)?;
                // On its own machine all that comes after it does: `first` is the event itself there.
                let first = |(place, count)| count + u32::from(place != event.place as usize);
                let first: Vec<u32> = clock.into_iter().enumerate().map(first).collect();
                Ok(self.certain.rows_from(event, &first))
            }
            _ => self.certain.future(event, go_on),
        }
    }

    /// Whether a cut has with each event all it certainly follows from.
    ///
    /// The cut gives the clock of the last event in it, 0 for none, by machine; machines it does
    /// not name have none.
    pub fn cut_is_consistent(
        &self,
        cut: &[(i64, i64)],
        go_on: &mut GoOn<'_>,
    ) -> Result<Option<bool>> {
        let graph = self.graph();
        let mut counts = vec![0; graph.machines().len()];
        for &(machine_id, clock) in cut {
            let place = graph.place(machine_id)?;
            counts[place] = match clock {
                0 => 0,
                _ => graph.event(machine_id, clock)?.index,
            };
        }
        self.counts_are_consistent(&counts, go_on)
    }

    /// The same of a cut that tells of each machine how many of its events are in it.
    pub fn counts_are_consistent(
        &self,
        counts: &[u32],
        go_on: &mut GoOn<'_>,
    ) -> Result<Option<bool>> {
        let graph = self.graph();
        let checkpoint = &mut Checkpoint::of_query(go_on);
        if !cut::is_consistent(graph, counts, checkpoint)? {
            return Ok(Some(false));
        }
        let is_sure = match &self.possible {
            Possible::Same => true,
            Possible::In(paths) => cut::is_consistent(paths.graph(), counts, checkpoint)?,
            Possible::Any => cut::is_in_any_order(graph, counts),
        };
        Ok(is_sure.then_some(true))
    }

    /// The share of concurrent pairs among all pairs of events.
    ///
    /// Every pair is counted up to the limit; above it, or with `samples`, this many events drawn by
    /// `seed` are compared with all others. Where the logs leave pairs open it is an interval.
    pub fn concurrent_share(
        &self,
        samples: Option<usize>,
        seed: u64,
        go_on: &mut GoOn<'_>,
    ) -> Result<Share> {
        share::check_samples(samples)?;
        let mut checkpoint = Checkpoint::of_query(go_on);
        let mut counted = |paths: &GraphPaths| match samples {
            None if paths.entries() <= self.limits.exact => {
                share::exact(paths.graph(), &mut checkpoint)
            }
            _ => share::sampled(
                paths.graph(),
                samples.unwrap_or(SAMPLES),
                seed,
                &mut checkpoint,
            ),
        };
        let most = counted(&self.certain)?;
        let least = match &self.possible {
            Possible::Same => return Ok(most),
            Possible::In(paths) => counted(paths)?,
            // No pair is surely concurrent; without pairs there is no share.
            Possible::Any => Share {
                value: 0.0 * most.value,
                ..most
            },
        };
        Ok(most.down_to(&least))
    }

    /// The share of pairs of events that are concurrent although their Lamport clocks differ.
    ///
    /// Pairs are counted or sampled as for the concurrent share; pairs with equal clocks always counted.
    pub fn false_order_rate(
        &self,
        samples: Option<usize>,
        seed: u64,
        go_on: &mut GoOn<'_>,
    ) -> Result<Share> {
        let ties = share::ties(self.graph(), &mut Checkpoint::of_query(go_on))?;
        let share = self.concurrent_share(samples, seed, go_on)?;
        let less = |value: f64| (value - ties).clamp(0.0, 1.0);
        Ok(Share {
            value: less(share.value),
            low: less(share.low),
            high: less(share.high),
            ..share
        })
    }
}

/// How many events are drawn unless the caller says.
const SAMPLES: usize = 1024;
