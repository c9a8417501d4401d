//! A world of machines in which anything happens at any time: what is done by hand, channels that lose, double and overtake, hosts whose clocks differ.

use std::collections::{BTreeMap, VecDeque};

use crate::chance::Chance;
use crate::sources::topology;
use crate::whole::{Fields, Line, Whole};
use lamport::model::rules::{Rules, Transport};
use lamport::model::topology::Topology;
use serde_json::{Value, json};

/// Where the machines are.
#[derive(Clone, Copy, PartialEq)]
enum Hosts {
    /// In virtual time.
    Virtual,
    /// On one host, in processes of their own.
    One,
    /// Each on its own, whose clock is what it is.
    Many,
}

/// A message: who sent it unless nobody did, its timestamp, and the SEND.
#[derive(Clone, Copy)]
struct Message {
    sender: Option<usize>,
    timestamp: i64,
    cause: Option<(usize, usize)>,
    /// When it was sent.
    sent: i64,
}

#[derive(Default)]
struct Machine {
    clock: i64,
    ticks: u64,
    /// When those of this start were.
    ticked: Vec<i64>,
    /// The messages that wait, with their times of arrival.
    queue: VecDeque<(Message, i64)>,
    lines: Vec<Line>,
    is_down: bool,
    /// What is added to its clock, in microseconds.
    skew: i64,
    /// To whom it has connected since it started, and ever.
    connected: Vec<usize>,
    met: Vec<usize>,
}

/// How many ticks a machine makes in a second.
fn rate(machine: usize) -> f64 {
    2.0 + machine as f64
}

pub(crate) struct World {
    topology: Topology,
    hosts: Hosts,
    channel: Transport,
    machines: Vec<Machine>,
    /// By sender and recipient, what has not arrived, and how many did.
    channels: BTreeMap<(usize, usize), (VecDeque<Message>, usize)>,
    now: i64,
    /// Whether things are done by hand, in percent.
    by_hand: u64,
    crashes: u64,
    /// By sender and recipient, the messages that were heard of, and how long that took.
    heard: BTreeMap<(usize, usize), Vec<(i64, i64)>>,
}

impl World {
    pub(crate) fn new(chance: &mut Chance, is_strange: bool) -> Self {
        let machines = chance.within(1, 6);
        let hosts = chance.pick(&[Hosts::Virtual, Hosts::One, Hosts::Many]);
        let channel = Transport {
            unordered: is_strange && chance.percent(50),
            lossy: is_strange && chance.percent(40),
            duplicating: is_strange && chance.percent(40),
        };
        let skew = |chance: &mut Chance| match hosts {
            Hosts::Virtual => 0,
            Hosts::One => chance.below(1000) as i64,
            Hosts::Many => chance.below(4_000_000) as i64 - 2_000_000,
        };
        let machine = |_| Machine {
            skew: skew(chance),
            ..Machine::default()
        };
        let machines: Vec<_> = (0..machines).map(machine).collect();
        Self {
            topology: topology(machines.len() as u32, chance),
            hosts,
            channel,
            machines,
            channels: BTreeMap::new(),
            now: if hosts == Hosts::Virtual {
                0
            } else {
                1_700_000_000_000_000
            },
            by_hand: chance.pick(&[0, 0, 5]),
            crashes: chance.pick(&[0, 0, 2]),
            heard: BTreeMap::new(),
        }
    }

    /// Lets things happen, and gives the run.
    pub(crate) fn run(mut self, chance: &mut Chance) -> Whole {
        let many = self.machines.len();
        for machine in 0..many {
            self.startup(machine);
        }
        let pace = chance.pick(&[3, 1000, 300_000]);
        for _ in 0..chance.within(0, 120 * many) {
            self.now += chance.below(pace) as i64;
            let machine = chance.below(many);
            if self.machines[machine].is_down {
                if chance.percent(20) {
                    self.machines[machine].is_down = false;
                    self.startup(machine);
                }
            } else if chance.percent(self.crashes) {
                self.crash(machine);
            } else if chance.percent(self.by_hand) {
                self.hand(machine, chance);
            } else if chance.percent(50) {
                self.arrive(chance.below(many), machine, chance);
            } else {
                self.tick(machine, chance);
            }
        }
        for machine in 0..many {
            if !self.machines[machine].is_down {
                self.end(machine, chance);
            }
        }
        let skews = self.machines.iter().map(|machine| machine.skew);
        let skew = skews.clone().max().unwrap() - skews.min().unwrap();
        Whole {
            logs: self
                .machines
                .into_iter()
                .map(|machine| machine.lines)
                .collect(),
            rules: Rules {
                channel: self.channel,
                ..Rules::default()
            },
            topology: self.topology,
            skew: skew as f64 / 1e6,
        }
    }

    fn peers(&self, machine: usize) -> Vec<usize> {
        let peers = self.topology.peers(machine as u32);
        peers.map(|peer| peer as usize).collect()
    }

