//! Events that wait to be told, thinned where they are too many.

use crate::log::columns::Micros;
use crate::log::schema::EventKind;

/// One in at most so many messages is kept.
const THINNEST: u64 = 1 << 30;
/// What an event takes as text beside its recipients, and each of them, in bytes.
const PLAIN: usize = 56;
const RECIPIENT: usize = 6;

/// An event as it is told.
#[derive(Debug, Clone)]
pub(crate) struct FollowedEvent {
    pub(crate) machine: u64,
    pub(crate) kind: EventKind,
    pub(crate) time: Micros,
    pub(crate) clock: u64,
    /// The messages that wait, where it received one and tells.
    pub(crate) queue: Option<u64>,
    /// The message it received, sender and timestamp.
    pub(crate) received: Option<(u64, u64)>,
    pub(crate) arrived: Option<Micros>,
    /// Who the message goes to, where it sent one.
    pub(crate) to: Box<[u64]>,
}

impl FollowedEvent {
    /// Spread evenly over events, and the same for a SEND and its receipts.
    fn mixed(&self) -> u64 {
        let (machine, clock) = self.received.unwrap_or((self.machine, self.clock));
        let mut mixed = machine
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(clock);
        for (shift, odd) in [(30, 0xbf58_476d_1ce4_e5b9_u64), (27, 0x94d0_49bb_1331_11eb)] {
            mixed = (mixed ^ (mixed >> shift)).wrapping_mul(odd);
        }
        mixed ^ (mixed >> 31)
    }

    fn bytes(&self) -> usize {
        PLAIN + RECIPIENT * self.to.len()
    }
}

/// How much may be told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

/// Events of whole messages: all of them, or those of one message in `every`, a power of two.
///
/// What is kept at one of these is kept at each smaller one.
#[derive(Debug)]
pub(crate) struct KeptEvents {
    events: Vec<FollowedEvent>,
    bytes: usize,
    every: u64,
}

impl KeptEvents {
    pub(crate) fn new() -> Self {
        Self {
            events: Vec::new(),
            bytes: 0,
            every: 1,
        }
    }

    pub(crate) fn every(&self) -> u64 {
        self.every
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn add(&mut self, event: FollowedEvent) {
        if event.mixed() & (self.every - 1) == 0 {
            self.bytes += event.bytes();
            self.events.push(event);
        }
    }

    /// Leaves messages out until no more is kept than may be.
    pub(crate) fn thin(&mut self, allowance: Allowance) {
        while self.is_beyond(allowance) && self.every < THINNEST {
            self.every *= 2;
            let every = self.every;
            self.retain(|event| event.mixed() & (every - 1) == 0);
        }
    }

    /// Leaves the oldest out until no more is kept than may be; how many went.
    pub(crate) fn forget_oldest(&mut self, allowance: Allowance) -> usize {
        let before = self.events.len();
        let mut most = allowance.events;
        while self.is_beyond(allowance) && !self.events.is_empty() {
            most = most.min(self.events.len());
            let from = self.events.len() - most;
            if from > 0 {
                let mut times: Vec<Micros> = self.events.iter().map(|event| event.time).collect();
                let after = *times.select_nth_unstable(from - 1).1;
                // All of one time go or stay, unless there is no other time.
                if self.events.iter().any(|event| event.time > after) {
                    self.retain(|event| event.time > after);
                } else {
                    self.events.drain(..from);
                    self.retain(|_| true);
                }
            }
            most /= 2;
        }
        before - self.events.len()
    }

    /// Takes the events; half as many messages are left out of those to come, if these were few.
    pub(crate) fn take(&mut self, is_few: bool) -> Vec<FollowedEvent> {
        if is_few {
            self.every = (self.every / 2).max(1);
        }
        self.bytes = 0;
        std::mem::take(&mut self.events)
    }

    pub(crate) fn is_beyond(&self, allowance: Allowance) -> bool {
        self.events.len() > allowance.events || self.bytes > allowance.bytes
    }

    fn retain(&mut self, is_kept: impl FnMut(&FollowedEvent) -> bool) {
        self.events.retain(is_kept);
        self.bytes = self.events.iter().map(FollowedEvent::bytes).sum();
    }
}
