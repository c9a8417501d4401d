//! The messages of one sender to one recipient, and which of its SENDs each receipt takes.

use super::cover::Cover;
use super::receipt::{LoggedReceipt, Match, NONE};

/// What one machine sent to another and what that received of it, both in the order of their logs.
pub(in crate::causality) struct Channel<'a> {
    /// The place of the sender.
    pub(in crate::causality) sender: usize,
    /// That of the recipient.
    pub(in crate::causality) recipient: usize,
    /// The SENDs that name the recipient.
    pub(in crate::causality) sends: &'a [u32],
    /// What it received or left in its queue.
    pub(in crate::causality) receipts: &'a [LoggedReceipt],
    /// Which of the SENDs comes next, if none is skipped.
    pub(in crate::causality) due: usize,
    /// The clock of each SEND of all.
    clocks: &'a [i64],
    /// Of which clocks the sender's log tells the SENDs.
    covered: &'a Cover,
    /// The sender's SENDs of which not all recipients are known.
    open: &'a mut Open,
    /// How many receipts were matched.
    matched: usize,
    disorder: Option<Disorder>,
}

/// What is kept from the first receipt on that is not the one due.
struct Disorder {
    /// The places of the SENDs by clock; empty if that is how they stand.
    order: Vec<u32>,
    /// By place in this order, the receipt that took it, or [`NONE`].
    taken: Vec<u32>,
    /// By place in this order, if it is the first with its clock: how many of those with it are taken.
    counts: Vec<u32>,
}

impl<'a> Channel<'a> {
    pub(super) fn new(
        (sender, recipient): (usize, usize),
        (sends, receipts): (&'a [u32], &'a [LoggedReceipt]),
        (clocks, covered): (&'a [i64], &'a Cover),
        open: &'a mut Open,
    ) -> Self {
        Self {
            sender,
            recipient,
            sends,
            receipts,
            due: 0,
            clocks,
            covered,
            open,
            matched: 0,
            disorder: None,
        }
    }

    /// Whether every SEND of the sender tells all its recipients.
    pub(in crate::causality) fn is_known(&self) -> bool {
        self.open.sends.is_empty()
    }

    /// The clock of the SEND at a place of this channel.
    pub(in crate::causality) fn clock(&self, place: usize) -> i64 {
        self.clocks[self.sends[place] as usize]
    }

    /// What the next of the receipts is matched with.
    ///
    /// Of SENDs with one clock, which only a wrong log has, each takes the first that is left.
    #[inline]
    pub(in crate::causality) fn match_next(&mut self) -> Match {
        let number = self.matched;
        self.matched += 1;
        let due = self.due;
        if self.disorder.is_none()
            && due < self.sends.len()
            && self.clock(due) == self.receipts[number].clock
        {
            self.due += 1;
            return Match::Certain(due);
        }
        self.search(number)
    }

    fn search(&mut self, number: usize) -> Match {
        let clock = self.receipts[number].clock;
        let mut disorder = self.disorder.take().unwrap_or_else(|| self.disorder());
        let found = disorder.take(self, number);
        self.disorder = Some(disorder);
        match found {
            Some(Ok(place)) => {
                self.due = self.due.max(place + 1);
                Match::Certain(place)
            }
            Some(Err(before)) => Match::Taken {
                before: self.receipts[before],
                open: self.open.take(clock).and_then(|(_, free)| free),
            },
            None => match self.open.take(clock) {
                Some((send, free)) => Match::Open { send, free },
                None if !self.covered.has(clock) => Match::MayBeUnlogged,
                None => Match::None,
            },
        }
    }

    /// So far each receipt took the SEND of its number.
    fn disorder(&self) -> Disorder {
        let sends = 0..self.sends.len();
        let is_sorted = sends
            .clone()
            .is_sorted_by(|&a, &b| self.clock(a) < self.clock(b));
        let mut order = Vec::new();
        if !is_sorted {
            order.extend(0..self.sends.len() as u32);
            order.sort_by_key(|&place| self.clock(place as usize));
        }
        let mut disorder = Disorder {
            order,
            taken: vec![NONE; self.sends.len()],
            counts: vec![0; if is_sorted { 0 } else { self.sends.len() }],
        };
        for number in 0..self.due {
            disorder.take(self, number);
        }
        disorder
    }
}

impl Disorder {
    fn place(&self, index: usize) -> usize {
        self.order.get(index).map_or(index, |&place| place as usize)
    }

    /// The place of the SEND that the receipt takes, or the receipt that took it before.
    fn take(&mut self, channel: &Channel<'_>, number: usize) -> Option<Result<usize, usize>> {
        let wanted = channel.receipts[number].clock;
        let clock = |index: usize| channel.clock(self.place(index));
        let is_due = |due: usize| self.order.is_empty() && channel.clock(due) == wanted;
        let first = if channel.due < channel.sends.len() && is_due(channel.due) {
            channel.due
        } else {
            first_at(channel.sends.len(), clock, wanted)?
        };
        let mut index = first;
        if let Some(&count) = self.counts.get(first) {
            index += count as usize;
            if index == channel.sends.len() || clock(index) != wanted {
                return Some(Err(self.taken[first] as usize));
            }
            self.counts[first] += 1;
        } else if self.taken[first] != NONE {
            return Some(Err(self.taken[first] as usize));
        }
        self.taken[index] = number as u32;
        Some(Ok(self.place(index)))
    }
}

/// The first of `len` clocks in order that is `wanted`, if one is.
fn first_at(len: usize, clock: impl Fn(usize) -> i64, wanted: i64) -> Option<usize> {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        if clock(middle) < wanted {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    (low < len && clock(low) == wanted).then_some(low)
}

/// The SENDs of one machine with recipients that are not known, once for each of those.
#[derive(Default)]
pub(super) struct Open {
    /// Clock and SEND, in order of clocks.
    sends: Vec<(i64, u32)>,
    /// For the first with each clock, how many of those with it are taken.
    counts: Vec<u32>,
}

impl Open {
    pub(super) fn new(mut sends: Vec<(i64, u32)>) -> Self {
        sends.sort_unstable();
        Self {
            counts: vec![0; sends.len()],
            sends,
        }
    }

    /// The first SEND with this clock, and the first that was left of them.
    fn take(&mut self, clock: i64) -> Option<(u32, Option<u32>)> {
        let first = first_at(self.sends.len(), |index| self.sends[index].0, clock)?;
        let free = self.sends.get(first + self.counts[first] as usize);
        let free = free.filter(|free| free.0 == clock).map(|&(_, send)| send);
        self.counts[first] += u32::from(free.is_some());
        Some((self.sends[first].1, free))
    }
}
