//! What a run of the built-in behaviour came to.

use crate::drive::simulated::engine::Simulation;
use crate::drive::simulated::ran::Ran;
use crate::drive::simulated::record::Records;
use crate::drive::simulated::seat::Tally;
use crate::drive::simulated::setup::Setup;
use crate::log::line::{Quantiles, Startup};
use crate::log::logs::Logs;
use crate::model::message::{MachineId, Nanos};

impl Simulation {
    /// The run as its logs tell it, or `None` if `go_on` said no.
    pub fn logs(&self, records: Records, go_on: &mut dyn FnMut() -> bool) -> Option<Logs> {
        let columns = records.into_columns(self.topology(), go_on)?;
        Some(self.logs_with(columns))
    }
}

impl Ran for Simulation {
    fn setup(&self) -> &Setup {
        &self.ground.setup
    }

    fn elapsed(&self) -> f64 {
        if self.agenda.is_over() {
            self.ground.setup.duration
        } else {
            self.now as f64 / 1e9
        }
    }

    fn rate(&self, machine: usize) -> f64 {
        self.agenda.rate(machine)
    }

    fn ticks(&self, machine: usize) -> u64 {
        let taken = self.agenda.taken(machine);
        match self.faults.of(machine) {
            Some(state) => state.ticks(taken),
            None => taken,
        }
    }

    fn queue_len(&self, machine: usize, time: Nanos) -> u64 {
        self.seats()[machine].node.queue_len(time)
    }

    fn clock(&self, machine: usize) -> u64 {
        self.seats()[machine].node.clock()
    }

    fn tally(&self, machine: usize) -> &Tally {
        &self.seats()[machine].tally
    }

    fn caused(&self, _machine: usize) -> u64 {
        0
    }

    fn internals(&self, machine: usize) -> u64 {
        let tally = self.tally(machine);
        tally.actions(self.ticks(machine), self.discipline()) - tally.sends
    }

    fn waiting(&self, machine: usize) -> impl Iterator<Item = (Option<MachineId>, u64, Nanos)> {
        let waiting = self.seats()[machine].node.waiting();
        waiting.map(|message| (message.sender(), message.timestamp, message.arrival))
    }

    fn restarts(&self, machine: usize) -> &[(Nanos, u64)] {
        self.faults.of(machine).map_or(&[], |state| &state.restarts)
    }

    fn is_down(&self, machine: usize) -> bool {
        let state = self.faults.of(machine);
        state.is_some_and(|state| state.is_down)
    }

    fn uptime(&self, machine: usize) -> (f64, f64) {
        match self.faults.of(machine) {
            Some(state) if state.is_down || !state.restarts.is_empty() => state.uptime(self.end()),
            _ => (self.elapsed(), 0.0),
        }
    }

    fn lateness(&self, machine: usize) -> Quantiles {
        let state = self.faults.of(machine);
        state.map_or(Quantiles::default(), |state| {
            state.lateness.summary().into()
        })
    }

    fn declare(&self, machine: usize, startup: &mut Startup<'static>) {
        startup.probabilities = self.behavior(machine as u32).into();
        startup.manner = self.manner(machine as u32);
    }
}
