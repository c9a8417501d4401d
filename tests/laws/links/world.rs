//! The world: machines, their logs, and what happens to them.

use lamport::channel::endpoint::Workspace;
use lamport::model::message::Nanos;
use lamport::model::random::Generator;

use super::account::Account;
use super::broken::{Broken, Host, Twist};
use super::connection::{Connection, Flow, RECEIVER, SENDER};
use super::figures::Figures;
use super::host::{Alarm, Lost};
use super::process::{Process, Then};
use super::schedule::{Schedule, Setup};

/// What is due within this time may be waited for.
const SOON: Nanos = 400_000;

/// A machine: the log that its system holds, and its process, if it runs.
#[derive(Debug, Default)]
pub struct Machine {
    pub log: Vec<u8>,
    pub process: Option<Process>,
    /// By peer, whether the last answer was that another entry is that machine too.
    pub is_double: Vec<bool>,
    /// How much of the log is on storage.
    pub synced: usize,
    /// What its log has lost.
    pub lost: Lost,
    /// By peer, why its process has refused it, if a log lost its end, and has not met it since.
    pub alarms: Vec<Option<Alarm>>,
}

pub struct World<'a> {
    pub setup: &'a Setup,
    pub twist: Twist,
    pub now: Nanos,
    pub machines: Vec<Machine>,
    pub connections: Vec<Connection>,
    pub figures: Figures,
    /// What no correct machine does.
    pub failure: Option<String>,
    pub scratch: Vec<u8>,
    pub workspace: Workspace,
    /// What happens, told for people.
    pub story: Option<Vec<String>>,
    /// Those that another entry stands for are not tried again at the end.
    pub is_ending: bool,
    /// The round of the end.
    pub round: usize,
    pub chance: Generator,
}

/// Runs a schedule to its orderly end and looks at the logs. `Err` says what went wrong.
pub fn run(schedule: &Schedule, twist: Twist, is_verified: bool) -> Result<Figures, String> {
    let mut world = World::new(&schedule.setup, twist);
    world.live(schedule, is_verified)
}

/// The same, told step by step.
pub fn tell(schedule: &Schedule, twist: Twist) -> (Vec<String>, Result<Figures, String>) {
    let mut world = World::new(&schedule.setup, twist);
    world.story = Some(Vec::new());
    let outcome = world.live(schedule, true);
    (world.story.unwrap_or_default(), outcome)
}

impl<'a> World<'a> {
    fn new(setup: &'a Setup, twist: Twist) -> Self {
        let machine = |peers: &Vec<_>| Machine {
            is_double: vec![false; peers.len()],
            alarms: vec![None; peers.len()],
            ..Machine::default()
        };
        Self {
            setup,
            twist,
            now: 1_000_000,
            machines: setup.peers.iter().map(machine).collect(),
            connections: Vec::new(),
            figures: Figures {
                schedules: 1,
                ..Figures::default()
            },
            failure: None,
            scratch: Vec::new(),
            workspace: Workspace::default(),
            story: None,
            is_ending: false,
            round: 0,
            chance: Generator::new(setup.seed, u64::MAX >> 11, 1),
        }
    }

    fn live(&mut self, schedule: &Schedule, is_verified: bool) -> Result<Figures, String> {
        for index in 0..self.machines.len() {
            self.start(index);
            self.write(index);
        }
        for &word in &schedule.steps {
            self.step(word);
            self.check()?;
        }
        self.end()?;
        self.check()?;
        let account = Account::of(self)?;
        account.check(self)?;
        // Where a log has lost what others know, the verifier says so too.
        let is_whole = |machine: &Machine| machine.alarms.iter().all(Option::is_none);
        if is_verified && self.machines.iter().all(is_whole) {
            account.verify(self)?;
        }
        Ok(self.figures)
    }

    pub fn check(&mut self) -> Result<(), String> {
        self.failure.take().map_or(Ok(()), Err)
    }

    pub fn fail(&mut self, what: impl FnOnce() -> String) {
        if self.failure.is_none() {
            self.failure = Some(what());
        }
    }

