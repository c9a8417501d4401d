//! Steps of a machine: the node, then the log, then the channels.

use std::sync::MutexGuard;
use std::sync::atomic::Ordering;

use crossbeam_channel::bounded;

use super::{Journal, Machine};
use crate::channel::wire::MAX_TIMESTAMP;
use crate::drive::real::command::Command;
use crate::error::{Error, Result};
use crate::log::line::{End, Entry, What};
use crate::log::write::batch::Log;
use crate::model::body::Body;
use crate::model::clock::MAX_CLOCK;
use crate::model::event::Event;
use crate::model::message::{MachineId, Message, Nanos};
use crate::model::node::Node;

/// How long the end waits for messages that an added delay holds back.
const LAST_ARRIVALS: Nanos = 1_000_000_000;

impl Machine {
    /// Takes the steps that `next` makes of the node at one moment, logs them,
    /// then lets the channels know. Returns how many there were.
    ///
    /// Nothing leaves this machine before its line is with the operating system.
    pub(in crate::drive::real) fn advance(
        &self,
        journal: &mut Journal,
        is_manual: bool,
        mut next: impl FnMut(&mut Node, Nanos, &mut Journal) -> Option<Event>,
    ) -> Result<usize> {
        self.check_open(journal)?;
        let mut batch = std::mem::take(&mut journal.batch);
        let (clock, time) = {
            let mut state = self.member.state();
            let node = state.classic();
            let time = self.member.clock.now();
            // Beyond it peers would refuse what it sends.
            while node.clock() < MAX_TIMESTAMP
                && let Some(event) = next(node, time, journal)
            {
                batch.add(time, event, is_manual);
            }
            self.member
                .gauges
                .queue_len
                .store(node.queue_len(time), Ordering::Relaxed);
            (node.clock(), time)
        };
        let steps = batch.steps();
        let logged = batch.log(&mut journal.file);
        journal.batch = batch;
        let logged = logged.inspect_err(|_| journal.has_ended = true)?;
        self.member.look_at(journal, time);
        let gauges = &self.member.gauges;
        gauges.clock.store(clock, Ordering::Relaxed);
        gauges.ticks.store(journal.ticks, Ordering::Relaxed);
        if !logged.is_empty() {
            self.network.tell(Command::Logged {
                endpoint: self.endpoint,
                logged,
            });
        }
        if steps == 0 {
            self.check_clock(clock)?;
        }
        Ok(steps)
    }

    /// Fails where no step can be made any more because of the clock.
    pub(super) fn check_clock(&self, clock: u64) -> Result<()> {
        if clock < MAX_TIMESTAMP {
            return Ok(());
        }
        Err(Error::state(format!(
            "machine {}: its clock is {clock}: no message may carry more than {MAX_TIMESTAMP} \
             (2^53 - 2^32 - 1), so it takes no step beyond that",
            self.id()
        )))
    }

    /// One step made by hand.
    pub fn step(
        &self,
        is_manual: bool,
        make: impl FnOnce(&mut Node, Nanos) -> Option<Event>,
    ) -> Result<Option<Event>> {
        if self.has_algorithm() {
            return Err(Error::state(format!(
                "machine {}: it has an algorithm, which makes its steps",
                self.id()
            )));
        }
        let journal = self.journal();
        self.check_able(&journal)?;
        self.step_in(journal, is_manual, make)
    }

    /// Fails where no step can be made by hand.
    pub(super) fn check_able(&self, journal: &Journal) -> Result<()> {
        self.check_open(journal)?;
        // A log that fails is noticed by the write; of anything else a thread would be told.
        if let (None, Some(error)) = (journal.file.failure(), self.failure()) {
            return Err(error);
        }
        self.check_clock(self.member.state().clock())
    }

    /// One step made by hand, where it can be made.
    pub(super) fn step_in(
        &self,
        mut journal: MutexGuard<'_, Journal>,
        is_manual: bool,
        make: impl FnOnce(&mut Node, Nanos) -> Option<Event>,
    ) -> Result<Option<Event>> {
        let mut make = Some(make);
        let mut made = None;
        let advanced = self.advance(&mut journal, is_manual, |node, now, journal| {
            if !is_manual {
                // A tick by hand is a tick: none is before the beginning of ticking.
                self.begin_in(journal, now);
            }
            let event = make.take()?(node, now);
            if event.is_some() && !is_manual {
                journal.ticks += 1;
                journal.ticked_by_hand = true;
            }
            made.clone_from(&event);
            event
        });
        let has_failed = journal.has_ended;
        drop(journal);
        if has_failed {
            // No thread of its own does it.
            self.abandon();
        }
        advanced.map(|_| made)
    }

