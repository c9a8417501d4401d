//! What programs do that keep their clocks otherwise, told by their logs.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use lamport::causality::diagnose::{Judged, judge};
use lamport::causality::verify::Options;
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::log::columns::UNKNOWN;
use lamport::log::history::History;
use lamport::log::read::reader::read_history;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::random::Generator;
use lamport::model::rules::{Receive, Stamp};
use lamport::model::topology::Topology;

use super::simulated_logs::{paths, read, simulate, write};
use crate::common::Scratch;

/// How many runs of each way; `benches/README.md` says how to have more.
fn runs() -> u64 {
    std::env::var("LAMPORT_RUNS").map_or(6, |count| count.parse().unwrap())
}

/// Runs of few and many machines, busy and idle, with messages that are fast and slow.
fn setup(seed: u64, discipline: Discipline) -> Setup {
    let mut chance = Generator::new(seed, 7, 0);
    let machines = 3 + chance.below(4) as u32;
    Setup {
        topology: match chance.below(3) {
            0 => Topology::Ring(machines),
            _ => Topology::Full(machines),
        },
        duration: 60.0,
        rates: None,
        max_rate: 6,
        behavior: Behavior::new(0.3 + 0.1 * chance.below(5) as f64, 1.0 / 3.0).unwrap(),
        discipline,
        manners: lamport::model::manner::Manners::default(),
        latency: Latency::Exponential(0.01 * (1 + chance.below(20)) as f64),
        seed,
        faults: Vec::new(),
    }
}

/// What is left of a log in the forms that people have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Every line and field.
    Whole,
    /// No sender, no timestamp.
    Base,
    /// A table of events.
    Table,
    /// The same without sender and timestamp.
    BaseTable,
}

const FORMS: [Form; 4] = [Form::Whole, Form::Base, Form::Table, Form::BaseTable];

fn history(setup: &Setup, form: Form) -> History {
    if matches!(form, Form::Whole | Form::Base) {
        let (scratch, machines) = (Scratch::new(), setup.topology.machines());
        simulate(setup.clone(), &scratch.0);
        if form == Form::Base {
            let mut logs = read(&scratch.0, machines as usize);
            for log in &mut logs {
                let base = ["STARTUP", "SEND", "RECEIVE", "INTERNAL", "END"];
                log.retain(|line| base.contains(&line["event"].as_str().unwrap()));
                for line in log {
                    let line = line.as_object_mut().unwrap();
                    let is_end = line["event"] == "END";
                    for field in ["sender", "sent_clock", "arrival_time"] {
                        line.remove(field);
                    }
                    for field in ["queue_len", "ticks", "lateness", "undelivered"] {
                        if is_end {
                            line.remove(field);
                        }
                    }
                }
            }
            write(&scratch.0, &logs);
        }
        return read_history(&paths(&scratch.0, machines), &BTreeMap::new(), &mut || true).unwrap();
    }
    let mut simulation = Simulation::new(setup.clone()).unwrap();
    let mut records = Records::default();
    simulation.run(&mut records, &Watch::default());
    let mut logs = simulation.logs(records, &mut || true).unwrap();
    let mut columns = std::mem::take(&mut logs.columns);
    for machine in &mut logs.machines {
        (machine.startup, machine.end) = (None, None);
        machine.unread.clear();
    }
    if form == Form::BaseTable {
        columns.sender.fill(UNKNOWN);
        columns.sent_clock.fill(UNKNOWN);
    }
    History::of_table(columns, &logs)
}

fn judged(history: &History) -> Judged {
    judge(history, &Options::default(), &mut || true).unwrap()
}

fn ways() -> Vec<Discipline> {
    let stamps = Stamp::WORDS.map(|(_, stamp)| stamp);
    let of = |(_, receive)| {
        stamps.map(|stamp| Discipline {
            stamp,
            receive,
            draw_after_receive: false,
        })
    };
    Receive::WORDS.into_iter().flat_map(of).collect()
}

/// What logs without timestamps cannot tell apart has one class.
fn class(way: Discipline, form: Form) -> Vec<Discipline> {
    let is_alike = |other: &Discipline| {
        let kinds = |way: &Discipline| match (way.receive, way.stamp) {
            (Receive::MaxOfNext, Stamp::After) => (Receive::MaxPlusOne, Stamp::Before),
            other => other,
        };
        kinds(other) == kinds(&way)
    };
    if matches!(form, Form::Whole | Form::Table) {
        return vec![way];
    }
    ways().into_iter().filter(is_alike).collect()
}

/// Of 20 runs 19 at least are told rightly, by all that their logs leave possible; right ones have no diagnosis.
#[test]
fn each_way_is_told_by_its_logs() {
    for form in FORMS {
        for way in ways() {
            let expected = class(way, form);
            let (mut right, mut seen) = (0, 0);
            for seed in 1..=runs() {
                let judged = judged(&history(&setup(seed, way), form));
                if way == Discipline::default() {
                    assert!(
                        judged.report.is_ok(),
                        "{form:?} {seed}: {:?}",
                        judged.report
                    );
                    assert!(judged.explanations.is_empty());
                    continue;
                }
                let told: Vec<Discipline> = judged
                    .explanations
                    .iter()
                    .map(|reading| Discipline {
                        stamp: reading.rules.stamp,
                        receive: reading.rules.receive,
                        draw_after_receive: false,
                    })
                    .collect();
                seen += u64::from(!judged.report.is_ok());
                right += u64::from(told == expected);
            }
            if way != Discipline::default() {
                assert!(seen * 20 >= runs() * 19, "{form:?} {way:?}: {seen} seen");
                assert!(right * 20 >= runs() * 19, "{form:?} {way:?}: {right} right");
            }
        }
    }
}
