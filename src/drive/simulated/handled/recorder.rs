//! What is told of each step of machines with an algorithm, as it happens.

use crate::model::handled::HandledStep;
use crate::model::message::Nanos;

/// What is told of each step as it happens.
pub trait StepRecorder {
    /// A machine (counted from 0) made a step.
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep);

    /// A machine came back after a crash, with this clock.
    fn startup(&mut self, _time: Nanos, _machine: u32, _clock: u64) {}

    /// Whether it has seen enough: then the run ends with this step.
    fn has_seen_enough(&self) -> bool {
        false
    }
}

/// Sees nothing.
impl StepRecorder for () {
    fn step(&mut self, _time: Nanos, _machine: u32, _step: &HandledStep) {}
}

/// Both see every step.
impl<A: StepRecorder, B: StepRecorder> StepRecorder for (&mut A, &mut B) {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        self.0.step(time, machine, step);
        self.1.step(time, machine, step);
    }

    fn startup(&mut self, time: Nanos, machine: u32, clock: u64) {
        self.0.startup(time, machine, clock);
        self.1.startup(time, machine, clock);
    }

    fn has_seen_enough(&self) -> bool {
        self.0.has_seen_enough() || self.1.has_seen_enough()
    }
}

/// It is seen if there is one.
impl<A: StepRecorder> StepRecorder for Option<A> {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        if let Some(recorder) = self {
            recorder.step(time, machine, step);
        }
    }

    fn startup(&mut self, time: Nanos, machine: u32, clock: u64) {
        if let Some(recorder) = self {
            recorder.startup(time, machine, clock);
        }
    }

    fn has_seen_enough(&self) -> bool {
        self.as_ref().is_some_and(StepRecorder::has_seen_enough)
    }
}