    /// Fails where no step can be made any more: by the failed write, if that is why.
    pub(super) fn check_open(&self, journal: &Journal) -> Result<()> {
        if !journal.has_ended {
            return Ok(());
        }
        let failure = journal.file.failure();
        Err(failure.unwrap_or_else(|| Error::state(format!("machine {} has ended", self.id()))))
    }

    /// Puts one message into the queue by hand: whatever its sender's channel brings still comes.
    pub fn deliver_by_hand(&self, sender: Option<MachineId>, timestamp: u64) -> Result<()> {
        self.deliver_body_by_hand(sender, timestamp, None)
    }

    /// The same, with what it says to a machine with an algorithm.
    pub fn deliver_body_by_hand(
        &self,
        sender: Option<MachineId>,
        timestamp: u64,
        body: Body,
    ) -> Result<()> {
        let id = sender.unwrap_or(0);
        for (name, value, largest, power) in [
            ("timestamp", timestamp, MAX_TIMESTAMP, "2^53 - 2^32 - 1"),
            ("sender", id, MAX_CLOCK, "2^53 - 1"),
        ] {
            if value > largest {
                return Err(Error::invalid(format!(
                    "{name} {value} is too large: the largest is {largest} ({power})"
                )));
            }
        }
        if sender == Some(self.id()) {
            return Err(Error::invalid(format!(
                "sender {id} is the machine itself, which sends itself nothing: name another, or nobody (None)"
            )));
        }
        self.check_open(&self.journal())?;
        if self.has_algorithm() {
            let letter = |now| Message::by_hand_saying(body, sender, timestamp, now);
            self.member.deliver_letters([letter].into_iter());
            return Ok(());
        }
        if body.is_some() {
            return Err(Error::invalid(format!(
                "machine {}: without an algorithm a message says nothing (body)",
                self.id()
            )));
        }
        self.member.deliver(&[timestamp], |timestamp, now| {
            Message::by_hand(sender, timestamp, now)
        });
        Ok(())
    }

    /// The orderly end: what is left goes out, UNREAD and END are written.
    pub fn finish(&self) -> Result<()> {
        // A step under way comes to its end first.
        let steps = self.handling.as_ref().map(|_| self.steps());
        let steps = steps.transpose()?;
        // No step from here on: what it sent would neither leave nor be counted.
        {
            let mut journal = self.journal();
            if std::mem::replace(&mut journal.has_ended, true) {
                return journal.file.failure().map_or(Ok(()), Err);
            }
        }
        drop(steps);
        self.forget_inputs();
        let (reply, done) = bounded(1);
        self.network.tell(Command::Finish {
            endpoint: self.endpoint,
            reply,
        });
        let farewell = done
            .recv()
            .map_err(|_| Error::state(format!("machine {}: the network is gone", self.id())))?;
        self.member.unreached(farewell.unreached);
        self.member.end_warnings();
        self.wait_for_arrivals();
        let mut journal = self.journal();
        let mut state = self.member.state();
        let time = self.member.clock.now();
        let final_clock = state.clock();
        let unread = state.drain();
        let queue_len = unread.len() as u64;
        let unread = unread.into_iter().map(What::Unread);
        let end = End {
            final_clock,
            queue_len: Some(queue_len),
            ticks: Some(journal.ticks),
            lateness: journal.lateness_of_all().map(Into::into),
            undelivered: Some(farewell.undelivered),
            heard: self.member.heard(farewell.heard),
        };
        let last = unread.chain([What::End(Box::new(end))]);
        // An end that is cut short does not count: the lines need not be one write.
        let written = journal
            .file
            .write_pieces(last.map(|what| Entry { time, what }))
            .and_then(|()| journal.file.keep());
        let kept = written.and_then(|()| journal.file.check_kept());
        // It has left the network already.
        journal.file.release();
        kept
    }

    /// Lets the messages arrive that an added delay still holds back, for a while.
    fn wait_for_arrivals(&self) {
        let last = self.member.state().last_arrival().unwrap_or(0);
        let deadline = last.min(self.member.clock.now() + LAST_ARRIVALS);
        while let Some(rest) = self.member.clock.until(deadline) {
            std::thread::park_timeout(rest);
        }
    }
}
