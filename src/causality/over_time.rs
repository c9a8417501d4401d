//! What machines did and came to from some time on: counts, drift, waits, queues.

use std::ops::Range;

use super::machines::{Count, EventCounts};
use super::spread::{FollowsClocks, Spread};
use super::spread_share::SpreadShare;
use crate::log::columns::Micros;
use crate::log::schema::{EventKind, UNKNOWN};

/// What a run comes to from a time on, told of its events one after the other.
#[derive(Debug, Clone)]
pub struct OverTime(Accounts<Spread>);

/// The same of a block of its machines, told at the same time as other blocks.
#[derive(Debug)]
pub struct OverTimeShare(Accounts<SpreadShare>);

/// Machines, and how far their clocks are apart.
#[derive(Debug, Clone)]
struct Accounts<S> {
    spread: S,
    machines: Vec<Account>,
}

/// An event that is told of.
#[derive(Debug, Clone, Copy)]
pub struct EventInTime {
    /// When it happened.
    pub time: Micros,
    /// What it is.
    pub kind: EventKind,
    /// The clock before, or [`UNKNOWN`].
    pub old_clock: i64,
    /// The clock after.
    pub new_clock: i64,
    /// Whether it is a tick's only event, or the last.
    pub is_tick: bool,
    /// Of a receipt, how many messages then wait, or [`UNKNOWN`].
    pub queue_len: i64,
}

/// What is counted of one machine.
#[derive(Debug, Clone, Default)]
struct Account {
    count: Count,
    ticks: i64,
    /// How long the messages that it received had waited, and how many these are.
    waited: (i128, i64),
    /// How long all of its messages waited, within the stretch.
    within: i128,
    /// Messages that waited when the stretch began.
    before: i64,
    /// Receipts, of the whole run, whose message arrived at an unknown time.
    unknown_arrivals: u64,
    /// Messages that were left in its queue.
    left: u64,
}

/// How a machine ended.
#[derive(Debug, Clone, Copy)]
pub struct AtEnd {
    /// How many messages were left in its queue, if it tells.
    pub queue_len: Option<u64>,
    /// For how many seconds it ran, those included in which it was down.
    pub seconds: f64,
}

/// What one machine did. NaN or [`UNKNOWN`] where nothing is known.
#[derive(Debug, Clone, Copy)]
pub struct Did {
    /// Ticks that had an event.
    pub ticks: i64,
    /// Its events, by kind.
    pub events: EventCounts,
    /// The mean step of its clock.
    pub mean_jump: f64,
    /// The largest step of its clock.
    pub max_jump: i64,
    /// The longest queue seen.
    pub max_queue_len: i64,
    /// Messages per second that its queue gained.
    pub queue_growth: f64,
    /// How long the messages that it received had waited, on average, in seconds.
    pub mean_wait: f64,
    /// How many messages waited, on average over time.
    pub mean_queue_len: f64,
}

impl OverTime {
    /// What is kept of a machine.
    pub const BYTES_PER_MACHINE: usize = size_of::<Account>() + 2 * size_of::<i64>();

    /// Of machines that begin with these clocks, from `start` on.
    pub fn new(start: Micros, clocks: &[i64]) -> Self {
        Self(Accounts {
            spread: Spread::new(start, clocks),
            machines: vec![Account::default(); clocks.len()],
        })
    }

    /// The same of the next run, in which all clocks begin at 0.
    pub fn restart(&mut self) {
        self.0.spread.restart();
        self.0.machines.fill(Account::default());
    }

    /// A machine, by its place, had an event, no earlier than the one before.
    #[inline]
    pub fn event(&mut self, place: usize, event: &EventInTime) {
        self.0.event(place, event);
    }

    /// The event at `time` took a message that had arrived at `arrival`, if that is known.
    #[inline]
    pub fn received(&mut self, place: usize, time: Micros, arrival: Option<Micros>) {
        self.0.received(place, time, arrival);
    }

