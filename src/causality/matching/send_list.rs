//! The SENDs of all logs by their timestamps.

use std::cell::OnceCell;
use std::ops::Range;

/// The SENDs of each log in the order of their timestamps.
#[derive(Debug, Default)]
pub(in crate::causality) struct SendList {
    /// Those of the log at k stand from `starts[k]` to `starts[k + 1]`.
    pub(in crate::causality) starts: Vec<u32>,
    /// Their timestamps; negative ones are not known.
    pub(in crate::causality) stamps: Vec<i64>,
    pub(in crate::causality) rows: Vec<u32>,
    /// Which of the events of its log each is.
    pub(in crate::causality) indices: Vec<u32>,
    /// The places of all in the order of their timestamps, once someone asks for it.
    order: OnceCell<Vec<u32>>,
}

impl SendList {
    /// The places of those of a log.
    pub(in crate::causality) fn of(&self, log: usize) -> Range<usize> {
        self.starts[log] as usize..self.starts[log + 1] as usize
    }

    /// The places of those of a log with a timestamp.
    pub(in crate::causality) fn with(&self, log: usize, stamp: i64) -> Range<usize> {
        let span = self.of(log);
        let stamps = &self.stamps[span.clone()];
        let first = span.start + stamps.partition_point(|&other| other < stamp);
        let count = self.stamps[first..span.end].iter();
        first..first + count.take_while(|&&other| other == stamp).count()
    }

    /// The places of all in the order of their timestamps.
    pub(super) fn order(&self) -> &[u32] {
        self.order.get_or_init(|| {
            let mut order: Vec<u32> = (0..self.rows.len() as u32).collect();
            // Those of a log are in order: runs that a stable sort merges.
            order.sort_by_key(|&send| self.stamps[send as usize]);
            order
        })
    }

    /// The places of those of any log with a timestamp.
    pub(in crate::causality) fn all_with(&self, stamp: i64) -> impl Iterator<Item = usize> {
        let order = self.order();
        let of = |send: u32| self.stamps[send as usize];
        let first = order.partition_point(|&send| of(send) < stamp);
        let same = order[first..].iter().copied();
        same.take_while(move |&send| of(send) == stamp)
            .map(|send| send as usize)
    }
}
