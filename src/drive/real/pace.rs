//! Waiting for a deadline: sleep, then spin the last stretch if that is cheap.

use std::hint;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::drive::real::clock::ProcessClock;
use crate::drive::real::mailbox::Mailbox;
use crate::model::message::Nanos;

/// How long before a deadline the sleep ends and the spinning begins: what
/// a sleep on an idle machine rarely oversleeps.
const STRETCH: Nanos = 150_000;

/// The share of one core that the process's machines may spin away.
const SPIN_SHARE: f64 = 0.02;

/// Ticks per second that the process's precise machines have asked for, as bits. It has no lock: a
/// thread might hold that for ever in a forked child, where it is not.
static PRECISE_RATE: AtomicU64 = AtomicU64::new(0);

/// Waits for deadlines on behalf of one machine.
#[derive(Debug)]
pub struct TickPace {
    clock: ProcessClock,
    /// This machine's part of [`PRECISE_RATE`]; 0 if it only sleeps.
    rate: f64,
}

/// How a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Waited<T> {
    /// The deadline has passed.
    Due,
    /// A word came before it.
    Called(T),
}

impl TickPace {
    /// A pace for a machine that ticks `rate` times a second.
    pub fn new(clock: ProcessClock, rate: f64, is_precise: bool) -> Self {
        let rate = if is_precise { rate } else { 0.0 };
        ask(rate);
        Self { clock, rate }
    }

    /// Waits until `deadline` or until there is a word in `mailbox`, which
    /// also counts if the deadline has passed: a machine that is always late must still hear of a stop.
    pub fn wait<T>(&self, deadline: Nanos, mailbox: &Mailbox<T>) -> Waited<T> {
        let stretch = self.stretch();
        if let Some(word) = mailbox.take_until(deadline.saturating_sub(stretch), self.clock) {
            return Waited::Called(word);
        }
        while self.clock.now() < deadline {
            hint::spin_loop();
        }
        Waited::Due
    }

    fn stretch(&self) -> Nanos {
        let total = f64::from_bits(PRECISE_RATE.load(Ordering::Relaxed));
        let is_cheap = total * (STRETCH as f64 / 1e9) <= SPIN_SHARE;
        if self.rate > 0.0 && is_cheap {
            STRETCH
        } else {
            0
        }
    }
}

impl Drop for TickPace {
    fn drop(&mut self) {
        ask(-self.rate);
    }
}

/// Adds to what the machines of this process have asked for.
fn ask(rate: f64) {
    let add = |bits| Some((f64::from_bits(bits) + rate).to_bits());
    // It never says no.
    let _ = PRECISE_RATE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_at_its_deadline_or_at_a_word() {
        let clock = ProcessClock::of_process();
        let controls = Mailbox::default();
        for is_precise in [false, true] {
            let pace = TickPace::new(clock, 10.0, is_precise);
            let deadline = clock.now() + 2_000_000;
            assert_eq!(pace.wait(deadline, &controls), Waited::Due);
            assert!(clock.now() >= deadline);
            for deadline in [clock.now() + 60_000_000_000, 0] {
                controls.put(7);
                assert_eq!(pace.wait(deadline, &controls), Waited::Called(7));
            }
        }
    }

    #[test]
    fn a_fast_machine_does_not_spin() {
        let pace = TickPace::new(ProcessClock::of_process(), 1e6, true);
        assert_eq!(pace.stretch(), 0);
    }
}
