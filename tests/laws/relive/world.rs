//! Machines with an algorithm whose logs are bytes: each may die between any two steps and inside any write, also one of
//! its recovery, and comes back by its log. Channels are the sends of one log and the marks of another.

use std::io::Cursor;

use lamport::VERSION;
use lamport::error::Error;
use lamport::log::line::{Entry, Place, Startup, What, json};
use lamport::log::read::recover::{Recovered, read_body, recover};
use lamport::log::read::relive::{ReliveError, Relived, relive};
use lamport::log::write::writer::Formatter;
use lamport::model::body::Body;
use lamport::model::event::Recipients;
use lamport::model::handled::{Caused, Handled};
use lamport::model::handler::{Call, Effects, Handler, Moment, SendRoom};
use lamport::model::message::{Message, Nanos};
use lamport::model::nonce::Nonce;
use lamport::model::random::Generator;
use lamport::model::timers::MAX_TIMERS;

use crate::account;
use crate::broken::{Broken, Twisted};
use crate::handled::Chatter;

/// When the first machine is born, by the clock on the wall.
const UNIX: Nanos = 1_700_000_000_000_000_000;

/// What happened in schedules.
#[derive(Debug, Default, Clone, Copy)]
pub struct Figures {
    pub steps: u64,
    pub received: u64,
    pub crashes: u64,
    pub torn: u64,
    pub completed: u64,
    pub timers: u64,
}

impl Figures {
    pub fn add(&mut self, more: &Self) {
        self.steps += more.steps;
        self.received += more.received;
        self.crashes += more.crashes;
        self.torn += more.torn;
        self.completed += more.completed;
        self.timers += more.timers;
    }
}

pub struct World {
    chance: u64,
    pub has_idle: bool,
    broken: Option<Broken>,
    now: Nanos,
    pub machines: Vec<Machine>,
    pub figures: Figures,
}

/// A machine, dead or alive.
#[derive(Default)]
pub struct Machine {
    pub log: Vec<u8>,
    pub life: Option<Life>,
    lives: u64,
}

/// From a start to a death.
pub struct Life {
    pub handled: Handled,
    pub handler: Twisted,
    formatter: Formatter,
    /// The world's time at which its clock is 0.
    born: Nanos,
    /// By position of the peer what was sent to it, and how far that was handed out.
    outboxes: Vec<(Vec<(u64, Body)>, usize)>,
    /// By position of the peer, the newest message of it that is in the queue or was.
    accepted: Vec<u64>,
    /// What is still to be logged of a torn step, where that is done too late.
    late: Vec<Caused>,
}

pub fn place(machine: usize) -> Place<'static> {
    Place(
        format!("10.0.0.{}", machine + 1).into(),
        5001 + machine as u64,
    )
}

/// The machine at this position among the peers of another.
pub fn peer(machine: usize, position: usize) -> usize {
    position + usize::from(position >= machine)
}

fn position(machine: usize, peer: usize) -> usize {
    peer - usize::from(peer > machine)
}

impl World {
    pub fn new(seed: u64, broken: Option<Broken>) -> Self {
        let mut world = Self {
            chance: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            has_idle: false,
            broken,
            now: 0,
            machines: Vec::new(),
            figures: Figures::default(),
        };
        world.has_idle = world.draw(2) == 0;
        let machines = 2 + world.draw(2);
        world
            .machines
            .resize_with(machines as usize, Machine::default);
        world
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.chance = self
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % below
    }

    fn is(&self, broken: Broken) -> bool {
        self.broken == Some(broken)
    }

