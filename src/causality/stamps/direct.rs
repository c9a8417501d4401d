//! Direct dependencies (Fowler and Zwaenepoel 1990): of each other machine, the latest of its events that sent here.
//!
//! A message carries one number. Two stamps tell only which message came straight here; all of them together tell
//! what happened before what.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::Graph;
use super::order_of::each_event;
use super::wanted::Wanted;
use crate::error::Result;

/// The dependencies of the events that are asked for, a row each with a number for each machine.
pub fn table(graph: &Graph, wanted: &Wanted, go_on: &mut GoOn<'_>) -> Result<Vec<i64>> {
    let width = graph.machines().len();
    let mut table = wanted.zeros("direct", width)?;
    // By machine, who sent there, and the latest that came.
    let mut known: Vec<Vec<(u32, u32)>> = vec![Vec::new(); width];
    each_event(graph, &mut Checkpoint::of_query(go_on), |event| {
        let known = &mut known[event.place];
        for cause in graph.causes(event.position) {
            if cause.place as usize == event.place {
                continue;
            }
            match known.binary_search_by_key(&cause.place, |&(place, _)| place) {
                Ok(at) => known[at].1 = known[at].1.max(cause.index),
                Err(at) => known.insert(at, (cause.place, cause.index)),
            }
        }
        let Some(slot) = wanted.slot(event.position) else {
            return Ok(0);
        };
        let row = &mut table[slot * width..][..width];
        for &(place, index) in &*known {
            row[place as usize] = index.into();
        }
        row[event.place] = event.index.into();
        Ok(known.len())
    })?;
    Ok(table)
}
