//! Which machine ticks next: by time, machines of one time in their order.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use crate::drive::simulated::paces::Paces;
use crate::model::message::Nanos;
use crate::model::schedule::{Schedule, Steps};
use crate::model::timetable::{Dues, Timetable};

/// Ticks in a bucket, about.
const TOGETHER: f64 = 24.0;
/// Beyond this many machines, the state of the next ones is not in a near cache.
pub(super) const CACHED: usize = 1 << 12;
/// A bucket is at most 2^32 ns wide: a tick's place in it and its machine make one word.
const WIDEST: f64 = 32.0;

/// A tick: when, and of which machine.
pub(super) type Tick = (Nanos, u32);

/// The ticks to come: a ring of buckets of equal width in time.
///
/// R. Brown, "Calendar queues", CACM 31(10), 1988. A machine stands in the
/// bucket of its next tick, in a list; ticks of a later turn of the ring wait
/// in the bucket for theirs. Nothing that happens at a tick moves another, so
/// all ticks of a bucket are taken together.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    machines: Vec<Ticker>,
    /// The ticks of each machine where those of some are uneven, with their rates on average; else nothing.
    uneven: Vec<(Dues, f64)>,
    /// Blocks of machines share them.
    paces: Arc<Paces>,
    /// The next machine of the same bucket.
    next: Vec<u32>,
    /// The first machine of each bucket; a power of two of them.
    buckets: Vec<u32>,
    /// The width of a bucket is 2^shift ns.
    shift: u32,
    /// The bucket at hand, not yet reduced to the ring.
    present: u64,
    /// How many machines have ticks left.
    ticking: usize,
    /// Of each tick of the bucket at hand its place there, and below that its machine.
    keys: Vec<u64>,
}

/// The ticks of one machine.
#[derive(Debug, Clone, Copy)]
struct Ticker {
    steps: Steps,
    /// The place of its pace.
    pace: u32,
}

/// The end of a list.
const NOBODY: u32 = u32::MAX;

impl Agenda {
    /// What a machine takes here: itself, its place in a list, and buckets.
    pub(super) const BYTES_PER_MACHINE: usize = size_of::<Ticker>() + 2 * size_of::<u32>();

    /// No machines; the memory is kept.
    pub(super) fn clear(&mut self) {
        self.machines.clear();
        self.uneven.clear();
        Arc::make_mut(&mut self.paces).clear();
    }

    /// One machine more, which ticks by `schedule`.
    pub(super) fn add(&mut self, schedule: &Schedule) {
        self.machines.push(Ticker {
            steps: schedule.steps(),
            pace: Arc::make_mut(&mut self.paces).place(schedule),
        });
    }

    /// The same of a run in which ticks may be uneven, of which all machines are added so.
    pub(super) fn add_uneven(&mut self, timetable: &Timetable) {
        self.add(timetable.schedule());
        self.uneven.push((timetable.dues(), timetable.rate()));
    }

    /// Puts all machines into their buckets.
    pub(super) fn open(&mut self) {
        let count = self.machines.len();
        let rates = (0..count).map(|machine| self.mean_rate(machine));
        let width = TOGETHER * 1e9 / rates.sum::<f64>();
        self.shift = width.log2().round().clamp(0.0, WIDEST) as u32;
        // Four times those that equal rates would need: few ticks wait for a later turn.
        let buckets = (count as f64 * 4.0 / TOGETHER) as usize + 1;
        self.buckets.clear();
        self.buckets.resize(buckets.next_power_of_two(), NOBODY);
        self.next.clear();
        self.next.resize(count, NOBODY);
        (self.present, self.ticking) = (0, 0);
        for machine in 0..count as u32 {
            if let Some(due) = self.due(machine as usize) {
                self.insert(machine, due);
                self.ticking += 1;
            }
        }
    }

