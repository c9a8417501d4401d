//! Steps on their way: into the log first, then to the channels.

use crate::log::line::{Entry, What};
use crate::model::event::{Event, Recipients};
use crate::model::message::{MachineId, Nanos};

/// Steps of a machine that its log does not hold yet.
///
/// What they mean for the channels comes out of [`Batch::log`] alone, once their lines are written.
#[derive(Debug, Default)]
pub struct Batch {
    entries: Vec<Entry>,
    sends: Vec<(u64, Recipients)>,
    receipts: Vec<(MachineId, u64)>,
}

/// What follows for the channels from steps that the log holds.
#[derive(Debug)]
pub struct Logged {
    /// The sends, in order.
    sends: Vec<(u64, Recipients)>,
    /// For each sender the newest message received by its channel.
    receipts: Vec<(MachineId, u64)>,
}

impl Batch {
    /// Adds a step that was made at `time`.
    pub fn add(&mut self, time: Nanos, event: Event, manual: bool) {
        if let Some(recipients) = event.recipients() {
            self.sends.push((event.new_clock(), recipients.clone()));
        }
        if let Some((message, _)) = event.received()
            && let Some(sender) = message.channel()
        {
            let mut known = self.receipts.iter_mut();
            match known.find(|(known, _)| *known == sender) {
                Some((_, newest)) => *newest = message.timestamp,
                None => self.receipts.push((sender, message.timestamp)),
            }
        }
        let what = What::Event { event, manual };
        self.entries.push(Entry { time, what });
    }

    /// How many steps it holds.
    pub fn steps(&self) -> usize {
        self.entries.len()
    }

    /// Hands the entries to `write`, and if that succeeds tells what follows. It is empty then.
    pub fn log<E>(&mut self, write: impl FnOnce(&[Entry]) -> Result<(), E>) -> Result<Logged, E> {
        let written = write(&self.entries);
        self.entries.clear();
        let (sends, receipts) = (
            std::mem::take(&mut self.sends),
            std::mem::take(&mut self.receipts),
        );
        written.map(|()| Logged { sends, receipts })
    }
}

impl Logged {
    /// Whether nothing follows.
    pub fn is_empty(&self) -> bool {
        self.sends.is_empty() && self.receipts.is_empty()
    }

    /// The sends in order, and for each sender the newest message received by its channel.
    #[expect(
        clippy::type_complexity,
        reason = "two lists, each taken apart at once"
    )]
    pub fn into_parts(self) -> (Vec<(u64, Recipients)>, Vec<(MachineId, u64)>) {
        (self.sends, self.receipts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::Message;

    fn batch() -> Batch {
        let mut batch = Batch::default();
        let mut receive = |clock, message| {
            let event = Event::Receive {
                old_clock: clock,
                new_clock: clock + 1,
                queue_len: 0,
                message,
            };
            batch.add(7, event, false);
        };
        receive(10, Message::new(2, 5, 1));
        receive(11, Message::new(3, 4, 1));
        receive(12, Message::new(2, 6, 1));
        receive(13, Message::by_hand(Some(2), 9, 1));
        receive(14, Message::by_hand(Some(4), 1, 1));
        receive(15, Message::by_hand(None, 1, 1));
        let send = Event::Send {
            old_clock: 16,
            new_clock: 17,
            recipients: Recipients::All,
        };
        batch.add(7, send, false);
        batch
    }

    #[test]
    fn only_what_came_by_a_channel_counts_for_it() {
        let mut batch = batch();
        assert_eq!(batch.steps(), 7);
        let logged = batch.log(|entries| {
            assert_eq!(entries.len(), 7);
            Ok::<_, ()>(())
        });
        let (sends, receipts) = logged.unwrap().into_parts();
        assert_eq!(sends, [(17, Recipients::All)]);
        assert_eq!(receipts, [(2, 6), (3, 4)]);
        assert!(batch.log(|_| Ok::<_, ()>(())).unwrap().is_empty());
    }

    #[test]
    fn what_could_not_be_written_is_never_told() {
        let mut batch = batch();
        assert_eq!(batch.log(|_| Err(5)).unwrap_err(), 5);
        assert!(batch.log(|_| Ok::<_, ()>(())).unwrap().is_empty());
    }
}