    pub fn say(&mut self, what: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(what());
        }
    }

    /// One decision. What cannot be done at the moment is not done.
    fn step(&mut self, word: u64) {
        let index = (word & 0xff) as usize % self.machines.len();
        let (a, b) = (
            (word >> 16) as usize & 0xffff,
            (word >> 32) as usize & 0xffff,
        );
        self.now += [0, 400, 1_000, 300_000][(word >> 48) as usize & 3];
        self.figures.steps += 1;
        if self.machines[index].process.is_none() {
            if word >> 8 & 1 == 0 {
                self.start(index);
            }
            return;
        }
        match word >> 8 & 63 {
            0..12 => self.tick(index, 1 + a % 3, false),
            12..20 => self.write(index),
            20..24 => self.log_to_endpoint(index),
            24..28 => self.wait(index),
            28..34 => self.flush_one(index, a, 1 + b % 40),
            34..42 => self.read_one(index, a, 1 + b % 40),
            42..50 => self.pump(index),
            50..56 => self.poll(index),
            56..58 => self.reset(a, b),
            58 => self.hang_up(index, a),
            59..62 => {
                self.crash(index, a, b);
                self.crash_host(index, word);
            }
            62 => {
                self.crash_at_the_end(index, a, b);
                self.crash_host(index, word);
            }
            _ => {
                self.tick(index, 1 + a % 3, false);
                self.pump(index);
            }
        }
        if self.setup.is_deceived && (word >> 52).is_multiple_of(8) {
            self.pose(index, b, word >> 56 & 1 == 0);
        }
    }

    /// A machine has died; with it, every other time, its host.
    fn crash_host(&mut self, index: usize, word: u64) {
        if self.twist.host != Host::Stands && word >> 50 & 1 == 0 {
            self.lose(index, (word >> 51) as usize);
        }
    }

    /// A start, up to the STARTUP line that is to be written.
    pub fn start(&mut self, index: usize) {
        let chance = self.chance.bits();
        let machine = &mut self.machines[index];
        debug_assert!(machine.process.is_none());
        let started = Process::start(
            self.setup,
            self.twist,
            index,
            &machine.log,
            self.now,
            chance,
        );
        match started {
            Ok((process, length)) => {
                if self.twist.is(Broken::TornLine) && length > machine.log.len() {
                    // It counted a newline that is not there.
                } else {
                    machine.log.truncate(length);
                }
                machine.synced = machine.synced.min(machine.log.len());
                machine.alarms.fill(None);
                machine.process = Some(process);
                self.figures.restarts += u64::from(length > 0);
                self.say(|| format!("machine {} starts from {length} bytes", index + 1));
            }
            Err(error) => self.fail(|| format!("recovery: {error}")),
        }
    }

    pub fn tick(&mut self, index: usize, most: usize, only_receives: bool) {
        let (now, twist) = (self.now, self.twist);
        let Some(process) = &mut self.machines[index].process else {
            return;
        };
        if !process.is_journal_free() {
            return;
        }
        process.tick(now, most, only_receives, twist);
        if self.story.is_some() {
            let writing = process.writing.as_ref();
            let lines = writing.map(|writing| String::from_utf8_lossy(&writing.bytes).into_owned());
            self.say(|| format!("machine {} ticks: {}", index + 1, lines.unwrap_or_default()));
        }
    }

    /// The lines at hand are with the system.
    pub fn write(&mut self, index: usize) {
        let machine = &mut self.machines[index];
        let Some(process) = &mut machine.process else {
            return;
        };
        let Some(writing) = process.writing.take() else {
            return;
        };
        machine.log.extend_from_slice(&writing.bytes);
        self.store(index, writing.is_kept);
        let Some(process) = &mut self.machines[index].process else {
            return;
        };
        match writing.then {
            Then::End => {}
            Then::Enter => process.endpoint.enter(self.now),
            Then::Tell(told) => process.told.push_back(told),
            Then::Send { connection } => process.endpoint.recorded(self.now, connection, Ok(())),
        }
        self.say(|| format!("machine {} has written", index + 1));
        self.carry_out(index);
    }

    /// What is due in an endpoint happens.
    pub fn wake(&mut self, index: usize) {
        if let Some(process) = &mut self.machines[index].process
            && process.is_polling()
        {
            process.endpoint.wake(self.now);
            self.carry_out(index);
        }
    }

    /// Time passes until something is due in an endpoint, if that is soon.
    fn wait(&mut self, index: usize) {
        let process = self.machines[index].process.as_ref();
        let next = process.and_then(|process| process.endpoint.wake_at());
        if let Some(next) = next.filter(|&next| next < self.now + SOON) {
            self.now = self.now.max(next);
        }
        self.wake(index);
    }

    /// The endpoint of a machine learns what its log holds.
    pub fn log_to_endpoint(&mut self, index: usize) {
        if let Some(process) = &mut self.machines[index].process
            && process.is_polling()
        {
            process.log_to_endpoint();
            self.carry_out(index);
        }
    }

    /// A process dies. Of what it was writing, and of what the system holds for others, a part stays.
    fn crash(&mut self, index: usize, a: usize, b: usize) {
        let machine = &mut self.machines[index];
        let Some(process) = machine.process.take() else {
            return;
        };
        self.figures.crashes += 1;
        let mut kept = 0;
        if let Some(writing) = process.writing {
            // Often the whole, or all but its newline.
            let all = writing.bytes.len();
            kept = match a % 8 {
                0 => all,
                1 => all - 1,
                2 => 0,
                _ => (a >> 3) % all,
            };
            self.figures.torn += u64::from(kept > 0 && kept < all);
            // Who has written END has not crashed.
            if matches!(writing.then, Then::End) {
                kept = kept.min(all - 1);
            }
            machine.log.extend_from_slice(&writing.bytes[..kept]);
        }
        for connection in &mut self.connections {
            for side in [SENDER, RECEIVER] {
                if connection.machine(side) == index && connection.ends[side].is_some() {
                    connection.leave(
                        side,
                        if b.is_multiple_of(2) {
                            usize::MAX
                        } else {
                            b >> 1 & 63
                        },
                    );
                }
            }
        }
        self.connections.retain(|connection| !connection.is_gone());
        self.say(|| format!("machine {} dies; {kept} bytes of its write stay", index + 1));
    }

    /// A process dies while it writes its UNREAD lines and END.
    fn crash_at_the_end(&mut self, index: usize, a: usize, b: usize) {
        let now = self.now;
        let process = self.machines[index].process.as_mut();
        if let Some(process) = process.filter(|process| process.is_journal_free()) {
            process.end(now);
        }
        self.crash(index, a, b);
    }

    /// A connection breaks; either end will notice when it has read what still comes.
    fn reset(&mut self, a: usize, b: usize) {
        if self.connections.is_empty() {
            return;
        }
        let place = a % self.connections.len();
        self.figures.cuts += 1;
        let connection = &mut self.connections[place];
        let keep = |flow: &Flow, chance: usize| {
            if flow.bytes.is_empty() {
                0
            } else {
                chance % (flow.bytes.len() + 1)
            }
        };
        let kept = [
            keep(&connection.flows[0], b),
            keep(&connection.flows[1], b >> 6),
        ];
        connection.reset(kept);
        let (from, to) = (connection.from + 1, connection.to + 1);
        self.say(|| format!("the connection from {from} to {to} breaks after {kept:?} bytes"));
    }
}
