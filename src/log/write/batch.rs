//! Steps on their way: into the log first, then to the channels.

use crate::log::line::{Entry, What};
use crate::model::body::Body;
use crate::model::event::{Event, Recipients};
use crate::model::handled::{Caused, HandledStep};
use crate::model::message::{MachineId, Message, Nanos};

/// Where the lines of a machine go.
pub trait Log {
    /// Why they do not.
    type Error;

    /// Hands the lines of these entries to the operating system.
    fn write(&mut self, entries: &[Entry]) -> Result<(), Self::Error>;

    /// Sees to it that all lines written so far are there after whatever the log is to outlive: a crash of the
    /// process, or with sync of the host.
    fn keep(&mut self) -> Result<(), Self::Error>;
}

/// Steps of a machine that its log does not hold yet.
///
/// What they mean for the channels comes out of [`Batch::log`] alone, once their lines are written and kept.
#[derive(Debug, Default)]
pub struct Batch {
    entries: Vec<Entry>,
    sends: Vec<(u64, Recipients)>,
    /// The same of machines with an algorithm, whose sends say something.
    letters: Vec<SentLetter>,
    receipts: Vec<(MachineId, u64)>,
    /// When the first of the sends was made.
    made: Nanos,
}

/// A send that says something: its timestamp, whom it goes to, and what it says.
pub type SentLetter = (u64, Recipients, Body);

/// What follows for the channels from steps that the log holds.
#[derive(Debug)]
pub struct Logged {
    /// The sends, in order.
    sends: Vec<(u64, Recipients)>,
    letters: Vec<SentLetter>,
    /// For each sender the newest message received by its channel.
    receipts: Vec<(MachineId, u64)>,
    made: Nanos,
}

impl Batch {
    /// Adds a step that was made at `time`.
    pub fn add(&mut self, time: Nanos, event: Event, is_by_hand: bool) {
        if let Some(recipients) = event.recipients() {
            if self.sends.is_empty() {
                self.made = time;
            }
            self.sends.push((event.new_clock(), recipients.clone()));
        }
        if let Some((message, _)) = event.received() {
            self.received(message);
        }
        let what = What::event(event, is_by_hand);
        self.entries.push(Entry { time, what });
    }

    fn received<B>(&mut self, message: &Message<B>) {
        if let Some(sender) = message.channel() {
            let mut known = self.receipts.iter_mut();
            match known.find(|(known, _)| *known == sender) {
                Some((_, newest)) => *newest = message.timestamp,
                None => self.receipts.push((sender, message.timestamp)),
            }
        }
    }

    /// Adds a step of a machine with an algorithm.
    pub fn add_handled(&mut self, time: Nanos, step: HandledStep) {
        if let Some((message, _)) = step.event.received() {
            self.received(message);
        }
        let own = step.event.recipients();
        let own = own.map(|recipients| (step.event.new_clock(), recipients.clone(), None));
        let caused = step.caused.iter().map(|send| {
            let Caused {
                new_clock,
                recipients,
                body,
            } = send;
            (*new_clock, recipients.clone(), body.clone())
        });
        if self.letters.is_empty() {
            self.made = time;
        }
        self.letters.extend(own.into_iter().chain(caused));
        let what = What::Step(step.into());
        self.entries.push(Entry { time, what });
    }

    /// How many steps it holds.
    pub fn steps(&self) -> usize {
        self.entries.len()
    }

    /// Writes the entries, keeps them if anything follows, and tells what does. It is empty then.
    pub fn log<L: Log>(&mut self, log: &mut L) -> Result<Logged, L::Error> {
        let mut written = log.write(&self.entries);
        self.entries.clear();
        let logged = Logged {
            sends: std::mem::take(&mut self.sends),
            letters: std::mem::take(&mut self.letters),
            receipts: std::mem::take(&mut self.receipts),
            made: self.made,
        };
        // Of steps that no other machine hears of, none misses those that a crash takes.
        if written.is_ok() && !logged.is_empty() {
            written = log.keep();
        }
        written.map(|()| logged)
    }
}

impl Logged {
    /// Whether nothing follows.
    pub fn is_empty(&self) -> bool {
        self.sends.is_empty() && self.receipts.is_empty() && self.letters.is_empty()
    }

    /// When the first of the sends was made.
    pub fn made(&self) -> Nanos {
        self.made
    }

    /// Of a machine with an algorithm: the sends in order.
    pub fn letters(&self) -> &[SentLetter] {
        &self.letters
    }

    /// The same, to be had once.
    pub fn take_letters(&mut self) -> Vec<SentLetter> {
        std::mem::take(&mut self.letters)
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

    /// A log that says what it is asked for, and fails at one of the calls.
    #[derive(Default)]
    struct Told {
        calls: Vec<String>,
        fails: &'static str,
    }

    impl Told {
        fn call(&mut self, call: String) -> Result<(), String> {
            let is_well = call != self.fails;
            self.calls.push(call.clone());
            if is_well { Ok(()) } else { Err(call) }
        }
    }

    impl Log for Told {
        type Error = String;

        fn write(&mut self, entries: &[Entry]) -> Result<(), String> {
            self.call(format!("{} lines", entries.len()))
        }

        fn keep(&mut self) -> Result<(), String> {
            self.call("keep".into())
        }
    }

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
        let mut told = Told::default();
        let (sends, receipts) = batch.log(&mut told).unwrap().into_parts();
        assert_eq!(told.calls, ["7 lines", "keep"]);
        assert_eq!(sends, [(17, Recipients::All)]);
        assert_eq!(receipts, [(2, 6), (3, 4)]);
        assert!(batch.log(&mut told).unwrap().is_empty());
    }

    #[test]
    fn what_others_hear_of_is_kept_and_nothing_else_waits_for_that() {
        let events = |old_clock| {
            let new_clock = old_clock + 1;
            let receive = |message| Event::Receive {
                old_clock,
                new_clock,
                queue_len: 0,
                message,
            };
            let internal = Event::Internal {
                old_clock,
                new_clock,
            };
            let send = Event::Send {
                old_clock,
                new_clock,
                recipients: Recipients::All,
            };
            [
                (internal, false),
                (receive(Message::by_hand(Some(2), 1, 1)), false),
                (send, true),
                (receive(Message::new(2, 1, 1)), true),
            ]
        };
        // Any two of them, in one batch.
        for (first, first_follows) in events(1) {
            for (second, second_follows) in events(2) {
                let mut batch = Batch::default();
                batch.add(7, first.clone(), false);
                batch.add(7, second, true);
                let follows = first_follows || second_follows;
                let mut told = Told::default();
                let logged = batch.log(&mut told).unwrap();
                assert_eq!(logged.is_empty(), !follows);
                let expected: &[&str] = if follows {
                    &["2 lines", "keep"]
                } else {
                    &["2 lines"]
                };
                assert_eq!(told.calls, expected);
            }
        }
    }

    #[test]
    fn what_could_not_be_written_is_never_told() {
        for (fails, calls) in [
            ("7 lines", &["7 lines"][..]),
            ("keep", &["7 lines", "keep"]),
        ] {
            let mut batch = batch();
            let mut told = Told {
                fails,
                ..Told::default()
            };
            assert_eq!(batch.log(&mut told).unwrap_err(), fails);
            assert_eq!(told.calls, calls);
            assert!(batch.log(&mut told).unwrap().is_empty());
        }
    }
}
