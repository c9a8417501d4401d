//! One machine in real time: its node, its log, and its place in the network.

mod by_hand;
mod config;
mod handle;
mod handling;
mod inputs;
mod letters;
mod lives;
pub(super) mod member;
mod peers;
mod plan;
mod recipients;
mod shortages;
mod state;
mod step;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use crossbeam_channel::bounded;

use crate::channel::channels::Channels;
use crate::channel::endpoint::Warning;
use crate::channel::identity::{Identity, Nonce};
use crate::channel::link_faults::LinkFaults;
use crate::channel::noise::Secret;
use crate::drive::real::clock::ProcessClock;
use crate::drive::real::command::{Command, Entrance};
use crate::drive::real::entropy;
use crate::drive::real::gate::{Gate, Subnet};
use crate::drive::real::listen;
use crate::drive::real::mailbox::Mailbox;
use crate::drive::real::poll_thread::PollThread;
use crate::drive::real::warnings::Warnings;
use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::line::{Entry, Place, Startup, What, json};
use crate::log::read::recover::Recovered;
use crate::log::write::file::LogFile;
use crate::log::write::writer::Formatter;
use crate::model::address::Address;
use crate::model::behavior::OwnOdds;
use crate::model::message::{MachineId, Nanos};
use crate::model::schedule::Schedule;
use crate::model::timetable::Timetable;

pub use config::Config;
use handling::Handling;
pub use handling::UnderWay;
use lives::Life;
pub(super) use member::{Control, Journal};
use member::{Gauges, Member};
pub(super) use plan::Plan;

/// A machine: made by [`Machine::open`], it can be connected to at once.
#[derive(Debug)]
pub struct Machine {
    member: Arc<Member>,
    network: Arc<PollThread>,
    /// The name of its endpoint in the network.
    endpoint: u64,
    seed: u64,
    /// Where it listens.
    own: SocketAddr,
    timetable: Timetable,
    odds: OwnOdds,
    is_precise: bool,
    /// With an algorithm: its handlers.
    handling: Option<Handling>,
}

