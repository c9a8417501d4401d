//! Steps of a machine with an algorithm: what is due, the handler with no lock of ours but the steps' own, then the log, then
//! the channels.

use std::sync::MutexGuard;
use std::sync::atomic::Ordering;

use super::handling::{AtWork, HandlerSeat, UnderWay, handled_here};
use super::{Journal, Machine};
use crate::drive::real::algorithm::HandlerFailure;
use crate::drive::real::command::Command;
use crate::error::{Error, FailedStep, ForeignError, Result};
use crate::log::write::batch::Logged;
use crate::model::body::length;
use crate::model::handled::{Begun, Handled, HandledStep};
use crate::model::handler::Effects;
use crate::model::message::Nanos;

impl Machine {
    /// Whether it has an algorithm.
    pub fn has_algorithm(&self) -> bool {
        self.handling.is_some()
    }

    /// Fails in a thread that is in a handler of this machine: it could only wait for itself.
    pub fn check_outside_handler(&self) -> Result<()> {
        if handled_here() == Some(self.id()) {
            return Err(Error::state(format!(
                "machine {}: a handler cannot start, step, join or stop its own machine: it sends, sets timers and stops with \
                 what it is handed (me.send, me.timer, me.stop)",
                self.id()
            )));
        }
        Ok(())
    }

    /// Since when a handler of it is at work, by the process's clock, and which.
    pub(in crate::drive::real) fn at_work(&self) -> Option<(Nanos, String)> {
        let (since, cause) = self.handling.as_ref()?.at_work()?;
        Some((since, cause.handler()))
    }

