//! What a program does otherwise than the machines of this package do.

use crate::model::rules::{Paced, Receive, Rules, Stamp, Start, Step};

/// One thing that a program does, or its log does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    /// Messages carry this clock.
    Stamp(Stamp),
    /// Receipts do this to the clock.
    Receive(Receive),
    /// Clocks begin here.
    Start(i64),
    /// Events move the clock by this.
    Step(Step),
    /// Queue lengths count the message that is being taken.
    QueueBefore,
    /// A tick that has taken a message acts as well.
    DrawsAfterReceive,
    /// A SEND to several machines has a row for each.
    MulticastRows,
    /// What is read as the clock after an event is that before it.
    ClockBefore,
    /// What is read as the clock before an event is that after it.
    ClockAfter,
}

impl Habit {
    /// How rows are to be read of a program that does so, if not as usual.
    pub(super) fn option(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::QueueBefore => Some(("queue_len", "before")),
            Self::MulticastRows => Some(("multicast", "rows")),
            Self::ClockBefore => Some(("new_clock", "old_clock")),
            Self::ClockAfter => Some(("old_clock", "new_clock")),
            Self::Stamp(_)
            | Self::Receive(_)
            | Self::Start(_)
            | Self::Step(_)
            | Self::DrawsAfterReceive => None,
        }
    }

    /// What the program does, as a part of a sentence.
    pub(super) fn words(self) -> String {
        match self {
            Self::Stamp(Stamp::Before) => {
                "messages carry the clock from before the tick of their SEND".into()
            }
            Self::Stamp(Stamp::After) => "messages carry the clock after their SEND".into(),
            Self::Receive(Receive::Max) => {
                "receipts make the clock max(clock, T), without the step".into()
            }
            Self::Receive(receive) => format!("receipts make the clock {}", receive.word()),
            Self::Start(clock) => format!("clocks start at {clock}"),
            Self::Step(Step::By(step)) => format!("events move the clock by {step}"),
            Self::Step(Step::Any) => {
                "events move the clock by differing amounts, or not all of them are logged".into()
            }
            Self::QueueBefore => {
                "queue lengths are logged before the pop, and count the message that is taken"
                    .into()
            }
            Self::DrawsAfterReceive => {
                "a tick that has taken a message draws an action as well".into()
            }
            Self::MulticastRows => {
                "a SEND to several machines is logged once for each recipient".into()
            }
            Self::ClockBefore => "the clock that is logged is that before the event".into(),
            Self::ClockAfter => "the clock logged as that before the event is that after it".into(),
        }
    }
}

/// Whether so few are left of so many that it makes no difference: at most 1 %.
pub(super) fn is_next_to_nothing(left: u64, all: u64) -> bool {
    left.saturating_mul(100) <= all
}

/// The rules of a program that has these habits and else obeys `rules`.
pub(super) fn rules(habits: &[Habit], rules: &Rules) -> Rules {
    let mut changed = rules.clone();
    for habit in habits {
        match *habit {
            Habit::Stamp(stamp) => changed.stamp = stamp,
            Habit::Receive(receive) => changed.receive = receive,
            Habit::Start(clock) => changed.start = Start::At(clock),
            Habit::Step(step) => changed.step = step,
            Habit::DrawsAfterReceive => changed.pace = Paced::Free,
            Habit::QueueBefore | Habit::MulticastRows | Habit::ClockBefore | Habit::ClockAfter => {}
        }
    }
    changed
}
