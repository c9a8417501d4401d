//! Where the threads of a run wait for each other at the end of a window.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Looks at whether the others have come, before a thread sleeps: some microseconds.
const SPINS: u32 = 2000;

/// A barrier. The last to come decides whether all go on.
#[derive(Debug)]
pub(super) struct Meeting {
    threads: usize,
    /// None where a processor that spins would be one that another thread waits for.
    spins: u32,
    come: AtomicUsize,
    /// How many meetings have been.
    over: AtomicUsize,
    goes_on: AtomicBool,
    /// Whether a thread will never come.
    is_broken: AtomicBool,
    /// How many sleep.
    asleep: Mutex<usize>,
    wake: Condvar,
}

impl Meeting {
    /// Of so many threads on so many processors.
    pub(super) fn new(threads: usize, processors: usize) -> Self {
        Self {
            threads,
            spins: if threads > processors { 0 } else { SPINS },
            come: AtomicUsize::new(0),
            over: AtomicUsize::new(0),
            goes_on: AtomicBool::new(true),
            is_broken: AtomicBool::new(false),
            asleep: Mutex::new(0),
            wake: Condvar::new(),
        }
    }

    /// Waits until all have come. Whether to go on, as the last of them `decides`.
    pub(super) fn wait(&self, decides: impl FnOnce() -> bool) -> bool {
        let meeting = self.over.load(Ordering::Acquire);
        if self.come.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.goes_on.store(decides(), Ordering::Relaxed);
            self.come.store(0, Ordering::Relaxed);
            self.end(meeting.wrapping_add(1));
        } else {
            self.wait_beyond(meeting);
        }
        // If one is missing, the others may be too few to come again.
        self.goes_on.load(Ordering::Relaxed) && !self.is_broken.load(Ordering::Relaxed)
    }

    fn wait_beyond(&self, meeting: usize) {
        for _ in 0..self.spins {
            if self.is_past(meeting) {
                return;
            }
            spin_loop();
        }
        let mut asleep = self.asleep();
        *asleep += 1;
        while !self.is_past(meeting) {
            asleep = (self.wake.wait(asleep)).unwrap_or_else(PoisonError::into_inner);
        }
        *asleep -= 1;
    }

    /// Whether nobody need wait for this meeting any more.
    fn is_past(&self, meeting: usize) -> bool {
        self.over.load(Ordering::Acquire) != meeting || self.is_broken.load(Ordering::Relaxed)
    }

    /// Lets all go on that wait.
    fn end(&self, meetings: usize) {
        let asleep = self.asleep();
        self.over.store(meetings, Ordering::Release);
        if *asleep > 0 {
            self.wake.notify_all();
        }
    }

    fn asleep(&self) -> MutexGuard<'_, usize> {
        self.asleep.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread that comes to a meeting; if it panics, nobody waits for it.
#[derive(Debug)]
pub(super) struct Guest<'a>(pub(super) &'a Meeting);

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.is_broken.store(true, Ordering::Relaxed);
            let _asleep = self.0.asleep();
            self.0.wake.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    /// Each thread adds to the sum before a meeting, and finds all of them after it.
    fn meets(threads: usize, processors: usize, rounds: u64) {
        let (meeting, sum) = (Meeting::new(threads, processors), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for round in 1..=rounds {
                        sum.fetch_add(1, Ordering::Relaxed);
                        let goes_on = meeting.wait(|| {
                            assert_eq!(sum.load(Ordering::Relaxed), round * threads as u64);
                            round < rounds
                        });
                        assert_eq!(goes_on, round < rounds);
                    }
                });
            }
        });
    }

    #[test]
    fn nobody_goes_on_before_all_have_come() {
        meets(1, 1, 10);
        meets(2, 2, 2000);
        meets(7, 2, 200);
        meets(40, 2, 20);
    }

    #[test]
    fn nobody_waits_for_one_that_panics() {
        let meeting = Meeting::new(2, 2);
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                let _guest = Guest(&meeting);
                panic!("on purpose")
            });
            while meeting.wait(|| true) {}
            assert!(other.join().is_err());
            // Nor later.
            assert!(!meeting.wait(|| true));
        });
    }
}
