//! Questions about the consistent cuts of a run, which logs may leave open.
//!
//! The cuts of the graph of what is possible are consistent whatever is true, those of the graph of what is certain
//! are all that can be.

use super::cut::is_in_any_order;
use super::lattice::Lattice;
use super::levels::Levels;
use super::range::CutRange;
use crate::causality::build::Possible;
use crate::causality::checkpoint::{Checkpoint, GoOn};
use crate::causality::graph::Graph;
use crate::causality::happened::Causality;
use crate::error::Result;

/// The consistent cuts of a stretch of a run.
#[derive(Debug, Clone, Copy)]
pub struct Cuts<'a> {
    causality: &'a Causality,
    range: &'a CutRange,
}

/// How many cuts there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutCount {
    /// At least.
    pub low: u64,
    /// At most; `None` if that was not counted to its end.
    pub high: Option<u64>,
    /// How many were visited.
    pub visited: u64,
}

/// What is known of which cuts are consistent.
pub(super) fn sure(causality: &Causality) -> Possible<&Graph> {
    let graph = causality.graph();
    let busy = (0..graph.machines().len()).filter(|&place| graph.length(place) > 0);
    match causality.possible() {
        // A machine knows its own order.
        Possible::Any if busy.count() <= 1 => Possible::Same,
        Possible::Any => Possible::Any,
        Possible::In(paths) => Possible::In(paths.graph()),
        Possible::Same => Possible::Same,
    }
}

impl<'a> Cuts<'a> {
    /// Those within a range.
    pub fn new(causality: &'a Causality, range: &'a CutRange) -> Self {
        Self { causality, range }
    }

    pub(super) fn causality(&self) -> &Causality {
        self.causality
    }

    pub(super) fn range(&self) -> &CutRange {
        self.range
    }

    /// The range of a stretch of time, in seconds; `time` is by row.
    ///
    /// It goes from the largest cut without an event at or after its beginning to that of its end. These are consistent
    /// whatever is true, but where nothing is ruled out, by what is certain.
    pub fn of_time(
        causality: &Causality,
        time: &[f64],
        window: (Option<f64>, Option<f64>),
        go_on: &mut GoOn<'_>,
    ) -> Result<CutRange> {
        let graph = match sure(causality) {
            Possible::In(graph) => graph,
            Possible::Same | Possible::Any => causality.graph(),
        };
        CutRange::new(graph, time, window, &mut Checkpoint::of_query(go_on))
    }

    /// Whether both ends are consistent whatever is true.
    pub fn has_sure_ends(&self) -> bool {
        let is_sure = |cut: &[u32]| is_in_any_order(self.causality.graph(), cut);
        !matches!(sure(self.causality), Possible::Any)
            || is_sure(&self.range.first) && is_sure(&self.range.last)
    }

    /// By machine, the clock of its last event in a cut; 0 if there is none.
    pub fn clocks(&self, cut: &[u32]) -> impl Iterator<Item = i64> {
        let graph = self.causality.graph();
        let clock = |(place, &count): (usize, &u32)| match count {
            0 => 0,
            _ => graph.clocks[(graph.starts[place] + count) as usize - 1],
        };
        cut.iter().enumerate().map(clock)
    }

    /// The receipts that are not in a cut although their clock is that of the last event of their machine in it: the
    /// machine, and the sender and the timestamp of the message.
    ///
    /// Only clocks that receipts may leave as they are leave any.
    pub fn receipts_beyond(&self, cut: &[u32]) -> Vec<(u64, u64, i64)> {
        let graph = self.causality.graph();
        let mut found = Vec::new();
        for (place, &count) in cut.iter().enumerate() {
            let start = graph.starts[place] as usize;
            let clocks = &graph.clocks[start..start + graph.length(place) as usize];
            let (inside, beyond) = clocks.split_at((count as usize).min(clocks.len()));
            let same = beyond
                .iter()
                .take_while(|&clock| inside.last() == Some(clock));
            for position in start + inside.len()..start + inside.len() + same.count() {
                if let Some(send) = graph.cause(position) {
                    let machines = graph.machines();
                    let (machine, sender) = (machines[place], machines[send.place as usize]);
                    found.push((machine, sender, graph.clocks[graph.position(send)]));
                }
            }
        }
        found
    }

    /// How many there are.
    ///
    /// What is visited is the graph of what is possible, which has the fewest, and that of what is certain: up to `limit`
    /// cuts of each. The memory is 8 bytes an event, and 8 more for each of those on the way to the cut at hand.
    pub fn count(&self, limit: u64, go_on: &mut GoOn<'_>) -> Result<CutCount> {
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let graph = self.causality.graph();
        let mut visited = 0;
        let low = match sure(self.causality) {
            Possible::Same => None,
            Possible::In(possible) => {
                let lattice = Lattice::new(possible, self.range, checkpoint)?;
                let count = lattice.count(limit, checkpoint)?;
                visited += count.unwrap_or(limit);
                let Some(count) = count else {
                    return Ok(CutCount {
                        low: limit,
                        high: None,
                        visited,
                    });
                };
                Some(count)
            }
            // There is an order of all events, and its cuts.
            Possible::Any if self.has_sure_ends() => Some(self.range.events() + 1),
            Possible::Any => Some(0),
        };
        let lattice = Lattice::new(graph, self.range, checkpoint)?;
        let high = lattice.count(limit, checkpoint)?;
        visited += high.unwrap_or(limit);
        Ok(CutCount {
            low: low.or(high).unwrap_or(limit),
            high,
            visited,
        })
    }

    /// All of them, level by level, by what is certain, or with `possible` those that are consistent whatever is true.
    ///
    /// `None` if they are more than `limit`, or if `possible` is asked for where nothing is ruled out.
    pub fn levels(
        &self,
        possible: bool,
        limit: u64,
        go_on: &mut GoOn<'_>,
    ) -> Result<Option<Levels>> {
        let graph = match sure(self.causality) {
            Possible::In(graph) if possible => graph,
            Possible::Any if possible => return Ok(None),
            _ => self.causality.graph(),
        };
        let checkpoint = &mut Checkpoint::of_query(go_on);
        Lattice::new(graph, self.range, checkpoint)?.levels(limit, checkpoint)
    }
}
