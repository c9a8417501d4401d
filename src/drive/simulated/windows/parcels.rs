//! What machines send to machines of any block, on its way there until the window is over.

use std::hint::black_box;
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

/// Delivers parcels of several blocks, each block's in order, to the machines from `first` on, as one thread
/// would have: for each machine by the time at which they were sent, by sender, and as the sender had them.
pub(super) fn deliver(seats: &mut [Seat], first: u32, blocks: &[&[Parcel]]) {
    let mut together = Vec::with_capacity(TOGETHER);
    let mut give = |together: &mut Vec<Parcel>| {
        if seats.len() > CACHED {
            // Slow memory is waited for once.
            let clock = |parcel: &Parcel| seats[(parcel.recipient - first) as usize].node.clock();
            black_box(together.iter().map(clock).sum::<u64>());
        }
        for parcel in together.drain(..) {
            let message = Message::new(id(parcel.sender), parcel.timestamp, parcel.arrival);
            seats[(parcel.recipient - first) as usize]
                .node
                .deliver(message);
        }
    };
    let mut rest: Vec<&[Parcel]> = blocks
        .iter()
        .copied()
        .filter(|block| !block.is_empty())
        .collect();
    while let Some(last) = rest.len().checked_sub(1) {
        // The block whose next parcel comes first; of two there is nothing to find.
        let mut next = last;
        let mut place = rest[last][0].place();
        for block in (0..last).rev() {
            let other = rest[block][0].place();
            if other < place {
                (next, place) = (block, other);
            }
        }
        let (parcel, left) = rest[next].split_first().expect("it has a parcel");
        together.push(*parcel);
        if together.len() == TOGETHER {
            give(&mut together);
        }
        if left.is_empty() {
            rest.remove(next);
        } else {
            rest[next] = left;
        }
    }
    give(&mut together);
}
