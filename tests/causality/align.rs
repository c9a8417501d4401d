//! Offsets of clocks: the truth lies in the interval, and clean runs contradict nothing.
//!
//! `LAMPORT_RUNS=1000 cargo test --release --no-default-features --test causality align -- --nocapture` is the long form, which
//! prints how wide the intervals are.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;

use lamport::causality::align::{AlignOptions, Alignment, align};
use lamport::drive::simulated::engine::Simulation;
use lamport::drive::simulated::record::Records;
use lamport::drive::simulated::setup::Setup;
use lamport::drive::simulated::watch::Watch;
use lamport::log::history::{History, Note};
use lamport::log::line::HeardOf;
use lamport::model::behavior::Behavior;
use lamport::model::fault::Fault;
use lamport::model::latency::Latency;
use lamport::model::random::Generator;
use lamport::model::rules::Rules;
use lamport::model::topology::Topology;

/// A clock that is wrong: what it shows is `(time + ahead) * speed`.
#[derive(Debug, Clone, Copy)]
struct Clock {
    ahead: f64,
    speed: f64,
}

impl Clock {
    /// What it shows, in whole microseconds.
    fn shows(self, micros: f64) -> f64 {
        ((micros + self.ahead) * self.speed).floor()
    }

    /// When it shows that.
    fn time(self, shown: f64) -> f64 {
        shown / self.speed - self.ahead
    }
}

struct Run {
    history: History,
    clocks: Vec<Clock>,
    /// The shortest time a message takes, in seconds.
    least: f64,
}

fn draw(chance: &mut Generator) -> f64 {
    (chance.bits() >> 11) as f64 * (-53_f64).exp2()
}

/// A clean run whose machines have clocks of their own.
fn run(seed: u64, drift: f64) -> Run {
    let mut chance = Generator::new(seed, 5, 0);
    let machines = 3 + chance.below(28) as u32;
    let scale = [0.0002, 0.005, 0.1][chance.below(3) as usize];
    let (latency, least) = match chance.below(3) {
        0 => (Latency::Constant(scale), scale),
        1 => (Latency::Uniform(scale / 2.0, scale), scale / 2.0),
        _ => (Latency::Exponential(scale), 0.0),
    };
    let duration = [8.0, 40.0, 100.0][chance.below(3) as usize];
    let faults = if chance.below(3) == 0 {
        vec![Fault::Crash {
            machine_id: 1 + chance.below(u64::from(machines)),
            at: duration * 0.4,
            down_for: Some(duration * 0.1),
        }]
    } else {
        Vec::new()
    };
    let mut simulation = Simulation::new(Setup {
        faults,
        // Few messages: every machine is to send now and then.
        behavior: Behavior::new(0.8, 0.02).unwrap(),
        ..crate::common::virtual_time::setup(Topology::Full(machines), duration, latency)
    })
    .unwrap();
    let mut records = Records::default();
    assert!(simulation.run(&mut records, &Watch::default()));
    let mut logs = simulation.logs(records, &mut || true).unwrap();
    let columns = std::mem::take(&mut logs.columns);
    let history = History::of_table(columns, &logs);
    let clock = |_| Clock {
        ahead: (draw(&mut chance) - 0.5) * [1e3, 1e6, 1e12][chance.below(3) as usize],
        speed: 1.0 + (draw(&mut chance) * 2.0 - 1.0) * drift,
    };
    let clocks = (0..machines).map(clock).collect();
    let mut run = Run {
        history,
        clocks,
        least,
    };
    if chance.below(2) == 0 {
        run.hear(scale, &mut chance);
    }
    run.set_clocks();
    run
}

impl Run {
    /// Gives each END what it heard of; all clocks are right so far.
    fn hear(&mut self, back: f64, chance: &mut Generator) {
        let least = self.least;
        let columns = &self.history.columns;
        let mut sent = BTreeMap::new();
        for row in 0..columns.len() {
            sent.insert(
                (columns.machine_id[row], columns.new_clock[row]),
                columns.system_time[row],
            );
        }
        // By sender, peer and minute.
        let mut best: BTreeMap<(i64, i64, u64), (i64, i64)> = BTreeMap::new();
        for row in 0..columns.len() {
            if !columns.event[row].receives() {
                continue;
            }
            let (sender, clock) = (columns.sender[row], columns.sent_clock[row]);
            let time = sent[&(sender, clock)];
            // The acknowledgement takes its time, too.
            let back = least + draw(chance) * back;
            let took = columns.arrived[row] + back * 1e6 + 1.0 - time;
            let key = (sender, columns.machine_id[row], (time / 6e7) as u64);
            let entry = best.entry(key).or_insert((i64::MAX, clock));
            if (took.ceil() as i64) < entry.0 {
                *entry = (took.ceil() as i64, clock);
            }
        }
        for log in &mut self.history.logs {
            let id = log.machine_id as i64;
            for mark in &mut log.marks {
                if let Note::End(end) = &mut mark.note {
                    let own = best.range((id, i64::MIN, 0)..(id + 1, i64::MIN, 0));
                    let heard = own.map(|(&(_, peer, _), &(took, clock))| HeardOf {
                        peer_id: peer as u64,
                        sent_clock: clock as u64,
                        // A clock that is slow shows less, one that is fast more.
                        took: took + took / 5000 + 2,
                    });
                    end.heard = Some(heard.collect());
                }
            }
        }
    }

