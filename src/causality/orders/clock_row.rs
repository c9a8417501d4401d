//! What comes of comparing clocks.

use super::channel_gap::ChannelGap;
use super::cost::StampCost;
use super::pair_count::PairOrders;

/// Clocks on one run.
#[derive(Debug, Clone)]
pub struct ComparedClocks {
    /// One for each clock that was asked for, in this order.
    pub rows: Vec<ClockRow>,
    /// How many pairs of events there are.
    pub pairs: u64,
    /// Of how many of them the logs leave it open whether one happened before the other: they count as concurrent.
    pub undecided: u64,
    /// How many messages there are.
    pub messages: u64,
    /// How many events were compared with all others, unless all were.
    pub samples: Option<usize>,
}

/// What one clock takes, and what it gets wrong.
#[derive(Debug, Clone)]
pub struct ClockRow {
    /// What stamps take in messages; nothing if it was too much to find out.
    pub cost: Option<StampCost>,
    /// What a stamp takes in the form of fixed size that the paper has for it, if all stamps fit.
    pub packed: Option<u64>,
    /// What it says of all pairs of events; of no meaning where there is a `gap`.
    pub orders: PairOrders,
    /// Of a hybrid clock, how far it is ahead of the physical clock at most, in nanoseconds.
    pub ahead: Option<i64>,
    /// Of a hybrid clock, its largest counter.
    pub counter: Option<u32>,
    /// Of a clock that only channels without gaps keep right, one: what it says of pairs is not known then.
    pub gap: Option<ChannelGap>,
}

impl ClockRow {
    pub(super) fn new(cost: Option<StampCost>, orders: PairOrders) -> Self {
        Self {
            cost,
            packed: None,
            orders,
            ahead: None,
            counter: None,
            gap: None,
        }
    }
}
