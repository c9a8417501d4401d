//! Steps of a machine: the node, then the log, then the channels.

use std::sync::atomic::Ordering;

use crossbeam_channel::bounded;

use super::{Journal, Machine};
use crate::clock::MAX_CLOCK;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::log::entry::{End, Entry, What};
use crate::message::{MachineId, Nanos};
use crate::net::command::{Batch, Command};
use crate::node::Node;

/// How long the end waits for messages that an added delay holds back.
const LAST_ARRIVALS: Nanos = 1_000_000_000;

impl Machine {
    /// Takes the steps that `next` makes of the node at one moment, logs them,
    /// then lets the channels know. Returns how many there were.
    ///
    /// Nothing leaves this machine before its line is with the operating system.
    pub(in crate::net) fn advance(
        &self,
        journal: &mut Journal,
        is_manual: bool,
        mut next: impl FnMut(&mut Node, Nanos, &mut Journal) -> Option<Event>,
    ) -> Result<usize> {
        if journal.has_ended {
            return Err(Error::state(format!("machine {} has ended", self.id())));
        }
        let mut entries = std::mem::take(&mut journal.entries);
        entries.clear();
        let mut batch = Batch::default();
        let mut is_exhausted = false;
        {
            let mut node = self.member.node();
            let time = self.member.clock.now();
            while let Some(event) = next(&mut node, time, journal) {
                if event.new_clock() > MAX_CLOCK {
                    is_exhausted = true;
                    break;
                }
                batch.add(&event);
                entries.push(Entry {
                    time,
                    what: What::Event {
                        event,
                        manual: is_manual,
                    },
                });
            }
            self.member
                .gauges
                .clock
                .store(node.clock(), Ordering::Relaxed);
            self.member
                .gauges
                .queue_len
                .store(node.queue_len(time), Ordering::Relaxed);
            self.member
                .gauges
                .ticks
                .store(journal.ticks, Ordering::Relaxed);
        }
        let written = journal.file.write(&entries);
        let steps = entries.len();
        journal.entries = entries;
        written?;
        if !batch.is_empty() {
            self.network.tell(Command::Logged {
                endpoint: self.endpoint,
                batch,
            });
        }
        if is_exhausted {
            return Err(Error::state(format!(
                "machine {}: its clock has reached 2^53, the end of its range",
                self.id()
            )));
        }
        Ok(steps)
    }

    /// One step made by hand.
    pub fn step(
        &self,
        is_manual: bool,
        make: impl FnOnce(&mut Node, Nanos) -> Option<Event>,
    ) -> Result<Option<Event>> {
        let mut make = Some(make);
        let mut made = None;
        self.advance(&mut self.journal(), is_manual, |node, now, journal| {
            let event = make.take()?(node, now);
            journal.ticks += u64::from(event.is_some() && !is_manual);
            made.clone_from(&event);
            event
        })?;
        Ok(made)
    }

    /// Puts one message into the queue by hand.
    pub fn deliver_by_hand(&self, sender: Option<MachineId>, timestamp: u64) -> Result<()> {
        for (name, value) in [("timestamp", timestamp), ("sender", sender.unwrap_or(0))] {
            if value > MAX_CLOCK {
                return Err(Error::invalid(format!(
                    "{name} {value} is too large: the largest is {MAX_CLOCK} (2^53 - 1)"
                )));
            }
        }
        if self.journal().has_ended {
            return Err(Error::state(format!("machine {} has ended", self.id())));
        }
        self.member.deliver(sender, &[timestamp], |_| 0);
        Ok(())
    }

    /// The orderly end: what is left goes out, UNREAD and END are written.
    pub fn finish(&self) -> Result<()> {
        // No step from here on: what it sent would neither leave nor be counted.
        if std::mem::replace(&mut self.journal().has_ended, true) {
            return Ok(());
        }
        let (reply, done) = bounded(1);
        self.network.tell(Command::Finish {
            endpoint: self.endpoint,
            reply,
        });
        let undelivered = done
            .recv()
            .map_err(|_| Error::state(format!("machine {}: the network is gone", self.id())))?;
        self.wait_for_arrivals();
        let mut journal = self.journal();
        let mut node = self.member.node();
        let time = self.member.clock.now();
        let final_clock = node.clock();
        let mut entries: Vec<Entry> = node
            .drain()
            .map(|message| Entry {
                time,
                what: What::Unread(message),
            })
            .collect();
        let end = End {
            final_clock,
            queue_len: entries.len() as u64,
            ticks: journal.ticks,
            lateness: journal.lateness.summary(),
            undelivered,
        };
        entries.push(Entry {
            time,
            what: What::End(Box::new(end)),
        });
        journal.file.write(&entries)?;
        journal.file.release();
        Ok(())
    }

    /// Lets the messages arrive that an added delay still holds back, for a while.
    fn wait_for_arrivals(&self) {
        let last = self
            .member
            .node()
            .waiting()
            .last()
            .map_or(0, |message| message.arrival);
        let deadline = last.min(self.member.clock.now() + LAST_ARRIVALS);
        while let Some(rest) = self.member.clock.until(deadline) {
            std::thread::park_timeout(rest);
        }
    }
}