impl Machine {
    /// Binds the port, opens the log, writes STARTUP, and enters the network.
    pub fn open(mut config: Config, network: &Arc<PollThread>) -> Result<Arc<Self>> {
        let clock = ProcessClock::of_process();
        let id = config.machine_id;
        let unix_origin = config.unix_origin.unwrap_or_else(|| clock.unix_origin());
        let interrupted = config.resume.then(|| LogFile::resume(&config.log));
        let mut interrupted = interrupted.transpose()?;
        let past = interrupted.as_ref().and_then(|log| log.recovered.as_ref());
        if let Some(past) = past {
            config.take_past(past, ((unix_origin + clock.now()) / 1000) as Micros);
        }
        let Plan {
            seed,
            timetable,
            generator,
        } = config.plan(past)?;
        let mut found = config.find_peers(past)?;
        let mut startup = startup(&config, (seed, timetable.schedule().rate()));
        let peers = past.map_or(config.peers.len(), |past| past.declared);
        // Where something was sent by hand is no part of the peer list.
        let others = config.peers.split_off(peers);
        let found_others = found.split_off(peers);
        let other_python = config.other_python(past);
        let told = (&*config.peers, config.peer_ids.as_deref());
        let algorithm = config.algorithm.take();
        let algorithm = algorithm
            .map(|algorithm| lives::begin(algorithm, interrupted.as_mut(), told, (id, seed)))
            .transpose()?;
        let past = interrupted.as_mut().and_then(|log| log.recovered.take());
        let (listener, listen) = listen::bind(id, config.listening, &config.peers, &found)?;
        let own = listen::own(id, &listener)?;
        let me = identity(id, &config.run_id, past.as_ref())?;
        let history = me.history;

        let (formatter, unix_origin) =
            formatter(id, &config.peers, (clock, unix_origin), past.as_ref());
        let file = match interrupted {
            Some(log) => log.go_on(formatter),
            None => LogFile::create(&config.log, config.overwrite, formatter),
        };
        let mut file = file.and_then(|file| file.synced(config.is_synced))?;
        let (local_clock, ticks) = past
            .as_ref()
            .map_or((0, 0), |past| (past.clock, past.ticks));
        startup.local_clock = Some(local_clock);
        startup.history = Some(json(history));
        startup.listen = Some(Place::at(&listen));
        file.write_kept(&[started(startup, clock)])?;

        let began = began(&mut file, past.as_ref(), config.began);
        let bodies = lives::bodies(past.as_ref());
        let (connected, mut channels) = channels(me, past, peers, config.senders);
        if let Some(ids) = config.peer_ids {
            file.know(&ids);
            channels = channels.expecting_peers(ids);
        }
        let Life {
            core,
            handling,
            letters,
            connected,
            channels,
        } = Life::begin(
            algorithm.ok_or(generator),
            (unix_origin, local_clock),
            (bodies, &file),
            (connected, channels),
        )?;
        let protocol = channels.protocol();
        let member = Arc::new(Member {
            id,
            history,
            delays: config.latency.delays(seed),
            secret: config
                .key
                .map(|key| Secret::new(key, &config.run_id).speaking(protocol)),
            clock,
            unix_origin,
            began,
            journal: Mutex::new(Journal::new(file, ticks, others.clone())),
            state: Mutex::new(core),
            letters,
            gauges: Gauges::new(local_clock, ticks, connected),
            peers: config.peers,
            warnings: Mutex::new(Warnings::new(id)),
            failure: Mutex::default(),
            unreached: OnceLock::new(),
            link_faults: OnceLock::new(),
            controls: Mailbox::default(),
        });
        let machine = Arc::new(Self {
            member,
            network: network.clone(),
            endpoint: network.new_endpoint(),
            seed,
            own,
            timetable,
            odds: config.manner.odds(config.behavior, peers as u32),
            is_precise: config.is_precise,
            handling,
        });
        machine.warn_of_python(other_python);
        found.extend(found_others);
        machine.enter(listener, config.allowed, channels, (found, others));
        Ok(machine)
    }

    fn enter(
        &self,
        listener: std::net::TcpListener,
        allowed: Vec<Subnet>,
        channels: Channels,
        (found, others): (Vec<Vec<SocketAddr>>, Vec<Address>),
    ) {
        let gate = Gate::new(allowed, &found);
        let addresses = self.member.peers.iter().cloned().chain(others);
        let entrance = Entrance {
            member: self.member.clone(),
            listener,
            gate,
            channels,
            peers: addresses.zip(found).collect(),
        };
        self.network
            .tell(Command::Enter(self.endpoint, entrance.into()));
    }

    /// Its number in the run.
    pub fn id(&self) -> MachineId {
        self.member.id
    }

    /// The name of its past.
    pub fn history(&self) -> Nonce {
        self.member.history
    }

    /// The seed of its draws.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The machines it sends to.
    pub fn peers(&self) -> &[Address] {
        &self.member.peers
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.own.port()
    }

    /// When it ticks, if that is periodic: at its first rate.
    pub fn schedule(&self) -> &Schedule {
        self.timetable.schedule()
    }

    /// When it ticks.
    pub fn timetable(&self) -> &Timetable {
        &self.timetable
    }

    /// What its idle ticks draw with.
    pub fn odds(&self) -> &OwnOdds {
        &self.odds
    }

    pub(super) fn is_precise(&self) -> bool {
        self.is_precise
    }

    /// The clock's value at the last step.
    pub fn local_clock(&self) -> u64 {
        self.member.gauges.clock.load(Ordering::Relaxed)
    }

    /// How many messages wait, now.
    pub fn queue_len(&self) -> u64 {
        self.member.gauges.queue_len.load(Ordering::Relaxed)
    }

    /// How many ticks have happened.
    pub fn ticks(&self) -> u64 {
        self.member.gauges.ticks.load(Ordering::Relaxed)
    }

