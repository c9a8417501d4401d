//! Hybrid logical clocks (Kulkarni, Demirbas, Madappa, Avva and Leone 2014).
//!
//! l is the largest physical time that an event knows of, c counts events that know of no later one. Before its first
//! event a machine knows of no time: that has its own physical time and c = 0.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::Graph;
use super::order_of::each_event;
use super::physical::PhysicalStamps;
use super::wanted::Wanted;
use super::{Stamps, varint};
use crate::error::Result;

/// What an event's clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hybrid {
    /// l, in nanoseconds.
    pub time: i64,
    /// c.
    pub count: u32,
}

/// The hybrid logical clock after each event, by position.
#[derive(Debug)]
pub struct HlcStamps(Vec<Hybrid>);

impl HlcStamps {
    /// Of all events, by the physical clocks of their machines.
    pub fn new(graph: &Graph, physical: &PhysicalStamps, go_on: &mut GoOn<'_>) -> Result<Self> {
        let physical = physical.times();
        let mut clocks = vec![Hybrid { time: 0, count: 0 }; graph.len()];
        each_event(graph, &mut Checkpoint::of_query(go_on), |event| {
            let before = event.before().map(|before| clocks[before]);
            let causes = graph.causes(event.position);
            // Of equal times the larger count: that is what the cases of the paper come to.
            let known = causes
                .map(|cause| clocks[graph.position(cause)])
                .fold(before, |known, came| known.max(Some(came)));
            let time = physical[event.position];
            clocks[event.position] = match known {
                Some(known) if known.time >= time => Hybrid {
                    time: known.time,
                    count: known.count + 1,
                },
                _ => Hybrid { time, count: 0 },
            };
            Ok(0)
        })?;
        Ok(Self(clocks))
    }

    /// l and c of the events that are asked for, one after the other.
    pub fn table(&self, wanted: &Wanted) -> Vec<i64> {
        let mut table = vec![0; 2 * wanted.len()];
        for (position, clock) in self.0.iter().enumerate() {
            if let Some(slot) = wanted.slot(position) {
                table[2 * slot] = clock.time;
                table[2 * slot + 1] = clock.count.into();
            }
        }
        table
    }

    /// By position.
    pub fn clocks(&self) -> &[Hybrid] {
        &self.0
    }
}

impl Stamps for HlcStamps {
    fn precedes(&self, a: usize, b: usize) -> bool {
        self.0[a] < self.0[b]
    }

    fn message_bytes(&self, position: usize, _: u32) -> u64 {
        let Hybrid { time, count } = self.0[position];
        varint::bytes_of_time(time) + varint::bytes(count.into())
    }
}
