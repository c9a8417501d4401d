//! Whether something holds in some consistent cut of a run, or on every path, which logs may leave open.

use super::avoid::Avoided;
use super::cut::is_in_any_order;
use super::intervals::{Definite, definite};
use super::lattice::Lattice;
use super::least::least;
use super::questions::{Cuts, sure};
use super::search::{Predicate, Searched};
use super::states::States;
use crate::causality::build::Possible;
use crate::causality::checkpoint::{Checkpoint, GoOn};
use crate::causality::graph::Graph;
use crate::error::{Error, Result};

/// Why there is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// There are more cuts than were to be visited.
    Limit,
    /// The logs leave it open.
    Logs,
}

/// What a question comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub value: std::result::Result<bool, Unanswered>,
    /// A cut in which it holds; where the logs leave it open, one in which it would.
    pub cut: Option<Vec<u32>>,
    /// The machines, by their places, that take the steps of a path on which it holds nowhere.
    pub path: Option<Vec<u32>>,
    /// How many cuts were visited, or how many events looked at.
    pub visited: u64,
}

impl Verdict {
    fn new(value: bool, cut: Option<Vec<u32>>, visited: u64) -> Self {
        Self {
            value: Ok(value),
            cut,
            path: None,
            visited,
        }
    }

    fn avoided(path: Vec<u32>, visited: u64) -> Self {
        Self {
            path: Some(path),
            ..Self::new(false, None, visited)
        }
    }

    fn none(why: Unanswered, cut: Option<Vec<u32>>, visited: u64) -> Self {
        Self {
            value: Err(why),
            ..Self::new(false, cut, visited)
        }
    }
}

/// Where something holds: conditions of machines, or anything else of all their states.
enum Asked<'q, 'a> {
    States(&'q States<'a>),
    Predicate(&'q mut Predicate<'a>, u64),
}

