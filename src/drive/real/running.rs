//! Machines that have been started together, as whoever started them sees them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crossbeam_channel::Sender;

use crate::drive::real::clock::ProcessClock;
use crate::drive::real::waiting::Last;
use crate::error::{Error, Result};
use crate::model::message::Nanos;

/// Machines that start together and end together.
#[derive(Debug)]
pub struct Running {
    progress: Arc<Progress>,
    tell: Sender<ThreadReport>,
}

/// How far a run is: its supervisor says so, everyone may ask.
#[derive(Debug)]
pub(super) struct Progress {
    /// When ticking started, 0 before.
    start: AtomicU64,
    is_stopped: AtomicBool,
    outcome: Mutex<Outcome>,
    is_done: Condvar,
}

#[derive(Debug, Default)]
struct Outcome {
    is_done: bool,
    /// The first error, until someone takes it.
    error: Option<Error>,
}

/// What the supervisor of a run is told.
#[derive(Debug)]
pub(super) enum ThreadReport {
    /// Someone wants the run to end early.
    Stop,
    /// A machine has ticked its last.
    Ticked(Result<Last>, usize),
    /// A machine has ended.
    Ended(Result<()>),
}

impl Running {
    pub(super) fn new(progress: Arc<Progress>, tell: Sender<ThreadReport>) -> Self {
        Self { progress, tell }
    }

    /// Asks all machines to end early, in order.
    pub fn stop(&self) {
        self.progress.is_stopped.store(true, Ordering::Release);
        // The supervisor may be done already.
        let _ = self.tell.send(ThreadReport::Stop);
    }

    /// Waits until all have ended, `timeout` at most. Whether they have; their first error, once.
    pub fn join(&self, timeout: Option<Duration>) -> Result<bool> {
        let outcome = self.progress.outcome.lock().expect("no holder panics");
        let is_running = |outcome: &mut Outcome| !outcome.is_done;
        let is_done = &self.progress.is_done;
        let mut outcome = match timeout {
            None => is_done
                .wait_while(outcome, is_running)
                .expect("no holder panics"),
            Some(timeout) => {
                is_done
                    .wait_timeout_while(outcome, timeout, is_running)
                    .expect("no holder panics")
                    .0
            }
        };
        match outcome.error.take() {
            Some(error) if outcome.is_done => Err(error),
            _ => Ok(outcome.is_done),
        }
    }

    /// Waits until all have ended, `timeout` at most. Whether they have; their error is for who joins.
    fn wait(&self, timeout: Duration) -> bool {
        let outcome = self.progress.outcome.lock().expect("no holder panics");
        let is_running = |outcome: &mut Outcome| !outcome.is_done;
        let waited = self
            .progress
            .is_done
            .wait_timeout_while(outcome, timeout, is_running);
        waited.expect("no holder panics").0.is_done
    }

    /// Whether someone has asked for the end.
    pub fn is_stopped(&self) -> bool {
        self.progress.is_stopped()
    }

    /// Whether all have ended; their first error is for who joins.
    pub fn is_done(&self) -> bool {
        let outcome = self.progress.outcome.lock().expect("no holder panics");
        outcome.is_done
    }

    /// Seconds since ticking started, 0 before.
    pub fn elapsed(&self) -> f64 {
        match self.progress.start() {
            0 => 0.0,
            start => ProcessClock::of_process().now().saturating_sub(start) as f64 / 1e9,
        }
    }
}

/// Asks all to end early, then waits, `patience` for all together: for each what [`Running::join`] says.
pub fn end(all: &[Arc<Running>], patience: Duration) -> Vec<Result<bool>> {
    for running in all {
        running.stop();
    }
    let rest = rest_of(patience);
    all.iter()
        .map(|running| running.join(Some(rest())))
        .collect()
}

/// Asks all to end early, and waits for them, `patience` for all together. Whether they have ended.
pub fn are_done(all: &[Arc<Running>], patience: Duration) -> bool {
    for running in all {
        running.stop();
    }
    let rest = rest_of(patience);
    all.iter().all(|running| running.wait(rest()))
}

/// What is left of a time from now on.
fn rest_of(patience: Duration) -> impl Fn() -> Duration {
    let clock = ProcessClock::of_process();
    let deadline = clock.now() + patience.as_nanos() as Nanos;
    move || clock.until(deadline).unwrap_or_default()
}

impl Progress {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: AtomicU64::new(0),
            is_stopped: AtomicBool::new(false),
            outcome: Mutex::default(),
            is_done: Condvar::new(),
        })
    }

    /// When ticking started, 0 before.
    pub(super) fn start(&self) -> Nanos {
        self.start.load(Ordering::Acquire)
    }

    pub(super) fn started(&self, start: Nanos) {
        self.start.store(start, Ordering::Release);
    }

    /// Whether someone wants the run to end early.
    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }

    /// All machines have ended.
    pub(super) fn done(&self, outcome: Result<()>) {
        let mut held = self.outcome.lock().expect("no holder panics");
        held.error = outcome.err();
        held.is_done = true;
        drop(held);
        self.is_done.notify_all();
    }
}
