//! Runs in virtual time that are asked to stop.

#![allow(clippy::unwrap_used)]

use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::ran::Ran;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::recorder::Recorder;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::message::Nanos;
use lamport::model::topology::Topology;

fn setup(machines: u32, broadcast_share: f64) -> Setup {
    Setup {
        topology: Topology::Full(machines),
        duration: 1e6,
        rates: None,
        max_rate: 6,
        behavior: Behavior::new(0.0, broadcast_share).unwrap(),
        discipline: Discipline::default(),
        manners: Manners::default(),
        latency: Latency::Constant(0.1),
        seed: 1,
        faults: Vec::new(),
    }
}

/// Asks to stop at its first event, and counts all.
struct Stopper<'a>(&'a Watch, u64);

impl Recorder for Stopper<'_> {
    fn event(&mut self, _time: Nanos, _machine: u32, _event: &lamport::model::event::Event) {
        self.0.stop();
        self.1 += 1;
    }
}

#[test]
fn before_the_first_tick_there_is_no_run() {
    let watch = Watch::default();
    assert!(
        Simulation::watched(setup(3, 0.5), &watch)
            .unwrap()
            .is_some()
    );
    watch.stop();
    assert!(
        Simulation::watched(setup(3, 0.5), &watch)
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_stop_is_heard_soon_however_many_messages_an_event_sends() {
    for (machines, broadcast_share, most) in [(3, 0.0, 20_000), (2_000, 1.0, 100)] {
        let watch = Watch::default();
        let mut simulation = Simulation::new(setup(machines, broadcast_share)).unwrap();
        let mut stopper = Stopper(&watch, 0);
        assert!(!simulation.run(&mut stopper, &watch));
        assert!(
            stopper.1 <= most,
            "{} events of {machines} machines",
            stopper.1
        );
    }
}

#[test]
fn a_stopped_run_is_told_as_far_as_it_came() {
    let watch = Watch::default();
    let mut simulation = Simulation::new(setup(3, 0.5)).unwrap();
    let mut records = Records::default();
    assert!(!simulation.run(&mut (&mut records, &mut Stopper(&watch, 0)), &watch));
    let events = records.len() as u64;
    let ticks: u64 = (0..3).map(|machine| simulation.ticks(machine)).sum();
    assert_eq!(events, ticks);
    assert!(simulation.elapsed() < 1e6);

    // Asked once more, it does not even do that.
    assert!(simulation.machines(&mut || false).is_none());
    assert!(simulation.logs(records, &mut || false).is_none());
    let table = simulation.machines(&mut || true).unwrap();
    assert_eq!(table.ticks.iter().sum::<i64>() as u64, events);
    assert_eq!(table.duration, [simulation.elapsed(); 3]);
}
