//! One run on several threads: the same to the byte as on one, however many there are.
//!
//! Phases in whole nanoseconds hardly ever tie at usual rates, where messages may be merged in any order unseen.
//! Most of these settings tie: periods of a few nanoseconds, latencies of whole periods, faults at ticks.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::fs;

use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::files::Files;
use lamport::drive::simulated::in_time::InTime;
use lamport::drive::simulated::ran::Ran;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::drive::simulated::windows::choice::Windows;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::fault::Fault;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::random::Generator;
use lamport::model::rules::Stamp;
use lamport::model::ticking::Ticking;
use lamport::model::topology::Topology;

use crate::common::Scratch;
use crate::common::virtual_time::paths;

/// Draws for settings.
struct Chance(Generator);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    fn share(&mut self) -> f64 {
        self.below(1 << 20) as f64 / f64::from(1 << 20)
    }

    fn topology(&mut self, machines: u32) -> Topology {
        match self.below(5) {
            0 => Topology::Full(machines),
            1 => Topology::Ring(machines),
            2 => Topology::Star(machines),
            3 => Topology::Line(machines),
            _ => {
                let mut others = |machine: u32| {
                    let mut list: Vec<u32> =
                        (0..machines).filter(|&other| other != machine).collect();
                    while list.len() > 4 {
                        list.swap_remove(self.below(list.len() as u64) as usize);
                    }
                    list
                };
                Topology::adjacency((0..machines).map(&mut others).collect()).unwrap()
            }
        }
    }

    /// Faults that begin and end at multiples of `unit` s, within the first `units` of them.
    fn faults(&mut self, machines: u32, unit: f64, units: u64) -> Vec<Fault> {
        let (mut list, mut busy) = (Vec::new(), Vec::new());
        for _ in 0..self.below(12) {
            let at = (1 + self.below(units / 2)) as f64 * unit;
            let length = (1 + self.below(units / 3)) as f64 * unit;
            let machine = 1 + self.below(u64::from(machines));
            let mut other =
                || 1 + (machine + self.0.below(u64::from(machines) - 1)) % u64::from(machines);
            let (sender, recipient) = (machine, other());
            list.push(match self.below(6) {
                // Two faults of one machine must not overlap.
                0 | 1 if busy.contains(&machine) => continue,
                0 => format!(r#"{{"fault":"crash","machine_id":{machine},"at":{at},"down_for":{length}}}"#),
                1 => format!(r#"{{"fault":"pause","machine_id":{machine},"at":{at},"duration":{length}}}"#),
                2 => format!(r#"{{"fault":"disconnect","sender":{sender},"recipient":{recipient},"at":{at}}}"#),
                3 => format!(
                    r#"{{"fault":"delay","sender":{sender},"recipient":{recipient},"at":{at},"duration":{length},"latency":{length}}}"#
                ),
                _ => format!(
                    r#"{{"fault":"partition","pairs":[[{sender},{recipient}],[{recipient},{sender}]],"at":{at},"duration":{length}}}"#
                ),
            });
            busy.push(machine);
        }
        Fault::list(&format!("[{}]", list.join(","))).unwrap()
    }

    /// A setting of which ticks and messages tie.
    fn ties(&mut self) -> Setup {
        let machines = 2 + self.below(24) as u32;
        let period = [1, 2, 5, 10, 25, 50][self.below(6) as usize];
        let rate = 1e9 / f64::from(period);
        let rates = (0..machines).map(|_| rate / (1 + self.below(3)) as f64);
        let rates = rates.collect();
        let ticks = 60 + self.below(200);
        let unit = f64::from(period) * 1e-9;
        let delay = (1 + self.below(12)) as f64 * unit;
        let latency = match self.below(4) {
            0 => Latency::Uniform(delay, 3.0 * delay),
            1 => Latency::Empirical([delay, 2.0 * delay, 2.0 * delay, 5.0 * delay].into()),
            _ => Latency::Constant(delay),
        };
        let has_faults = self.below(2) == 0;
        let setup = self.setup(machines, ticks as f64 * unit, latency);
        Setup {
            rates: Some(rates),
            faults: if has_faults {
                self.faults(machines, unit, ticks)
            } else {
                Vec::new()
            },
            ..setup
        }
    }

    /// One of usual rates.
    fn usual(&mut self) -> Setup {
        let machines = 2 + self.below(40) as u32;
        let least = 0.1 + self.share() / 4.0;
        let latency = match self.below(4) {
            0 => Latency::ExponentialAbove {
                minimum: least,
                mean: 3.0 * least,
            },
            1 => Latency::LogNormal {
                median: 5.0 * least,
                sigma: 0.3,
            },
            2 => Latency::per_link(
                vec![(1, 2, Latency::Constant(9.0 * least))],
                Latency::Constant(least),
            )
            .unwrap(),
            _ => Latency::Constant(least),
        };
        let duration = 5.0 + 20.0 * self.share();
        let faults = self.faults(machines, duration / 90.0, 60);
        let ticking = [Ticking::Periodic, Ticking::Poisson, Ticking::Jitter(0.4)];
        let setup = Setup {
            faults,
            ..self.setup(machines, duration, latency)
        };
        Setup {
            manners: Manners {
                ticking: ticking[self.below(3) as usize],
                ..Manners::default()
            },
            // In which machine 1 sends to machine 2.
            topology: Topology::Full(machines),
            ..setup
        }
    }

    fn setup(&mut self, machines: u32, duration: f64, latency: Latency) -> Setup {
        Setup {
            topology: self.topology(machines),
            duration,
            rates: None,
            max_rate: 9,
            behavior: Behavior::new(self.share(), self.share()).unwrap(),
            discipline: Discipline {
                draw_after_receive: self.below(4) == 0,
                stamp: if self.below(4) == 0 {
                    Stamp::Before
                } else {
                    Stamp::After
                },
                ..Discipline::default()
            },
            manners: Manners::default(),
            latency,
            seed: self.below(1 << 50),
            faults: Vec::new(),
        }
    }
}

/// All that a run comes to: its logs, its tables, what was counted on the way, and how many ticks tied.
fn outcome(setup: &Setup, windows: Option<Windows>) -> (Vec<Vec<u8>>, String, u64) {
    let scratch = Scratch::new();
    let watch = Watch::default();
    let mut simulation = Simulation::new(setup.clone()).unwrap();
    let mut files = Files::create(&simulation, &scratch.0).unwrap();
    let mut in_time = InTime::new(&simulation, setup.duration / 3.0);
    let mut records = Records::default();
    let mut others = (&mut files, &mut records);
    assert!(in_time.of_run_in(&mut simulation, windows, &watch, &mut others));
    files.finish(&simulation).unwrap();
    let logs = paths(&scratch.0, setup.topology.machines());
    let logs = logs.iter().map(|path| fs::read(path).unwrap()).collect();
    let mut told = String::new();
    let machines = simulation.machines(&mut || true).unwrap();
    write!(told, "{machines:?}\n{:?}\n", in_time.since(&simulation)).unwrap();
    for machine in 0..simulation.machine_count() {
        let (restarts, uptime) = (simulation.restarts(machine), simulation.uptime(machine));
        let lateness = simulation.lateness(machine);
        writeln!(told, "{restarts:?} {uptime:?} {lateness:?}").unwrap();
    }
    let waiting = simulation
        .seats()
        .iter()
        .map(|seat| seat.node.waiting().collect::<Vec<_>>());
    writeln!(told, "{:?}", waiting.collect::<Vec<_>>()).unwrap();
    let ties = simulation.ties();
    let logs_of_records = simulation.logs(records, &mut || true).unwrap();
    write!(told, "{:?}", logs_of_records.columns).unwrap();
    (logs, told, ties)
}

/// As wide as can be, or narrower.
fn windows(threads: usize, setup: &Setup, share: u64) -> Windows {
    Windows {
        threads,
        // More threads than processors: they sleep, and leave other tests theirs.
        processors: 1,
        width: (setup.latency.least() / share).max(1),
    }
}

#[test]
fn any_number_of_threads_comes_to_the_same_to_the_byte() {
    let mut chance = Chance(Generator::new(14, 4, 0));
    let (mut tied, mut faulty) = (0, 0);
    for number in 0..60 {
        let setup = if number % 5 == 4 {
            chance.usual()
        } else {
            chance.ties()
        };
        let one = outcome(&setup, None);
        tied += u64::from(one.2 > 0);
        faulty += u64::from(!setup.faults.is_empty());
        for threads in [1, 2, 3, 7, 16] {
            let share = 1 + chance.below(3);
            let other = outcome(&setup, Some(windows(threads, &setup, share)));
            assert!(
                one.0 == other.0,
                "logs of setting {number} on {threads} threads: {setup:?}"
            );
            assert!(
                one.1 == other.1,
                "tables of setting {number} on {threads} threads: {setup:?}"
            );
            assert_eq!(
                one.2, other.2,
                "ties of setting {number} on {threads} threads"
            );
        }
    }
    assert!(tied >= 40, "{tied} settings tie");
    assert!(faulty >= 25, "{faulty} settings have faults");
}
