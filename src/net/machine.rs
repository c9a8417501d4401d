//! One machine in real time: its node, its log, and its place in the network.

mod step;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::address::Address;
use crate::behavior::Behavior;
use crate::clock::MAX_CLOCK;
use crate::error::{Error, Result};
use crate::identity::{Nonce, check_run_id};
use crate::latency::{Delays, Latency};
use crate::lateness::Lateness;
use crate::log::entry::{Entry, Place, Startup, What};
use crate::log::writer::{Formatter, LogFile};
use crate::message::{MachineId, Nanos};
use crate::net::clock::Clock;
use crate::net::gate::{self, Gate};
use crate::net::listen::{self, Listening};
use crate::net::mailbox::Mailbox;
use crate::net::network::{Command, Network};
use crate::net::warnings::Warnings;
use crate::node::Node;
use crate::random::{Generator, check_seed};
use crate::schedule::Schedule;

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
    /// The seed of all draws.
    pub seed: u64,
    /// Only machines of this run connect.
    pub run_id: String,
    /// Networks that may connect beside the peers' addresses.
    pub allowed: Vec<gate::Network>,
    /// Whether waits for a tick spin their last stretch.
    pub is_precise: bool,
}

impl Config {
    /// Checks what can be checked without the system, and draws the ticks.
    pub(super) fn plan(&self) -> Result<(Schedule, Generator)> {
        let id = self.machine_id;
        if id > MAX_CLOCK {
            return Err(Error::invalid(format!(
                "machine id {id} is too large: the largest is {MAX_CLOCK} (2^53 - 1)"
            )));
        }
        check_run_id(&self.run_id)?;
        let mut generator = Generator::new(check_seed(self.seed)?, id, 0);
        let schedule = Schedule::draw(
            self.clock_rate,
            self.max_rate,
            self.duration,
            &mut generator,
        )?;
        Ok((schedule, generator))
    }
}

/// What the tick thread can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// Tick from this time on.
    Start(Nanos),
    /// Tick no more.
    Stop,
    /// All machines of the run have ticked their last: end.
    Finish,
}

/// A machine: made by [`Machine::open`], it can be connected to at once.
#[derive(Debug)]
pub struct Machine {
    id: MachineId,
    run_id: String,
    history: Nonce,
    instance: Nonce,
    seed: u64,
    delays: Delays,
    peers: Vec<Address>,
    port: u16,
    schedule: Schedule,
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
    /// The entries of the step at hand; kept for its memory.
    entries: Vec<Entry>,
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
        let (schedule, generator) = config.plan()?;
        let found = listen::find(id, &config.peers)?;
        let (listener, listen) = listen::bind(id, config.listening, &config.peers, &found)?;
        let (history, instance) = (listen::nonce()?, listen::nonce()?);

        let formatter = Formatter::new(
            id,
            clock.unix_origin(),
            config.peers.iter().map(Place::at).collect(),
        );
        let mut file = LogFile::create(&config.log, config.overwrite, formatter)?;
        let startup = Startup {
            clock_rate: schedule.rate(),
            local_clock: 0,
            history,
            listen: Place::at(&listen),
            run_id: config.run_id.clone(),
            seed: config.seed,
            behavior: config.behavior,
            is_virtual: false,
        };
        file.write(&[Entry {
            time: clock.now(),
            what: What::Startup(Box::new(startup)),
        }])?;

        let machine = Arc::new(Self {
            id,
            run_id: config.run_id,
            history,
            instance,
            seed: config.seed,
            delays: config.latency.delays(config.seed),
            port: listen.port,
            schedule,
            is_precise: config.is_precise,
            clock,
            station: network.new_station(),
            network: network.clone(),
            journal: Mutex::new(Journal {
                file,
                entries: Vec::new(),
                lateness: Lateness::default(),
                ticks: 0,
                has_ended: false,
            }),
            node: Mutex::new(Node::new(
                config.behavior,
                config.peers.len() as u32,
                generator,
            )),
            gauges: Gauges {
                connected: Mutex::new(vec![false; config.peers.len()]),
                ..Gauges::default()
            },
            peers: config.peers,
            warnings: Mutex::default(),
            failure: Mutex::default(),
            told: Mailbox::default(),
        });
        machine.enter(listener, Gate::new(config.allowed, &found), found);
        Ok(machine)
    }

    fn enter(
        self: &Arc<Self>,
        listener: std::net::TcpListener,
        gate: Gate,
        found: Vec<Vec<SocketAddr>>,
    ) {
        let (station, machine) = (self.station, self.clone());
        self.network.tell(Command::Enter {
            station,
            machine,
            listener,
            gate,
            found,
        });
    }

    /// Its number in the run.
    pub fn id(&self) -> MachineId {
        self.id
    }

    /// The run it belongs to.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The name of its past.
    pub fn history(&self) -> Nonce {
        self.history
    }

    /// The name of its process.
    pub fn instance(&self) -> Nonce {
        self.instance
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

    /// Leaves the network at once; the log stays without END.
    pub fn abandon(&self) {
        self.journal().has_ended = true;
        self.network.tell(Command::Abandon {
            station: self.station,
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
