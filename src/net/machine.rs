//! One machine in real time: its node, its log, and its place in the network.

mod plan;
mod step;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use crossbeam_channel::bounded;

use crate::address::Address;
use crate::behavior::{Behavior, Odds};
use crate::channels::{Channels, Identity};
use crate::error::{Error, Result};
use crate::identity::Nonce;
use crate::key::Key;
use crate::latency::{Delays, Latency};
use crate::lateness::Lateness;
use crate::log::entry::{Entry, Place, Startup, What};
use crate::log::file::LogFile;
use crate::log::recover::Recovered;
use crate::log::turn::Turn;
use crate::log::writer::Formatter;
use crate::message::{MachineId, Nanos};
use crate::net::clock::Clock;
use crate::net::gate::{self, Gate};
use crate::net::listen::{self, Listening};
use crate::net::mailbox::Mailbox;
use crate::net::network::{Command, Network};
use crate::net::warnings::Warnings;
use crate::net::weather::Weather;
use crate::node::Node;
use crate::noise::Secret;
use crate::schedule::Schedule;

pub(super) use plan::Plan;

/// What a machine is to be.
#[derive(Debug)]
pub struct Config {
    /// Its number in the run.
    pub machine_id: MachineId,
    /// Where it listens.
    pub listening: Listening,
    /// The machines it sends to.
    pub peers: Vec<Address>,
    /// The log file, in a directory that exists.
    pub log: PathBuf,
    /// Whether an existing log is replaced.
    pub overwrite: bool,
    /// Whether it goes on where the log of a crashed machine stops.
    pub resume: bool,
    /// Seconds of ticking.
    pub duration: f64,
    /// Ticks per second; drawn if `None`.
    pub clock_rate: Option<f64>,
    /// The upper end of the rates drawn.
    pub max_rate: u64,
    /// What idle ticks do.
    pub behavior: Behavior,
    /// A delay added to each message that comes.
    pub latency: Latency,
    /// The seed of all draws; that of the log resumed, or drawn, if `None`.
    pub seed: Option<u64>,
    /// Only machines of this run connect.
    pub run_id: String,
    /// Networks that may connect beside the peers' addresses.
    pub allowed: Vec<gate::Network>,
    /// Only machines with the same key connect, from any address.
    pub key: Option<Key>,
    /// Whether waits for a tick spin their last stretch.
    pub is_precise: bool,
}

/// What the tick thread can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// Tick from this time on.
    Start(Nanos),
    /// Stand still until this time.
    Pause(Nanos),
    /// Die: leave everything as it is.
    Crash,
    /// Tick no more.
    Stop,
    /// All machines of the run have ticked their last: end.
    Finish,
}

/// A machine: made by [`Machine::open`], it can be connected to at once.
#[derive(Debug)]
pub struct Machine {
    id: MachineId,
    history: Nonce,
    seed: u64,
    delays: Delays,
    secret: Option<Secret>,
    peers: Vec<Address>,
    port: u16,
    schedule: Schedule,
    odds: Odds,
    is_precise: bool,
    clock: Clock,
    station: u64,
    network: Arc<Network>,
    /// Taken before `node` where both are; held from a step until the channels know of it.
    journal: Mutex<Journal>,
    /// Times are read and the queue is looked at under this lock.
    node: Mutex<Node>,
    gauges: Gauges,
    warnings: Mutex<Warnings>,
    failure: Mutex<Option<String>>,
    /// The faults of its links, once ticking has begun.
    weather: OnceLock<Weather>,
    told: Mailbox<Control>,
}

/// What others may see of a machine at any time.
#[derive(Debug, Default)]
struct Gauges {
    clock: AtomicU64,
    queue_len: AtomicU64,
    ticks: AtomicU64,
    /// For each peer, whether it has ever connected.
    connected: Mutex<Vec<bool>>,
}

/// The log and what is counted beside it.
#[derive(Debug)]
pub(super) struct Journal {
    file: LogFile,
    /// The step at hand; kept for its memory.
    turn: Turn,
    pub(super) lateness: Lateness,
    pub(super) ticks: u64,
    has_ended: bool,
}

impl Machine {
    /// Messages kept for one peer that does not acknowledge.
    pub(super) const MOST_KEPT: usize = 1 << 24;