    fn address(&self, machine: usize) -> Value {
        let id = machine + 1;
        match self.hosts {
            Hosts::Virtual => json!(["virtual", id]),
            Hosts::One => json!(["localhost", 5000 + id]),
            Hosts::Many => json!([format!("10.0.0.{id}"), 5000]),
        }
    }

    fn seconds(&self, machine: usize, time: i64) -> Value {
        json!((time + self.machines[machine].skew) as f64 / 1e6)
    }

    fn write(&mut self, machine: usize, event: &str, fields: Value) -> &mut Line {
        let mut all = Fields::new();
        all.insert("event".into(), event.into());
        all.insert("system_time".into(), self.seconds(machine, self.now));
        all.insert("machine_id".into(), (machine + 1).into());
        let Value::Object(fields) = fields else {
            panic!("{fields}")
        };
        all.extend(fields);
        let lines = &mut self.machines[machine].lines;
        lines.push(Line {
            fields: all,
            cause: None,
        });
        lines.last_mut().unwrap()
    }

    fn startup(&mut self, machine: usize) {
        let peers = self.peers(machine);
        let peers: Vec<_> = peers.into_iter().map(|peer| self.address(peer)).collect();
        let fields = json!({
            "clock_rate": rate(machine),
            "local_clock": self.machines[machine].clock,
            "history": format!("{:016x}", machine + 1),
            "listen": self.address(machine),
            "peers": peers,
            "run_id": "r",
            "seed": 1,
            "internal_probability": 0.5,
            "broadcast_share": 0.3,
            "time": if self.hosts == Hosts::Virtual { "virtual" } else { "real" },
            "version": "0.1.0",
        });
        self.write(machine, "STARTUP", fields);
        self.machines[machine].ticked.clear();
        self.machines[machine].connected.clear();
    }

    /// An event; `manual` if it is no tick.
    fn event(
        &mut self,
        machine: usize,
        event: &str,
        clock: i64,
        mut fields: Value,
        manual: bool,
    ) -> &mut Line {
        let state = &mut self.machines[machine];
        let old = std::mem::replace(&mut state.clock, clock);
        if !manual {
            state.ticks += 1;
            state.ticked.push(self.now);
        }
        fields["old_clock"] = old.into();
        fields["new_clock"] = clock.into();
        if manual {
            fields["manual"] = true.into();
        }
        self.write(machine, event, fields)
    }

    fn tick(&mut self, machine: usize, chance: &mut Chance) {
        match self.machines[machine].queue.pop_front() {
            Some(message) => self.receive(machine, message, false),
            None => self.idle(machine, chance, false),
        }
    }

    fn hand(&mut self, machine: usize, chance: &mut Chance) {
        match chance.below(3) {
            0 => {
                let message = Message {
                    sender: chance
                        .percent(50)
                        .then(|| chance.below(self.machines.len())),
                    timestamp: chance.within(1, 60) as i64,
                    cause: None,
                    sent: self.now,
                };
                let now = self.now;
                self.machines[machine].queue.push_back((message, now));
            }
            1 => {
                if let Some(message) = self.machines[machine].queue.pop_front() {
                    self.receive(machine, message, true);
                }
            }
            _ => self.idle(machine, chance, true),
        }
    }

    fn receive(&mut self, machine: usize, (message, arrival): (Message, i64), manual: bool) {
        let state = &self.machines[machine];
        let clock = state.clock.max(message.timestamp) + 1;
        let mut fields = json!({
            "queue_len": state.queue.len(),
            "sender": message.sender.map(|sender| sender + 1),
            "sent_clock": message.timestamp,
            "arrival_time": self.seconds(machine, arrival),
        });
        if message.cause.is_none() {
            fields["by_hand"] = true.into();
        }
        self.event(machine, "RECEIVE", clock, fields, manual).cause = message.cause;
    }

    fn idle(&mut self, machine: usize, chance: &mut Chance, manual: bool) {
        let clock = self.machines[machine].clock + 1;
        let peers = self.peers(machine);
        let recipients = match chance.below(4) {
            _ if peers.is_empty() => Vec::new(),
            0 => peers,
            1 | 2 => vec![chance.pick(&peers)],
            _ => Vec::new(),
        };
        if recipients.is_empty() {
            self.event(machine, "INTERNAL", clock, json!({}), manual);
            return;
        }
        let at: Vec<_> = recipients.iter().map(|&peer| self.address(peer)).collect();
        let known = |peer: &usize| {
            self.hosts == Hosts::Virtual || self.machines[machine].connected.contains(peer)
        };
        let ids: Vec<_> = recipients
            .iter()
            .map(|peer| known(peer).then_some(peer + 1))
            .collect();
        let fields = json!({"recipients": at, "recipient_ids": ids});
        self.event(machine, "SEND", clock, fields, manual);
        let message = Message {
            sender: Some(machine),
            timestamp: clock,
            cause: Some((machine, self.machines[machine].lines.len() - 1)),
            sent: self.now,
        };
        for recipient in recipients {
            let channel = self.channels.entry((machine, recipient)).or_default();
            channel.0.push_back(message);
        }
    }

