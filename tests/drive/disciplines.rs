//! Programs that keep their clocks otherwise than Lamport says, in virtual time.

#![allow(clippy::unwrap_used)]

use std::fs;

use lamport::causality::machines::machines;
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::ran::Ran;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::replay::replay;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::model::discipline::Discipline;
use lamport::model::fault::Fault;
use lamport::model::latency::Latency;
use lamport::model::rules::{Receive, Stamp};
use lamport::model::topology::Topology;

use crate::common::virtual_time::{paths, run, setup};
use crate::common::{Scratch, check_by, lines};

const MACHINES: u32 = 4;

fn disciplines() -> impl Iterator<Item = Discipline> {
    let stamps = Stamp::WORDS.map(|(_, stamp)| stamp);
    stamps.into_iter().flat_map(|stamp| {
        Receive::WORDS.into_iter().flat_map(move |(_, receive)| {
            [false, true].map(|draw_after_receive| Discipline {
                stamp,
                receive,
                draw_after_receive,
            })
        })
    })
}

fn setup_of(discipline: Discipline) -> Setup {
    Setup {
        discipline,
        ..setup(Topology::Full(MACHINES), 60.0, Latency::Exponential(0.1))
    }
}

#[test]
fn logs_obey_the_discipline_and_memory_agrees() {
    for discipline in disciplines() {
        let (scratch, setup) = (Scratch::new(), setup_of(discipline));
        let mut records = Records::default();
        let simulation = run(&setup, &scratch.0, Some(&mut records));
        let checked = check_by(&scratch.0, MACHINES as usize, discipline);
        assert!(checked.received > 100);
        let counted = simulation.machines(&mut || true).unwrap();
        let logged = machines(&simulation.logs(records, &mut || true).unwrap());
        assert_eq!(counted.internals, logged.internals);
        assert_eq!(counted.ticks, logged.ticks);
        assert_eq!(counted.max_jump, logged.max_jump);
        assert_eq!(counted.mean_jump, logged.mean_jump);
        assert_eq!(counted.final_clock, logged.final_clock);
    }
}

/// A tick that takes a message is a receipt and what it draws, at one time; else one event.
#[test]
fn a_tick_draws_after_its_receipt_where_it_is_told_to() {
    for draw_after_receive in [false, true] {
        let setup = setup_of(Discipline {
            draw_after_receive,
            ..Discipline::default()
        });
        let scratch = Scratch::new();
        run(&setup, &scratch.0, None);
        for machine in 1..=MACHINES as usize {
            let lines = lines(&scratch.0, machine);
            let events: Vec<_> = lines
                .iter()
                .filter(|line| line["new_clock"].is_u64())
                .collect();
            for pair in events.windows(2) {
                let is_draw = draw_after_receive && pair[0]["event"] == "RECEIVE";
                assert_eq!(pair[0]["system_time"] == pair[1]["system_time"], is_draw);
                assert!(!is_draw || pair[1]["event"] != "RECEIVE");
            }
        }
    }
}

#[test]
fn a_log_replays_by_its_own_discipline_alone() {
    for discipline in disciplines() {
        let scratch = Scratch::new();
        run(&setup_of(discipline), &scratch.0, None);
        for path in paths(&scratch.0, MACHINES) {
            let diverged = |by| replay(&path, by, &mut || true).unwrap().divergence;
            assert_eq!(diverged(discipline), None, "{discipline:?}");
            let other = Discipline {
                draw_after_receive: !discipline.draw_after_receive,
                ..discipline
            };
            assert!(diverged(other).is_some());
        }
    }
}

/// With faults too, whose loop is another.
#[test]
fn a_machine_that_crashes_keeps_its_discipline() {
    for discipline in disciplines() {
        let setup = Setup {
            faults: vec![Fault::Crash {
                machine_id: 1,
                at: 20.0,
                down_for: Some(5.0),
            }],
            ..setup_of(discipline)
        };
        let scratch = Scratch::new();
        run(&setup, &scratch.0, None);
        check_by(&scratch.0, MACHINES as usize, discipline);
    }
}

/// A fault after all that happens chooses the other loop, and changes nothing.
#[test]
fn both_loops_do_the_same() {
    for discipline in disciplines() {
        let logs = |faults: Vec<Fault>| {
            let scratch = Scratch::new();
            let setup = Setup {
                faults,
                ..setup_of(discipline)
            };
            run(&setup, &scratch.0, None);
            let read = |path| fs::read(path).unwrap();
            paths(&scratch.0, MACHINES)
                .into_iter()
                .map(read)
                .collect::<Vec<_>>()
        };
        let pause = Fault::Pause {
            machine_id: 1,
            at: 59.999_999,
            duration: 0.000_001,
        };
        assert_eq!(logs(Vec::new()), logs(vec![pause]));
    }
}

#[test]
fn a_simulation_that_starts_again_is_the_same() {
    let discipline = Discipline {
        stamp: Stamp::Before,
        receive: Receive::Max,
        draw_after_receive: true,
    };
    let mut simulation = Simulation::new(setup_of(discipline)).unwrap();
    let mut tables = Vec::new();
    for _ in 0..2 {
        simulation.restart(7, &Watch::default()).unwrap();
        assert!(simulation.run(&mut (), &Watch::default()));
        tables.push(simulation.machines(&mut || true).unwrap().final_clock);
    }
    assert_eq!(tables[0], tables[1]);
}