    fn set_clocks(&mut self) {
        for (log, &clock) in self.history.logs.iter_mut().zip(&self.clocks) {
            for row in log.rows.clone() {
                let columns = &mut self.history.columns;
                columns.system_time[row] = clock.shows(columns.system_time[row]);
                columns.arrived[row] = clock.shows(columns.arrived[row]);
            }
            for mark in &mut log.marks {
                mark.time = clock.shows(mark.time);
                if let Note::Unread { arrived, .. } = &mut mark.note {
                    *arrived = clock.shows(*arrived);
                }
            }
        }
    }

    /// What is to be added to what a log shows to have what that of machine 1 shows, in the middle of the log, in seconds.
    fn offset(&self, log: usize, measure: usize) -> f64 {
        let rows = self.history.logs[log].rows.clone();
        let times = &self.history.columns.system_time[rows];
        let middle = times[0].midpoint(times[times.len() - 1]);
        let time = self.clocks[log].time(middle);
        (self.clocks[measure].shows(time) - middle) / 1e6
    }

    fn align(&self, options: &AlignOptions) -> Alignment {
        let aligned = align(&self.history, &Rules::default(), options, &mut || true).unwrap();
        match aligned {
            Ok(alignment) => alignment,
            Err(contradiction) => panic!("{}", contradiction.text()),
        }
    }

    /// Checks that the truth is inside, and gives the width of all intervals.
    fn check(&self, alignment: &Alignment, seed: u64) -> Vec<f64> {
        let measure = (0..self.clocks.len())
            .find(|&log| alignment.low[log] == 0.0 && alignment.high[log] == 0.0);
        let measure = measure.expect("one machine is the measure");
        let mut widths = Vec::new();
        for log in 0..self.clocks.len() {
            if self.history.logs[log].rows.is_empty() {
                continue;
            }
            let (low, high) = (alignment.low[log], alignment.high[log]);
            let truth = self.offset(log, measure);
            assert!(
                low - 2e-6 <= truth && truth <= high + 2e-6,
                "seed {seed}: the offset of machine {} is {truth}, not in {low} to {high}",
                log + 1
            );
            let best = alignment.best[log];
            assert_eq!(
                best.is_nan(),
                low == f64::NEG_INFINITY && high == f64::INFINITY
            );
            assert!(best.is_nan() || low <= best && best <= high);
            if log != measure {
                widths.push(high - low);
            }
        }
        widths
    }
}

fn asked(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[test]
fn the_truth_lies_in_the_interval_and_clean_runs_contradict_nothing() {
    let runs = asked("LAMPORT_RUNS", 200);
    let mut widths = Vec::new();
    for seed in 0..runs {
        let drift = [0.0, 1e-4][seed as usize % 2];
        let run = run(seed, drift);
        let options = AlignOptions {
            minimum_delay: if seed % 3 == 0 { run.least } else { 0.0 },
            max_drift: drift,
            ..AlignOptions::default()
        };
        let alignment = run.align(&options);
        widths.extend(run.check(&alignment, seed));
    }
    widths.sort_by(f64::total_cmp);
    let bounded = widths.partition_point(|width| width.is_finite());
    println!("{bounded} of {} intervals are bounded", widths.len());
    // One that never sends has one side only.
    assert!(bounded * 2 > widths.len());
    widths.truncate(bounded);
    let at = |part: f64| widths[(part * (widths.len() - 1) as f64) as usize];
    println!(
        "{} intervals: {:.6} s wide at the median, {:.6} and {:.6} at 10 % and 90 %",
        widths.len(),
        at(0.5),
        at(0.1),
        at(0.9)
    );
}

#[test]
fn a_message_that_arrived_before_it_can_have_is_named() {
    let mut named = 0;
    for seed in 0..20 {
        let mut run = run(seed, 0.0);
        let columns = &mut run.history.columns;
        let mut receipts = (0..columns.len()).filter(|&row| columns.event[row].receives());
        let Some(row) = receipts.nth(5) else { continue };
        columns.arrived[row] -= 3e9;
        let options = AlignOptions {
            max_drift: 0.0,
            ..AlignOptions::default()
        };
        let aligned = align(&run.history, &Rules::default(), &options, &mut || true).unwrap();
        // A machine to which nothing else came may have had any clock.
        if let Err(contradiction) = aligned {
            named += 1;
            let text = contradiction.text();
            assert!(
                text.contains(&format!("arrived at row {}", run.history.columns.line[row])),
                "{text}"
            );
            assert!(contradiction.seconds > 2000.0);
        }
    }
    assert!(named >= 10, "{named}");
}

#[test]
fn what_is_no_option_is_refused() {
    let run = run(1, 0.0);
    for (options, name) in [
        (
            AlignOptions {
                minimum_delay: -1.0,
                ..AlignOptions::default()
            },
            "minimum_delay",
        ),
        (
            AlignOptions {
                max_drift: f64::NAN,
                ..AlignOptions::default()
            },
            "max_drift",
        ),
        (
            AlignOptions {
                clock_uncertainty: f64::INFINITY,
                ..AlignOptions::default()
            },
            "clock_uncertainty",
        ),
    ] {
        let error = align(&run.history, &Rules::default(), &options, &mut || true).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(
        align(
            &run.history,
            &Rules::default(),
            &AlignOptions::default(),
            &mut || false
        )
        .is_ok()
    );
}
