//! The handle of the poll thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Sender, unbounded};
use mio::Poll;

use crate::drive::real::command::{Alarm, Command};
use crate::drive::real::poll::Poller;
use crate::error::{Error, Result};

/// Commands waiting for the poll thread; beyond it tick threads pause.
const BEHIND: usize = 256;
/// Milliseconds in which one is started.
const PATIENCE: u32 = 10_000;

/// The handle of a poll thread. The thread ends with its last handle.
#[derive(Debug)]
pub struct PollThread {
    commands: Sender<Command>,
    alarm: Alarm,
    endpoints: AtomicU64,
    thread: Option<JoinHandle<()>>,
}

impl PollThread {
    /// The poll thread of this process, started if there is none.
    pub fn of_process() -> Result<Arc<Self>> {
        // With the process's id: a forked child has the memory but not the thread.
        static THREAD: Mutex<(u32, Weak<PollThread>)> = Mutex::new((0, Weak::new()));
        let mut held = lock_soon(&THREAD, PATIENCE)?;
        let process = std::process::id();
        if held.0 == process
            && let Some(thread) = held.1.upgrade()
        {
            return Ok(thread);
        }
        let thread = Self::start()?;
        *held = (process, Arc::downgrade(&thread));
        Ok(thread)
    }

    fn start() -> Result<Arc<Self>> {
        let failed = |source| Error::io("cannot start the poll thread", source);
        let poll = Poll::new().map_err(failed)?;
        let alarm = Alarm::new(poll.registry()).map_err(failed)?;
        let (commands, asked) = unbounded();
        let poller = Poller::new(poll, asked, alarm.clone());
        let thread = thread::Builder::new()
            .name("lamport-poll".into())
            .spawn(move || poller.run())
            .map_err(failed)?;
        Ok(Arc::new(Self {
            commands,
            alarm,
            endpoints: AtomicU64::new(0),
            thread: Some(thread),
        }))
    }

    pub(super) fn tell(&self, command: Command) {
        // The thread ends only at `Quit`, which the last handle sends.
        let _ = self.commands.send(command);
        self.alarm.ring();
    }

    /// A name for the endpoint of one machine, never given again.
    pub(super) fn new_endpoint(&self) -> u64 {
        self.endpoints.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the poll thread has more to do than it should.
    pub(super) fn is_behind(&self) -> bool {
        self.commands.len() > BEHIND
    }
}

/// Locks what is held for moments only: in a child that was forked at such a moment it is held for
/// ever.
fn lock_soon<T>(mutex: &Mutex<T>, milliseconds: u32) -> Result<MutexGuard<'_, T>> {
    for _ in 0..milliseconds {
        match mutex.try_lock() {
            Ok(guard) => return Ok(guard),
            Err(TryLockError::Poisoned(_)) => panic!("no holder panics"),
            Err(TryLockError::WouldBlock) => thread::park_timeout(Duration::from_millis(1)),
        }
    }
    Err(Error::state(
        "this process was forked while its parent began to use the network, and cannot use it: \
         fork earlier or later, or let multiprocessing \"spawn\"",
    ))
}

impl Drop for PollThread {
    fn drop(&mut self) {
        self.tell(Command::Quit);
        let thread = self.thread.take().expect("only drop takes it");
        // If it has panicked, it has said so, and its machines' ends fail. A second panic, perhaps
        // while one is under way, would only abort the process.
        let _ = thread.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_never_let_go_is_an_error() {
        let mutex = Mutex::new(1);
        let held = lock_soon(&mutex, 1).unwrap();
        let error = lock_soon(&mutex, 2).unwrap_err().to_string();
        assert!(error.contains("forked"), "{error}");
        drop(held);
        assert!(lock_soon(&mutex, 1).is_ok());
    }

    #[test]
    fn a_poll_thread_that_has_panicked_does_not_panic_its_last_handle() {
        let poll = Poll::new().unwrap();
        drop(PollThread {
            commands: unbounded().0,
            alarm: Alarm::new(poll.registry()).unwrap(),
            endpoints: AtomicU64::new(0),
            thread: Some(thread::spawn(|| panic!("on purpose"))),
        });
    }
}
