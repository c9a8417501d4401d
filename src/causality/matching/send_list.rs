//! The SENDs of all logs by their timestamps.

use std::ops::Range;

use super::near::first_from;

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
    /// The log of each.
    pub(in crate::causality) logs: Vec<u32>,
}

impl SendList {
    /// The places of those of a log.
    pub(in crate::causality) fn of(&self, log: usize) -> Range<usize> {
        self.starts[log] as usize..self.starts[log + 1] as usize
    }

    /// Makes room for so many.
    pub(super) fn make(&mut self, count: usize) {
        self.starts.push(count as u32);
        self.stamps = vec![0; count];
        self.rows = vec![0; count];
        self.indices = vec![0; count];
        self.logs = vec![0; count];
    }

    /// Puts those of a log, which stand as there, into the order of their timestamps.
    pub(super) fn sort(&mut self, log: usize) {
        let span = self.of(log);
        if self.stamps[span.clone()].is_sorted() {
            return;
        }
        let mut order: Vec<usize> = span.clone().collect();
        order.sort_by_key(|&send| self.stamps[send]);
        let rows: Vec<u32> = order.iter().map(|&send| self.rows[send]).collect();
        let indices: Vec<u32> = order.iter().map(|&send| self.indices[send]).collect();
        let stamps: Vec<i64> = order.iter().map(|&send| self.stamps[send]).collect();
        self.rows[span.clone()].copy_from_slice(&rows);
        self.indices[span.clone()].copy_from_slice(&indices);
        self.stamps[span].copy_from_slice(&stamps);
    }

    /// The places of those of a log with a timestamp.
    pub(in crate::causality) fn with(&self, log: usize, stamp: i64) -> Range<usize> {
        self.with_near(log, stamp, &mut 0)
    }

    /// The same, looked for from where the last of the log was found.
    pub(super) fn with_near(&self, log: usize, stamp: i64, hint: &mut u32) -> Range<usize> {
        let span = self.of(log);
        let stamps = &self.stamps[span.clone()];
        let key = |place: usize| stamps[place];
        let first = first_from(stamps.len(), key, *hint as usize, stamp);
        *hint = first as u32;
        let same = stamps[first..].iter().take_while(|&&other| other == stamp);
        let first = span.start + first;
        first..first + same.count()
    }

    /// The places of all in the order of their timestamps, those with one timestamp in that of the logs.
    pub(super) fn order(&self) -> Vec<u32> {
        let count = self.rows.len();
        let least = self.stamps.iter().copied().min().unwrap_or(0);
        let most = self.stamps.iter().copied().max().unwrap_or(0);
        let width = most.checked_sub(least).map(|width| width as u64);
        let Some(width) = width.filter(|&width| width < 4 * count as u64 + 1024) else {
            let mut order: Vec<u32> = (0..count as u32).collect();
            // Those of a log are in order: runs that a stable sort merges.
            order.sort_by_key(|&send| self.stamps[send as usize]);
            return order;
        };
        // Clocks of a run lie close together: they are counted.
        let mut next = vec![0_u32; width as usize + 2];
        let slot = |stamp: i64| (stamp - least) as usize;
        for &stamp in &self.stamps {
            next[slot(stamp) + 1] += 1;
        }
        for slot in 0..=width as usize {
            next[slot + 1] += next[slot];
        }
        let mut order = vec![0; count];
        for (send, &stamp) in self.stamps.iter().enumerate() {
            let at = &mut next[slot(stamp)];
            order[*at as usize] = send as u32;
            *at += 1;
        }
        order
    }
}
