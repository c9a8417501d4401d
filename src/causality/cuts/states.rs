//! In which states of machines something holds.

use crate::causality::graph::Graph;

/// A conjunction: one condition for each of some machines. A state is what a machine is in after an event, until the next.
#[derive(Debug, Clone, Copy)]
pub struct States<'a> {
    /// By row of the table, whether the condition of its machine holds after that event.
    pub truth: &'a [bool],
    /// By place of the machine, whether it holds before its first event; `None` of one that has no condition.
    pub initial: &'a [Option<bool>],
}

impl States<'_> {
    /// The places of machines with a condition.
    pub(super) fn named(&self) -> impl Iterator<Item = usize> {
        let places = self.initial.iter().enumerate();
        places.filter_map(|(place, initial)| initial.map(|_| place))
    }

    /// Whether the condition of a machine, if there is one, holds after so many of its events.
    #[inline]
    pub(super) fn holds_at(&self, graph: &Graph, place: usize, count: u32) -> bool {
        let Some(initial) = self.initial[place] else {
            return true;
        };
        match count {
            0 => initial,
            _ => self.truth[graph.rows[(graph.starts[place] + count) as usize - 1] as usize],
        }
    }

    /// Whether all conditions hold in a cut.
    pub(super) fn hold_in(&self, graph: &Graph, cut: &[u32]) -> bool {
        let mut places = cut.iter().enumerate();
        places.all(|(place, &count)| self.holds_at(graph, place, count))
    }
}