    /// A whole schedule; what is wrong at the end, or before.
    pub fn run(mut self) -> Result<Self, String> {
        for machine in 0..self.machines.len() {
            self.start(machine, false)?;
        }
        for _ in 0..12 + self.draw(24) {
            self.now += [0, 1_000, 30_000_000][self.draw(3) as usize] * (1 + self.draw(9));
            let machine = self.draw(self.machines.len() as u64) as usize;
            if self.machines[machine].life.is_none() {
                self.start(machine, true)?;
                continue;
            }
            match self.draw(16) {
                0 => self.die(machine),
                1 => self.connect(machine),
                2 => self.by_hand(machine),
                3 if self.draw(4) == 0 => self.end_torn(machine),
                3..=7 => self.deliver(machine)?,
                _ => self.tick(machine),
            }
        }
        for round in 0..4 {
            self.now += 50_000_000;
            for machine in 0..self.machines.len() {
                if self.machines[machine].life.is_none() {
                    self.start(machine, false)?;
                }
                self.deliver(machine)?;
                if round < 3 {
                    self.tick_unharmed(machine);
                }
            }
        }
        if let Err(why) = account::check(&mut self) {
            let logs = self
                .machines
                .iter()
                .map(|machine| String::from_utf8_lossy(&machine.log));
            return Err(format!("{why}; {}", logs.collect::<Vec<_>>().join("\n")));
        }
        Ok(self)
    }

    fn die(&mut self, machine: usize) {
        self.figures.crashes += 1;
        self.machines[machine].life = None;
    }

    /// Writes bytes, or a part of them before it dies; whether it lives.
    fn write(&mut self, machine: usize, bytes: &[u8], is_mortal: bool) -> bool {
        if is_mortal && self.draw(12) == 0 {
            let length = self.draw(bytes.len() as u64) as usize;
            self.machines[machine]
                .log
                .extend_from_slice(&bytes[..length]);
            self.figures.torn += 1;
            self.die(machine);
            return false;
        }
        self.machines[machine].log.extend_from_slice(bytes);
        true
    }

    /// Starts a machine from its log, in the order of `Machine::open`.
    fn start(&mut self, machine: usize, is_mortal: bool) -> Result<(), String> {
        let id = machine as u64 + 1;
        let name = format!("machine_{id}.log");
        let peers = self.machines.len() - 1;
        let lives = &mut self.machines[machine].lives;
        *lives += 1;
        let generation = if self.broken == Some(Broken::OwnGenerator) {
            *lives << 32
        } else {
            0
        };
        let log = std::mem::take(&mut self.machines[machine].log);
        let mut recovered = recover(&log[..], &name).map_err(|error| error.to_string())?;
        self.machines[machine].log = log;
        // Wall clocks are set back and forth.
        let last = recovered
            .as_ref()
            .map_or(0, |past| past.last_time as Nanos * 1000);
        let origin = (UNIX + self.now + self.draw(3_600) * 1_000_000_000).max(last + 1000);
        let began = recovered.as_ref().and_then(|past| past.began);
        let mut handler = Twisted {
            chatter: Chatter::new(id + generation, peers as u32, self.has_idle),
            broken: self.broken,
            present: (origin / 1000) as i64 - began.unwrap_or_default(),
        };
        let mut handled = Handled::new(Generator::new(0, id, 0), origin);
        let (mut late, mut after) = (Vec::new(), Vec::new());
        let cut = recovered.as_ref().map_or(0, |past| past.length as usize);
        self.machines[machine].log.truncate(cut);
        if let Some(past) = &mut recovered {
            let owed;
            (handled, owed) = self.relive(machine, past, &mut handler)?;
            handled = handled.resumed(origin);
            if let Some(owed) = owed {
                if self.is(Broken::OwedDropped) {
                    handled.node_mut().set_clock(past.clock);
                } else if self.is(Broken::OwedAtNextTurn) {
                    handled.node_mut().set_clock(past.clock);
                    late = owed.sends;
                } else if self.is(Broken::OwedAfterStartup) {
                    let clock = past.clock;
                    after = past.complete(&owed);
                    past.clock = clock;
                } else {
                    self.figures.completed += owed.sends.len() as u64;
                    let lines = past.complete(&owed);
                    if !self.write(machine, &lines, is_mortal) {
                        return Ok(());
                    }
                }
            }
        }
        let (mut formatter, startup) = introduced(machine, peers, origin, recovered.as_ref());
        let mut bytes = Vec::new();
        let what = What::Startup(Box::new(startup));
        formatter.format(&Entry { time: 0, what }, &mut bytes);
        bytes.extend_from_slice(&after);
        if !self.write(machine, &bytes, is_mortal) {
            return Ok(());
        }
        if began.is_none() {
            formatter.begin((origin / 1000) as i64);
            handled.begin_at((origin / 1000) as i64);
        }
        if self.is(Broken::StartTwice) && handled.has_started() {
            let moment = Moment {
                now: 0,
                clock: 1,
                sent_clock: None,
                is_replay: false,
                room: SendRoom::WHOLE,
                timer_room: MAX_TIMERS,
            };
            let Ok(()) = handler.handle(&moment, Call::Start, &mut Effects::default());
        }
        let mut life = Life {
            handled,
            handler,
            formatter,
            born: self.now,
            outboxes: vec![(Vec::new(), 0); peers],
            accepted: vec![0; peers],
            late,
        };
        if let Some(past) = recovered {
            self.take_up(machine, &past, &mut life)?;
        }
        self.hear_again(machine, &mut life);
        self.machines[machine].life = Some(life);
        Ok(())
    }

