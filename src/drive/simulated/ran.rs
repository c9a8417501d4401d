//! What a run in virtual time came to, as the logs of a run: of the built-in behaviour, or of an algorithm.

use crate::causality::machines::{Count, EventCounts, Machines};
use crate::channel::identity::Nonce;
use crate::drive::simulated::id;
use crate::drive::simulated::record_list::micros;
use crate::drive::simulated::seat::Tally;
use crate::drive::simulated::setup::Setup;
use crate::log::columns::Columns;
use crate::log::line::{End, Quantiles, Startup, json};
use crate::log::logs::{Logs, MachineSummary, Unread};
use crate::log::schema::{EventKind, UNKNOWN};
use crate::model::message::{MachineId, Nanos};
use crate::model::random::mix;

/// Up to this many ordered pairs of peers are listed; a full mesh has the square of its machines.
const MOST_LINKS: u64 = 1 << 24;

/// The messages that are left when the ticks are over.
#[derive(Debug, Default)]
pub struct Left {
    /// Of each machine, those that had arrived, in the order of the queue.
    pub unread: Vec<Vec<(Option<MachineId>, u64, Nanos)>>,
    /// Of each machine, for each peer with any, those still on their way to it.
    pub undelivered: Vec<Vec<(MachineId, u64)>>,
}

/// A run in virtual time that is over, or was stopped: machines are counted from 0.
pub trait Ran {
    /// What it was to be.
    fn setup(&self) -> &Setup;

    /// Seconds of virtual time that have passed.
    fn elapsed(&self) -> f64;

    /// The rate of a machine, in ticks per second.
    fn rate(&self, machine: usize) -> f64;

    /// How many of its ticks count.
    fn ticks(&self, machine: usize) -> u64;

    /// How many machines there are.
    fn machine_count(&self) -> usize {
        self.setup().topology.machines() as usize
    }

    /// How many messages have arrived at a machine by `time` and wait.
    fn queue_len(&self, machine: usize, time: Nanos) -> u64;

    /// The clock of a machine.
    fn clock(&self, machine: usize) -> u64;

    /// What a machine did.
    fn tally(&self, machine: usize) -> &Tally;

    /// How many of its SENDs follow from other events.
    fn caused(&self, machine: usize) -> u64;

    /// How many of its events are internal.
    fn internals(&self, machine: usize) -> u64;

    /// How many events it had, by kind.
    fn counts(&self, machine: usize) -> EventCounts {
        let (tally, internals) = (self.tally(machine), self.internals(machine));
        EventCounts::of(|kind| {
            let count = match kind {
                EventKind::Send => tally.sends,
                EventKind::Receive => tally.receives,
                EventKind::Internal => internals,
            };
            count as i64
        })
    }

    /// The largest step of its clock.
    fn max_jump(&self, machine: usize) -> i64 {
        let tally = self.tally(machine);
        let acts = self.internals(machine) + tally.sends > 0;
        tally.max_jump.max(u64::from(acts)) as i64
    }

    /// Sender, timestamp and arrival of what is in its queue, arrived or on its way.
    fn waiting(&self, machine: usize) -> impl Iterator<Item = (Option<MachineId>, u64, Nanos)>;

    /// When it came back from crashes, and with which clocks.
    fn restarts(&self, machine: usize) -> &[(Nanos, u64)];

    /// Whether it has crashed and not come back.
    fn is_down(&self, machine: usize) -> bool;

    /// For how many seconds it was up, and for how many it was down in between.
    fn uptime(&self, machine: usize) -> (f64, f64);

    /// How late its ticks were, since it last came back.
    fn lateness(&self, machine: usize) -> Quantiles;

