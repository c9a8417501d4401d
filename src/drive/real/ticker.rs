//! The tick thread of a machine.

use crate::drive::real::clock::ProcessClock;
use crate::drive::real::machine::{Control, Machine};
use crate::drive::real::pace::{TickPace, Waited};
use crate::error::Result;
use crate::model::message::Nanos;

/// Ticks of one turn, when many are due at once.
const TURN: usize = 512;
/// A pause that lets the poll thread catch up.
const BREATH: Nanos = 200_000;

/// Why a machine has stopped ticking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// Its time is over, or it was told to stop.
    Ticked,
    /// It was told to die.
    Crashed,
}

/// Ticks when told to start, until all ticks have happened and the run's
/// duration is over, or until told to stop or to die.
pub(super) fn tick(machine: &Machine, duration: Nanos) -> Result<Last> {
    let start = match machine.controls().take() {
        Control::Start(time) => time,
        Control::Crash => return Ok(Last::Crashed),
        Control::Stop | Control::Finish | Control::Pause(_) => return stopped(machine),
    };
    let schedule = *machine.schedule();
    let clock = ProcessClock::of_process();
    let pace = TickPace::new(clock, schedule.rate(), machine.is_precise());
    let mut tick = 1;
    while tick <= schedule.ticks() {
        let breath = if machine.is_network_behind() {
            clock.now() + BREATH
        } else {
            0
        };
        let deadline = (start + schedule.due(tick)).max(breath);
        if let Some(last) = wait(&pace, deadline, machine) {
            return last;
        }
        let mut journal = machine.journal();
        let last = tick + TURN as u64;
        machine.advance(&mut journal, false, |node, now, journal| {
            let due = start + schedule.due(tick);
            if tick > schedule.ticks() || tick >= last || due > now {
                return None;
            }
            tick += 1;
            journal.ticks += 1;
            journal.lateness.add(now - due);
            Some(node.tick(now, machine.odds()))
        })?;
    }
    // Others may tick, and send to this machine, until the end.
    let end = TickPace::new(clock, 0.0, false);
    wait(&end, start + duration, machine).unwrap_or(Ok(Last::Ticked))
}

/// Waits for a deadline; the outcome, if the machine must stop ticking.
fn wait(pace: &TickPace, deadline: Nanos, machine: &Machine) -> Option<Result<Last>> {
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

fn stopped(machine: &Machine) -> Result<Last> {
    machine.failure().map_or(Ok(Last::Ticked), Err)
}
