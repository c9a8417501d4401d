//! Every step of a run in virtual time, in memory.

use super::StepRecorder;
use crate::model::handled::HandledStep;
use crate::model::message::Nanos;

/// Every step, in order.
#[derive(Debug, Default)]
pub struct StepRecords(Vec<(Nanos, u32, HandledStep)>);

impl StepRecorder for StepRecords {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        self.0.push((time, machine, step.clone()));
    }
}

impl StepRecords {
    /// The steps: when, of which machine, and what.
    pub fn steps(&self) -> &[(Nanos, u32, HandledStep)] {
        &self.0
    }
}
