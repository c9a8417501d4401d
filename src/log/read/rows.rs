//! The events of a block, as small as they can be until they find their place.

#![expect(
    clippy::inline_always,
    reason = "a call for each row takes a twentieth of the time"
)]

use crate::log::columns::Micros;
use crate::log::handled_row::HandledRow;
use crate::log::line::Delivery;
use crate::log::schema::{EventKind, UNKNOWN, or_unknown};

/// Above the bits of a clock: which kind of event it is, what was done by hand, and what an algorithm did.
const KIND: u32 = 56;
const KINDS: u64 = (1 << 4) - 1;
const SAYS_MORE: u64 = 1 << 60;
const CAUSED: u64 = 1 << 61;
const MANUAL: u64 = 1 << 62;
const BY_HAND: u64 = 1 << 63;
const CLOCK: u64 = (1 << KIND) - 1;
/// Stands for a clock before an event that a line does not tell; no clock gets there.
pub(crate) const UNTOLD: u64 = CLOCK;

/// The events of a block.
#[derive(Debug, Default)]
pub(crate) struct BlockRows {
    pub(crate) events: Vec<Packed>,
    /// Of each RECEIVE, what it received.
    received: Vec<Received>,
    /// Of each SEND, how many recipients there are and who: a code below -1 is an address.
    lists: Vec<i64>,
    /// Of each event that says more than its columns, what.
    said: Vec<HandledRow>,
    /// Whether a SEND follows from the event before it.
    has_caused: bool,
}

/// An event without what only some have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed {
    /// When it happened, as logged.
    pub(crate) time: Micros,
    /// The clock before, and above it what it is.
    bits: u64,
    /// The clock after.
    pub(crate) new_clock: u64,
}

/// What is the same in every event of a line, whatever its kind.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own in a line"
)]
pub(crate) struct Head {
    pub(crate) time: Micros,
    /// The clocks before and after.
    pub(crate) clocks: (u64, u64),
    /// Whether the event was made by hand.
    pub(crate) is_manual: bool,
    /// Whether the message was delivered by hand.
    pub(crate) is_by_hand: bool,
    /// Whether it is a SEND that follows from the event before it.
    pub(crate) is_caused: bool,
    /// Whether it says more than its columns.
    pub(crate) says_more: bool,
}

/// What a RECEIVE says of its message; [`UNKNOWN`] or NaN where it says nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    pub(crate) queue_len: i64,
    pub(crate) sender: i64,
    pub(crate) sent_clock: i64,
    /// In microseconds, as logged.
    pub(crate) arrived: f64,
}

impl Packed {
    #[inline]
    pub(crate) fn kind(self) -> EventKind {
        EventKind::ALL[(self.bits >> KIND & KINDS) as usize]
    }

    /// The clock before, if it is told.
    pub(crate) fn old_clock(self) -> Option<u64> {
        u64::try_from(self.old_clock_or_unknown()).ok()
    }

    /// The clock before, or [`UNKNOWN`].
    #[inline]
    pub(crate) fn old_clock_or_unknown(self) -> i64 {
        // The sign of the clock's bits spreads: UNTOLD has all of them.
        ((self.bits << CLOCK.leading_zeros()) as i64) >> CLOCK.leading_zeros()
    }

    /// Says what the clock before was.
    pub(crate) fn tell_old_clock(&mut self, clock: u64) {
        self.bits = self.bits & !CLOCK | clock;
    }

    pub(crate) fn is_manual(self) -> bool {
        self.bits & MANUAL != 0
    }

    pub(crate) fn is_by_hand(self) -> bool {
        self.bits & BY_HAND != 0
    }

    pub(crate) fn is_caused(self) -> bool {
        self.bits & CAUSED != 0
    }

    /// Whether it says more than its columns.
    pub(crate) fn says_more(self) -> bool {
        self.bits & SAYS_MORE != 0
    }
}