    /// The bucket of a time.
    #[inline]
    fn bucket(&self, time: Nanos) -> usize {
        (time >> self.shift) as usize & (self.buckets.len() - 1)
    }

    #[inline]
    fn insert(&mut self, machine: u32, due: Nanos) {
        let bucket = self.bucket(due);
        self.next[machine as usize] = self.buckets[bucket];
        self.buckets[bucket] = machine;
    }

    /// Puts the next ticks into `ticks`, in their order; none after the last.
    pub(super) fn next_ticks(&mut self, ticks: &mut Vec<Tick>) {
        self.next_ticks_before(Nanos::MAX, ticks);
    }

    /// The same of ticks before `limit`; none if there is none.
    pub(super) fn next_ticks_before(&mut self, limit: Nanos, ticks: &mut Vec<Tick>) {
        ticks.clear();
        let mut empty = 0;
        while self.ticking > 0 {
            let start = self.present << self.shift;
            if start >= limit {
                return;
            }
            let whole = start + (1 << self.shift);
            let end = whole.min(limit);
            if self.uneven.is_empty() {
                self.take::<true>(start, end);
            } else {
                self.take::<false>(start, end);
            }
            self.present += u64::from(end == whole);
            if !self.keys.is_empty() {
                self.keys.sort_unstable();
                let tick = |key: &u64| (start + (key >> 32), *key as u32);
                ticks.extend(self.keys.iter().map(tick));
                return;
            }
            if end < whole {
                return;
            }
            empty += 1;
            if empty > self.buckets.len() {
                self.jump();
                empty = 0;
            }
        }
    }

    /// Takes the ticks before `end` out of the bucket that begins at `start`.
    #[inline]
    fn take<const ARE_EVEN: bool>(&mut self, start: Nanos, end: Nanos) {
        self.keys.clear();
        let bucket = self.bucket(start);
        let mut machine = std::mem::replace(&mut self.buckets[bucket], NOBODY);
        if self.machines.len() > CACHED {
            self.fetch(machine);
        }
        while machine != NOBODY {
            let after = self.next[machine as usize];
            let keys = &mut self.keys;
            let mut tick = |due: Nanos| keys.push((due - start) << 32 | u64::from(machine));
            let next = if ARE_EVEN {
                let ticker = &mut self.machines[machine as usize];
                let period = &self.paces.get(ticker.pace).period;
                loop {
                    match ticker.steps.due() {
                        Some(due) if due < end => {
                            tick(due);
                            ticker.steps.advance(period);
                        }
                        next => break next,
                    }
                }
            } else {
                let (dues, _) = &mut self.uneven[machine as usize];
                loop {
                    match dues.due() {
                        Some(due) if due < end => {
                            tick(due);
                            dues.advance();
                        }
                        next => break next,
                    }
                }
            };
            match next {
                Some(due) => self.insert(machine, due),
                None => self.ticking -= 1,
            }
            machine = after;
        }
    }

    /// Reads all machines of a list, none of which waits for another: slow memory is waited for once.
    fn fetch(&self, mut machine: u32) {
        let mut left = 0;
        while machine != NOBODY {
            left ^= self.machines[machine as usize].steps.left();
            machine = self.next[machine as usize];
        }
        black_box(left);
    }

    /// Goes to the bucket of the earliest tick, after a whole turn without any.
    fn jump(&mut self) {
        let due = (0..self.machines.len()).filter_map(|machine| self.due(machine));
        self.present = due.min().unwrap_or(0) >> self.shift;
    }

    /// The agendas of blocks of machines, one after the other; what is uneven is not here any more.
    pub(super) fn split(&mut self, blocks: &[Range<u32>]) -> Vec<Self> {
        let mut uneven = std::mem::take(&mut self.uneven).into_iter();
        let block = |block: &Range<u32>| Self {
            machines: self.machines[block.start as usize..block.end as usize].to_vec(),
            uneven: uneven.by_ref().take(block.len()).collect(),
            paces: Arc::clone(&self.paces),
            ..Self::default()
        };
        blocks.iter().map(block).collect()
    }

