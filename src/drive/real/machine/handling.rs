//! The algorithm of a machine, and who is in a handler of it.

use std::cell::Cell;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::drive::real::algorithm::{BoxedHandler, HandlerMaker, Inputs};
use crate::model::handled::Cause;
use crate::model::handler::Effects;
use crate::model::message::{MachineId, Nanos};

thread_local! {
    /// The machine whose handler this thread is in.
    static HANDLED: Cell<Option<MachineId>> = const { Cell::new(None) };
}

/// The algorithm of a machine. Its lock is that of steps: taken before the journal, and held while a handler is at work.
pub(super) struct Handling {
    seat: Mutex<HandlerSeat>,
    /// Since when which handler is at work, if one is.
    at_work: Mutex<Option<(Nanos, Cause)>>,
    /// What it is given from outside, until ticking begins.
    inputs: Mutex<Inputs>,
}

/// The handlers, made once it is known who the peers are.
pub(super) struct HandlerSeat {
    pub(super) maker: Option<HandlerMaker>,
    pub(super) handler: Option<BoxedHandler>,
    pub(super) effects: Effects,
}

impl Handling {
    /// One whose handlers are made once the peers are known.
    pub(super) fn new(maker: HandlerMaker) -> Self {
        Self::of(Some(maker), None)
    }

    /// One whose handlers are made.
    pub(super) fn made(handler: BoxedHandler) -> Self {
        Self::of(None, Some(handler))
    }

    fn of(maker: Option<HandlerMaker>, handler: Option<BoxedHandler>) -> Self {
        Self {
            seat: Mutex::new(HandlerSeat {
                maker,
                handler,
                effects: Effects::default(),
            }),
            at_work: Mutex::default(),
            inputs: Mutex::default(),
        }
    }

    /// The same, to be given these from outside.
    pub(super) fn given(self, inputs: Inputs) -> Self {
        Self {
            inputs: Mutex::new(inputs),
            ..self
        }
    }

    /// Takes what it is to be given.
    pub(super) fn take_inputs(&self) -> Inputs {
        std::mem::take(&mut *self.inputs.lock().expect("no holder panics"))
    }

    /// Takes the right to make steps.
    pub(super) fn lock(&self) -> MutexGuard<'_, HandlerSeat> {
        // A handler that panicked has ended its machine.
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when which handler is at work.
    pub(super) fn at_work(&self) -> Option<(Nanos, Cause)> {
        self.at_work.lock().expect("no holder panics").clone()
    }

    fn set_at_work(&self, work: Option<(Nanos, Cause)>) {
        *self.at_work.lock().expect("no holder panics") = work;
    }
}

/// The machine whose handler this thread is in.
pub(super) fn handled_here() -> Option<MachineId> {
    HANDLED.get()
}

impl fmt::Debug for Handling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handling").finish_non_exhaustive()
    }
}

/// What is under way at a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnderWay {
    /// Its clock: as long as that stays, it has made no step.
    pub clock: u64,
    /// It has started, no handler is at work, no message waits for a tick, and no timer is set.
    pub is_idle: bool,
    /// Messages that its peers have not logged.
    pub kept: u64,
    /// Those in its queue that came by channels.
    pub unread: u64,
}

/// A handler at work in this thread.
pub(super) struct AtWork<'a>(&'a Handling);

impl<'a> AtWork<'a> {
    pub(super) fn begin(handling: &'a Handling, id: MachineId, now: Nanos, cause: &Cause) -> Self {
        HANDLED.set(Some(id));
        handling.set_at_work(Some((now, cause.clone())));
        Self(handling)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.set_at_work(None);
        HANDLED.set(None);
    }
}