    /// Whoever was sent to by others hears all again that it has not logged, and they from it.
    fn hear_again(&mut self, machine: usize, life: &mut Life) {
        let peers = self.machines.len() - 1;
        for position in 0..peers {
            let other = peer(machine, position);
            let back = self::position(other, machine);
            if let Some(sender) = &mut self.machines[other].life {
                let (sent, handed) = &mut sender.outboxes[back];
                let accepted = life.accepted[position];
                *handed = sent
                    .iter()
                    .filter(|(timestamp, _)| *timestamp <= accepted)
                    .count();
                let accepted = sender.accepted[back];
                let (sent, handed) = &mut life.outboxes[position];
                *handed = sent.partition_point(|(timestamp, _)| *timestamp <= accepted);
            }
        }
    }

    fn relive(
        &mut self,
        machine: usize,
        past: &Recovered,
        handler: &mut Twisted,
    ) -> Result<(Handled, Option<lamport::model::relive::Owed>), String> {
        let log = &self.machines[machine].log;
        let name = format!("machine_{}.log", machine + 1);
        let altered;
        let mut text = &log[..];
        if self.is(Broken::ByHandCompared) {
            let lines = String::from_utf8(log.clone()).unwrap();
            let lines = lines.lines().map(|line| {
                let is_send = line.contains("\"SEND\"");
                let line = if is_send {
                    line.replace(", \"manual\": true", "")
                } else {
                    line.to_owned()
                };
                line + "\n"
            });
            altered = lines.collect::<String>().into_bytes();
            text = &altered;
        }
        match relive(text, &name, past.began.unwrap_or_default(), handler) {
            Ok(Relived { handled, owed, .. }) => Ok((handled, owed)),
            Err(ReliveError::Log(error)) => Err(error.to_string()),
            Err(ReliveError::Differs(line)) => Err(Error::from(line).to_string()),
        }
    }

    /// What a machine knows of its channels when it comes back; what messages say is read back from the log.
    fn take_up(&mut self, machine: usize, past: &Recovered, life: &mut Life) -> Result<(), String> {
        let mut said = std::collections::BTreeMap::new();
        for &(timestamp, start) in &past.bodies {
            let mut log = Cursor::new(&self.machines[machine].log);
            log.set_position(start);
            let body = read_body(log, "log").map_err(|error| error.to_string())?;
            said.insert(timestamp, body);
        }
        for (position, peer) in past.past.peers.iter().enumerate() {
            let letter = |&timestamp: &u64| (timestamp, said.get(&timestamp).cloned().flatten());
            let mut sent: Vec<_> = peer.sent.iter().map(letter).collect();
            if self.is(Broken::FilledOutbox) {
                sent.extend_from_within(sent.len().saturating_sub(2)..);
            }
            life.outboxes[position].0 = sent;
            let id = self::peer(machine, position) as u64 + 1;
            life.accepted[position] = past.past.received.get(&id).copied().unwrap_or(0);
        }
        Ok(())
    }