    /// Binds the port, opens the log, writes STARTUP, and enters the network.
    pub fn open(config: Config, network: &Arc<Network>) -> Result<Arc<Self>> {
        let clock = Clock::of_process();
        let id = config.machine_id;
        let mut interrupted = if config.resume {
            Some(LogFile::resume(&config.log)?)
        } else {
            None
        };
        let past = interrupted.as_mut().and_then(|log| log.recovered.take());
        let Plan {
            seed,
            schedule,
            generator,
        } = config.plan(past.as_ref())?;
        let found = listen::find(id, &config.peers)?;
        let (listener, listen) = listen::bind(id, config.listening, &config.peers, &found)?;
        let history = match &past {
            Some(past) => past.history,
            None => listen::nonce()?,
        };
        let me = Identity {
            id,
            run_id: config.run_id.clone(),
            history,
            instance: listen::nonce()?,
        };

        let formatter = formatter(id, &config.peers, clock, past.as_ref());
        let mut file = match interrupted {
            Some(log) => log.go_on(formatter)?,
            None => LogFile::create(&config.log, config.overwrite, formatter)?,
        };
        let (local_clock, ticks) = past
            .as_ref()
            .map_or((0, 0), |past| (past.clock, past.ticks));
        let startup = Startup {
            clock_rate: schedule.rate(),
            local_clock,
            history,
            listen: Place::at(&listen),
            run_id: config.run_id.clone(),
            seed,
            behavior: config.behavior,
            is_virtual: false,
        };
        file.write(&[Entry {
            time: clock.now(),
            what: What::Startup(Box::new(startup)),
        }])?;

        let peers = config.peers.len();
        let node = Node::new(generator).resumed(local_clock);
        let (connected, channels) = match past {
            Some(Recovered { past, .. }) => (
                past.known.iter().map(Option::is_some).collect(),
                Channels::resumed(me, past),
            ),
            None => (vec![false; peers], Channels::new(me, peers)),
        };
        let machine = Arc::new(Self {
            id,
            history,
            seed,
            delays: config.latency.delays(seed),
            secret: config.key.map(|key| Secret::new(key, &config.run_id)),
            port: listen.port,
            schedule,
            odds: config.behavior.odds(config.peers.len() as u32),
            is_precise: config.is_precise,
            clock,
            station: network.new_station(),
            network: network.clone(),
            journal: Mutex::new(Journal {
                file,
                turn: Turn::default(),
                lateness: Lateness::default(),
                ticks,
                has_ended: false,
            }),
            node: Mutex::new(node),
            gauges: Gauges {
                clock: AtomicU64::new(local_clock),
                ticks: AtomicU64::new(ticks),
                connected: Mutex::new(connected),
                ..Gauges::default()
            },
            peers: config.peers,
            warnings: Mutex::default(),
            failure: Mutex::default(),
            weather: OnceLock::new(),
            told: Mailbox::default(),
        });
        machine.enter(listener, Gate::new(config.allowed, &found), channels, found);
        Ok(machine)
    }

    fn enter(
        self: &Arc<Self>,
        listener: std::net::TcpListener,
        gate: Gate,
        channels: Channels,
        found: Vec<Vec<SocketAddr>>,
    ) {
        let (station, machine) = (self.station, self.clone());
        self.network.tell(Command::Enter {
            station,
            machine,
            listener,
            gate,
            channels: Box::new(channels),
            found,
        });
    }

    /// Its number in the run.
    pub fn id(&self) -> MachineId {
        self.id
    }

    /// The name of its past.
    pub fn history(&self) -> Nonce {
        self.history
    }