impl Received {
    /// That of an event that receives nothing.
    pub(crate) const NONE: Self = Self {
        queue_len: UNKNOWN,
        sender: UNKNOWN,
        sent_clock: UNKNOWN,
        arrived: f64::NAN,
    };
}

impl BlockRows {
    pub(crate) const fn new() -> Self {
        Self {
            events: Vec::new(),
            received: Vec::new(),
            lists: Vec::new(),
            said: Vec::new(),
            has_caused: false,
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

    /// Appends an event; a RECEIVE is followed by [`BlockRows::received`], a SEND by [`BlockRows::list`], and one that
    /// says more by [`BlockRows::say`].
    #[inline]
    pub(crate) fn push(&mut self, kind: EventKind, head: Head) {
        let flag = |is_set, bit| if is_set { bit } else { 0 };
        let flags = flag(head.is_manual, MANUAL) | flag(head.is_by_hand, BY_HAND);
        let flags = flags | flag(head.is_caused, CAUSED) | flag(head.says_more, SAYS_MORE);
        self.has_caused |= head.is_caused;
        self.events.push(Packed {
            time: head.time,
            bits: head.clocks.0 | (kind as u64) << KIND | flags,
            new_clock: head.clocks.1,
        });
    }

    #[inline]
    pub(crate) fn received(&mut self, queue_len: Option<u64>, message: Delivery) {
        self.received.push(Received {
            queue_len: or_unknown(queue_len),
            sender: or_unknown(message.sender),
            sent_clock: or_unknown(message.sent_clock),
            arrived: message.arrival.map_or(f64::NAN, |time| time as f64),
        });
    }

    /// What the event pushed last says beside its columns.
    pub(crate) fn say(&mut self, said: HandledRow) {
        self.said.push(said);
    }

    /// Whether an event is of a machine with an algorithm, as far as they tell.
    pub(crate) fn has_steps(&self) -> bool {
        self.has_caused || !self.said.is_empty()
    }

    /// The event of another block; what follows it is for the caller to copy.
    pub(crate) fn copy_event(&mut self, event: Packed) {
        self.has_caused |= event.is_caused();
        self.events.push(event);
    }

    /// The same, from another block.
    pub(crate) fn copy_received(&mut self, received: Received) {
        self.received.push(received);
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

    /// A cursor at the event `first`.
    pub(crate) fn cursor(&self, first: usize) -> RowCursor<'_> {
        let mut cursor = RowCursor {
            rows: self,
            next: 0,
            received: 0,
            list: 0,
            said: 0,
        };
        while cursor.next < first && cursor.take().is_some() {}
        if !self.said.is_empty() {
            let before = self.events.iter().take(first);
            cursor.said = before.filter(|event| event.says_more()).count();
        }
        cursor
    }
}

/// A place among the events of a block.
#[derive(Debug, Clone)]
pub(crate) struct RowCursor<'a> {
    rows: &'a BlockRows,
    next: usize,
    received: usize,
    list: usize,
    said: usize,
}

impl<'a> RowCursor<'a> {
    /// The next event, which stays.
    #[inline]
    pub(crate) fn peek(&self) -> Option<&'a Packed> {
        self.rows.events.get(self.next)
    }

    /// The next event, what it is, what it received and to whom it sent.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<(Packed, EventKind, Received, &'a [i64])> {
        let event = *self.rows.events.get(self.next)?;
        self.next += 1;
        let kind = event.kind();
        let mut received = Received::NONE;
        let mut list = &[][..];
        if kind.receives() {
            received = self.rows.received[self.received];
            self.received += 1;
        }
        if kind.sends() {
            let first = self.list + 1;
            let count = self.rows.lists[self.list] as usize;
            list = &self.rows.lists[first..first + count];
            self.list = first + count;
        }
        Some((event, kind, received, list))
    }

    /// What the event taken last says beside its columns; each that says more has to be asked.
    pub(crate) fn take_said(&mut self) -> &'a HandledRow {
        self.said += 1;
        &self.rows.said[self.said - 1]
    }
}