    /// A message of a peer enters the queue.
    fn deliver(&mut self, machine: usize) -> Result<(), String> {
        let position = self.draw(self.machines.len() as u64 - 1) as usize;
        let sender = peer(machine, position);
        let now = self.now;
        let count = 1 + self.draw(3);
        for _ in 0..count {
            let Some(from) = &mut self.machines[sender].life else {
                return Ok(());
            };
            let (sent, handed) = &mut from.outboxes[self::position(sender, machine)];
            let Some((timestamp, body)) = sent.get(*handed).cloned() else {
                return Ok(());
            };
            *handed += 1;
            let Some(life) = &mut self.machines[machine].life else {
                return Ok(());
            };
            if timestamp <= life.accepted[position] {
                return Err(format!(
                    "timestamp {timestamp} again: they must rise on a connection"
                ));
            }
            life.accepted[position] = timestamp;
            let arrival = now - life.born;
            life.handled
                .deliver(Message::saying(body, sender as u64 + 1, timestamp, arrival));
        }
        Ok(())
    }

    fn tick(&mut self, machine: usize) {
        let most = 1 + self.draw(3);
        self.turn(machine, most, true);
    }

    fn tick_unharmed(&mut self, machine: usize) {
        self.turn(machine, 4, false);
    }

    /// Up to `most` steps at one moment, in one write.
    fn turn(&mut self, machine: usize, most: u64, is_mortal: bool) {
        let Some(mut life) = self.machines[machine].life.take() else {
            return;
        };
        let time = self.now - life.born;
        let mut entries = Vec::new();
        let mut sent: Vec<(u64, Recipients, Body)> = Vec::new();
        let mut bytes = Vec::new();
        let late = std::mem::take(&mut life.late);
        if !late.is_empty() {
            let clock = late.last().unwrap().new_clock;
            life.handled.node_mut().set_clock(clock);
            life.formatter.caused(&late, time, &mut bytes);
        }
        for _ in 0..most {
            let Some(begun) = life.handled.begin(time, self.has_idle) else {
                break;
            };
            let mut effects = Effects::default();
            let moment = begun.moment(SendRoom::WHOLE, false);
            let Ok(()) = life.handler.handle(&moment, begun.call(), &mut effects);
            self.figures.steps += 1;
            self.figures.received += u64::from(matches!(begun.call(), Call::Message { .. }));
            self.figures.timers += u64::from(matches!(begun.call(), Call::Timer(_)));
            entries.push(life.handled.carry_out(begun, &mut effects));
        }
        let seen = life.handler.chatter.seen;
        for mut step in entries {
            if self.is(Broken::LateBody) {
                for send in &mut step.caused {
                    send.body = send.body.as_ref().map(|_| format!("[{seen}]").into());
                }
            }
            if self.is(Broken::NoState) {
                step.state = step.state.filter(|_| self.draw(3) > 0);
            }
            sent.extend(step.caused.iter().map(sent_of));
            let rest =
                if self.is(Broken::ConnectInside) && !step.caused.is_empty() && self.draw(4) == 0 {
                    std::mem::take(&mut step.caused)
                } else {
                    Vec::new()
                };
            let what = What::Step(Box::new(step));
            life.formatter.format(&Entry { time, what }, &mut bytes);
            if !rest.is_empty() {
                life.formatter
                    .format(&connect(machine, 0, time), &mut bytes);
                life.formatter.caused(&rest, time, &mut bytes);
            }
        }
        self.machines[machine].life = Some(life);
        self.log(machine, &bytes, sent, is_mortal);
    }

    /// Writes lines, and tells the channels what was sent.
    fn log(
        &mut self,
        machine: usize,
        bytes: &[u8],
        sent: Vec<(u64, Recipients, Body)>,
        is_mortal: bool,
    ) {
        if bytes.is_empty() || !self.write(machine, bytes, is_mortal) {
            return;
        }
        let peers = self.machines.len() as u32 - 1;
        let Some(life) = &mut self.machines[machine].life else {
            return;
        };
        for (timestamp, recipients, body) in sent {
            for position in recipients.positions(peers) {
                life.outboxes[position as usize]
                    .0
                    .push((timestamp, body.clone()));
            }
        }
    }

