//! How far the clocks of machines are apart, of which blocks are told of apart, at the same time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::spread::{Extremes, FollowsClocks, Spread};
use crate::log::columns::Micros;

/// Changes that wait before those that are known of all blocks are put together.
const MANY: usize = 4096;

/// The extremes of one block have changed: they are these after all events of this time.
#[derive(Debug, Clone, Copy)]
struct Change {
    time: Micros,
    extremes: (i64, i64),
}

/// The clocks of one block.
#[derive(Debug)]
pub(super) struct SpreadShare {
    extremes: Extremes,
    start: Micros,
    /// The time of its last event.
    last: Micros,
    changes: VecDeque<Change>,
    /// The block's number, and what blocks share.
    place: usize,
    joined: Arc<Mutex<Joined>>,
}

/// What blocks have told.
#[derive(Debug)]
pub(super) struct Joined {
    spread: Spread,
    blocks: Vec<BlockClocks>,
}

/// What one block has told.
#[derive(Debug)]
struct BlockClocks {
    /// How it is at the time up to which the spread is summed.
    extremes: (i64, i64),
    /// What comes later, in order.
    changes: VecDeque<Change>,
    /// There are no more changes before this time.
    until: Micros,
}

impl FollowsClocks for SpreadShare {
    #[inline]
    fn set(&mut self, time: Micros, place: usize, clock: i64) {
        self.last = time;
        let before = self.extremes.get();
        self.extremes.set(place, clock);
        let extremes = self.extremes.get();
        if extremes != before {
            let change = Change { time, extremes };
            match self.changes.back_mut().filter(|last| last.time == time) {
                Some(last) => *last = change,
                None => self.changes.push_back(change),
            }
        }
    }

    #[inline]
    fn start(&self) -> Micros {
        self.start
    }
}

impl SpreadShare {
    /// A share for each of these lists of clocks, which together are those of `spread`.
    pub(super) fn divide<'a>(
        spread: &Spread,
        clocks: impl Iterator<Item = &'a [i64]>,
    ) -> Vec<Self> {
        let start = spread.start();
        let all: Vec<Extremes> = clocks.map(Extremes::new).collect();
        let told = |extremes: &Extremes| BlockClocks {
            extremes: extremes.get(),
            changes: VecDeque::new(),
            until: Micros::MIN,
        };
        let joined = Arc::new(Mutex::new(Joined {
            spread: Spread::new(start, &[]),
            blocks: all.iter().map(told).collect(),
        }));
        let shares = all.into_iter().enumerate();
        let share = |(place, extremes)| Self {
            extremes,
            start,
            last: Micros::MIN,
            changes: VecDeque::new(),
            place,
            joined: Arc::clone(&joined),
        };
        shares.map(share).collect()
    }

    /// All events of this block before this time have been told.
    pub(super) fn until(&mut self, time: Micros) {
        let mut joined = self.joined.lock().expect("no holder panics");
        let told = &mut joined.blocks[self.place];
        told.until = time;
        // Another event of the time of the last change may still change it.
        let known = self.changes.partition_point(|change| change.time < time);
        told.changes.extend(self.changes.drain(..known));
        if told.changes.len() >= MANY {
            joined.put_together();
        }
    }

    /// Makes `spread` that of all blocks, of which all events have been told; it is not told of more.
    pub(super) fn unite(mut shares: Vec<Self>, spread: &mut Spread) {
        for share in &mut shares {
            share.until(Micros::MAX);
        }
        let Some(first) = shares.first() else {
            return;
        };
        let mut joined = first.joined.lock().expect("no holder panics");
        joined.put_together();
        let apart = joined.apart();
        let last = shares.iter().map(|share| share.last).max();
        if let Some(last) = last.filter(|&last| last > joined.spread.now()) {
            joined.spread.pass(last, apart);
        }
        spread.reach(apart, &joined.spread);
    }
}

impl Joined {
    /// Puts together what is known of all blocks.
    fn put_together(&mut self) {
        let until = self.blocks.iter().map(|told| told.until).min();
        let until = until.unwrap_or(Micros::MIN);
        loop {
            let first = |told: &BlockClocks| told.changes.front().map(|change| change.time);
            let all = self.blocks.iter().enumerate();
            let next = all
                .filter_map(|(place, told)| Some((first(told)?, place)))
                .min();
            let Some((time, place)) = next.filter(|&(time, _)| time < until) else {
                return;
            };
            if time > self.spread.now() {
                let apart = self.apart();
                self.spread.pass(time, apart);
            }
            let told = &mut self.blocks[place];
            if let Some(change) = told.changes.pop_front() {
                told.extremes = change.extremes;
            }
        }
    }

    /// The largest clock less the smallest.
    fn apart(&self) -> i64 {
        let smallest = self.blocks.iter().map(|told| told.extremes.0).min();
        let largest = self.blocks.iter().map(|told| told.extremes.1).max();
        largest.unwrap_or(0) - smallest.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against one that is told of all in order; clocks may go down.
        #[test]
        fn blocks_come_to_what_all_machines_come_to(
            cuts in prop::collection::vec(1_usize..4, 1..5),
            (start, every) in (-3_i64..20, 1_i64..9),
            changes in prop::collection::vec((0_i64..4, any::<prop::sample::Index>(), 0_i64..30), 0..60),
        ) {
            let machines: usize = cuts.iter().sum();
            let mut all = Spread::new(start, &vec![0; machines]);
            let clocks = vec![0; machines];
            let mut firsts = vec![0];
            firsts.extend(cuts.iter().scan(0, |first, cut| { *first += cut; Some(*first) }));
            let lists = firsts.windows(2).map(|pair| &clocks[pair[0]..pair[1]]);
            let mut shares = SpreadShare::divide(&all, lists);
            let (mut now, mut told) = (-5, -5);
            for (wait, place, clock) in changes {
                now += wait;
                while told + every < now {
                    told += every;
                    for share in &mut shares {
                        share.until(told);
                    }
                    shares[0].joined.lock().unwrap().put_together();
                }
                let place = place.index(machines);
                let block = firsts.partition_point(|&first| first <= place) - 1;
                all.set(now, place, clock);
                shares[block].set(now, place - firsts[block], clock);
            }
            let mut united = Spread::new(start, &clocks);
            SpreadShare::unite(shares, &mut united);
            prop_assert_eq!(united.length(), all.length());
            prop_assert_eq!(united.mean().to_bits(), all.mean().to_bits());
            prop_assert_eq!(united.most(), all.most());
        }
    }
}
