//! What physical clocks say wrongly: of two events the one that happened before is no earlier by its clock.

use std::ops::Range;

use super::super::checkpoint::Checkpoint;
use super::super::graph::Graph;
use super::super::vectors::{ClockRows, traverse, whole};
use super::ordered::spans;
use crate::error::Result;

/// Pairs of which one happened before the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Misread {
    /// Those in which it is no earlier by its clock.
    pub(super) missed: u64,
    /// Of these, those in which it is later.
    pub(super) turned: u64,
}

impl Misread {
    pub(super) fn add(&mut self, other: Self) {
        self.missed += other.missed;
        self.turned += other.turned;
    }
}

/// Physical clocks, by position.
pub(super) struct HostReadings<'a> {
    times: &'a [i64],
    /// Up to each event, the largest of its machine; none if no clock steps back.
    largest: Option<Vec<i64>>,
}

impl<'a> HostReadings<'a> {
    pub(super) fn new(graph: &Graph, times: &'a [i64]) -> Self {
        let spans = spans(graph);
        let grows = |span: &Range<usize>| times[span.clone()].is_sorted();
        if spans.iter().all(grows) {
            return Self {
                times,
                largest: None,
            };
        }
        let mut largest = times.to_vec();
        for span in spans {
            for position in span.skip(1) {
                largest[position] = largest[position].max(largest[position - 1]);
            }
        }
        Self {
            times,
            largest: Some(largest),
        }
    }

    pub(super) fn step_back(&self) -> bool {
        self.largest.is_some()
    }

    /// Of the events of a machine up to one, those that are no earlier than a time; and how many were looked at.
    ///
    /// Where clocks step back, all from the first that is: few, unless a clock is far ahead of the others.
    #[inline]
    fn late(&self, events: Range<usize>, now: i64) -> (Misread, usize) {
        let Some(largest) = &self.largest else {
            if events.is_empty() || self.times[events.end - 1] < now {
                return (Misread::default(), 1);
            }
            let times = &self.times[events];
            let count = |earlier: usize| (times.len() - earlier) as u64;
            let missed = count(times.partition_point(|&time| time < now));
            let turned = count(times.partition_point(|&time| time <= now));
            return (Misread { missed, turned }, 32);
        };
        let mut misread = Misread::default();
        let from_last = events.clone().rev();
        let at_hand = from_last.take_while(|&position| largest[position] >= now);
        let mut looked_at = 1;
        for position in at_hand {
            misread.missed += u64::from(self.times[position] >= now);
            misread.turned += u64::from(self.times[position] > now);
            looked_at += 1;
        }
        (misread, looked_at)
    }

    /// Of all pairs; nothing if more than `most` steps would not do. O(events + receipts x machines) where no clock steps back.
    pub(super) fn misread(
        &self,
        graph: &Graph,
        most: u64,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Option<Misread>> {
        let machines = graph.machines().len();
        let mut misread = Misread::default();
        let mut steps = 0_u64;
        // By machine, whether all that its last event knows of other machines is earlier, and stays so.
        let mut is_clear = vec![true; machines];
        let mut rows = ClockRows::new(machines, None);
        let (from, to) = whole(graph);
        traverse(graph, &from, &to, &mut rows, checkpoint, |step| {
            if steps > most {
                return Ok(0);
            }
            let (now, start) = (self.times[step.position], graph.starts[step.place] as usize);
            let (own, mut looked_at) = self.late(start..step.position, now);
            misread.add(own);
            if self.step_back() || step.is_new || !is_clear[step.place] {
                let mut others = Misread::default();
                for (place, &count) in step.row.iter().enumerate() {
                    if place != step.place && count > 0 {
                        let start = graph.starts[place] as usize;
                        let (late, looked) = self.late(start..start + count as usize, now);
                        others.add(late);
                        looked_at += looked;
                    }
                }
                is_clear[step.place] = others.missed == 0;
                looked_at += machines;
                misread.add(others);
            }
            steps += looked_at as u64;
            Ok(looked_at)
        })?;
        Ok((steps <= most).then_some(misread))
    }

    /// Of the pairs of an event with some of those that it follows from, or that follow from it, all of one machine.
    pub(super) fn with(&self, position: usize, others: Range<usize>, are_before: bool) -> Misread {
        let now = self.times[position];
        if self.step_back() {
            let mut misread = Misread::default();
            for &time in &self.times[others] {
                let (before, after) = if are_before { (time, now) } else { (now, time) };
                misread.missed += u64::from(before >= after);
                misread.turned += u64::from(before > after);
            }
            return misread;
        }
        if are_before {
            return self.late(others, now).0;
        }
        let times = &self.times[others];
        Misread {
            missed: times.partition_point(|&time| time <= now) as u64,
            turned: times.partition_point(|&time| time < now) as u64,
        }
    }
}
