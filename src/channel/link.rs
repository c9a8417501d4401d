//! The reliable channel from one machine to another, without bytes.
//!
//! A channel has a sending end ([`Outbox`]) and a receiving end ([`Inbox`]).
//! The receiving end keeps two marks. *accepted* is the newest message put in
//! the queue on any connection: only newer ones enter. *logged* is the newest
//! whose RECEIVE line the operating system has taken: only what it covers may
//! be forgotten by the sender. After a handshake the sender restarts right
//! after *accepted* as told there, never at its own position. Together with
//! the log this is in-order, exactly-once processing.

use std::collections::VecDeque;

/// The two marks of a receiving end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    /// The newest message whose RECEIVE line the operating system has taken.
    pub logged: u64,
    /// The newest message put in the queue.
    pub accepted: u64,
}

/// How the other end broke the rules of the channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// A timestamp that is not above the one before it on this connection.
    #[error("timestamp {found} after {last}: they must rise on a connection")]
    NotRising {
        /// The timestamp before.
        last: u64,
        /// The timestamp that came.
        found: u64,
    },
    /// An acknowledgement of something never sent.
    #[error("it acknowledges message {mark}, but the newest sent is {newest}")]
    NeverSent {
        /// The mark that came.
        mark: u64,
        /// The newest message sent.
        newest: u64,
    },
    /// It says that it accepted less than it had logged.
    #[error(
        "its log has lost messages {first} to {last}, which it had acknowledged as logged: \
         start it with the log it had, or use a new run id"
    )]
    Lost {
        /// The timestamp after the newest that it has accepted.
        first: u64,
        /// The newest that it had acknowledged as logged.
        last: u64,
    },
    /// More is logged than was accepted.
    #[error("it claims {logged} logged but only {accepted} accepted")]
    LoggedUnaccepted {
        /// The mark of what is logged.
        logged: u64,
        /// The mark of what is accepted.
        accepted: u64,
    },
}

/// The sending end: every message that the other end may still need.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Outbox {
    /// Messages not yet covered by *logged*, oldest first. A message is its timestamp: 8 bytes.
    kept: VecDeque<u64>,
    /// How many of `kept`, from the front, were handed out on this connection
    /// or were accepted before it.
    sent: usize,
    newest: u64,
    /// The marks heard: the highest *logged*, the highest *accepted* since the last handshake.
    marks: Marks,
}

impl Outbox {
    /// The end of a machine that comes back: everything that its log says it sent.
    pub fn resumed(sent: Vec<u64>) -> Self {
        Self {
            newest: sent.last().copied().unwrap_or(0),
            kept: sent.into(),
            ..Self::default()
        }
    }

    /// Adds a message that the log already holds.
    pub fn push(&mut self, timestamp: u64) {
        debug_assert!(timestamp > self.newest);
        self.newest = timestamp;
        self.kept.push_back(timestamp);
    }

    /// A handshake succeeded and told `marks`: go on right after *accepted*.
    pub fn connected(&mut self, marks: Marks) -> Result<(), LinkError> {
        self.check(marks)?;
        // What it had logged is not kept here any more: it can get it from no one.
        if marks.accepted < self.marks.logged {
            return Err(LinkError::Lost {
                first: marks.accepted + 1,
                last: self.marks.logged,
            });
        }
        self.raise(marks);
        // After a resume it held every message of the log, of which few are still needed.
        self.kept.shrink_to_fit();
        // What the receiver lost between accepting and logging, it needs again.
        self.marks.accepted = marks.accepted;
        self.sent = self
            .kept
            .partition_point(|&timestamp| timestamp <= marks.accepted);
        Ok(())
    }

    /// An acknowledgement came. A lower or late one changes nothing.
    pub fn acknowledged(&mut self, marks: Marks) -> Result<(), LinkError> {
        self.check(marks)?;
        self.raise(marks);
        Ok(())
    }

    /// The next message to hand to the connection, oldest first.
    pub fn next_unsent(&mut self) -> Option<u64> {
        let timestamp = *self.kept.get(self.sent)?;
        self.sent += 1;
        Some(timestamp)
    }

