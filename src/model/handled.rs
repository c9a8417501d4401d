//! A machine with an algorithm: the node, its timers, and what a tick finds to do.
//!
//! A step has three parts, so that a driver can let go of its locks in between: [`Handled::begin`] takes what is
//! due, the handler is called, and [`Handled::carry_out`] does what it wants done.

use std::sync::Arc;

use crate::model::body::{Body, Letter};
use crate::model::event::{Event, Recipients};
use crate::model::handler::{Call, Effects, Moment, SendRoom};
use crate::model::message::{Micros, Nanos};
use crate::model::node::Node;
use crate::model::random::Generator;
use crate::model::timers::{MAX_TIMERS, SetTimer, Timers};

/// Why there is a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It is the first.
    Start,
    /// A message was received.
    Message,
    /// A timer is due.
    Timer(SetTimer),
    /// A tick found nothing to do.
    Idle,
}

impl Cause {
    /// The handler of such a step, as it is called.
    pub fn handler(&self) -> String {
        match self {
            Self::Start => "start".to_owned(),
            Self::Message => "on_message".to_owned(),
            Self::Timer(timer) => format!("on_timer({:?})", timer.name),
            Self::Idle => "on_idle".to_owned(),
        }
    }
}

/// A step whose handler is still to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Why there is a step.
    pub cause: Cause,
    /// Its event: a receipt, or internal.
    pub event: Event<Body>,
    /// When it is.
    pub time: Nanos,
    /// The same, as its line states it.
    pub at: Micros,
    /// Whether it is made by hand, and no tick's.
    pub is_manual: bool,
    /// The same as `at`, since the beginning of ticking.
    now: Micros,
    /// How many timers it may set.
    timer_room: usize,
}

/// A send of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caused {
    /// The clock after; before, it was one less.
    pub new_clock: u64,
    /// Who it goes to.
    pub recipients: Recipients,
    /// What it says.
    pub body: Body,
}

/// A step that is over: what its lines say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandledStep {
    /// Why there was a step.
    pub cause: Cause,
    /// Its event: a receipt, or internal.
    pub event: Event<Body>,
    /// The sends that follow it.
    pub caused: Vec<Caused>,
    /// The values that the handler declared, as a JSON object.
    pub state: Option<Arc<str>>,
    /// Whether it was made by hand, and is no tick's.
    pub is_manual: bool,
}

/// A machine with an algorithm, without bytes, threads or time of its own.
#[derive(Debug, Clone)]
pub struct Handled {
    node: Node<Body>,
    timers: Timers,
    /// Nanoseconds to add to a driver's time, for that of lines.
    origin: Nanos,
    /// When ticking began, as lines state it.
    began: Micros,
    has_started: bool,
    has_stopped: bool,
}

impl Begun {
    /// What the handler is told.
    pub fn call(&self) -> Call<'_> {
        match &self.cause {
            Cause::Start => Call::Start,
            Cause::Timer(timer) => Call::Timer(&timer.name),
            Cause::Idle => Call::Idle,
            Cause::Message => {
                let (message, _) = self.event.received().expect("a message was received");
                Call::Message {
                    sender: message.sender(),
                    body: &message.body,
                }
            }
        }
    }

    /// Whether a timer is why there is a step.
    pub fn is_timer(&self) -> bool {
        matches!(self.cause, Cause::Timer(_))
    }

    /// When the handler is told.
    pub fn moment(&self, room: SendRoom, is_replay: bool) -> Moment {
        let received = self.event.received();
        Moment {
            now: self.now,
            clock: self.event.new_clock(),
            sent_clock: received.map(|(message, _)| message.timestamp),
            is_replay,
            room,
            timer_room: self.timer_room,
        }
    }
}

impl Handled {
    /// A machine at clock 0 that has not started; `origin` makes a driver's time that of lines.
    pub fn new(generator: Generator, origin: Nanos) -> Self {
        Self {
            node: Node::new(generator),
            timers: Timers::default(),
            origin,
            began: 0,
            has_started: false,
            has_stopped: false,
        }
    }

    /// The same machine in another life, whose driver's time `origin` makes that of lines.
    #[must_use]
    pub fn resumed(mut self, origin: Nanos) -> Self {
        self.origin = origin;
        self
    }

    /// Ticking began at this time, as lines state it.
    pub fn begin_at(&mut self, began: Micros) {
        self.began = began;
    }

    /// A time as lines state it: rounded down, so that order is kept.
    #[inline]
    pub fn micros(&self, time: Nanos) -> Micros {
        ((self.origin + time) / 1000) as Micros
    }

    /// A message enters the queue, or will.
    #[inline]
    pub fn deliver(&mut self, message: Letter) {
        self.node.deliver(message);
    }

