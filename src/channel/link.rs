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
    #[error(
        "it acknowledges message {mark}, which was never sent to it: the newest sent is {newest}"
    )]
    NeverSent {
        /// The mark that came.
        mark: u64,
        /// The newest message sent.
        newest: u64,
    },
    /// It has accepted a message of which the log of this machine does not tell.
    #[error(
        "it has accepted message {mark}, and the log of this machine tells of no such message that can have \
         left: its end is lost, as after a crash of the host, or it is an older copy; \
         start this machine with the log it had, or use a new run id"
    )]
    Forgotten {
        /// The mark that came.
        mark: u64,
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
    /// Of a machine that came back: the newest that can have left before, 0 if none can.
    left: Option<u64>,
    /// Whether a handshake of this process has succeeded.
    is_met: bool,
    /// The marks heard: the highest *logged*, the highest *accepted* since the last handshake.
    marks: Marks,
}

impl Outbox {
    /// The end of a machine that comes back: everything that its log says it sent, and the newest of it
    /// that can have left.
    pub fn resumed(sent: Vec<u64>, left: u64) -> Self {
        Self {
            newest: sent.last().copied().unwrap_or(0),
            kept: sent.into(),
            left: Some(left),
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
        self.connected_each(marks, |_| {})
    }

    /// The same, and each message that needs to be kept no more is told to `forget`.
    pub fn connected_each(
        &mut self,
        marks: Marks,
        forget: impl FnMut(u64),
    ) -> Result<(), LinkError> {
        self.check_handshake(marks)?;
        self.is_met = true;
        // It has told all it can.
        self.left = None;
        self.raise(marks, forget);
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
        self.acknowledged_each(marks, |_| {})
    }

    /// The same, and each message that needs to be kept no more is told to `forget`.
    pub fn acknowledged_each(
        &mut self,
        marks: Marks,
        forget: impl FnMut(u64),
    ) -> Result<(), LinkError> {
        self.check(marks)?;
        self.raise(marks, forget);
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

    /// Whether what is accepted at the other end is what was sent from here.
    ///
    /// A log that lost its end makes timestamps anew, for other messages than before: that a mark is not too
    /// high says nothing. What can have left is known: only that, or nothing at all, can have been accepted.
    fn check_handshake(&self, marks: Marks) -> Result<(), LinkError> {
        check_order(marks)?;
        let (mark, newest) = (marks.accepted, self.newest);
        let is_kept = || self.kept.binary_search(&mark).is_ok();
        if !self.is_met {
            return match self.left {
                _ if mark == 0 => Ok(()),
                None => Err(LinkError::NeverSent { mark, newest }),
                Some(left) if mark > left || !is_kept() => Err(LinkError::Forgotten { mark }),
                Some(_) => Ok(()),
            };
        }
        if mark < self.marks.logged {
            // It is not kept here any more: it can get it from no one.
            return Err(LinkError::Lost {
                first: mark + 1,
                last: self.marks.logged,
            });
        }
        if mark > self.marks.logged && !is_kept() {
            return Err(LinkError::NeverSent { mark, newest });
        }
        Ok(())
    }

    fn check(&self, marks: Marks) -> Result<(), LinkError> {
        let (mark, newest) = (marks.accepted, self.newest);
        if mark > newest {
            return Err(LinkError::NeverSent { mark, newest });
        }
        check_order(marks)
    }

    /// Marks only rise between handshakes: what was forgotten cannot be kept again, and what comes
    /// late says nothing new.
    fn raise(&mut self, marks: Marks, forget: impl FnMut(u64)) {
        self.marks.accepted = self.marks.accepted.max(marks.accepted);
        if marks.logged > self.marks.logged {
            self.marks.logged = marks.logged;
            let covered = self
                .kept
                .partition_point(|&timestamp| timestamp <= marks.logged);
            self.kept.drain(..covered).for_each(forget);
            self.sent = self.sent.saturating_sub(covered);
        }
    }
}

fn check_order(Marks { logged, accepted }: Marks) -> Result<(), LinkError> {
    if logged > accepted {
        return Err(LinkError::LoggedUnaccepted { logged, accepted });
    }
    Ok(())
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
mod tests;