    /// Whether there is a next message.
    pub fn has_unsent(&self) -> bool {
        self.sent < self.kept.len()
    }

    /// How many messages are kept for the other end.
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    /// How many messages are newer than the last *accepted* heard.
    pub fn undelivered(&self) -> usize {
        self.kept.len()
            - self
                .kept
                .partition_point(|&timestamp| timestamp <= self.marks.accepted)
    }

    fn check(&self, marks: Marks) -> Result<(), LinkError> {
        let Marks { logged, accepted } = marks;
        if accepted > self.newest {
            return Err(LinkError::NeverSent {
                mark: accepted,
                newest: self.newest,
            });
        }
        if logged > accepted {
            return Err(LinkError::LoggedUnaccepted { logged, accepted });
        }
        Ok(())
    }

    /// Marks only rise between handshakes: what was forgotten cannot be kept again, and what comes
    /// late says nothing new.
    fn raise(&mut self, marks: Marks) {
        self.marks.accepted = self.marks.accepted.max(marks.accepted);
        if marks.logged > self.marks.logged {
            self.marks.logged = marks.logged;
            let covered = self
                .kept
                .partition_point(|&timestamp| timestamp <= marks.logged);
            self.kept.drain(..covered);
            self.sent = self.sent.saturating_sub(covered);
        }
    }
}

/// The receiving end: what has been accepted and logged from one sender.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Inbox {
    marks: Marks,
    /// The last timestamp on the present connection. It starts anew with each: a sender that does not
    /// know what was accepted may say again what it said before.
    last: u64,
}

impl Inbox {
    /// The end of a machine that comes back, whose log has the receipts up to `newest`.
    pub fn resumed(newest: u64) -> Self {
        Self {
            marks: Marks {
                logged: newest,
                accepted: newest,
            },
            last: 0,
        }
    }

    /// A connection begins; the marks go into its `ok`.
    pub fn connected(&mut self) -> Marks {
        self.last = 0;
        self.marks
    }

    /// A message came. `true` if it is new and must enter the queue now.
    pub fn accept(&mut self, timestamp: u64) -> Result<bool, LinkError> {
        if timestamp <= self.last {
            return Err(LinkError::NotRising {
                last: self.last,
                found: timestamp,
            });
        }
        self.last = timestamp;
        let is_new = timestamp > self.marks.accepted;
        if is_new {
            self.marks.accepted = timestamp;
        }
        Ok(is_new)
    }

    /// The operating system has the RECEIVE line of this message, which was accepted. Messages of a
    /// channel are received in their order, so that it covers all before.
    pub fn logged(&mut self, timestamp: u64) {
        debug_assert!(timestamp <= self.marks.accepted);
        self.marks.logged = self.marks.logged.max(timestamp);
    }

    /// The marks to acknowledge.
    pub fn marks(&self) -> Marks {
        self.marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One step of a hostile world around a channel.
    #[derive(Debug, Clone)]
    enum Step {
        Send(u64),
        Transmit(usize),
        Log(usize),
        Acknowledge,
        Cut,
        Reconnect,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (1_u64..5).prop_map(Step::Send),
            3 => (1_usize..4).prop_map(Step::Transmit),
            2 => (1_usize..4).prop_map(Step::Log),
            2 => Just(Step::Acknowledge),
            1 => Just(Step::Cut),
            1 => Just(Step::Reconnect),
        ]
    }

    #[test]
    fn what_a_resumed_machine_sent_is_given_up_once_it_is_known_to_be_logged() {
        let mut outbox = Outbox::resumed((1..=10_000).collect());
        let marks = Marks {
            logged: 9_990,
            accepted: 9_995,
        };
        outbox.connected(marks).unwrap();
        assert_eq!(outbox.kept(), 10);
        assert!(outbox.kept.capacity() < 100, "{}", outbox.kept.capacity());
    }