    /// The peers that have not connected so far.
    pub fn missing_peers(&self) -> Vec<&Address> {
        let connected = self.member.connected_peers();
        let peers = self.member.peers.iter().zip(&*connected);
        peers
            .filter(|(_, is_connected)| !**is_connected)
            .map(|(peer, _)| peer)
            .collect()
    }

    /// Where the tick thread is told what to do.
    pub(super) fn controls(&self) -> &Mailbox<Control> {
        &self.member.controls
    }

    pub(super) fn tell(&self, control: Control) {
        self.member.controls.put(control);
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.member.journal()
    }

    /// Whether the poll thread has more to do than it should.
    pub(super) fn is_network_behind(&self) -> bool {
        self.network.is_behind()
    }

    /// Leaves the network at once, as in a crash: the log has no END, and can be resumed.
    pub fn abandon(&self) {
        let mut journal = self.journal();
        journal.has_ended = true;
        journal.file.release();
        drop(journal);
        let (reply, done) = bounded(1);
        self.network.tell(Command::Abandon {
            endpoint: self.endpoint,
            reply,
        });
        // No answer: the network is gone, and the machine with it.
        let _ = done.recv();
        self.member.end_warnings();
    }

    /// When it began to tick, in Unix microseconds, if it has.
    pub fn began(&self) -> Option<Micros> {
        self.member.began.get().copied()
    }

    /// Ticking begins at `start` on the process's clock, or has begun before. When it did, on that clock.
    pub(super) fn begin(&self, start: Nanos) -> i64 {
        self.begin_in(&mut self.journal(), start);
        let began = self.began().expect("it has begun");
        began * 1000 - self.member.unix_origin as i64
    }

    /// The same, for who holds the journal.
    fn begin_in(&self, journal: &mut Journal, start: Nanos) {
        self.member.began.get_or_init(|| {
            let began = ((self.member.unix_origin + start) / 1000) as Micros;
            journal.file.begin(began);
            began
        });
    }

    /// Its fault schedule begins.
    pub(super) fn begin_faults(&self, faults: LinkFaults) {
        let is_first = self.member.link_faults.set(faults).is_ok();
        debug_assert!(is_first, "a machine is started once");
        self.network.tell(Command::BeginFaults {
            endpoint: self.endpoint,
        });
    }

    /// Pauses its connections, or lets them go on.
    pub(super) fn set_paused(&self, is_still: bool) {
        let endpoint = self.endpoint;
        self.network.tell(if is_still {
            Command::Pause { endpoint }
        } else {
            Command::GoOn { endpoint }
        });
    }

    /// Why the machine cannot go on, if something made it impossible.
    pub fn failure(&self) -> Option<Error> {
        self.member.failure()
    }

    /// Warns of another version of Python than that of the life before.
    fn warn_of_python(&self, words: Option<String>) {
        if let Some(words) = words {
            self.member.warn(Warning::of("python", words));
        }
    }

    /// Warns of what will be full before it ends.
    pub fn warn_of_shortage(&self, words: &str) {
        self.member.warn(Warning::of("shortage", words.to_owned()));
    }

    /// Warns of a handler that has been at work for so many seconds.
    pub(super) fn warn_of_long_handler(&self, handler: &str, seconds: u64) {
        let text = format!(
            "its handler {handler} has been at work for {seconds} s: nothing else happens at this machine, and it \
             cannot end, before that returns; Ctrl-C twice, or interrupt(), is raised in it"
        );
        self.member.warn(Warning::of("handler", text));
    }

    /// Warns of ticks that were due before the end and had not happened a second after it.
    pub(super) fn warn_of_ticks_given_up(&self, ticks: usize) {
        let text = format!(
            "its handlers take longer than there is from tick to tick: {ticks} ticks that were due before the end had \
             not happened a second after it, and were given up; lower its rate, {} ticks a second, or give it a \
             longer duration",
            self.timetable().rate()
        );
        self.member.warn(Warning::of("handler", text));
    }

