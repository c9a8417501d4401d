//! Where whole runs come from: the simulator that ships, and a world in which anything is done by hand.

use crate::chance::Chance;
use crate::common::{Scratch, lines, virtual_time};
use crate::whole::{Line, Whole};
use crate::world::World;
use lamport::drive::simulated::setup::Setup;
use lamport::model::behavior::Behavior;
use lamport::model::fault::{Fault, Sides};
use lamport::model::latency::Latency;
use lamport::model::rules::{Receive, Rules, Stamp};
use lamport::model::topology::Topology;
use std::collections::BTreeMap;

/// A clean run; of a hundred, this many obey rules of their own.
pub(crate) fn whole(seed: u64, strange: u64) -> Whole {
    let mut chance = Chance::new(seed, 1);
    let is_strange = chance.percent(strange);
    let whole = if chance.percent(60) {
        simulated(&mut chance)
    } else {
        World::new(&mut chance, is_strange).run(&mut chance)
    };
    let has_vectors = chance.percent(30);
    if !is_strange || chance.percent(30) {
        return whole.telling(has_vectors);
    }
    let stamp = chance.pick(&[Stamp::After, Stamp::Before]);
    let receive = chance.pick(&[Receive::MaxPlusOne, Receive::MaxOfNext, Receive::Max]);
    let step = chance.pick(&[1, 1, 1, 2, 5]);
    let start = chance.pick(&[0, 0, 0, 1, 100]);
    whole
        .relabelled(stamp, receive, step, start)
        .telling(has_vectors)
}

pub(crate) fn topology(machines: u32, chance: &mut Chance) -> Topology {
    match chance.below(8) {
        0..4 => Topology::Full(machines),
        4 => Topology::Ring(machines),
        5 => Topology::Star(machines),
        6 => Topology::Line(machines),
        _ => {
            let others = |machine| (0..machines).filter(move |&peer| peer != machine);
            let list = |machine| others(machine).filter(|_| chance.percent(50)).collect();
            Topology::adjacency((0..machines).map(list).collect()).unwrap()
        }
    }
}

/// A run of the simulator, as its logs tell it.
fn simulated(chance: &mut Chance) -> Whole {
    let machines = chance.within(1, 8) as u32;
    let duration = 1.0 + 60.0 * chance.fraction().powi(2) / f64::from(machines);
    let internal = chance.pick(&[0.0, 0.2, 0.5, 0.7, 0.95, 1.0]);
    let share = chance.pick(&[0.0, 0.1, 0.3, 1.0]);
    let rates = chance.percent(50).then(|| {
        let rate = |_| 0.2 + 9.0 * chance.fraction();
        (0..machines).map(rate).collect()
    });
    let setup = Setup {
        rates,
        behavior: Behavior::new(internal, share).unwrap(),
        latency: latency(chance),
        seed: chance.seed(),
        faults: faults(machines, duration, chance),
        ..virtual_time::setup(topology(machines, chance), duration, Latency::Constant(0.0))
    };
    let scratch = Scratch::new();
    virtual_time::run(&setup, &scratch.0, None);
    let read = |machine| lines(&scratch.0, machine as usize);
    let logs = (1..=machines).map(|machine| read(machine).into_iter().map(Line::new).collect());
    let mut whole = Whole {
        logs: logs.collect(),
        rules: Rules::default(),
        topology: setup.topology,
        skew: 0.0,
    };
    whole.find_causes();
    whole
}

fn latency(chance: &mut Chance) -> Latency {
    match chance.below(6) {
        0 => Latency::Constant(0.0),
        1 => Latency::Constant(0.0005),
        2 => Latency::Uniform(0.0, 0.5),
        3 => Latency::Exponential(0.05),
        4 => Latency::Exponential(1.0),
        _ => Latency::LogNormal {
            median: 0.3,
            sigma: 1.5,
        },
    }
}

fn faults(machines: u32, duration: f64, chance: &mut Chance) -> Vec<Fault> {
    if chance.percent(50) {
        return Vec::new();
    }
    // Of one machine at most, as faults of one machine may not overlap.
    let mut faults = Vec::new();
    for machine in 1..=u64::from(machines) {
        let at = duration * chance.fraction() * 0.9;
        let long = duration * (0.01 + 0.3 * chance.fraction());
        let other = chance.within(1, machines as usize) as u64;
        match chance.below(6) {
            0 => faults.push(Fault::Crash {
                machine_id: machine,
                at,
                down_for: chance.percent(80).then_some(long),
            }),
            1 => faults.push(Fault::Pause {
                machine_id: machine,
                at,
                duration: long,
            }),
            2 if other != machine => faults.push(Fault::Delay {
                sender: machine,
                recipient: other,
                latency: Latency::Exponential(0.3),
                at,
                duration: long,
            }),
            3 if other != machine => faults.push(Fault::Partition {
                sides: Sides::Pairs(vec![(machine, other)]),
                at,
                duration: long,
            }),
            _ => {}
        }
    }
    faults
}

impl Whole {
    /// With vector clocks, if it is to have any.
    fn telling(self, has_vectors: bool) -> Self {
        if has_vectors {
            self.with_vectors()
        } else {
            self
        }
    }

    /// Gives each receipt the SEND that its sender and timestamp name.
    fn find_causes(&mut self) {
        let mut sends = BTreeMap::new();
        for (log, lines) in self.logs.iter().enumerate() {
            for (at, line) in lines.iter().enumerate() {
                if line.is("SEND") {
                    let name = (log as i64 + 1, line.number("new_clock").unwrap());
                    sends.insert(name, (log, at));
                }
            }
        }
        for line in self.logs.iter_mut().flatten() {
            if line.is("RECEIVE") || line.is("UNREAD") {
                let name = (
                    line.number("sender").unwrap(),
                    line.number("sent_clock").unwrap(),
                );
                line.cause = Some(sends[&name]);
            }
        }
    }
}
