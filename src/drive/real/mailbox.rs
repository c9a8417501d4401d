//! Messages to a thread that sleeps until a deadline.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};

use crate::drive::real::clock::ProcessClock;
use crate::model::message::Nanos;

/// Words that wait for the one thread that takes them.
///
/// A wait sleeps at once. A channel's receiver yields its core some ten times
/// before it sleeps, in the hope of a word; here a word is the rare case, and
/// those yields were a quarter of the CPU time of a thousand machines.
#[derive(Debug)]
pub struct Mailbox<T> {
    words: Mutex<VecDeque<T>>,
    has_word: Condvar,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        Self {
            words: Mutex::default(),
            has_word: Condvar::new(),
        }
    }
}

impl<T> Mailbox<T> {
    /// Adds a word and wakes who waits for it.
    pub fn put(&self, word: T) {
        self.words.lock().expect("no holder panics").push_back(word);
        self.has_word.notify_one();
    }

    /// The oldest word, once there is one.
    pub fn take(&self) -> T {
        let words = self.words.lock().expect("no holder panics");
        let mut words = self
            .has_word
            .wait_while(words, |words| words.is_empty())
            .expect("no holder panics");
        words.pop_front().expect("the wait ends at a word")
    }

    /// The oldest word; none if none has come by `deadline`, which may have passed.
    pub fn take_until(&self, deadline: Nanos, clock: ProcessClock) -> Option<T> {
        let mut words = self.words.lock().expect("no holder panics");
        loop {
            if let Some(word) = words.pop_front() {
                return Some(word);
            }
            let rest = clock.until(deadline)?;
            words = self
                .has_word
                .wait_timeout(words, rest)
                .expect("no holder panics")
                .0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_in_order_and_at_once_and_a_deadline_ends_the_wait() {
        let (mailbox, clock) = (Mailbox::default(), ProcessClock::of_process());
        mailbox.put(1);
        mailbox.put(2);
        assert_eq!((mailbox.take(), mailbox.take_until(0, clock)), (1, Some(2)));
        let deadline = clock.now() + 2_000_000;
        assert_eq!(mailbox.take_until(deadline, clock), None);
        assert!(clock.now() >= deadline);
        std::thread::scope(|scope| {
            scope.spawn(|| mailbox.put(3));
            assert_eq!(mailbox.take_until(u64::MAX, clock), Some(3));
        });
    }
}
