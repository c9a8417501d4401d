//! Steps made by hand, of a machine with the built-in behaviour or with an algorithm.

use std::sync::MutexGuard;
use std::thread;
use std::time::Duration;

use super::{Journal, Machine};
use crate::drive::real::command::Command;
use crate::error::{Error, Result};
use crate::model::body::Body;
use crate::model::event::Event;
use crate::model::handled::{Cause, HandledStep};
use crate::model::message::Nanos;
use crate::model::node::Node;

/// The beginning is never as far off as this.
const MOST_AWAITED: Duration = Duration::from_millis(100);

impl Machine {
    /// One tick by hand; of an algorithm, none if it has nothing to do.
    pub fn tick_by_hand(&self) -> Result<Option<Event>> {
        self.await_beginning();
        if self.has_algorithm() {
            return self.handled_by_hand(false);
        }
        self.step(false, |node, now| Some(node.tick(now, self.odds())))
    }

    /// Waits out the moment between a start and the beginning of ticking: no tick comes before that.
    fn await_beginning(&self) {
        let began = || {
            self.began()
                .map(|began| began * 1000 - self.member.unix_origin as i64)
        };
        while let Some(began) = began()
            && let Some(rest) = self.member.clock.until(began.max(0) as Nanos + 1000)
            && rest <= MOST_AWAITED
        {
            thread::park_timeout(rest);
        }
    }

    /// An event by hand that is neither a send nor a receive.
    pub fn internal_by_hand(&self) -> Result<Event> {
        if self.has_algorithm() {
            let _steps = self.steps()?;
            let journal = self.journal();
            self.check_able(&journal)?;
            return self.unhandled(journal, Node::internal);
        }
        let made = self.step(true, |node, _| Some(node.internal()))?;
        Ok(made.expect("it was made"))
    }

    /// Takes the oldest message of the queue by hand; an algorithm handles it.
    pub fn receive_by_hand(&self) -> Result<Option<Event>> {
        if self.has_algorithm() {
            return self.handled_by_hand(true);
        }
        self.step(true, Node::receive)
    }

    /// A tick of the tick thread that is due at this time. Whether it found something to do.
    pub(in crate::drive::real) fn tick_handled(&self, due: Nanos) -> Result<bool> {
        let mut seat = self.steps()?;
        let step = self.handle(&mut seat, false, |journal, handled, now, has_idle| {
            let begun = handled.begin(now, has_idle);
            if begun.is_some() {
                journal.lateness.add(now.saturating_sub(due));
            }
            Ok(begun)
        })?;
        Ok(step.is_some())
    }

    /// A step of an algorithm by hand: the receipt of a message, or a tick.
    fn handled_by_hand(&self, is_receipt: bool) -> Result<Option<Event>> {
        let mut seat = self.steps()?;
        self.check_able(&self.journal())?;
        let made = self.handle(&mut seat, true, |journal, handled, now, has_idle| {
            if is_receipt {
                if handled.has_started() {
                    return Ok(handled.begin_receipt(now));
                }
                return Err(Error::state(format!(
                    "machine {}: its algorithm starts at the first tick, before which it receives nothing: tick",
                    self.id()
                )));
            }
            // A tick by hand is a tick: none is before the beginning of ticking.
            self.begin_in(journal, now);
            handled.begin_at(self.began().unwrap_or_default());
            let begun = handled.begin(now, has_idle);
            journal.ticked_by_hand |= begun.is_some();
            Ok(begun)
        });
        drop(seat);
        let has_failed = matches!(&made, Err(Error::Algorithm(fault)) if fault.step.is_some());
        let mut journal = self.journal();
        journal.has_ended |= has_failed;
        let has_ended = journal.has_ended;
        drop(journal);
        if made.is_err() && has_ended {
            // No thread of its own does it.
            self.abandon();
        }
        Ok(made?.map(|step| step.event.without_body()))
    }

    /// An event by hand of a machine with an algorithm that no handler has to do with; whoever calls it has the right to
    /// make steps.
    pub(super) fn unhandled(
        &self,
        mut journal: MutexGuard<'_, Journal>,
        make: impl FnOnce(&mut Node<Body>) -> Event<Body>,
    ) -> Result<Event> {
        let (time, event, clock) = {
            let mut state = self.member.state();
            let node = state.handled().node_mut();
            let time = self.member.clock.now();
            let event = make(node);
            (time, event, node.clock())
        };
        let step = HandledStep {
            cause: Cause::Idle,
            event: event.clone(),
            caused: Vec::new(),
            state: None,
            is_manual: true,
        };
        let logged = self.log_step(&mut journal, time, step, clock);
        let has_failed = journal.has_ended;
        let told = logged.map(|logged| {
            self.network.tell(Command::Logged {
                endpoint: self.endpoint,
                logged,
            });
        });
        drop(journal);
        if has_failed {
            self.abandon();
        }
        told.map(|()| event.without_body())
    }
}