    proptest! {
        /// Whatever is cut and whenever, the queue gets each message once, in order,
        /// and the sender keeps all that is not logged.
        #[test]
        fn messages_enter_once_and_in_order(steps in prop::collection::vec(step(), 0..300)) {
            let (mut outbox, mut inbox) = (Outbox::default(), Inbox::default());
            let (mut sent, mut queue, mut logged) = (Vec::new(), Vec::new(), 0);
            // In flight from sender to receiver and back; `None` while cut.
            let mut wire: Option<(VecDeque<u64>, VecDeque<Marks>)> = None;
            let mut clock = 0;
            for step in steps.into_iter().chain([Step::Cut, Step::Reconnect, Step::Transmit(1000)]) {
                match step {
                    Step::Send(gap) => {
                        clock += gap;
                        sent.push(clock);
                        outbox.push(clock);
                    }
                    Step::Transmit(count) => {
                        let Some((forward, backward)) = &mut wire else { continue };
                        while let Some(timestamp) = outbox.next_unsent() {
                            forward.push_back(timestamp);
                        }
                        for timestamp in forward.drain(..count.min(forward.len())) {
                            if inbox.accept(timestamp).unwrap() {
                                queue.push(timestamp);
                            }
                        }
                        backward.push_back(inbox.marks());
                    }
                    Step::Log(count) => {
                        logged = (logged + count).min(queue.len());
                        if logged > 0 {
                            inbox.logged(queue[logged - 1]);
                        }
                    }
                    Step::Acknowledge => {
                        let Some((_, backward)) = &mut wire else { continue };
                        if let Some(marks) = backward.pop_front() {
                            outbox.acknowledged(marks).unwrap();
                        }
                    }
                    Step::Cut => wire = None,
                    Step::Reconnect => {
                        wire = Some((VecDeque::new(), VecDeque::new()));
                        outbox.connected(inbox.connected()).unwrap();
                    }
                }
                prop_assert!(sent.starts_with(&queue));
                prop_assert!(outbox.kept() >= sent.len() - logged);
            }
            prop_assert_eq!(queue, sent);
            prop_assert_eq!(outbox.acknowledged(inbox.marks()), Ok(()));
            prop_assert_eq!(outbox.undelivered(), 0);
        }
    }

    #[test]
    fn a_lower_or_late_acknowledgement_changes_nothing() {
        let mut outbox = Outbox::default();
        (1..=10).for_each(|timestamp| outbox.push(timestamp));
        let marks = |logged, accepted| Marks { logged, accepted };
        outbox.connected(marks(0, 0)).unwrap();
        while outbox.next_unsent().is_some_and(|timestamp| timestamp < 9) {}
        outbox.acknowledged(marks(4, 7)).unwrap();
        let before = outbox.clone();
        assert_eq!((before.kept(), before.undelivered()), (6, 3));
        for (logged, accepted) in [(4, 7), (4, 6), (3, 7), (0, 0), (4, 4), (2, 6), (0, 7)] {
            outbox.acknowledged(marks(logged, accepted)).unwrap();
            assert_eq!(outbox, before, "{logged} {accepted}");
        }
        // One mark is late, the other is news.
        outbox.acknowledged(marks(5, 6)).unwrap();
        assert_eq!((outbox.kept(), outbox.undelivered()), (5, 3));
        outbox.acknowledged(marks(3, 8)).unwrap();
        assert_eq!((outbox.kept(), outbox.undelivered()), (5, 2));
        assert_eq!(outbox.next_unsent(), Some(10));
        // What was heard before counts at the next handshake.
        assert_eq!(
            outbox.connected(marks(4, 4)),
            Err(LinkError::Lost { first: 5, last: 5 })
        );
        for accepted in [5, 8] {
            outbox.connected(marks(4, accepted)).unwrap();
            assert_eq!(outbox.kept(), 5);
            assert_eq!(outbox.undelivered() as u64, 10 - accepted);
            assert_eq!(outbox.next_unsent(), Some(accepted + 1));
        }
    }