    /// A share for each of these blocks of machines, which are all in their order, before any event.
    pub fn divide(&mut self, blocks: &[Range<u32>]) -> Vec<OverTimeShare> {
        let own = |block: &Range<u32>| block.start as usize..block.end as usize;
        let clocks = blocks
            .iter()
            .map(|block| &self.0.spread.clocks()[own(block)]);
        let spreads = SpreadShare::divide(&self.0.spread, clocks).into_iter();
        let share = |(spread, block): (SpreadShare, &Range<u32>)| {
            let machines = self.0.machines[own(block)].to_vec();
            OverTimeShare(Accounts { spread, machines })
        };
        spreads.zip(blocks).map(share).collect()
    }

    /// Takes back all shares, to which all events have been told.
    pub fn unite(&mut self, shares: Vec<OverTimeShare>) {
        self.0.machines.clear();
        let mut spreads = Vec::new();
        for OverTimeShare(share) in shares {
            self.0.machines.extend(share.machines);
            spreads.push(share.spread);
        }
        SpreadShare::unite(spreads, &mut self.0.spread);
    }

    /// After all events: a message that arrived at a machine was left in its queue.
    pub fn left(&mut self, place: usize, arrival: Micros) {
        let start = self.0.spread.start();
        let account = &mut self.0.machines[place];
        account.left += 1;
        account.within += within(start, arrival, start + self.0.spread.length());
        account.before += i64::from(arrival <= start);
    }

    /// The mean over time of the largest clock less the smallest; NaN of no time.
    pub fn mean_drift(&self) -> f64 {
        self.0.spread.mean()
    }

    /// The largest of it.
    pub fn max_drift(&self) -> i64 {
        self.0.spread.most()
    }

    /// What a machine did.
    pub fn did(&self, place: usize, end: AtEnd) -> Did {
        let account = &self.0.machines[place];
        let left = end.queue_len.filter(|&left| left == account.left);
        let left = left.filter(|_| account.unknown_arrivals == 0);
        let start = self.0.spread.start();
        let seconds = end.seconds - start as f64 / 1e6;
        let growth = left.map(|left| (left as i64 - account.before) as f64 / seconds);
        let length = self.0.spread.length() as f64;
        let queue_len = end.queue_len.map_or(UNKNOWN, |left| left as i64);
        Did {
            ticks: account.ticks,
            events: account.count.events,
            mean_jump: account.count.mean_jump(),
            max_jump: account.count.max_jump,
            max_queue_len: account.count.max_queue_len.max(queue_len),
            queue_growth: growth.filter(|_| seconds > 0.0).unwrap_or(f64::NAN),
            mean_wait: account.waited.0 as f64 / (account.waited.1 * 1_000_000) as f64,
            mean_queue_len: left.map_or(f64::NAN, |_| account.within as f64 / length),
        }
    }
}

impl OverTimeShare {
    /// As [`OverTime::event`], by the place in the block.
    #[inline]
    pub fn event(&mut self, place: usize, event: &EventInTime) {
        self.0.event(place, event);
    }

    /// As [`OverTime::received`], by the place in the block.
    #[inline]
    pub fn received(&mut self, place: usize, time: Micros, arrival: Option<Micros>) {
        self.0.received(place, time, arrival);
    }

    /// All events of the block before this time have been told.
    pub fn until(&mut self, time: Micros) {
        self.0.spread.until(time);
    }
}

impl<S: FollowsClocks> Accounts<S> {
    #[inline]
    fn event(&mut self, place: usize, event: &EventInTime) {
        self.spread.set(event.time, place, event.new_clock);
        if event.time < self.spread.start() {
            return;
        }
        let account = &mut self.machines[place];
        account.ticks += i64::from(event.is_tick);
        let (old, new) = (event.old_clock, event.new_clock);
        account.count.add(event.kind, old, new, event.queue_len);
    }

    #[inline]
    fn received(&mut self, place: usize, time: Micros, arrival: Option<Micros>) {
        let start = self.spread.start();
        let account = &mut self.machines[place];
        let Some(arrival) = arrival else {
            account.unknown_arrivals += 1;
            return;
        };
        if time < start {
            return;
        }
        account.waited.0 += i128::from(time - arrival);
        account.waited.1 += 1;
        account.within += within(start, arrival, time);
        account.before += i64::from(arrival <= start && start < time);
    }
}

/// For how long a message waited from `start` on, up to `end`.
#[inline]
fn within(start: Micros, arrival: Micros, end: Micros) -> i128 {
    i128::from((end - arrival.max(start)).max(0))
}
