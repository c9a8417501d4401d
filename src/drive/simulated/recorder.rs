//! Who is told of the events of a run as they happen.

use std::ops::Range;

use crate::model::event::Event;
use crate::model::message::Nanos;

/// What is told of each event as it happens.
pub trait Recorder {
    /// A machine (counted from 0) had an event.
    fn event(&mut self, time: Nanos, machine: u32, event: &Event);

    /// A machine came back after a crash, with this clock.
    fn startup(&mut self, _time: Nanos, _machine: u32, _clock: u64) {}

    /// Among faults, before each tick: whether a pause had put it off, so that it comes before others of its time.
    fn put_off(&mut self, _is_late: bool) {}

    /// Of a block of machines: all of its events before this time have been told.
    fn until(&mut self, _time: Nanos) {}
}

/// Records nothing.
impl Recorder for () {
    #[inline]
    fn event(&mut self, _time: Nanos, _machine: u32, _event: &Event) {}
}

impl<R: Recorder> Recorder for &mut R {
    #[inline]
    fn event(&mut self, time: Nanos, machine: u32, event: &Event) {
        (**self).event(time, machine, event);
    }

    fn startup(&mut self, time: Nanos, machine: u32, clock: u64) {
        (**self).startup(time, machine, clock);
    }

    fn put_off(&mut self, is_late: bool) {
        (**self).put_off(is_late);
    }

    fn until(&mut self, time: Nanos) {
        (**self).until(time);
    }
}

/// Both see every event.
impl<A: Recorder, B: Recorder> Recorder for (A, B) {
    #[inline]
    fn event(&mut self, time: Nanos, machine: u32, event: &Event) {
        self.0.event(time, machine, event);
        self.1.event(time, machine, event);
    }

    fn startup(&mut self, time: Nanos, machine: u32, clock: u64) {
        self.0.startup(time, machine, clock);
        self.1.startup(time, machine, clock);
    }

    fn put_off(&mut self, is_late: bool) {
        self.0.put_off(is_late);
        self.1.put_off(is_late);
    }

    fn until(&mut self, time: Nanos) {
        self.0.until(time);
        self.1.until(time);
    }
}

/// What can be told of the events of blocks of machines apart, each by a thread of its own.
pub trait Divisible: Recorder {
    /// What is told of the events of one block.
    type Share: Recorder + Send;

    /// One for each of these ranges of machines, which are all machines of a run in their order.
    fn divide(&mut self, blocks: &[Range<u32>]) -> Vec<Self::Share>;

    /// Takes back what `divide` gave; all events have been told.
    fn unite(&mut self, shares: Vec<Self::Share>);
}

impl Divisible for () {
    type Share = ();

    fn divide(&mut self, blocks: &[Range<u32>]) -> Vec<()> {
        vec![(); blocks.len()]
    }

    fn unite(&mut self, _shares: Vec<()>) {}
}

impl<D: Divisible> Divisible for &mut D {
    type Share = D::Share;

    fn divide(&mut self, blocks: &[Range<u32>]) -> Vec<D::Share> {
        (**self).divide(blocks)
    }

    fn unite(&mut self, shares: Vec<D::Share>) {
        (**self).unite(shares);
    }
}

impl<A: Divisible, B: Divisible> Divisible for (A, B) {
    type Share = (A::Share, B::Share);

    fn divide(&mut self, blocks: &[Range<u32>]) -> Vec<Self::Share> {
        let shares = self.0.divide(blocks).into_iter();
        shares.zip(self.1.divide(blocks)).collect()
    }

    fn unite(&mut self, shares: Vec<Self::Share>) {
        let (first, second) = shares.into_iter().unzip();
        self.0.unite(first);
        self.1.unite(second);
    }
}
