//! What a run in virtual time came to from some time on, told of its events as they happen.

use std::ops::Range;

use crate::causality::over_time::{AtEnd, Did, EventInTime, OverTime, OverTimeShare};
use crate::causality::since::{Since, micros};
use crate::drive::simulated::engine::Simulation;
use crate::drive::simulated::handled::recorder::StepRecorder;
use crate::drive::simulated::ran::Ran;
use crate::drive::simulated::recorder::{Divisible, Recorder};
use crate::drive::simulated::watch::Watch;
use crate::drive::simulated::windows::choice::Windows;
use crate::log::columns::Micros;
use crate::log::schema::{EventKind, UNKNOWN};
use crate::model::event::Event;
use crate::model::handled::HandledStep;
use crate::model::message::Nanos;

/// Counts from a time on. Who does not ask for it does not pay for it.
#[derive(Debug)]
pub struct InTime {
    /// Whether a tick that takes a message then acts as well.
    acts_after_receipt: bool,
    told: OverTime,
}

impl Recorder for InTime {
    #[inline]
    fn event(&mut self, time: Nanos, machine: u32, event: &Event) {
        let is_tick = !(self.acts_after_receipt && event.received().is_some());
        self.add(time, machine, event, is_tick);
    }
}

impl StepRecorder for InTime {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        self.add(time, machine, &step.event, !step.is_manual);
        for caused in &step.caused {
            let event = EventInTime {
                time: whole(time),
                kind: EventKind::Send,
                old_clock: caused.new_clock as i64 - 1,
                new_clock: caused.new_clock as i64,
                is_tick: false,
                queue_len: UNKNOWN,
            };
            self.told.event(machine as usize, &event);
        }
    }
}

impl InTime {
    /// Of a run that begins, from `since` seconds on.
    pub fn new(run: &impl Ran, since: f64) -> Self {
        let start = micros(since.max(0.0));
        Self {
            acts_after_receipt: run.setup().discipline.draw_after_receive,
            told: OverTime::new(start, &vec![0; run.machine_count()]),
        }
    }

    #[inline]
    fn add<B>(&mut self, time: Nanos, machine: u32, event: &Event<B>, is_tick: bool) {
        let (told, arrival) = in_time(time, event, is_tick);
        self.told.event(machine as usize, &told);
        if let Some(arrival) = arrival {
            self.told
                .received(machine as usize, told.time, Some(arrival));
        }
    }

    /// Runs the simulation it was made for to its end, from the start or from a restart, or until told to stop.
    /// Whether it came to the end.
    ///
    /// `other` is told of the same events.
    pub fn of_run<R: Recorder>(
        &mut self,
        simulation: &mut Simulation,
        watch: &Watch,
        other: &mut R,
    ) -> bool {
        self.told.restart();
        let is_over = simulation.run(&mut (&mut *self, other), watch);
        self.finish(simulation);
        is_over
    }

    /// The same on several threads, if there are windows.
    pub fn of_run_in<D: Divisible>(
        &mut self,
        simulation: &mut Simulation,
        windows: Option<Windows>,
        watch: &Watch,
        other: &mut D,
    ) -> bool {
        self.told.restart();
        let is_over = simulation.run_in(windows, &mut (&mut *self, other), watch);
        self.finish(simulation);
        is_over
    }

    /// After all events: what is left in queues counts.
    pub fn finish(&mut self, run: &impl Ran) {
        let end = run.end();
        for machine in 0..run.machine_count() {
            let arrivals = run.waiting(machine).map(|(.., arrival)| arrival);
            for arrival in arrivals.filter(|&arrival| arrival <= end) {
                self.told.left(machine, whole(arrival));
            }
        }
    }

    /// What a machine did, of a run that is over.
    pub(super) fn did(&self, run: &impl Ran, machine: usize) -> Did {
        self.told.did(machine, at_end(run, machine))
    }

    /// What all of them did, and the clocks.
    pub fn since(&self, run: &impl Ran) -> Since {
        let machines = 0..run.machine_count();
        Since::of(&self.told, machines.map(|machine| at_end(run, machine)))
    }

    /// The mean drift and the largest.
    pub(super) fn drift(&self) -> (f64, i64) {
        (self.told.mean_drift(), self.told.max_drift())
    }
}

/// Counts of one block of machines.
#[derive(Debug)]
pub struct InTimeShare {
    acts_after_receipt: bool,
    /// The first machine of the block.
    first: u32,
    told: OverTimeShare,
}

