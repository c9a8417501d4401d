//! How a machine's program keeps its clock: Lamport's way, or one that is often taken for it.

use crate::error::Result;
use crate::model::event::Event;
use crate::model::rules::{Receive, Stamp};

/// How a program keeps its clock; the default is Lamport's way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Discipline {
    /// Which clock a message carries.
    pub stamp: Stamp,
    /// What a receipt makes of the clock.
    pub receive: Receive,
    /// Whether a tick that has taken a message draws an action as well.
    pub draw_after_receive: bool,
}

impl Discipline {
    /// The discipline that these words name.
    pub fn from_words(stamp: &str, receive: &str, draw_after_receive: bool) -> Result<Self> {
        Ok(Self {
            stamp: Stamp::from_word(stamp)?,
            receive: Receive::from_word(receive)?,
            draw_after_receive,
        })
    }

    /// The timestamp of the message that leaves with an event.
    #[inline]
    pub fn timestamp(self, event: &Event) -> u64 {
        match self.stamp {
            Stamp::After => event.new_clock(),
            Stamp::Before => event.old_clock(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Recipients;

    #[test]
    fn a_stamp_is_of_the_clock_after_or_before() {
        let event = Event::Send {
            old_clock: 4,
            new_clock: 5,
            recipients: Recipients::All,
        };
        let of = |stamp| {
            let discipline = Discipline {
                stamp,
                ..Discipline::default()
            };
            discipline.timestamp(&event)
        };
        assert_eq!((of(Stamp::After), of(Stamp::Before)), (5, 4));
    }
}
