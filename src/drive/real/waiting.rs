//! How a tick thread waits, and why it ends.

use crate::drive::real::clock::ProcessClock;
use crate::drive::real::machine::{Control, Machine};
use crate::drive::real::pace::{TickPace, Waited};
use crate::error::{ForeignError, Result};
use crate::model::message::Nanos;

/// Ticks of one turn, when many are due at once.
pub(super) const TURN: usize = 512;
/// A pause that lets the poll thread catch up.
pub(super) const BREATH: Nanos = 200_000;

/// Why a machine has stopped ticking.
#[derive(Debug)]
pub(super) enum Last {
    /// Its time is over, or it was told to stop.
    Ticked,
    /// A handler was interrupted, by this if that is known.
    Interrupted(Option<ForeignError>),
    /// It was told to die.
    Crashed,
}

impl Last {
    /// Whether an orderly end follows.
    pub(super) fn is_orderly(&self) -> bool {
        !matches!(self, Self::Crashed)
    }
}

/// Waits for a deadline; the outcome, if the machine must stop ticking.
pub(super) fn wait(pace: &TickPace, deadline: Nanos, machine: &Machine) -> Option<Result<Last>> {
    loop {
        let Waited::Called(control) = pace.wait(deadline, machine.controls()) else {
            return None;
        };
        let Control::Pause(until) = control else {
            return Some(halt(control, machine));
        };
        machine.set_paused(true);
        let sleep = TickPace::new(ProcessClock::of_process(), 0.0, false);
        let waited = sleep.wait(until, machine.controls());
        machine.set_paused(false);
        if let Waited::Called(control) = waited {
            return Some(halt(control, machine));
        }
    }
}

fn halt(control: Control, machine: &Machine) -> Result<Last> {
    match control {
        Control::Crash => Ok(Last::Crashed),
        _ => stopped(machine),
    }
}

pub(super) fn stopped(machine: &Machine) -> Result<Last> {
    machine.failure().map_or(Ok(Last::Ticked), Err)
}
