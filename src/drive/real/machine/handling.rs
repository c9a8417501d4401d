//! The algorithm of a machine, and who is in a handler of it.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::drive::real::algorithm::{BoxedHandler, HandlerMaker, Inputs};
use crate::model::handler::Effects;
use crate::model::message::{MachineId, Nanos};

thread_local! {
    /// The machine whose handler this thread is in.
    static HANDLED: Cell<Option<MachineId>> = const { Cell::new(None) };
}

/// The algorithm of a machine. Its lock is that of steps: taken before the journal, and held while a handler is at work.
pub(super) struct Handling {
    seat: Mutex<HandlerSeat>,
    /// Since when a handler is at work; 0 if none is.
    since: AtomicU64,
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
            since: AtomicU64::new(0),
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

    /// Since when a handler is at work.
    pub(super) fn since(&self) -> Option<Nanos> {
        let since = self.since.load(Ordering::Acquire);
        (since > 0).then_some(since)
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
    pub(super) fn begin(handling: &'a Handling, id: MachineId, now: Nanos) -> Self {
        HANDLED.set(Some(id));
        handling.since.store(now.max(1), Ordering::Release);
        Self(handling)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.since.store(0, Ordering::Release);
        HANDLED.set(None);
    }
}
