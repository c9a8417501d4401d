//! Interval tree clocks (Almeida, Baquero and Fonte 2008), of machines that are all there from the beginning.
//!
//! The seed is forked until each machine has an interval of its own; a machine counts its events in it. A message carries
//! the event tree alone (an anonymous stamp), whose receipt joins it, and is an event like any other.

use std::fmt::Write;

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::Graph;
use super::carried::Carried;
use super::event_tree::EventTree;
use super::order_of::each_event;
use super::varint;
use super::wanted::Wanted;
use crate::error::Result;

/// The intervals of so many machines, as ways from the root: whether to go right.
///
/// A fork halves the machines: the first half, which is the larger if they differ, goes left.
pub fn ways(machines: usize) -> Vec<Vec<bool>> {
    let mut ways = vec![Vec::new(); machines];
    fork(&mut ways);
    ways
}

fn fork(ways: &mut [Vec<bool>]) {
    if ways.len() < 2 {
        return;
    }
    let (left, right) = ways.split_at_mut(ways.len().div_ceil(2));
    for way in left.iter_mut() {
        way.push(false);
    }
    for way in right.iter_mut() {
        way.push(true);
    }
    fork(left);
    fork(right);
}

/// The id of the interval at a way, as the paper writes it: 1 is all, 0 nothing, a pair its halves.
pub fn id(way: &[bool]) -> String {
    let Some((&is_right, way)) = way.split_first() else {
        return "1".to_owned();
    };
    let inside = id(way);
    if is_right {
        format!("(0, {inside})")
    } else {
        format!("({inside}, 0)")
    }
}

/// Visits the event tree of each event: where it stands, how many nodes it has, and how many bytes it takes in a message.
///
/// Trees are written node by node, the root first, each as twice its number, and one more if it has branches.
pub fn each(
    graph: &Graph,
    go_on: &mut GoOn<'_>,
    mut each: impl FnMut(usize, u64, u64) -> Result<()>,
) -> Result<()> {
    each_tree(graph, &mut Checkpoint::of_query(go_on), |position, tree| {
        let (mut nodes, mut bytes) = (0, 0);
        tree.each_node(&mut |base, has_branches| {
            nodes += 1;
            bytes += varint::bytes(2 * u64::from(base) + u64::from(has_branches));
        });
        each(position, nodes, bytes)
    })
}

/// The event trees after the events that are asked for, as the paper writes them: a number, or `(number, left, right)`.
pub fn table(graph: &Graph, wanted: &Wanted, go_on: &mut GoOn<'_>) -> Result<Vec<String>> {
    let mut table = vec![String::new(); wanted.len()];
    let mut nodes = 0;
    each_tree(graph, &mut Checkpoint::of_query(go_on), |position, tree| {
        let Some(slot) = wanted.slot(position) else {
            return Ok(());
        };
        tree.each_node(&mut |_, _| nodes += 1);
        wanted.check("itc", nodes)?;
        write!(table[slot], "{tree}").expect("a text takes all");
        Ok(())
    })?;
    Ok(table)
}

fn each_tree(
    graph: &Graph,
    checkpoint: &mut Checkpoint<'_>,
    mut each: impl FnMut(usize, &EventTree) -> Result<()>,
) -> Result<()> {
    let ways = ways(graph.machines().len());
    let mut trees = vec![EventTree::Leaf(0); ways.len()];
    let mut carried: Carried<EventTree> = Carried::new(graph);
    each_event(graph, checkpoint, |event| {
        let tree = &mut trees[event.place];
        for cause in graph.causes(event.position) {
            carried.take(graph.position(cause), |theirs| *tree = tree.join(theirs));
        }
        *tree = tree.event(&ways[event.place]);
        carried.put(event.position, || tree.clone());
        each(event.position, tree)?;
        Ok(64)
    })
}
