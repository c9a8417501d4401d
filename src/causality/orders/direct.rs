//! Direct dependencies (Fowler and Zwaenepoel 1990): of each machine, the last event that was heard of from itself.

use std::collections::BTreeMap;

use super::super::checkpoint::Checkpoint;
use super::super::graph::{EventId, Graph};
use crate::error::Result;

/// How many pairs two stamps alone put in order. The others follow only from the stamps of events between them.
pub(super) fn ordered(graph: &Graph, checkpoint: &mut Checkpoint<'_>) -> Result<u64> {
    let mut ordered = 0;
    for (place, span) in graph.starts.windows(2).enumerate() {
        let mut heard: BTreeMap<u32, u32> = BTreeMap::new();
        // The sum of what was heard.
        let mut before = 0;
        for (own, position) in (0..).zip(span[0]..span[1]) {
            for cause in graph.causes(position as usize) {
                let EventId {
                    place: other,
                    index,
                } = cause;
                if other as usize != place {
                    let last = heard.entry(other).or_default();
                    before += u64::from(index.saturating_sub(*last));
                    *last = index.max(*last);
                }
            }
            ordered += before + own;
            checkpoint.after(8)?;
        }
    }
    Ok(ordered)
}