    #[test]
    fn the_marks_of_a_receiver_never_go_back() {
        let mut inbox = Inbox::resumed(3);
        let marks = |logged, accepted| Marks { logged, accepted };
        assert_eq!(inbox.connected(), marks(3, 3));
        // Sent again by one that restarts too early.
        assert_eq!(inbox.accept(2), Ok(false));
        assert_eq!(inbox.accept(3), Ok(false));
        assert_eq!(inbox.accept(6), Ok(true));
        assert_eq!(inbox.accept(8), Ok(true));
        inbox.logged(8);
        inbox.logged(6);
        assert_eq!(inbox.marks(), marks(8, 8));
        assert_eq!(inbox.connected(), marks(8, 8));
        assert_eq!(inbox.accept(7), Ok(false));
        assert_eq!(inbox.marks(), marks(8, 8));
        assert_eq!(inbox.accept(9), Ok(true));
        assert_eq!(inbox.marks(), marks(8, 9));
    }

    #[test]
    fn a_mark_up_to_the_newest_that_was_sent_is_right() {
        let marks = |logged, accepted| Marks { logged, accepted };
        for newest in [0, 1, 7] {
            let mut outbox = Outbox::resumed((1..=newest).collect());
            assert_eq!(outbox.connected(marks(newest, newest)), Ok(()));
            assert_eq!(outbox.acknowledged(marks(newest, newest)), Ok(()));
            assert_eq!((outbox.kept(), outbox.undelivered()), (0, 0));
            let beyond = Err(LinkError::NeverSent {
                mark: newest + 1,
                newest,
            });
            assert_eq!(outbox.acknowledged(marks(newest, newest + 1)), beyond);
        }
    }

    #[test]
    fn a_receiver_that_forgot_what_it_had_not_logged_gets_it_again() {
        let mut outbox = Outbox::default();
        for timestamp in [3, 5, 8] {
            outbox.push(timestamp);
        }
        outbox.connected(Marks::default()).unwrap();
        assert_eq!(
            std::iter::from_fn(|| outbox.next_unsent()).collect::<Vec<_>>(),
            [3, 5, 8]
        );
        outbox
            .acknowledged(Marks {
                logged: 3,
                accepted: 8,
            })
            .unwrap();
        assert_eq!((outbox.undelivered(), outbox.kept()), (0, 2));
        outbox
            .connected(Marks {
                logged: 3,
                accepted: 3,
            })
            .unwrap();
        assert_eq!(
            std::iter::from_fn(|| outbox.next_unsent()).collect::<Vec<_>>(),
            [5, 8]
        );
        assert_eq!(outbox.undelivered(), 2);
    }

    #[test]
    fn a_receiver_that_lost_what_it_had_logged_is_refused_and_nothing_is_given_up() {
        let mut outbox = Outbox::default();
        (1..=8).for_each(|timestamp| outbox.push(timestamp));
        let marks = |logged, accepted| Marks { logged, accepted };
        outbox.connected(marks(2, 4)).unwrap();
        outbox.acknowledged(marks(6, 8)).unwrap();
        let before = outbox.clone();
        for (accepted, first) in [(0, 1), (5, 6)] {
            assert_eq!(
                outbox.connected(marks(0, accepted)),
                Err(LinkError::Lost { first, last: 6 })
            );
            assert_eq!(outbox, before);
        }
        // It lost what it had accepted, as a crash may.
        outbox.connected(marks(6, 6)).unwrap();
        assert_eq!(outbox.next_unsent(), Some(7));
    }

    #[test]
    fn what_breaks_the_rules_is_named() {
        let mut outbox = Outbox::default();
        outbox.push(4);
        let marks = |logged, accepted| Marks { logged, accepted };
        assert_eq!(
            outbox.acknowledged(marks(0, 5)),
            Err(LinkError::NeverSent { mark: 5, newest: 4 })
        );
        assert_eq!(
            outbox.connected(marks(4, 3)),
            Err(LinkError::LoggedUnaccepted {
                logged: 4,
                accepted: 3
            })
        );
        let mut inbox = Inbox::default();
        assert_eq!(inbox.accept(4), Ok(true));
        assert_eq!(
            inbox.accept(4),
            Err(LinkError::NotRising { last: 4, found: 4 })
        );
        inbox.connected();
        assert_eq!(inbox.accept(4), Ok(false));
    }
}
