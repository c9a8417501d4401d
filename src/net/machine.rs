//! One machine in real time: its node, its log, and its place in the network.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crossbeam_channel::bounded;

use crate::address::Address;
use crate::behavior::Behavior;
use crate::clock::MAX_CLOCK;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::identity::Nonce;
use crate::lateness::Lateness;
use crate::log::entry::{End, Entry, Startup, What};
use crate::log::writer::{Formatter, LogFile};
use crate::message::{MachineId, Message, Nanos};
use crate::net::clock::Clock;
use crate::net::gate::{self, Gate};
use crate::net::listen::{self, Listening};
use crate::net::mailbox::Mailbox;
use crate::net::poll::{Batch, Command, Network};
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
    /// The seed of all draws.
    pub seed: u64,
    /// Only machines of this run connect.
    pub run_id: String,
    /// Networks that may connect beside the peers' addresses.
    pub allowed: Vec<gate::Network>,
    /// Whether waits for a tick spin their last stretch.
    pub is_precise: bool,
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
    /// Peers that have connected at least once.
    connected: AtomicUsize,
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

#[derive(Debug, Default)]
struct Warnings {
    texts: Vec<String>,
    /// When each kind was given last.
    given: BTreeMap<String, Nanos>,
}

/// The same warning is not given again before this.
const WARNING_PAUSE: Nanos = 60_000_000_000;
/// Kinds of warnings remembered, and texts kept for a caller that does not take them.
const MOST_WARNINGS: usize = 1000;

impl Machine {
    /// Messages kept for one peer that does not acknowledge.
    pub(super) const MOST_KEPT: usize = 1 << 24;
    /// Messages waiting in the queue.
    const MOST_QUEUED: u64 = 1 << 24;