    /// A message arrives, or is lost.
    fn arrive(&mut self, sender: usize, recipient: usize, chance: &mut Chance) {
        let rules = self.channel;
        let Some((waiting, arrived)) = self.channels.get_mut(&(sender, recipient)) else {
            return;
        };
        if waiting.is_empty() {
            return;
        }
        if !self.machines[sender].is_down && !self.machines[sender].connected.contains(&recipient) {
            self.connect(sender, recipient);
            return;
        }
        let at = if rules.unordered {
            chance.below(waiting.len())
        } else {
            0
        };
        let message = waiting[at];
        if rules.duplicating && chance.percent(10) {
            // It will come again.
        } else {
            waiting.remove(at);
        }
        if rules.lossy && chance.percent(10) {
            return;
        }
        *arrived += 1;
        let now = self.now;
        let took = now - message.sent + chance.below(1000) as i64;
        let heard = self.heard.entry((sender, recipient)).or_default();
        heard.push((message.timestamp, took));
        self.machines[recipient].queue.push_back((message, now));
    }

    fn connect(&mut self, machine: usize, peer: usize) {
        self.machines[machine].connected.push(peer);
        self.machines[machine].met.push(peer);
        if self.hosts != Hosts::Virtual {
            let fields = json!({
                "peer": self.address(peer),
                "peer_id": peer + 1,
                "peer_history": format!("{:016x}", peer + 1),
            });
            self.write(machine, "CONNECT", fields);
        }
    }

    /// The machine dies; what it had accepted and not received comes again.
    fn crash(&mut self, machine: usize) {
        let lost = std::mem::take(&mut self.machines[machine].queue);
        for (message, _) in lost.into_iter().rev() {
            if let (Some(sender), Some(_)) = (message.sender, message.cause) {
                let (waiting, arrived) = self.channels.entry((sender, machine)).or_default();
                waiting.push_front(message);
                *arrived -= 1;
                // It will arrive again, later.
                let heard = self.heard.entry((sender, machine)).or_default();
                heard.retain(|heard| heard.0 != message.timestamp);
            }
        }
        self.machines[machine].is_down = true;
        self.now += 1;
    }

    /// How late its ticks were at most, in seconds, if the earliest was in time.
    fn lateness(&self, machine: usize) -> f64 {
        let period = 1e6 / rate(machine);
        let ticked = self.machines[machine].ticked.iter().enumerate();
        let late = ticked.map(|(number, &time)| time as f64 - number as f64 * period);
        let (first, last) = late.fold((f64::MAX, f64::MIN), |(low, high), late| {
            (low.min(late), high.max(late))
        });
        (last - first).max(0.0).floor() / 1e6
    }

    fn end(&mut self, machine: usize, chance: &mut Chance) {
        let left = std::mem::take(&mut self.machines[machine].queue);
        for &(message, arrival) in &left {
            let mut fields = json!({
                "sender": message.sender.map(|sender| sender + 1),
                "sent_clock": message.timestamp,
                "arrival_time": self.seconds(machine, arrival),
            });
            if message.cause.is_none() {
                fields["by_hand"] = true.into();
            }
            self.write(machine, "UNREAD", fields).cause = message.cause;
        }
        let mut fields = json!({
            "final_clock": self.machines[machine].clock,
            "queue_len": left.len(),
            "ticks": self.machines[machine].ticks,
            "lateness": {"p50": 0.0, "p99": 0.0, "max": self.lateness(machine)},
        });
        if !self.channel.lossy && !self.channel.duplicating {
            let peers = self.peers(machine).into_iter();
            let counts = peers.filter_map(|peer| {
                let (waiting, arrived) = self.channels.get(&(machine, peer))?;
                // The last acknowledgements can be lost.
                let unheard = if self.hosts == Hosts::Virtual || chance.percent(70) {
                    0
                } else {
                    chance.below(arrived + 1)
                };
                let count = waiting.len() + unheard;
                let is_known =
                    self.hosts == Hosts::Virtual || self.machines[machine].met.contains(&peer);
                (count > 0).then(|| json!([is_known.then_some(peer + 1), count]))
            });
            fields["undelivered"] = counts.collect();
        }
        if self.hosts != Hosts::Virtual && self.channel == Transport::default() {
            let mut all = Vec::new();
            for ((_, peer), heard) in self.heard.range((machine, 0)..(machine + 1, 0)) {
                let some = heard.iter().step_by(3);
                all.extend(some.map(|(clock, took)| json!([peer + 1, clock, *took as f64 / 1e6])));
            }
            fields["heard"] = all.into();
        }
        self.write(machine, "END", fields);
    }
}
