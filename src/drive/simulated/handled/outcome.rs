//! What a run of machines with an algorithm came to.

use super::record::StepRecords;
use super::{HandledSimulation, Maker};
use crate::drive::simulated::ran::Ran;
use crate::drive::simulated::seat::Tally;
use crate::drive::simulated::setup::Setup;
use crate::log::line::{Quantiles, Startup};
use crate::log::logs::Logs;
use crate::model::message::{MachineId, Nanos};

impl<M: Maker> HandledSimulation<M> {
    /// The run as its logs tell it.
    pub fn logs(&self, records: StepRecords<'_>) -> Logs {
        self.logs_with(records.into_columns())
    }
}

impl<M: Maker> Ran for HandledSimulation<M> {
    fn setup(&self) -> &Setup {
        &self.setup
    }

    fn elapsed(&self) -> f64 {
        match self.ended {
            Some(time) => time as f64 / 1e9,
            None => self.setup.duration,
        }
    }

    fn rate(&self, machine: usize) -> f64 {
        self.seats[machine].rate()
    }

    fn ticks(&self, machine: usize) -> u64 {
        self.seats[machine].steps
    }

    fn queue_len(&self, machine: usize, time: Nanos) -> u64 {
        self.seats[machine].machine.node().queue_len(time)
    }

    fn clock(&self, machine: usize) -> u64 {
        self.seats[machine].machine.node().clock()
    }

    fn tally(&self, machine: usize) -> &Tally {
        &self.seats[machine].tally
    }

    fn caused(&self, machine: usize) -> u64 {
        self.tally(machine).sends
    }

    fn internals(&self, machine: usize) -> u64 {
        self.seats[machine].internals
    }

    fn waiting(&self, machine: usize) -> impl Iterator<Item = (Option<MachineId>, u64, Nanos)> {
        let waiting = self.seats[machine].machine.node().waiting();
        waiting.map(|message| (message.sender(), message.timestamp, message.arrival))
    }

    fn restarts(&self, machine: usize) -> &[(Nanos, u64)] {
        &self.seats[machine].restarts
    }

    fn is_down(&self, machine: usize) -> bool {
        self.seats[machine].is_down
    }

    fn uptime(&self, machine: usize) -> (f64, f64) {
        let seat = &self.seats[machine];
        if seat.is_down || !seat.restarts.is_empty() {
            seat.uptime(self.end())
        } else {
            (self.elapsed(), 0.0)
        }
    }

    fn lateness(&self, machine: usize) -> Quantiles {
        self.seats[machine].lateness.summary().into()
    }

    fn declare(&self, machine: usize, startup: &mut Startup<'static>) {
        self.maker.declare(machine as u32, startup);
    }
}