    fn connect(&mut self, machine: usize) {
        let position = self.draw(self.machines.len() as u64 - 1) as usize;
        let Some(life) = &mut self.machines[machine].life else {
            return;
        };
        let mut bytes = Vec::new();
        let time = self.now - life.born;
        life.formatter
            .format(&connect(machine, position, time), &mut bytes);
        self.log(machine, &bytes, Vec::new(), true);
    }

    /// An event by hand, or a message from outside.
    fn by_hand(&mut self, machine: usize) {
        let (kind, position) = (self.draw(4), self.draw(self.machines.len() as u64 - 1));
        let Some(life) = &mut self.machines[machine].life else {
            return;
        };
        if !life.late.is_empty() {
            return;
        }
        let time = self.now - life.born;
        let (mut bytes, mut sent) = (Vec::new(), Vec::new());
        let what = match kind {
            0 => {
                // Given again if a crash finds it queued: not here.
                let body = Some("[\"ask\"]".into());
                let letter = Message::by_hand_saying(body, None, 0, time);
                life.handled.deliver(letter);
                return;
            }
            1 => {
                if !life.handled.has_started() {
                    return;
                }
                let Some(begun) = life.handled.begin_receipt(time) else {
                    return;
                };
                let mut effects = Effects::default();
                let moment = begun.moment(SendRoom::WHOLE, false);
                let Ok(()) = life.handler.handle(&moment, begun.call(), &mut effects);
                let step = life.handled.carry_out(begun, &mut effects);
                sent.extend(step.caused.iter().map(sent_of));
                What::Step(Box::new(step))
            }
            _ => {
                let node = life.handled.node_mut();
                let event = if kind == 2 {
                    node.send(Recipients::One(position as u32))
                } else {
                    node.internal()
                };
                let to = event.recipients();
                sent.extend(to.map(|to| (event.new_clock(), to.clone(), None)));
                What::event(event.without_body(), true)
            }
        };
        life.formatter.format(&Entry { time, what }, &mut bytes);
        self.log(machine, &bytes, sent, true);
    }

    /// An end in order that does not come about: some UNREAD lines.
    fn end_torn(&mut self, machine: usize) {
        let Some(life) = &mut self.machines[machine].life else {
            return;
        };
        let time = self.now - life.born;
        let mut bytes = Vec::new();
        for letter in life.handled.node().waiting() {
            let what = What::Unread(letter.without_body());
            life.formatter.format(&Entry { time, what }, &mut bytes);
        }
        if self.write(machine, &bytes, false) {
            self.die(machine);
        }
    }
}

/// What the channels learn of a send.
fn sent_of(send: &Caused) -> (u64, Recipients, Body) {
    (send.new_clock, send.recipients.clone(), send.body.clone())
}

fn connect(machine: usize, position: usize, time: Nanos) -> Entry {
    let id = peer(machine, position) as u64 + 1;
    let what = What::Connect {
        peer: position as u32,
        peer_id: id,
        peer_history: Nonce(id),
    };
    Entry { time, what }
}

/// The formatter of a machine that starts, and what its STARTUP line says.
fn introduced(
    machine: usize,
    peers: usize,
    origin: Nanos,
    recovered: Option<&Recovered>,
) -> (Formatter, Startup<'static>) {
    let id = machine as u64 + 1;
    let places = (0..peers).map(|position| place(peer(machine, position)));
    let mut formatter = Formatter::new(id, origin, places.collect());
    formatter.know((0..peers).map(|position| {
        let known = recovered.and_then(|past| past.past.peers[position].known);
        known.map(|(id, _)| id)
    }));
    let startup = Startup {
        clock_rate: Some(100.0),
        local_clock: Some(recovered.map_or(0, |past| past.clock)),
        history: Some(json(Nonce(id))),
        listen: Some(place(machine)),
        run_id: Some("relive".into()),
        seed: Some(7),
        version: Some(VERSION.into()),
        algorithm: Some("tests:Chatter".into()),
        ..Startup::default()
    };
    (formatter, startup)
}