    /// Takes what is due at a tick: the message or the timer that was first, the message if both were.
    ///
    /// `None` if there is nothing, and idle ticks are not the algorithm's business.
    pub fn begin(&mut self, time: Nanos, has_idle: bool) -> Option<Begun> {
        if self.has_stopped {
            return None;
        }
        let at = self.micros(time);
        let (cause, event) = if self.has_started {
            let due = self.timers.first_due().filter(|&due| due <= at);
            let arrival = self.node.first_arrival().filter(|&first| first <= time);
            match (arrival.map(|first| self.micros(first)), due) {
                (Some(arrived), due) if due.is_none_or(|due| arrived <= due) => {
                    (Cause::Message, self.node.receive(time)?)
                }
                (_, Some(_)) => (
                    Cause::Timer(self.timers.take_first()?),
                    self.node.internal(),
                ),
                _ if has_idle => (Cause::Idle, self.node.internal()),
                _ => return None,
            }
        } else {
            self.has_started = true;
            (Cause::Start, self.node.internal())
        };
        Some(self.begun(cause, event, time))
    }

    pub(super) fn begun(&self, cause: Cause, event: Event<Body>, time: Nanos) -> Begun {
        let at = self.micros(time);
        Begun {
            cause,
            event,
            time,
            at,
            is_manual: false,
            now: at - self.began,
            timer_room: MAX_TIMERS - self.timers.len().min(MAX_TIMERS),
        }
    }

    /// Begins the receipt of the message that arrived first, whatever else is due; it is made by hand.
    pub fn begin_receipt(&mut self, time: Nanos) -> Option<Begun> {
        let event = self.node.receive(time)?;
        let begun = self.begun(Cause::Message, event, time);
        Some(Begun {
            is_manual: true,
            ..begun
        })
    }

    /// Undoes the beginning of a step, as if its tick had found nothing.
    pub fn take_back(&mut self, begun: Begun) {
        let old_clock = begun.event.old_clock();
        if let Event::Receive { message, .. } = begun.event {
            self.node.give_back(message, old_clock);
        } else {
            self.node.set_clock(old_clock);
        }
        match begun.cause {
            Cause::Start => self.has_started = false,
            Cause::Timer(timer) => self.timers.put_back(timer),
            Cause::Message | Cause::Idle => {}
        }
    }

    /// Undoes the beginning of a step as well, but a message by hand is gone with it: it has no line so far, and none of
    /// its channel waits for that.
    pub fn drop_step(&mut self, begun: Begun) {
        match begun.event {
            Event::Receive {
                message, old_clock, ..
            } if message.channel().is_none() => {
                self.node.set_clock(old_clock);
            }
            _ => self.take_back(begun),
        }
    }

    /// Does what the handler of a step wants done. `effects` is empty then.
    pub fn carry_out(&mut self, begun: Begun, effects: &mut Effects) -> HandledStep {
        let sends = effects.sends.drain(..).map(|(recipients, body)| Caused {
            new_clock: self.node.send(recipients.clone()).new_clock(),
            recipients,
            body,
        });
        let caused = sends.collect();
        for change in effects.timers.drain(..) {
            self.timers.change(begun.at, change);
        }
        self.has_stopped |= std::mem::take(&mut effects.stops);
        HandledStep {
            cause: begun.cause,
            event: begun.event,
            caused,
            state: effects.state.take(),
            is_manual: begun.is_manual,
        }
    }

    /// When there is something to do at the earliest, by the driver's clock; never, if nothing is under way.
    pub fn next_due(&self) -> Option<Nanos> {
        if self.has_stopped {
            return None;
        }
        if !self.has_started {
            return Some(0);
        }
        let timer = self.timers.first_due().map(|due| {
            let due = u64::try_from(due).unwrap_or(0).saturating_mul(1000);
            due.saturating_sub(self.origin)
        });
        self.node.first_arrival().into_iter().chain(timer).min()
    }

    /// Whether it has started, no message waits or is on its way to it, and no timer is set.
    pub fn is_quiet(&self) -> bool {
        self.has_stopped
            || self.has_started && self.timers.is_empty() && self.node.waiting().len() == 0
    }

    pub(super) fn start(&mut self) {
        self.has_started = true;
    }

    /// Whether it has started.
    pub fn has_started(&self) -> bool {
        self.has_started
    }

    /// Whether its algorithm wanted it to tick no more.
    pub fn has_stopped(&self) -> bool {
        self.has_stopped
    }

    /// The node.
    pub fn node(&self) -> &Node<Body> {
        &self.node
    }

    /// The node, for what happens to it outside of steps.
    pub fn node_mut(&mut self) -> &mut Node<Body> {
        &mut self.node
    }

    pub(super) fn timers_mut(&mut self) -> &mut Timers {
        &mut self.timers
    }

    /// The timers that are set.
    pub fn timers(&self) -> &Timers {
        &self.timers
    }
}

#[cfg(test)]
mod tests;