    /// Takes the right to make steps.
    pub(super) fn steps(&self) -> Result<MutexGuard<'_, HandlerSeat>> {
        // Two machines whose handlers step each other would wait for ever.
        if let Some(other) = handled_here().filter(|other| *other != self.id()) {
            return Err(Error::state(format!(
                "machine {}: a handler of machine {other} cannot make it step: send it a message",
                self.id()
            )));
        }
        self.check_outside_handler()?;
        let handling = self.handling.as_ref().expect("it has an algorithm");
        Ok(handling.lock())
    }

    /// One step with its handler, where `begin` finds something to do; it is told the time, and whether idle ticks are
    /// the algorithm's business. After a step `by_hand` that was interrupted the machine goes on.
    pub(super) fn handle(
        &self,
        seat: &mut HandlerSeat,
        by_hand: bool,
        begin: impl FnOnce(&mut Journal, &mut Handled, Nanos, bool) -> Result<Option<Begun>>,
    ) -> Result<Option<HandledStep>> {
        self.prepare(seat)?;
        let handler = seat.handler.as_mut().expect("it is made");
        let Some(begun) = self.begin_step(|journal, handled, time| {
            begin(journal, handled, time, handler.has_idle())
        })?
        else {
            return Ok(None);
        };
        let letters = self.member.letters.as_ref().expect("it has an algorithm");
        let received = begun.event.received();
        letters.unqueue(received.map_or(0, |(message, _)| length(&message.body) as u64));
        let moment = begun.moment(letters.room(), false);
        seat.effects.clear();
        let handling = self.handling.as_ref().expect("it has an algorithm");
        let at_work = AtWork::begin(handling, self.id(), self.member.clock.now(), &begun.cause);
        let handled = handler.handle(&moment, begun.call(), &mut seat.effects);
        drop(at_work);
        let mut journal = self.journal();
        let ended = match handled {
            Err(HandlerFailure::Interrupted(cause)) if by_hand && !journal.has_ended => {
                self.member.state().handled().drop_step(begun);
                Err(Error::Interrupted(cause))
            }
            handled => self.end_step(&mut journal, begun, handled, &mut seat.effects),
        };
        journal.is_stepping = false;
        for met in std::mem::take(&mut journal.met) {
            // Of one that was told to leave no line is wanted.
            if !journal.has_ended {
                let written = self.member.record(&mut journal, met);
                self.network.tell(Command::Recorded {
                    endpoint: self.endpoint,
                    connection: met.connection,
                    written,
                });
            }
        }
        ended
    }

    /// Makes the handlers, once it is known who the peers are.
    fn prepare(&self, seat: &mut HandlerSeat) -> Result<()> {
        if seat.handler.is_some() {
            return Ok(());
        }
        let letters = self.member.letters.as_ref().expect("it has an algorithm");
        let Some(ids) = letters.peer_ids() else {
            return Err(self.lacks_peers());
        };
        let Some(maker) = seat.maker.take() else {
            return Err(self.fault("its algorithm could not be made", None, None));
        };
        let made = maker(&ids, self.seed).map_err(|failure| match failure {
            HandlerFailure::Interrupted(cause) => Error::Interrupted(cause),
            HandlerFailure::Failed(cause) => {
                let words = format!("its algorithm cannot be made: {cause}");
                self.fault(&words, None, Some(cause))
            }
        })?;
        seat.handler = Some(made);
        Ok(())
    }

    /// Why it cannot step before its peers have connected.
    pub(in crate::drive::real) fn lacks_peers(&self) -> Error {
        let missing = self.missing_peers();
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let missing = missing.join(", ");
        self.fault(
            &format!(
                "its algorithm needs the ids of all its peers, and {missing} did not connect so far: start them, wait \
                 longer (wait, --wait), or tell the ids (peer_addresses={{2: (host, port)}}, --peers 2=host:port)"
            ),
            None,
            None,
        )
    }

    fn fault(&self, words: &str, step: Option<FailedStep>, cause: Option<ForeignError>) -> Error {
        Error::algorithm((self.id(), self.seed), words, step, cause)
    }

    /// Under the locks: reads the time and takes what is due. From then on a line of anything else comes after the step's.
    fn begin_step(
        &self,
        begin: impl FnOnce(&mut Journal, &mut Handled, Nanos) -> Result<Option<Begun>>,
    ) -> Result<Option<Begun>> {
        let mut journal = self.journal();
        self.check_open(&journal)?;
        let mut state = self.member.state();
        let handled = state.handled();
        self.check_clock(handled.node().clock())?;
        if let Some(began) = self.began() {
            handled.begin_at(began);
        }
        let time = self.member.clock.now();
        let begun = begin(&mut journal, handled, time)?;
        if begun.is_some() {
            let queue_len = handled.node().queue_len(time);
            self.member
                .gauges
                .queue_len
                .store(queue_len, Ordering::Relaxed);
        }
        journal.is_stepping = begun.is_some();
        Ok(begun)
    }

    /// What the handler wants done is done: its lines first.
    fn end_step(
        &self,
        journal: &mut Journal,
        begun: Begun,
        handled: std::result::Result<(), HandlerFailure>,
        effects: &mut Effects,
    ) -> Result<Option<HandledStep>> {
        if let Err(error) = self.check_open(journal) {
            // It was ended or killed meanwhile: there was no step.
            self.take_back(begun);
            return Err(error);
        }
        let failure = match handled {
            Ok(()) => None,
            Err(HandlerFailure::Interrupted(cause)) => {
                self.take_back(begun);
                return Err(Error::Interrupted(cause));
            }
            Err(HandlerFailure::Failed(cause)) => {
                effects.clear();
                let line = journal.file.lines() + 1;
                Some(((begun.cause.handler(), begun.at, line), cause))
            }
        };
        let time = begun.time;
        let is_manual = begun.is_manual;
        let (step, clock) = {
            let mut state = self.member.state();
            let handled = state.handled();
            let step = handled.carry_out(begun, effects);
            (step, handled.node().clock())
        };
        if !is_manual {
            journal.ticks += 1;
        }
        let logged = self.log_step(journal, time, step.clone(), clock)?;
        if let Some(((handler, at, line), cause)) = failure {
            return Err(self.failed(journal, (&handler, at, line), cause));
        }
        if !logged.is_empty() {
            self.network.tell(Command::Logged {
                endpoint: self.endpoint,
                logged,
            });
        }
        Ok(Some(step))
    }

    fn failed(&self, journal: &Journal, begun: (&str, i64, u64), cause: ForeignError) -> Error {
        let (handler, time, line) = begun;
        let now = self.began().map_or(0, |began| time - began);
        let place = format!("{}:{line}", journal.file.path().display());
        let words = format!(
            "{handler} raised {cause} ({place}, {}.{:06} s after the machine began, seed {})",
            now.div_euclid(1_000_000),
            now.rem_euclid(1_000_000),
            self.seed
        );
        let step = FailedStep {
            now: Some(now),
            place,
        };
        self.fault(&words, Some(step), Some(cause))
    }

    fn take_back(&self, begun: Begun) {
        let received = begun.event.received();
        let bytes = received.map_or(0, |(message, _)| length(&message.body) as u64);
        if let Some(letters) = &self.member.letters {
            letters.queue(bytes);
        }
        self.member.state().handled().take_back(begun);
    }

    /// Writes the lines of a step. What follows for the channels.
    pub(super) fn log_step(
        &self,
        journal: &mut Journal,
        time: Nanos,
        step: HandledStep,
        clock: u64,
    ) -> Result<Logged> {
        let mut batch = std::mem::take(&mut journal.batch);
        batch.add_handled(time, step);
        let logged = batch.log(&mut journal.file);
        journal.batch = batch;
        let logged = logged.inspect_err(|_| journal.has_ended = true)?;
        if let Some(letters) = &self.member.letters {
            let listed = self.member.peers.len() as u32;
            for (_, recipients, body) in logged.letters() {
                letters.sent(
                    recipients.positions(listed).count() as u64,
                    length(body) as u64,
                );
            }
        }
        self.member.look_at(journal, time);
        let gauges = &self.member.gauges;
        gauges.clock.store(clock, Ordering::Relaxed);
        gauges.ticks.store(journal.ticks, Ordering::Relaxed);
        Ok(logged)
    }

    /// What is under way here.
    pub fn under_way(&self) -> UnderWay {
        let clock = self.local_clock();
        let is_stepping = self.journal().is_stepping;
        let kept = self.member.letters.as_ref().map(|letters| letters.kept());
        let mut state = self.member.state();
        let handled = state.handled();
        let waiting = handled.node().waiting();
        UnderWay {
            clock,
            is_idle: !is_stepping && handled.is_quiet(),
            kept: kept.map_or(0, |kept| kept.messages),
            // Once it has stopped it receives nothing more.
            unread: waiting
                .filter(|message| message.channel().is_some())
                .count() as u64,
        }
    }

    /// Whether its algorithm wanted it to tick no more.
    pub(in crate::drive::real) fn has_stopped(&self) -> bool {
        self.member.state().handled().has_stopped()
    }
}
