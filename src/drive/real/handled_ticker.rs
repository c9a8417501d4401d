//! The tick thread of a machine with an algorithm.

use crate::drive::real::clock::ProcessClock;
use crate::drive::real::machine::Machine;
use crate::drive::real::pace::TickPace;
use crate::drive::real::waiting::{BREATH, Last, TURN, wait};
use crate::error::{Error, Result};
use crate::model::message::Nanos;

/// What handlers may take before a word to the machine is looked for, when many ticks are due at once.
const MOST_HANDLED: Nanos = 5_000_000;

/// For so long after the end, ticks that were due before it may happen.
const OVERTIME: Nanos = 1_000_000_000;

/// Ticks from `start` on, as `ticker::tick` does.
pub(super) fn tick(machine: &Machine, start: Nanos, duration: Nanos) -> Result<Last> {
    match ticks(machine, start, duration) {
        // There was no step, and the log is whole.
        Err(Error::Interrupted(cause)) => Ok(Last::Interrupted(cause)),
        last => last,
    }
}

fn ticks(machine: &Machine, start: Nanos, duration: Nanos) -> Result<Last> {
    let mut dues = machine.timetable().dues();
    let clock = ProcessClock::of_process();
    let pace = TickPace::new(clock, machine.timetable().rate(), machine.is_precise());
    let end = start + duration;
    while let Some(due) = dues.due()
        && !machine.has_stopped()
    {
        let breath = if machine.is_network_behind() {
            clock.now() + BREATH
        } else {
            0
        };
        let deadline = (start + due).max(breath);
        if let Some(last) = wait(&pace, deadline, machine) {
            return last;
        }
        let begun = clock.now();
        if begun > end + OVERTIME {
            machine.warn_of_ticks_given_up(std::iter::from_fn(|| dues.next()).count());
            break;
        }
        for _ in 0..TURN {
            let now = clock.now();
            let Some(due) = dues.due().map(|due| start + due) else {
                break;
            };
            if due > now || now > begun + MOST_HANDLED {
                break;
            }
            dues.advance();
            let found = machine.tick_handled(due)?;
            // What finds nothing to do now found nothing at the ticks before.
            while !found && dues.due().is_some_and(|due| start + due <= now) {
                dues.advance();
            }
        }
    }
    // Others may tick, and send to this machine, until the end.
    let rest = TickPace::new(clock, 0.0, false);
    wait(&rest, end, machine).unwrap_or(Ok(Last::Ticked))
}
