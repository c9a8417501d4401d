//! Shortest paths over bounds on differences.

use super::witness::Witness;
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;

/// A bound: the offset at `above` less that at `below` is at most `most` nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) above: usize,
    pub(super) below: usize,
    pub(super) most: i64,
    pub(super) witness: Witness,
}

/// The bounds, by their ends.
pub(super) struct Paths {
    bounds: Vec<Bound>,
    nodes: usize,
    /// By node, the bounds of which it is below.
    forward: BoundsAt,
    /// By node, the bounds of which it is above.
    backward: BoundsAt,
}

/// The numbers of the bounds at each node.
struct BoundsAt {
    starts: Vec<u32>,
    bounds: Vec<u32>,
}

impl BoundsAt {
    fn new(nodes: usize, ends: impl Iterator<Item = usize> + Clone) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        for end in ends.clone() {
            starts[end + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut bounds = vec![0; starts[nodes] as usize];
        for (number, end) in ends.enumerate() {
            bounds[next[end] as usize] = number as u32;
            next[end] += 1;
        }
        Self { starts, bounds }
    }

    fn of(&self, node: usize) -> &[u32] {
        &self.bounds[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

/// The lengths of paths so far, and the bound by which each node was reached.
struct Search {
    lengths: Vec<Option<i128>>,
    by: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Paths {
    pub(super) fn new(nodes: usize, bounds: Vec<Bound>) -> Self {
        let forward = BoundsAt::new(nodes, bounds.iter().map(|bound| bound.below));
        let backward = BoundsAt::new(nodes, bounds.iter().map(|bound| bound.above));
        Self {
            bounds,
            nodes,
            forward,
            backward,
        }
    }

    /// Bounds that follow each other in a circle and are together less than nothing, and by how much they are.
    pub(super) fn negative_cycle(
        &self,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Option<(Vec<Witness>, i128)>> {
        let all = Search {
            lengths: vec![Some(0); self.nodes],
            by: vec![NONE; self.nodes],
        };
        let queue = (0..self.nodes).collect();
        Ok(match self.search(all, queue, true, checkpoint)? {
            Ok(_) => None,
            Err(cycle) => {
                let length = cycle
                    .iter()
                    .map(|&number| i128::from(self.bounds[number as usize].most))
                    .sum();
                let witnesses = cycle
                    .iter()
                    .map(|&number| self.bounds[number as usize].witness);
                Some((witnesses.collect(), length))
            }
        })
    }

    /// By how much each offset is above that of a node at most. There is no negative cycle.
    pub(super) fn from(
        &self,
        node: usize,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Vec<Option<i128>>> {
        self.one(node, true, checkpoint)
    }

    /// By how much each offset is below that of a node at most. There is no negative cycle.
    pub(super) fn to(
        &self,
        node: usize,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Vec<Option<i128>>> {
        self.one(node, false, checkpoint)
    }

    fn one(
        &self,
        node: usize,
        is_forward: bool,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Vec<Option<i128>>> {
        let mut search = Search {
            lengths: vec![None; self.nodes],
            by: vec![NONE; self.nodes],
        };
        search.lengths[node] = Some(0);
        let found = self.search(search, [node].into(), is_forward, checkpoint)?;
        Ok(found.unwrap_or_else(|_| unreachable!("there is no negative cycle")))
    }

    /// The shortest paths, or the bounds of a negative cycle.
    fn search(
        &self,
        mut search: Search,
        mut queue: std::collections::VecDeque<usize>,
        is_forward: bool,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<std::result::Result<Vec<Option<i128>>, Vec<u32>>> {
        let mut waits = vec![false; self.nodes];
        for &node in &queue {
            waits[node] = true;
        }
        let lists = if is_forward {
            &self.forward
        } else {
            &self.backward
        };
        let mut shortened = 0;
        while let Some(node) = queue.pop_front() {
            waits[node] = false;
            let Some(length) = search.lengths[node] else {
                continue;
            };
            for &number in lists.of(node) {
                checkpoint.after(16)?;
                let bound = &self.bounds[number as usize];
                let next = if is_forward { bound.above } else { bound.below };
                let longer = length + i128::from(bound.most);
                if search.lengths[next].is_some_and(|known| known <= longer) {
                    continue;
                }
                search.lengths[next] = Some(longer);
                search.by[next] = number;
                shortened += 1;
                // Where a negative cycle is, the nodes were soon reached from each other.
                if shortened >= self.nodes {
                    shortened = 0;
                    checkpoint.after(16 * self.nodes)?;
                    if let Some(cycle) = self.cycle(&search.by, is_forward) {
                        return Ok(Err(cycle));
                    }
                }
                if !std::mem::replace(&mut waits[next], true) {
                    queue.push_back(next);
                }
            }
        }
        Ok(Ok(search.lengths))
    }

    /// A cycle among the bounds by which nodes were reached.
    fn cycle(&self, by: &[u32], is_forward: bool) -> Option<Vec<u32>> {
        let before = |node: usize| {
            let bound = self.bounds.get(by[node] as usize)?;
            Some(if is_forward { bound.below } else { bound.above })
        };
        // By node, from which start it was seen.
        let mut seen = vec![NONE; self.nodes];
        for start in 0..self.nodes {
            let mut node = start;
            while seen[node] == NONE {
                seen[node] = start as u32;
                match before(node) {
                    Some(next) => node = next,
                    None => break,
                }
            }
            if seen[node] != start as u32 || before(node).is_none() {
                continue;
            }
            // It was seen on this very way.
            let mut cycle = vec![by[node]];
            let mut at = before(node)?;
            while at != node {
                cycle.push(by[at]);
                at = before(at)?;
            }
            cycle.reverse();
            return Some(cycle);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paths(nodes: usize, bounds: &[(usize, usize, i64)]) -> Paths {
        let bound = |&(above, below, most)| Bound {
            above: above % nodes,
            below: below % nodes,
            most,
            witness: Witness::Drift,
        };
        Paths::new(nodes, bounds.iter().map(bound).collect())
    }

    /// The length of the shortest path between any two nodes, by trying every node in between.
    fn plain(paths: &Paths) -> Vec<Vec<Option<i128>>> {
        let nodes = paths.nodes;
        let mut lengths = vec![vec![None; nodes]; nodes];
        for (node, own) in lengths.iter_mut().enumerate() {
            own[node] = Some(0);
        }
        for bound in &paths.bounds {
            let length = &mut lengths[bound.below][bound.above];
            let most = i128::from(bound.most);
            *length = Some(length.map_or(most, |known: i128| known.min(most)));
        }
        for middle in 0..nodes {
            for from in 0..nodes {
                for to in 0..nodes {
                    if let (Some(a), Some(b)) = (lengths[from][middle], lengths[middle][to]) {
                        let length = &mut lengths[from][to];
                        *length = Some(length.map_or(a + b, |known: i128| known.min(a + b)));
                    }
                }
            }
        }
        lengths
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn they_are_what_a_plain_search_finds(
            nodes in 1_usize..7,
            bounds in prop::collection::vec((0_usize..7, 0_usize..7, -3_i64..9), 0..16),
        ) {
            let paths = paths(nodes, &bounds);
            let plain = plain(&paths);
            let mut go_on = || true;
            let checkpoint = &mut Checkpoint::of_query(&mut go_on);
            let is_contradiction = (0..nodes).any(|node| plain[node][node] < Some(0));
            let cycle = paths.negative_cycle(checkpoint).unwrap();
            prop_assert_eq!(cycle.is_some(), is_contradiction);
            if let Some((witnesses, length)) = cycle {
                prop_assert!(length < 0 && !witnesses.is_empty());
                return Ok(());
            }
            for node in 0..nodes {
                let to: Vec<_> = plain.iter().map(|from| from[node]).collect();
                prop_assert_eq!(&paths.from(node, checkpoint).unwrap(), &plain[node]);
                prop_assert_eq!(paths.to(node, checkpoint).unwrap(), to);
            }
        }
    }
}