impl Cuts<'_> {
    /// Whether the conditions hold in some cut: the least one. O(events).
    pub fn possibly(&self, states: &States<'_>, go_on: &mut GoOn<'_>) -> Result<Verdict> {
        self.check(states)?;
        self.possibly_of(&mut Asked::States(states), go_on)
    }

    /// Whether each path comes through a cut in which the conditions hold. Usually O(machines x events).
    pub fn definitely(&self, states: &States<'_>, go_on: &mut GoOn<'_>) -> Result<Verdict> {
        self.check(states)?;
        self.definitely_of(&mut Asked::States(states), go_on)
    }

    /// Whether something holds in some cut, of up to `limit` that are visited.
    pub fn possibly_somewhere(
        &self,
        holds: &mut Predicate<'_>,
        limit: u64,
        go_on: &mut GoOn<'_>,
    ) -> Result<Verdict> {
        self.possibly_of(&mut Asked::Predicate(holds, limit), go_on)
    }

    /// Whether each path comes through a cut in which something holds, of up to `limit` that are visited.
    pub fn definitely_somewhere(
        &self,
        holds: &mut Predicate<'_>,
        limit: u64,
        go_on: &mut GoOn<'_>,
    ) -> Result<Verdict> {
        self.definitely_of(&mut Asked::Predicate(holds, limit), go_on)
    }

    fn check(&self, states: &States<'_>) -> Result<()> {
        let graph = self.causality().graph();
        let (rows, machines) = (states.truth.len(), states.initial.len());
        if (rows, machines) == (graph.len(), graph.machines().len()) {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "states after {rows} events of {machines} machines, where there are {} of {}",
            graph.len(),
            graph.machines().len()
        )))
    }

    fn possibly_of(&self, asked: &mut Asked<'_, '_>, go_on: &mut GoOn<'_>) -> Result<Verdict> {
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let graph = self.causality().graph();
        let mut visited = 0;
        match sure(self.causality()) {
            Possible::Same => {
                let (found, visited) = self.first(graph, asked, checkpoint)?;
                return Ok(match found {
                    Searched::Found(cut) => Verdict::new(true, Some(cut), visited),
                    Searched::Nothing => Verdict::new(false, None, visited),
                    Searched::Limit => Verdict::none(Unanswered::Limit, None, visited),
                });
            }
            Possible::In(possible) => {
                let (found, count) = self.first(possible, asked, checkpoint)?;
                visited += count;
                match found {
                    Searched::Found(cut) => return Ok(Verdict::new(true, Some(cut), visited)),
                    Searched::Nothing => {}
                    Searched::Limit => return Ok(Verdict::none(Unanswered::Limit, None, visited)),
                }
            }
            Possible::Any => {
                let (end, count) = self.end(asked)?;
                visited += count;
                if end.is_some() {
                    return Ok(Verdict::new(true, end, visited));
                }
            }
        }
        let (found, count) = self.first(graph, asked, checkpoint)?;
        visited += count;
        Ok(match found {
            Searched::Found(cut) => Verdict::none(Unanswered::Logs, Some(cut), visited),
            Searched::Nothing => Verdict::new(false, None, visited),
            Searched::Limit => Verdict::none(Unanswered::Limit, None, visited),
        })
    }

    fn definitely_of(&self, asked: &mut Asked<'_, '_>, go_on: &mut GoOn<'_>) -> Result<Verdict> {
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let graph = self.causality().graph();
        let (sure_graph, mut visited) = match sure(self.causality()) {
            Possible::Same => (Some(graph), 0),
            Possible::In(possible) => (Some(possible), 0),
            // A path that is there whatever is true is not known, but if it holds nowhere each avoids it.
            Possible::Any => {
                let (found, count) = self.first(graph, asked, checkpoint)?;
                match found {
                    Searched::Nothing => return Ok(Verdict::new(false, None, count)),
                    Searched::Limit => return Ok(Verdict::none(Unanswered::Limit, None, count)),
                    Searched::Found(cut) if !self.has_sure_ends() => {
                        return Ok(Verdict::none(Unanswered::Logs, Some(cut), count));
                    }
                    Searched::Found(_) => (None, count),
                }
            }
        };
        let mut cut = None;
        if let Some(sure_graph) = sure_graph {
            let found = self.around(sure_graph, asked, checkpoint)?;
            visited += found.visited;
            cut = found.cut;
            match found.path {
                Searched::Found(path) => return Ok(Verdict::avoided(path, visited)),
                Searched::Limit => return Ok(Verdict::none(Unanswered::Limit, cut, visited)),
                Searched::Nothing
                    if self.causality().is_certain() || std::ptr::eq(sure_graph, graph) =>
                {
                    return Ok(Verdict::new(true, cut, visited));
                }
                Searched::Nothing => {}
            }
        }
        let found = self.around(graph, asked, checkpoint)?;
        visited += found.visited;
        Ok(match found.path {
            Searched::Found(_) => Verdict::none(Unanswered::Logs, cut.or(found.cut), visited),
            Searched::Limit => Verdict::none(Unanswered::Limit, cut.or(found.cut), visited),
            Searched::Nothing => {
                if sure_graph.is_none() {
                    let (end, count) = self.end(asked)?;
                    (cut, visited) = (end, visited + count);
                }
                Verdict::new(true, cut, visited)
            }
        })
    }

    /// The first cut or the last, if it holds there and that is consistent whatever is true; how many were visited.
    fn end(&self, asked: &mut Asked<'_, '_>) -> Result<(Option<Vec<u32>>, u64)> {
        let mut visited = 0;
        for cut in [&self.range().first, &self.range().last] {
            visited += 1;
            if is_in_any_order(self.causality().graph(), cut) && self.holds(asked, cut)? {
                return Ok((Some(cut.clone()), visited));
            }
        }
        Ok((None, visited))
    }

    fn holds(&self, asked: &mut Asked<'_, '_>, cut: &[u32]) -> Result<bool> {
        match asked {
            Asked::States(states) => Ok(states.hold_in(self.causality().graph(), cut)),
            Asked::Predicate(holds, _) => holds(cut),
        }
    }

    /// A cut of a graph with the fewest events in which it holds.
    fn first(
        &self,
        graph: &Graph,
        asked: &mut Asked<'_, '_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<(Searched<Vec<u32>>, u64)> {
        match asked {
            Asked::States(states) => {
                let (cut, visited) = least(graph, self.range(), states, checkpoint)?;
                Ok((cut.map_or(Searched::Nothing, Searched::Found), visited))
            }
            Asked::Predicate(holds, limit) => {
                Lattice::new(graph, self.range(), checkpoint)?.search(*limit, holds, checkpoint)
            }
        }
    }

    /// A path of a graph on which it holds nowhere.
    fn around(
        &self,
        graph: &Graph,
        asked: &mut Asked<'_, '_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Avoided> {
        let states = match asked {
            Asked::States(states) => states,
            Asked::Predicate(holds, limit) => {
                let lattice = Lattice::new(graph, self.range(), checkpoint)?;
                return lattice.avoid(*limit, holds, checkpoint);
            }
        };
        let (found, visited) = definite(graph, self.range(), states, checkpoint)?;
        let mut avoided = Avoided {
            path: Searched::Nothing,
            cut: None,
            visited,
        };
        match found {
            Definite::No(path) => avoided.path = Searched::Found(path),
            Definite::Yes => {
                let (cut, visited) = least(graph, self.range(), states, checkpoint)?;
                avoided.cut = cut;
                avoided.visited += visited;
            }
        }
        Ok(avoided)
    }
}
