//! What machines send to machines of any block, on its way there until the window is over.

use std::hint::black_box;
use std::ops::Deref;
use std::sync::Mutex;

use crate::drive::simulated::agenda::CACHED;
use crate::drive::simulated::group::Post;
use crate::drive::simulated::id;
use crate::drive::simulated::seat::Seat;
use crate::model::message::{Message, Nanos};

/// A message under way from block to block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parcel {
    /// When its sender ticked, doubled; less by 1 if a pause had put the tick off: those come first.
    order: u64,
    timestamp: u64,
    arrival: Nanos,
    /// Machines, counted from 0 in the run.
    sender: u32,
    recipient: u32,
}

impl Parcel {
    /// The order in which one thread would deliver; messages of one tick stay as they were sent.
    #[inline]
    fn place(&self) -> (u64, u32) {
        (self.order, self.sender)
    }
}

/// Of one block in one window: what it sends, by the block that it goes to, and when it ticks.
#[derive(Debug)]
pub(super) struct Dispatch<'a> {
    first: u32,
    /// The first machines of all blocks but the first.
    starts: &'a [u32],
    order: u64,
    pub(super) parcels: Vec<Vec<Parcel>>,
    pub(super) times: Vec<Nanos>,
}

impl<'a> Dispatch<'a> {
    /// Of the block that begins with machine `first`.
    pub(super) fn new(first: u32, starts: &'a [u32]) -> Self {
        Self {
            first,
            starts,
            order: 0,
            parcels: vec![Vec::new(); starts.len() + 1],
            times: Vec::new(),
        }
    }
}

impl Post for Dispatch<'_> {
    #[inline]
    fn first(&self) -> u32 {
        self.first
    }

    #[inline]
    fn tick_on_time(&mut self, time: Nanos) {
        self.tick(time, false);
    }

    #[inline]
    fn tick(&mut self, time: Nanos, is_late: bool) {
        self.order = 2 * time + u64::from(!is_late);
        self.times.push(time);
    }

    #[inline]
    fn send(&mut self, _seats: &mut [Seat], link: (u32, u32), timestamp: u64, arrival: Nanos) {
        let (sender, recipient) = link;
        let blocks_before = self.starts.iter().map(|&start| recipient >= start);
        let block: usize = blocks_before.map(usize::from).sum();
        self.parcels[block].push(Parcel {
            order: self.order,
            timestamp,
            arrival,
            sender,
            recipient,
        });
    }
}

/// The parcels to one block of one window, by the block that they come from.
pub(super) type ParcelLists = Vec<Mutex<Vec<Parcel>>>;

/// Parcels that are looked at together.
const TOGETHER: usize = 64;

/// Delivers parcels to the machines of a block; the memory is used again.
#[derive(Debug, Default)]
pub(super) struct Deliverer {
    /// Of each block, how many of its parcels have been delivered.
    done: Vec<usize>,
    together: Vec<Parcel>,
}

impl Deliverer {
    /// Delivers parcels of several blocks, each block's in order, to the machines from `first` on, as one thread
    /// would have: for each machine by the time at which they were sent, by sender, and as the sender had them.
    pub(super) fn deliver(
        &mut self,
        seats: &mut [Seat],
        first: u32,
        blocks: &[impl Deref<Target = Vec<Parcel>>],
    ) {
        self.done.clear();
        self.done.resize(blocks.len(), 0);
        loop {
            self.together.clear();
            while self.together.len() < TOGETHER
                && let Some(block) = self.next(blocks)
            {
                self.together.push(blocks[block][self.done[block]]);
                self.done[block] += 1;
            }
            if self.together.is_empty() {
                return;
            }
            let place = |parcel: &Parcel| (parcel.recipient - first) as usize;
            if seats.len() > CACHED {
                // Slow memory is waited for once.
                let clock = |parcel: &Parcel| seats[place(parcel)].node.clock();
                black_box(self.together.iter().map(clock).sum::<u64>());
            }
            for parcel in &self.together {
                let message = Message::new(id(parcel.sender), parcel.timestamp, parcel.arrival);
                seats[place(parcel)].node.deliver(message);
            }
        }
    }

    /// The block whose next parcel comes first.
    #[inline]
    fn next(&self, blocks: &[impl Deref<Target = Vec<Parcel>>]) -> Option<usize> {
        let heads = blocks.iter().zip(&self.done).enumerate();
        let mut next: Option<((u64, u32), usize)> = None;
        for (block, (parcels, &done)) in heads {
            if let Some(parcel) = parcels.get(done) {
                let place = parcel.place();
                if next.is_none_or(|(least, _)| place < least) {
                    next = Some((place, block));
                }
            }
        }
        next.map(|(_, block)| block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::simulated::seat::Tally;
    use crate::model::node::Node;
    use crate::model::random::Generator;
    use proptest::prelude::*;

    fn seats(count: u32) -> Vec<Seat> {
        let node = |machine| Node::new(Generator::new(1, id(machine), 0));
        let seat = |machine| Seat {
            node: node(machine),
            tally: Tally::default(),
        };
        (0..count).map(seat).collect()
    }

    proptest! {
        /// Few times, so that many are sent and arrive together: any other order is seen.
        #[test]
        fn machines_get_what_one_thread_would_deliver(
            ticks in prop::collection::vec((0_u64..6, any::<bool>(), 0_u32..6, prop::collection::vec((0_u32..6, 10_u64..14), 0..4)), 0..40),
            cuts in (1_u32..3, 3_u32..6),
        ) {
            let starts = [cuts.0, cuts.1];
            let block = |machine: u32| starts.iter().filter(|&&start| machine >= start).count();
            let mut ticks = ticks;
            ticks.sort_by_key(|&(time, is_late, sender, _)| (time, !is_late, sender));
            let mut expected = seats(6);
            let mut dispatches: Vec<Dispatch<'_>> =
                [0, cuts.0, cuts.1].iter().map(|&first| Dispatch::new(first, &starts)).collect();
            for (number, (time, is_late, sender, sent)) in (1..).zip(ticks) {
                let dispatch = &mut dispatches[block(sender)];
                dispatch.tick(time, is_late);
                for (recipient, arrival) in sent {
                    let message = Message::new(id(sender), number, arrival);
                    expected[recipient as usize].node.deliver(message);
                    dispatch.send(&mut [], (sender, recipient), number, arrival);
                }
            }
            let mut all = seats(6);
            let mut deliverer = Deliverer::default();
            for (to, range) in [0..cuts.0, cuts.0..cuts.1, cuts.1..6].into_iter().enumerate() {
                let lists: Vec<&Vec<Parcel>> = dispatches.iter().map(|dispatch| &dispatch.parcels[to]).collect();
                let own = &mut all[range.start as usize..range.end as usize];
                deliverer.deliver(own, range.start, &lists);
            }
            let waiting = |seats: &[Seat]| -> Vec<Vec<Message>> {
                seats.iter().map(|seat| seat.node.waiting().copied().collect()).collect()
            };
            prop_assert_eq!(waiting(&all), waiting(&expected));
        }
    }
}