    /// Where these blocks, of all machines in their order, have come to.
    pub(super) fn join(&mut self, blocks: Vec<Self>) {
        self.machines.clear();
        for block in blocks {
            self.machines.extend(block.machines);
            self.uneven.extend(block.uneven);
        }
    }

    /// How many ticks a machine has a second, on average.
    pub(super) fn mean_rate(&self, machine: usize) -> f64 {
        match self.uneven.get(machine) {
            Some((_, rate)) => *rate,
            None => self.rate(machine),
        }
    }

    /// Whether no tick is left, once it is open.
    pub(super) fn is_done(&self) -> bool {
        self.ticking == 0
    }

    /// When the next tick of a machine is due.
    fn due(&self, machine: usize) -> Option<Nanos> {
        match self.uneven.get(machine) {
            Some((dues, _)) => dues.due(),
            None => self.machines[machine].steps.due(),
        }
    }

    /// The rate of a machine, in ticks per second.
    pub(super) fn rate(&self, machine: usize) -> f64 {
        self.paces.get(self.machines[machine].pace).rate
    }

    /// How many ticks of a machine have been gathered.
    pub(super) fn taken(&self, machine: usize) -> u64 {
        if let Some((dues, _)) = self.uneven.get(machine) {
            return dues.taken();
        }
        let ticker = &self.machines[machine];
        ticker.steps.taken(&self.paces.get(ticker.pace).period)
    }

    /// Whether no machine has a tick left.
    pub(super) fn is_over(&self) -> bool {
        (0..self.machines.len()).all(|machine| self.due(machine).is_none())
    }

    /// How many ticks of all machines are left; of uneven ones each is looked at.
    pub(super) fn all_left(&self) -> u64 {
        if !self.uneven.is_empty() {
            let left = self.uneven.iter();
            return left.map(|(dues, _)| dues.clone().count() as u64).sum();
        }
        self.machines.iter().map(|ticker| ticker.steps.left()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order(schedules: &[Schedule]) -> Vec<Tick> {
        let mut agenda = Agenda::default();
        for schedule in schedules {
            agenda.add(schedule);
        }
        agenda.open();
        let (mut order, mut ticks) = (Vec::new(), Vec::new());
        loop {
            agenda.next_ticks(&mut ticks);
            if ticks.is_empty() {
                assert_eq!(agenda.all_left(), 0);
                return order;
            }
            order.append(&mut ticks);
        }
    }

    proptest! {
        #[test]
        fn ticks_come_in_the_order_of_time_and_machine(
            // Some machines are a million times slower than others; whole rates tie.
            machines in prop::collection::vec((1_u32..60, 0_u64..50, 0..3), 1..60),
            duration in 1_u32..40,
        ) {
            let schedule = |&(rate, phase, kind): &(u32, u64, i32)| {
                let rate = f64::from(rate);
                let rate = [rate, rate / 7.3, rate * 1e-6][kind as usize];
                Schedule::new(rate, phase, f64::from(duration)).unwrap()
            };
            let schedules: Vec<_> = machines.iter().map(schedule).collect();
            let mut expected: Vec<_> = (0..).zip(&schedules)
                .flat_map(|(i, schedule)| (1..=schedule.ticks()).map(move |tick| (schedule.due(tick), i)))
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(order(&schedules), expected);
        }
    }

    #[test]
    fn centuries_between_two_ticks_are_leapt() {
        let slow = |phase| Schedule::new(1e-9, phase, 1e9).unwrap();
        let schedules: Vec<_> = (0..100).map(|i| slow(i * 7_000_000_000_000_000)).collect();
        let expected: Vec<_> = (0..)
            .map(|i| (u64::from(i) * 7_000_000_000_000_000, i))
            .take(100)
            .collect();
        assert_eq!(order(&schedules), expected);
    }
}
