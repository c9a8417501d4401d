//! What goes wrong in a run in virtual time: how it is with each machine, and what is to happen.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::drive::conductor::Conductor;
use crate::drive::simulated::agenda::Tick;
use crate::drive::simulated::id;
use crate::drive::simulated::up_and_down::Uptime;
use crate::model::fault_schedule::FaultSchedule;
use crate::model::lateness::Lateness;
use crate::model::message::Nanos;
use crate::model::timetable::Dues;

/// The state of a run's faults.
#[derive(Debug, Default)]
pub(super) struct FaultState {
    pub(super) schedule: Arc<FaultSchedule>,
    /// Crashes and pauses that are still to come.
    pub(super) conductor: Conductor,
    pub(super) machines: Vec<MachineState>,
    /// The ticks that are to happen beside those of the agenda.
    pub(super) ticks: BinaryHeap<Reverse<(Nanos, Upcoming)>>,
}

/// What is to happen. Of one time, faults come before ticks, and ticks by machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Upcoming {
    /// Crashes and pauses begin or end.
    Faults,
    /// A tick that a pause has put off.
    Late(u32),
    /// A tick of a machine, with the number of the life it belongs to.
    Tick(u32, u32),
}

/// How it is with one machine.
#[derive(Debug, Default)]
pub(super) struct MachineState {
    /// Whether it is down now.
    pub(super) is_down: bool,
    /// Until when it stands still.
    pub(super) paused: Nanos,
    /// When it came back, and with which clock.
    pub(super) restarts: Vec<(Nanos, u64)>,
    /// Its ticks since it came back; those of the agenda do not happen any more.
    pub(super) life: Option<Dues>,
    /// Ticks of the agenda that did not happen.
    pub(super) missed: u64,
    /// Ticks since it came back that happened.
    pub(super) regained: u64,
    /// When it last ticked or came back.
    pub(super) last: Nanos,
    /// For how long it was up and down before it last came back, as its log tells.
    earlier: Uptime,
    /// How late its ticks were since it last came back.
    pub(super) lateness: Lateness,
    /// When the ticks were due that a pause has put off.
    pub(super) put_off: VecDeque<Nanos>,
}

impl MachineState {
    /// It comes back with this clock.
    pub(super) fn come_back(&mut self, time: Nanos, clock: u64) {
        self.earlier.come_back(self.last_start(), self.last, time);
        self.restarts.push((time, clock));
        self.is_down = false;
        self.last = time;
        // As a machine in real time, whose count is lost.
        self.lateness = Lateness::default();
    }

    /// For how long it was up when its log ends at `time`, and for how long down before, in seconds.
    pub(super) fn uptime(&self, end: Nanos) -> (f64, f64) {
        let end = if self.is_down { self.last } else { end };
        self.earlier.with(self.last_start(), end)
    }

    /// When it last started.
    fn last_start(&self) -> Nanos {
        self.restarts.last().map_or(0, |&(start, _)| start)
    }

    /// How many of `taken` ticks of the agenda and of its later lives have happened.
    pub(super) fn ticks(&self, taken: u64) -> u64 {
        taken - self.missed + self.regained
    }
}

impl FaultState {
    /// These machines, counted from 0 in the run, are well; `end` is the end of the run.
    pub(super) fn restart(
        &mut self,
        schedule: impl Into<Arc<FaultSchedule>>,
        machines: Range<u32>,
        end: Nanos,
    ) {
        self.schedule = schedule.into();
        self.machines.clear();
        self.conductor.cancel();
        self.ticks.clear();
        if self.schedule.is_empty() {
            return;
        }
        let count = machines.len();
        self.machines.resize_with(count, MachineState::default);
        self.conductor = Conductor::new(&self.schedule, machines.map(id), end);
    }

    /// The same of blocks of machines, before anything has happened.
    pub(super) fn split(&self, blocks: &[Range<u32>], end: Nanos) -> Vec<Self> {
        let block = |block: &Range<u32>| {
            let mut state = Self::default();
            state.restart(Arc::clone(&self.schedule), block.clone(), end);
            state
        };
        blocks.iter().map(block).collect()
    }

    /// Whether anything ever goes wrong.
    #[inline]
    pub(super) fn is_any(&self) -> bool {
        !self.machines.is_empty()
    }

    /// How it is with a machine, if anything ever goes wrong.
    pub(super) fn of(&self, machine: usize) -> Option<&MachineState> {
        self.machines.get(machine)
    }

    /// What is to happen next, no longer due then, if it comes before this tick.
    pub(super) fn before(&mut self, (time, machine): Tick) -> Option<(Nanos, Upcoming)> {
        let tick = self.ticks.peek().map(|&Reverse(next)| next);
        let faults = self.conductor.first();
        let faults = faults.map(|time| (time, Upcoming::Faults));
        let next = tick.into_iter().chain(faults).min()?;
        if next >= (time, Upcoming::Tick(machine, 0)) {
            return None;
        }
        if next.1 != Upcoming::Faults {
            self.ticks.pop();
        }
        Some(next)
    }

    /// Whether nothing is to happen any more but ticks of the agenda.
    pub(super) fn is_over(&self) -> bool {
        self.ticks.is_empty() && self.conductor.first().is_none()
    }
}