    /// Binds the port, opens the log, writes STARTUP, and enters the network.
    pub fn open(config: Config, network: &Arc<Network>) -> Result<Arc<Self>> {
        let clock = Clock::of_process();
        let id = config.machine_id;
        if id > MAX_CLOCK {
            return Err(Error::invalid(format!(
                "machine id {id} is too large: the largest is {MAX_CLOCK} (2^53 - 1)"
            )));
        }
        crate::identity::check_run_id(&config.run_id)?;
        let mut generator = Generator::new(check_seed(config.seed)?, id, 0);
        let schedule = Schedule::draw(
            config.clock_rate,
            config.max_rate,
            config.duration,
            &mut generator,
        )?;
        let found = listen::find(id, &config.peers)?;
        let (listener, listen) = listen::bind(id, config.listening, &config.peers, &found)?;
        let (history, instance) = (listen::nonce()?, listen::nonce()?);

        let formatter = Formatter::new(id, clock.unix_origin(), &config.peers);
        let mut file = LogFile::create(&config.log, config.overwrite, formatter)?;
        let startup = Startup {
            clock_rate: schedule.rate(),
            local_clock: 0,
            history,
            listen: listen.clone(),
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
            peers: config.peers,
            gauges: Gauges::default(),
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

    /// How many peers have connected so far.
    pub fn connected_peers(&self) -> usize {
        self.gauges.connected.load(Ordering::Acquire)
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

    /// Takes the steps that `next` makes of the node at one moment, logs them,
    /// then lets the channels know. Returns how many there were.
    ///
    /// Nothing leaves this machine before its line is with the operating system.
    pub(super) fn advance(
        &self,
        journal: &mut Journal,
        is_manual: bool,
        mut next: impl FnMut(&mut Node, Nanos, &mut Journal) -> Option<Event>,
    ) -> Result<usize> {
        if journal.has_ended {
            return Err(Error::state(format!("machine {} has ended", self.id)));
        }
        let mut entries = std::mem::take(&mut journal.entries);
        entries.clear();
        let mut batch = Batch::default();
        let mut is_exhausted = false;
        {
            let mut node = self.node();
            let time = self.clock.now();
            while let Some(event) = next(&mut node, time, journal) {
                if event.new_clock() > MAX_CLOCK {
                    is_exhausted = true;
                    break;
                }
                batch.add(&event);
                entries.push(Entry {
                    time,
                    what: What::Event {
                        event,
                        manual: is_manual,
                    },
                });
            }
            self.gauges.clock.store(node.clock(), Ordering::Relaxed);
            self.gauges
                .queue_len
                .store(node.queue_len(time), Ordering::Relaxed);
            self.gauges.ticks.store(journal.ticks, Ordering::Relaxed);
        }
        let written = journal.file.write(&entries);
        let steps = entries.len();
        journal.entries = entries;
        written?;
        if !batch.is_empty() {
            self.network.tell(Command::Logged {
                station: self.station,
                batch,
            });
        }
        if is_exhausted {
            return Err(Error::state(format!(
                "machine {}: its clock has reached 2^53, the end of its range",
                self.id
            )));
        }
        Ok(steps)
    }

    /// One step made by hand.
    pub fn step(
        &self,
        is_manual: bool,
        make: impl FnOnce(&mut Node, Nanos) -> Option<Event>,
    ) -> Result<Option<Event>> {
        let mut make = Some(make);
        let mut made = None;
        self.advance(&mut self.journal(), is_manual, |node, now, journal| {
            let event = make.take()?(node, now);
            journal.ticks += u64::from(event.is_some() && !is_manual);
            made.clone_from(&event);
            event
        })?;
        Ok(made)
    }

    /// New messages of a sender enter the queue.
    pub(super) fn deliver_from(&self, sender: MachineId, timestamps: &[u64]) {
        self.deliver(Some(sender), timestamps);
    }

    /// Puts messages into the queue; they arrive now.
    fn deliver(&self, sender: Option<MachineId>, timestamps: &[u64]) {
        let mut node = self.node();
        let arrival = self.clock.now();
        for &timestamp in timestamps {
            node.deliver(Message {
                sender,
                timestamp,
                arrival,
            });
        }
        let queue_len = node.queue_len(arrival);
        drop(node);
        self.gauges.queue_len.store(queue_len, Ordering::Relaxed);
        if queue_len > Self::MOST_QUEUED {
            self.fail(format!(
                "machine {}: {queue_len} messages wait in its queue, more than the {} it can hold",
                self.id,
                Self::MOST_QUEUED
            ));
        }
    }

    /// Puts one message into the queue by hand.
    pub fn deliver_by_hand(&self, sender: Option<MachineId>, timestamp: u64) -> Result<()> {
        for (name, value) in [("timestamp", timestamp), ("sender", sender.unwrap_or(0))] {
            if value > MAX_CLOCK {
                return Err(Error::invalid(format!(
                    "{name} {value} is too large: the largest is {MAX_CLOCK} (2^53 - 1)"
                )));
            }
        }
        if self.journal().has_ended {
            return Err(Error::state(format!("machine {} has ended", self.id)));
        }
        self.deliver(sender, &[timestamp]);
        Ok(())
    }

    /// A handshake with a peer succeeded.
    pub(super) fn connected(
        &self,
        peer: usize,
        peer_id: MachineId,
        peer_history: Nonce,
        is_first: bool,
    ) -> Result<()> {
        let mut journal = self.journal();
        let what = What::Connect {
            peer: peer as u32,
            peer_id,
            peer_history,
        };
        let time = self.clock.now();
        if let Err(error) = journal.file.write(&[Entry { time, what }]) {
            self.fail(error.to_string());
            return Err(error);
        }
        if is_first {
            self.gauges.connected.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }

    /// The orderly end: what is left goes out, UNREAD and END are written.
    pub fn finish(&self) -> Result<()> {
        if self.journal().has_ended {
            return Ok(());
        }
        let (reply, done) = bounded(1);
        self.network.tell(Command::Finish {
            station: self.station,
            reply,
        });
        let undelivered = done
            .recv()
            .map_err(|_| Error::state(format!("machine {}: the network is gone", self.id)))?;
        let mut journal = self.journal();
        let mut node = self.node();
        let time = self.clock.now();
        let final_clock = node.clock();
        let mut entries: Vec<Entry> = node
            .drain()
            .map(|message| Entry {
                time,
                what: What::Unread(message),
            })
            .collect();
        let end = End {
            final_clock,
            queue_len: entries.len() as u64,
            ticks: journal.ticks,
            lateness: journal.lateness.summary(),
            undelivered,
        };
        entries.push(Entry {
            time,
            what: What::End(Box::new(end)),
        });
        journal.has_ended = true;
        journal.file.write(&entries)
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
    pub(super) fn warn(&self, kind: &str, text: String) {
        let now = self.clock.now();
        let mut warnings = self.warnings.lock().expect("no holder panics");
        let is_new = warnings
            .given
            .get(kind)
            .is_none_or(|&given| now - given >= WARNING_PAUSE);
        let has_room = warnings.given.len() < MOST_WARNINGS || warnings.given.contains_key(kind);
        if !is_new || !has_room || warnings.texts.len() >= MOST_WARNINGS {
            return;
        }
        warnings.given.insert(kind.to_owned(), now);
        warnings.texts.push(format!("machine {}: {text}", self.id));
    }

    /// Warns that ticking starts without some of the peers.
    pub(super) fn warn_of_missing_peers(&self, waited: f64) {
        let (connected, all) = (self.connected_peers(), self.peers.len());
        self.warn("missing", format!(
            "only {connected} of {all} peers connected within {waited} s; it starts, and goes on trying to connect"
        ));
    }

    /// Takes the warnings since the last call.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.warnings.lock().expect("no holder panics").texts)
    }
}

impl Batch {
    fn add(&mut self, event: &Event) {
        match event {
            Event::Send {
                new_clock,
                recipients,
                ..
            } => self.sends.push((*new_clock, recipients.clone())),
            Event::Receive {
                message:
                    Message {
                        sender: Some(sender),
                        timestamp,
                        ..
                    },
                ..
            } => match self.receipts.iter_mut().find(|(known, _)| known == sender) {
                Some((_, newest)) => *newest = *timestamp,
                None => self.receipts.push((*sender, *timestamp)),
            },
            Event::Receive { .. } | Event::Internal { .. } => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.sends.is_empty() && self.receipts.is_empty()
    }
}
