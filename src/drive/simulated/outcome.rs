//! What a run in virtual time came to, as the logs of a run.

use crate::causality::machines::{Count, EventCounts, Machines};
use crate::channel::identity::Nonce;
use crate::drive::simulated::engine::Simulation;
use crate::drive::simulated::id;
use crate::drive::simulated::record::{Records, micros};
use crate::log::line::{End, Quantiles, Startup, json};
use crate::log::logs::{Logs, MachineSummary, Unread};
use crate::log::schema::{EventKind, UNKNOWN};
use crate::model::message::{MachineId, Nanos};
use crate::model::random::mix;

/// Up to this many ordered pairs of peers are listed; a full mesh has the square of its machines.
const MOST_LINKS: u64 = 1 << 24;

/// The messages that are left when the ticks are over.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Of each machine, those that had arrived, in the order of the queue.
    pub(super) unread: Vec<Vec<(MachineId, u64, Nanos)>>,
    /// Of each machine, for each peer with any, those still on their way to it.
    pub(super) undelivered: Vec<Vec<(MachineId, u64)>>,
}

impl Simulation {
    /// When it is over, in ns.
    pub(super) fn end(&self) -> Nanos {
        (self.elapsed() * 1e9) as Nanos
    }

    /// The id of a run with this seed.
    pub fn run_id(&self) -> String {
        format!("virtual-{}", Nonce(mix(self.seed())))
    }

    /// The history of a machine, which only the seed makes.
    pub(super) fn history(&self, machine: u32) -> Nonce {
        Nonce(mix(mix(self.seed()) ^ id(machine)))
    }

    /// Whether a machine has crashed and not come back.
    pub(super) fn is_down(&self, machine: usize) -> bool {
        let state = self.faults.of(machine);
        state.is_some_and(|state| state.is_down)
    }

    /// For how many seconds a machine was up, and for how many it was down in between.
    pub fn uptime(&self, machine: usize) -> (f64, f64) {
        match self.faults.of(machine) {
            Some(state) if state.is_down || !state.restarts.is_empty() => state.uptime(self.end()),
            _ => (self.elapsed(), 0.0),
        }
    }

    /// How late the ticks of a machine were, since it last came back.
    pub(super) fn lateness(&self, machine: usize) -> Quantiles {
        let state = self.faults.of(machine);
        state.map_or(Quantiles::default(), |state| {
            state.lateness.summary().into()
        })
    }

    /// What is left in the queues.
    pub(super) fn left(&self) -> Left {
        let end = self.end();
        let machines = self.seats().len();
        let mut left = Left {
            unread: vec![Vec::new(); machines],
            undelivered: vec![Vec::new(); machines],
        };
        for (machine, seat) in self.seats().iter().enumerate() {
            for message in seat.node.waiting() {
                let sender = message
                    .sender()
                    .expect("machines send all messages of a simulation");
                if message.arrival <= end {
                    left.unread[machine].push((sender, message.timestamp, message.arrival));
                    continue;
                }
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
    pub fn summary(&self) -> Logs {
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
                    sender: Some(sender),
                    sent_clock,
                    arrived: micros(arrival) / 1e6,
                })
                .collect();
            logs.machines.push(summary);
        }
        logs
    }

    /// What the STARTUP line of a machine says, without its history and the addresses.
    pub(super) fn startup(&self, machine: usize, run_id: &str) -> Startup<'static> {
        Startup {
            clock_rate: Some(self.rate(machine)),
            local_clock: Some(0),
            run_id: Some(run_id.to_owned().into()),
            seed: Some(self.seed()),
            probabilities: self.behavior(machine as u32).into(),
            manner: self.manner(machine as u32),
            is_virtual: true,
            ..Startup::default()
        }
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
                final_clock: self.seats()[machine].node.clock(),
                queue_len: Some(queue_len),
                ticks: Some(self.ticks(machine)),
                lateness: Some(self.lateness(machine)),
                undelivered: Some(Vec::new()),
                heard: None,
            }),
            restarts: match self.faults.of(machine) {
                Some(state) => {
                    let seconds = |&(time, clock)| (micros(time) / 1e6, clock);
                    state.restarts.iter().map(seconds).collect()
                }
                None => Vec::new(),
            },
            span: (0.0, elapsed),
            up: self.uptime(machine),
            ..MachineSummary::default()
        }
    }

    /// The run as its logs tell it, or `None` if `go_on` said no.
    pub fn logs(&self, records: Records, go_on: &mut dyn FnMut() -> bool) -> Option<Logs> {
        let mut logs = self.summary();
        logs.columns = records.into_columns(self.topology(), go_on)?;
        let topology = self.topology();
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
        Some(logs)
    }

    /// The table of machines, for which no event need be recorded; `None` if `go_on` said no.
    pub fn machines(&self, go_on: &mut dyn FnMut() -> bool) -> Option<Machines> {
        let mut table = Machines::default();
        let (run_id, end, elapsed) = (self.run_id(), self.end(), self.elapsed());
        for (machine, seat) in self.seats().iter().enumerate() {
            if machine.is_multiple_of(1 << 14) && !go_on() {
                return None;
            }
            let summary = self.summary_of(machine, &run_id, elapsed, seat.node.queue_len(end));
            let actions = seat.tally.actions(self.ticks(machine), self.discipline());
            let count = |kind| match kind {
                EventKind::Send => seat.tally.sends,
                EventKind::Receive => seat.tally.receives,
                EventKind::Internal => actions - seat.tally.sends,
            };
            let events = EventCounts::of(|kind| count(kind) as i64);
            let has_receives = seat.tally.receives > 0;
            table.push(
                &summary,
                &Count {
                    caused: 0,
                    events,
                    last_clock: seat.node.clock() as i64,
                    jumps: seat.node.clock() as i64,
                    unknown_jumps: 0,
                    max_jump: seat.tally.max_jump.max(u64::from(actions > 0)) as i64,
                    max_queue_len: if has_receives {
                        i64::from(seat.tally.max_queue_len)
                    } else {
                        UNKNOWN
                    },
                },
            );
        }
        Some(table)
    }
}