    /// Warns that ticking starts without some of the peers.
    pub(super) fn warn_of_missing_peers(&self, waited: f64) {
        let missing: Vec<String> = self
            .missing_peers()
            .iter()
            .map(ToString::to_string)
            .collect();
        let text = format!(
            "{} did not connect within {waited} s; it starts, and goes on trying",
            missing.join(", ")
        );
        self.member.warn(Warning::of("missing", text));
    }

    /// After its end: an error if connections to some of its peers never worked, none of them once.
    pub(super) fn check_reached(&self) -> Result<()> {
        let told = self.member.unreached.get();
        told.map_or(Ok(()), |told| Err(Error::state(told.clone())))
    }

    /// Warns of such peers, where that is no error.
    pub(super) fn warn_of_unreached(&self) {
        if let Some(told) = self.member.unreached.get() {
            self.member.warn(Warning::of("unreached", told));
        }
    }

    /// Takes the warnings since the last call.
    pub fn take_warnings(&self) -> Vec<String> {
        self.member.take_warnings()
    }
}

/// Who a machine is: one that comes back has its history, in another process.
fn identity(id: MachineId, run_id: &str, past: Option<&Recovered>) -> Result<Identity> {
    Ok(Identity {
        id,
        run_id: run_id.to_owned(),
        history: past.map_or_else(entropy::nonce, |past| Ok(past.history))?,
        instance: entropy::nonce()?,
    })
}

/// What a STARTUP line says of what a machine is to be.
fn startup(config: &Config, (seed, rate): (u64, f64)) -> Startup<'static> {
    let mut startup = Startup {
        clock_rate: Some(rate),
        run_id: Some(config.run_id.clone().into()),
        seed: Some(seed),
        probabilities: config.behavior.into(),
        manner: config.manner.clone(),
        ..Startup::default()
    };
    if let Some(algorithm) = &config.algorithm {
        algorithm.declare(&mut startup);
    }
    startup
}

/// The line of it.
fn started(startup: Startup<'static>, clock: ProcessClock) -> Entry {
    Entry {
        time: clock.now(),
        what: What::Startup(Box::new(startup)),
    }
}

/// The channels of a machine with so many peers, and which of these have ever connected.
fn channels(
    me: Identity,
    past: Option<Recovered>,
    peers: usize,
    senders: Option<Vec<MachineId>>,
) -> (Vec<bool>, Channels) {
    let (connected, channels) = match past {
        Some(Recovered { past, .. }) => {
            let listed = past.peers.iter().take(peers);
            let connected = listed.map(|peer| peer.known.is_some()).collect();
            (connected, Channels::resumed(me, past).listing(peers))
        }
        None => (vec![false; peers], Channels::new(me, peers)),
    };
    match senders {
        Some(senders) => (connected, channels.expecting(senders)),
        None => (connected, channels),
    }
}

/// When the machine began to tick, if its log tells, or else whoever started it: then its log is to tell.
fn began(file: &mut LogFile, past: Option<&Recovered>, given: Option<Micros>) -> OnceLock<Micros> {
    let told = past.and_then(|past| past.began);
    if let (None, Some(began)) = (told, given) {
        file.begin(began);
    }
    let known = told.or(given);
    known.map_or_else(OnceLock::new, OnceLock::from)
}

/// The writer of a machine's lines, and the Unix time of the clock's zero in them.
///
/// `past` is what a resumed machine's log tells.
fn formatter(
    id: MachineId,
    peers: &[Address],
    (clock, unix_origin): (ProcessClock, Nanos),
    past: Option<&Recovered>,
) -> (Formatter, Nanos) {
    // The wall clock may have been set back since the last line.
    let last = past.map_or(0, |past| past.last_time as Nanos * 1000);
    let origin = unix_origin.max(last.saturating_sub(clock.now()) + 1000);
    let mut formatter = Formatter::new(id, origin, peers.iter().map(Place::at).collect());
    if let Some(past) = past {
        let others = &past.peers[past.declared..];
        for peer in others {
            formatter.add_peer(peer);
        }
        let peers = past.past.peers.iter();
        formatter.know(peers.map(|peer| peer.known.map(|(id, _)| id)));
    }
    (formatter, origin)
}
