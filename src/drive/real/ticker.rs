//! The tick thread of a machine.

use crate::drive::real::clock::ProcessClock;
use crate::drive::real::handled_ticker;
use crate::drive::real::machine::{Control, Machine};
use crate::drive::real::pace::TickPace;
use crate::drive::real::waiting::{BREATH, Last, TURN, stopped, wait};
use crate::error::Result;
use crate::model::message::Nanos;

/// Ticks when told to start, until all ticks have happened and the run's
/// duration is over, or until told to stop or to die.
pub(super) fn tick(machine: &Machine, duration: Nanos) -> Result<Last> {
    let start = match machine.controls().take() {
        Control::Start(time) => time,
        Control::Crash => return Ok(Last::Crashed),
        Control::Stop | Control::Finish | Control::Pause(_) => return stopped(machine),
    };
    if machine.has_algorithm() {
        return handled_ticker::tick(machine, start, duration);
    }
    let mut dues = machine.timetable().dues();
    let clock = ProcessClock::of_process();
    let pace = TickPace::new(clock, machine.timetable().rate(), machine.is_precise());
    while let Some(due) = dues.due() {
        let breath = if machine.is_network_behind() {
            clock.now() + BREATH
        } else {
            0
        };
        let deadline = (start + due).max(breath);
        if let Some(last) = wait(&pace, deadline, machine) {
            return last;
        }
        let mut journal = machine.journal();
        let mut left = TURN;
        machine.advance(&mut journal, false, |node, now, journal| {
            let due = start + dues.due()?;
            if left == 0 || due > now {
                return None;
            }
            left -= 1;
            dues.advance();
            journal.ticks += 1;
            journal.lateness.add(now - due);
            Some(node.tick(now, machine.odds()))
        })?;
    }
    // Others may tick, and send to this machine, until the end.
    let end = TickPace::new(clock, 0.0, false);
    wait(&end, start + duration, machine).unwrap_or(Ok(Last::Ticked))
}
