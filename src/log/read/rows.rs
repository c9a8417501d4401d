//! The events of a block, as small as they can be until they find their place.

use crate::log::columns::{Micros, RECEIVE, SEND};
use crate::log::line::Delivery;

/// Above the bits of a clock: which event it is, and whether it was made by hand.
const KIND: u32 = 56;
const MANUAL: u64 = 1 << 58;
const CLOCK: u64 = (1 << KIND) - 1;

/// The events of a block.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) events: Vec<Slim>,
    /// Of each RECEIVE, what it received.
    receipts: Vec<Receipt>,
    /// Of each SEND, how many recipients there are and who: a code below -1 is an address.
    lists: Vec<i64>,
}

/// An event without what only some have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slim {
    /// When it happened, as logged.
    pub(crate) time: Micros,
    /// The clock before, and above it what it is.
    packed: u64,
    /// The clock after.
    pub(crate) new_clock: u64,
}

/// What a RECEIVE says of its message; NaN where it says nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt {
    pub(crate) queue_len: f64,
    pub(crate) sender: f64,
    pub(crate) sent_clock: f64,
    /// In microseconds, as logged.
    pub(crate) arrived: f64,
}

impl Slim {
    pub(crate) fn event(self) -> i8 {
        (self.packed >> KIND) as i8 & 3
    }

    pub(crate) fn old_clock(self) -> u64 {
        self.packed & CLOCK
    }

    pub(crate) fn is_manual(self) -> bool {
        self.packed & MANUAL != 0
    }
}

impl Receipt {
    /// That of an event that receives nothing.
    pub(crate) const NONE: Self = Self {
        queue_len: f64::NAN,
        sender: f64::NAN,
        sent_clock: f64::NAN,
        arrived: f64::NAN,
    };
}

impl Rows {
    pub(crate) const fn new() -> Self {
        Self {
            events: Vec::new(),
            receipts: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// With room for this many events.
    pub(crate) fn with_room(events: usize) -> Self {
        Self {
            events: Vec::with_capacity(events),
            ..Self::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Appends an event; a RECEIVE is followed by [`Rows::receipt`], a SEND by [`Rows::list`].
    #[inline]
    pub(crate) fn push(&mut self, time: Micros, event: i8, clocks: (u64, u64), is_manual: bool) {
        let manual = if is_manual { MANUAL } else { 0 };
        self.events.push(Slim {
            time,
            packed: clocks.0 | (event as u64) << KIND | manual,
            new_clock: clocks.1,
        });
    }

    #[inline]
    pub(crate) fn receipt(&mut self, queue_len: Option<u64>, message: Delivery) {
        let float = |value: Option<u64>| value.map_or(f64::NAN, |value| value as f64);
        self.receipts.push(Receipt {
            queue_len: float(queue_len),
            sender: float(message.sender),
            sent_clock: float(message.sent_clock),
            arrived: message.arrival.map_or(f64::NAN, |time| time as f64),
        });
    }

    /// How many recipients, then who.
    #[inline]
    pub(crate) fn list(&mut self, list: &[i64]) {
        self.lists.extend_from_slice(list);
    }

    /// At least as many as there are recipients.
    pub(crate) fn most_recipients(&self) -> usize {
        self.lists.len()
    }

    /// A walk over the events from `first` on.
    pub(crate) fn walk(&self, first: usize) -> Walk<'_> {
        let mut walk = Walk {
            rows: self,
            next: 0,
            receipt: 0,
            list: 0,
        };
        while walk.next < first && walk.take().is_some() {}
        walk
    }
}

/// A place among the events of a block.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'a> {
    rows: &'a Rows,
    next: usize,
    receipt: usize,
    list: usize,
}

impl<'a> Walk<'a> {
    /// The next event, which stays.
    #[inline]
    pub(crate) fn peek(&self) -> Option<&'a Slim> {
        self.rows.events.get(self.next)
    }

    /// The next event, what it received and to whom it sent.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<(Slim, Option<&'a Receipt>, &'a [i64])> {
        let slim = *self.rows.events.get(self.next)?;
        self.next += 1;
        let mut receipt = None;
        let mut list = &[][..];
        if slim.event() == RECEIVE {
            receipt = self.rows.receipts.get(self.receipt);
            self.receipt += 1;
        } else if slim.event() == SEND {
            let first = self.list + 1;
            let count = self.rows.lists[self.list] as usize;
            list = &self.rows.lists[first..first + count];
            self.list = first + count;
        }
        Some((slim, receipt, list))
    }
}