impl Recorder for InTimeShare {
    #[inline]
    fn event(&mut self, time: Nanos, machine: u32, event: &Event) {
        let is_tick = !(self.acts_after_receipt && event.received().is_some());
        let (told, arrival) = in_time(time, event, is_tick);
        let place = (machine - self.first) as usize;
        self.told.event(place, &told);
        if let Some(arrival) = arrival {
            self.told.received(place, told.time, Some(arrival));
        }
    }

    fn until(&mut self, time: Nanos) {
        self.told.until(whole(time));
    }
}

impl Divisible for InTime {
    type Share = InTimeShare;

    fn divide(&mut self, blocks: &[Range<u32>]) -> Vec<InTimeShare> {
        let shares = self.told.divide(blocks).into_iter().zip(blocks);
        let share = |(told, block): (OverTimeShare, &Range<u32>)| InTimeShare {
            acts_after_receipt: self.acts_after_receipt,
            first: block.start,
            told,
        };
        shares.map(share).collect()
    }

    fn unite(&mut self, shares: Vec<InTimeShare>) {
        let told = shares.into_iter().map(|share| share.told);
        self.told.unite(told.collect());
    }
}

/// An event as it is counted, and when the message arrived that it takes.
#[inline]
fn in_time<B>(time: Nanos, event: &Event<B>, is_tick: bool) -> (EventInTime, Option<Micros>) {
    let received = event.received();
    let told = EventInTime {
        time: whole(time),
        kind: EventKind::of(event),
        old_clock: event.old_clock() as i64,
        new_clock: event.new_clock() as i64,
        is_tick,
        queue_len: received.map_or(UNKNOWN, |(_, queue_len)| queue_len as i64),
    };
    (told, received.map(|(message, _)| whole(message.arrival)))
}

/// How a machine ended. One that is down has no END.
fn at_end(run: &impl Ran, machine: usize) -> AtEnd {
    let (up, down) = run.uptime(machine);
    AtEnd {
        queue_len: (!run.is_down(machine)).then(|| run.queue_len(machine, run.end())),
        seconds: up + down,
    }
}

/// The time that a log states.
#[inline]
fn whole(time: Nanos) -> Micros {
    (time / 1000) as Micros
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causality::since::since;
    use crate::drive::simulated::record::Records;
    use crate::drive::simulated::setup::Setup;
    use crate::model::behavior::Behavior;
    use crate::model::discipline::Discipline;
    use crate::model::fault::Fault;
    use crate::model::latency::Latency;
    use crate::model::manner::Manners;
    use crate::model::topology::Topology;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_what_the_events_tell(
            (machines, duration, share) in (1_u32..6, 2_u32..20, 0.0..0.9),
            (internal, latency, seed) in (0.0..1.0, 0.001..2.0, 0_u64..1000),
            (draw_after_receive, down_for) in (any::<bool>(), prop::option::of(0.1..0.9)),
        ) {
            let duration = f64::from(duration);
            let setup = Setup {
                topology: Topology::Full(machines),
                duration,
                rates: None,
                max_rate: 9,
                behavior: Behavior::new(internal, 0.5).unwrap(),
                discipline: Discipline { draw_after_receive, ..Discipline::default() },
                manners: Manners::default(),
                latency: Latency::Exponential(latency),
                seed,
                faults: vec![
                    Fault::Pause { machine_id: 1, at: 0.1, duration: 0.5 },
                    Fault::Crash { machine_id: 1, at: 0.9, down_for },
                ],
            };
            let (watch, from) = (Watch::default(), share * duration);
            let mut simulation = Simulation::new(setup.clone()).unwrap();
            let mut in_time = InTime::new(&simulation, from);
            for _ in 0..2 {
                // Of a second run, nothing is left of the first.
                simulation.restart(seed, &watch).unwrap();
                prop_assert!(in_time.of_run(&mut simulation, &watch, &mut ()));
            }
            let mut recorded = Simulation::new(setup).unwrap();
            let mut records = Records::default();
            recorded.run(&mut records, &watch);
            let logs = recorded.logs(records, &mut || true).unwrap();
            let columns = &logs.columns;
            let told = since(columns, &logs.machines, Some(from), draw_after_receive);
            if columns.time.iter().all(|&time| time <= from) {
                prop_assert!(told.is_err());
            } else {
                let counted = in_time.since(&simulation);
                prop_assert_eq!(format!("{counted:?}"), format!("{:?}", told.unwrap()));
            }
        }
    }
}