    /// Says in a STARTUP line what a machine does.
    fn declare(&self, machine: usize, startup: &mut Startup<'static>);

    /// When it is over, in ns.
    fn end(&self) -> Nanos {
        (self.elapsed() * 1e9) as Nanos
    }

    /// The id of a run with this seed.
    fn run_id(&self) -> String {
        format!("virtual-{}", Nonce(mix(self.setup().seed)))
    }

    /// The history of a machine, which only the seed makes.
    fn history(&self, machine: u32) -> Nonce {
        Nonce(mix(mix(self.setup().seed) ^ id(machine)))
    }

    /// What is left in the queues.
    fn left(&self) -> Left {
        let end = self.end();
        let machines = self.machine_count();
        let mut left = Left {
            unread: vec![Vec::new(); machines],
            undelivered: vec![Vec::new(); machines],
        };
        for machine in 0..machines {
            for (sender, timestamp, arrival) in self.waiting(machine) {
                if arrival <= end {
                    left.unread[machine].push((sender, timestamp, arrival));
                    continue;
                }
                let Some(sender) = sender else {
                    // It was to be given from outside, later.
                    continue;
                };
                let counts = &mut left.undelivered[sender as usize - 1];
                match counts
                    .iter_mut()
                    .find(|(peer, _)| *peer == id(machine as u32))
                {
                    Some((_, count)) => *count += 1,
                    None => counts.push((id(machine as u32), 1)),
                }
            }
        }
        left
    }

    /// The run as logs tell it, without events.
    fn summary(&self) -> Logs {
        let left = self.left();
        let (run_id, elapsed) = (self.run_id(), self.elapsed());
        let mut logs = Logs::default();
        for (machine, (unread, undelivered)) in left.unread.iter().zip(left.undelivered).enumerate()
        {
            let mut summary = self.summary_of(machine, &run_id, elapsed, unread.len() as u64);
            if let Some(end) = &mut summary.end {
                let known = |(peer, count)| (Some(peer), count);
                end.undelivered = Some(undelivered.into_iter().map(known).collect());
            }
            summary.unread = unread
                .iter()
                .map(|&(sender, sent_clock, arrival)| Unread {
                    sender,
                    sent_clock,
                    arrived: micros(arrival) / 1e6,
                })
                .collect();
            logs.machines.push(summary);
        }
        logs
    }

    /// What the STARTUP line of a machine says, without its history and the addresses.
    fn startup(&self, machine: usize, run_id: &str) -> Startup<'static> {
        let mut startup = Startup {
            clock_rate: Some(self.rate(machine)),
            local_clock: Some(0),
            run_id: Some(run_id.to_owned().into()),
            seed: Some(self.setup().seed),
            is_virtual: true,
            ..Startup::default()
        };
        self.declare(machine, &mut startup);
        startup
    }

    /// What is known of one machine, without the messages that are left.
    fn summary_of(
        &self,
        machine: usize,
        run_id: &str,
        elapsed: f64,
        queue_len: u64,
    ) -> MachineSummary {
        MachineSummary {
            id: id(machine as u32),
            startup: Some(self.startup(machine, run_id)),
            end: (!self.is_down(machine)).then(|| End {
                final_clock: self.clock(machine),
                queue_len: Some(queue_len),
                ticks: Some(self.ticks(machine)),
                lateness: Some(self.lateness(machine)),
                undelivered: Some(Vec::new()),
                heard: None,
            }),
            restarts: self
                .restarts(machine)
                .iter()
                .map(|&(time, clock)| (micros(time) / 1e6, clock))
                .collect(),
            span: (0.0, elapsed),
            up: self.uptime(machine),
            ..MachineSummary::default()
        }
    }

    /// The run as its logs tell it, with these events.
    fn logs_with(&self, columns: Columns) -> Logs {
        let mut logs = self.summary();
        logs.columns = columns;
        let topology = &self.setup().topology;
        let machines = 0..topology.machines();
        let links: u64 = machines
            .clone()
            .map(|machine| u64::from(topology.degree(machine)))
            .sum();
        if links <= MOST_LINKS {
            for machine in machines {
                let peers = topology.peers(machine).map(id).collect();
                logs.peers.insert(id(machine), peers);
            }
        }
        for (machine, summary) in logs.machines.iter_mut().enumerate() {
            if let Some(startup) = &mut summary.startup {
                startup.history = Some(json(self.history(machine as u32)));
            }
        }
        logs
    }

    /// The table of machines, for which no event need be recorded; `None` if `go_on` said no.
    fn machines(&self, go_on: &mut dyn FnMut() -> bool) -> Option<Machines> {
        let mut table = Machines::default();
        let (run_id, end, elapsed) = (self.run_id(), self.end(), self.elapsed());
        for machine in 0..self.machine_count() {
            if machine.is_multiple_of(1 << 14) && !go_on() {
                return None;
            }
            let waiting = self.queue_len(machine, end);
            let summary = self.summary_of(machine, &run_id, elapsed, waiting);
            let (tally, events) = (self.tally(machine), self.counts(machine));
            let clock = self.clock(machine) as i64;
            let has_receives = tally.receives > 0;
            table.push(
                &summary,
                &Count {
                    events,
                    caused: self.caused(machine) as i64,
                    prompted: events.internals(),
                    last_clock: clock,
                    jumps: clock,
                    unknown_jumps: 0,
                    max_jump: self.max_jump(machine),
                    max_queue_len: if has_receives {
                        i64::from(tally.max_queue_len)
                    } else {
                        UNKNOWN
                    },
                },
            );
        }
        Some(table)
    }
}
