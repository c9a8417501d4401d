//! The tick thread of a machine.

use crate::error::Result;
use crate::message::Nanos;
use crate::net::clock::Clock;
use crate::net::machine::{Control, Machine};
use crate::net::pace::{Pace, Waited};

/// Ticks of one turn, when many are due at once.
const TURN: usize = 512;
/// A pause that lets the poll thread catch up.
const BREATH: Nanos = 200_000;

/// Ticks when told to start, until all ticks have happened and the run's
/// duration is over, or until told to stop.
pub(super) fn tick(machine: &Machine, duration: Nanos) -> Result<()> {
    let start = match machine.told().take() {
        Control::Start(time) => time,
        Control::Stop | Control::Finish => return failed(machine),
    };
    let schedule = *machine.schedule();
    let clock = Clock::of_process();
    let pace = Pace::new(clock, schedule.rate(), machine.is_precise());
    let mut tick = 1;
    while tick <= schedule.ticks() {
        let breath = if machine.is_network_behind() {
            clock.now() + BREATH
        } else {
            0
        };
        if let Waited::Told(_) = pace.wait((start + schedule.due(tick)).max(breath), machine.told())
        {
            return failed(machine);
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
            Some(node.tick(now))
        })?;
    }
    // Others may tick, and send to this machine, until the end.
    if let Waited::Told(_) = Pace::new(clock, 0.0, false).wait(start + duration, machine.told()) {
        return failed(machine);
    }
    Ok(())
}

fn failed(machine: &Machine) -> Result<()> {
    machine.failure().map_or(Ok(()), Err)
}
