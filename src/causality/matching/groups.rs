//! Items by an ordered pair of machines, counted and then filled in: linear, and in the order of the logs.

use std::ops::Range;

use crate::error::Result;

/// Items grouped by a pair of places, the first of which is the log they come from.
pub(in crate::causality) struct Groups<T> {
    items: Vec<T>,
    /// The other place and where its items are; sorted within each log.
    spans: Vec<(u32, Range<usize>)>,
    /// Where the spans of each log begin, and at last where all end.
    firsts: Vec<usize>,
}

/// What is to be grouped.
pub(super) trait Items<T> {
    /// Hands over the other place and the value of each item of a log.
    fn each(&mut self, log: usize, emit: impl FnMut(usize, T)) -> Result<()>;
}

impl<T: Copy + Default> Groups<T> {
    /// Goes through the items of each log twice: to count, and to fill.
    pub(super) fn new(logs: usize, items: &mut impl Items<T>) -> Result<Self> {
        let mut groups = Self {
            items: Vec::new(),
            spans: Vec::new(),
            firsts: Vec::with_capacity(logs + 1),
        };
        let mut next = vec![0_usize; logs];
        let mut touched = Vec::new();
        for log in 0..logs {
            groups.firsts.push(groups.spans.len());
            touched.clear();
            items.each(log, |key, _| {
                if next[key] == 0 {
                    touched.push(key);
                }
                next[key] += 1;
            })?;
            touched.sort_unstable();
            let mut start = groups.items.len();
            for &key in &touched {
                let end = start + next[key];
                groups.spans.push((key as u32, start..end));
                next[key] = start;
                start = end;
            }
            groups.items.resize(start, T::default());
            items.each(log, |key, item| {
                groups.items[next[key]] = item;
                next[key] += 1;
            })?;
            for &key in &touched {
                next[key] = 0;
            }
        }
        groups.firsts.push(groups.spans.len());
        Ok(groups)
    }
}

impl<T> Groups<T> {
    /// The items of a log, with their other place, in order of it.
    pub(in crate::causality) fn of(&self, log: usize) -> impl Iterator<Item = (usize, &[T])> {
        self.spans[self.firsts[log]..self.firsts[log + 1]]
            .iter()
            .map(|(other, span)| (*other as usize, &self.items[span.clone()]))
    }

    /// The same groups by their other place.
    pub(in crate::causality) fn crossed(&self) -> Crossed<'_, T> {
        let logs = self.firsts.len() - 1;
        let mut firsts = vec![0; logs + 1];
        for (other, _) in &self.spans {
            firsts[*other as usize + 1] += 1;
        }
        for place in 0..logs {
            firsts[place + 1] += firsts[place];
        }
        let mut next = firsts.clone();
        let mut spans = vec![(0, 0); self.spans.len()];
        for log in 0..logs {
            for span in self.firsts[log]..self.firsts[log + 1] {
                let place = &mut next[self.spans[span].0 as usize];
                spans[*place] = (log as u32, span);
                *place += 1;
            }
        }
        Crossed {
            groups: self,
            spans,
            firsts,
        }
    }
}

/// Groups by the place that is not the log they come from.
pub(in crate::causality) struct Crossed<'a, T> {
    groups: &'a Groups<T>,
    /// The log, and which of the spans.
    spans: Vec<(u32, usize)>,
    /// Where those of each place begin, and at last where all end.
    firsts: Vec<usize>,
}

impl<T> Crossed<'_, T> {
    /// The items of a place, with the log that they come from, in order of it.
    pub(in crate::causality) fn of(&self, place: usize) -> impl Iterator<Item = (usize, &[T])> {
        self.spans[self.firsts[place]..self.firsts[place + 1]]
            .iter()
            .map(|&(log, span)| {
                let span = self.groups.spans[span].1.clone();
                (log as usize, &self.groups.items[span])
            })
    }
}