    /// The seed of its draws.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The machines it sends to.
    pub fn peers(&self) -> &[Address] {
        &self.peers
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// When it ticks.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What its idle ticks draw with.
    pub fn odds(&self) -> &Odds {
        &self.odds
    }

    /// What proves, and finds out, who belongs to this run.
    pub(super) fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    pub(super) fn is_precise(&self) -> bool {
        self.is_precise
    }

    /// The clock's value at the last step.
    pub fn local_clock(&self) -> u64 {
        self.gauges.clock.load(Ordering::Relaxed)
    }

    /// How many messages wait, now.
    pub fn queue_len(&self) -> u64 {
        self.gauges.queue_len.load(Ordering::Relaxed)
    }

    /// How many ticks have happened.
    pub fn ticks(&self) -> u64 {
        self.gauges.ticks.load(Ordering::Relaxed)
    }

    /// The peers that have not connected so far.
    pub fn missing_peers(&self) -> Vec<&Address> {
        let connected = self.gauges.connected.lock().expect("no holder panics");
        let peers = self.peers.iter().zip(&*connected);
        peers
            .filter(|(_, is_connected)| !**is_connected)
            .map(|(peer, _)| peer)
            .collect()
    }

    /// Where the tick thread is told what to do.
    pub(super) fn told(&self) -> &Mailbox<Control> {
        &self.told
    }

    pub(super) fn tell(&self, control: Control) {
        self.told.put(control);
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().expect("no holder panics")
    }

    fn node(&self) -> MutexGuard<'_, Node> {
        self.node.lock().expect("no holder panics")
    }

    /// Whether the poll thread has more to do than it should.
    pub(super) fn is_network_behind(&self) -> bool {
        self.network.is_behind()
    }

    /// Leaves the network at once, as in a crash: the log stays without END, and can be resumed.
    pub fn abandon(&self) {
        let mut journal = self.journal();
        journal.has_ended = true;
        journal.file.release();
        drop(journal);
        let (reply, done) = bounded(1);
        self.network.tell(Command::Abandon {
            station: self.station,
            reply,
        });
        // No answer: the network is gone, and the machine with it.
        let _ = done.recv();
    }

    /// Its fault schedule begins.
    pub(super) fn meet(&self, weather: Weather) {
        let is_first = self.weather.set(weather).is_ok();
        debug_assert!(is_first, "a machine is started once");
        self.network.tell(Command::Weather {
            station: self.station,
        });
    }

    /// The faults of its links.
    pub(super) fn weather(&self) -> Option<Weather> {
        self.weather.get().cloned()
    }

    /// Whether its bytes move.
    pub(super) fn stand_still(&self, is_still: bool) {
        let station = self.station;
        self.network.tell(if is_still {
            Command::Pause { station }
        } else {
            Command::GoOn { station }
        });
    }

    /// Something outside the tick thread makes going on impossible.
    pub(super) fn fail(&self, reason: String) {
        self.failure
            .lock()
            .expect("no holder panics")
            .get_or_insert(reason);
        self.tell(Control::Stop);
    }

    /// Why the machine cannot go on, if something made it impossible.
    pub fn failure(&self) -> Option<Error> {
        let failure = self.failure.lock().expect("no holder panics");
        failure.as_ref().map(|reason| Error::state(reason.clone()))
    }

    /// Warns, unless the same `kind` of warning was given lately.
    pub(super) fn warn(&self, kind: &str, text: fmt::Arguments<'_>) {
        let now = self.clock.now();
        let mut warnings = self.warnings.lock().expect("no holder panics");
        warnings.give(now, kind, format_args!("machine {}: {text}", self.id));
    }

    /// Warns that ticking starts without some of the peers.
    pub(super) fn warn_of_missing_peers(&self, waited: f64) {
        let missing: Vec<String> = self
            .missing_peers()
            .iter()
            .map(ToString::to_string)
            .collect();
        self.warn(
            "missing",
            format_args!(
                "{} did not connect within {waited} s; it starts, and goes on trying",
                missing.join(", ")
            ),
        );
    }

    /// Takes the warnings since the last call.
    pub fn take_warnings(&self) -> Vec<String> {
        self.warnings.lock().expect("no holder panics").take()
    }
}

/// What writes the lines of a machine, which may have come back.
fn formatter(
    id: MachineId,
    peers: &[Address],
    clock: Clock,
    past: Option<&Recovered>,
) -> Formatter {
    // The wall clock may have been set back since the last line.
    let last = past.map_or(0, |past| past.last_time as Nanos * 1000);
    let origin = clock
        .unix_origin()
        .max(last.saturating_sub(clock.now()) + 1000);
    let mut formatter = Formatter::new(id, origin, peers.iter().map(Place::at).collect());
    if let Some(past) = past {
        let ids = past.past.known.iter();
        formatter.know(ids.map(|known| known.map(|(id, _)| id)));
    }
    formatter
}
