//! The poll thread: it moves the bytes of all machines of a process.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use slab::Slab;

use crate::error::{Error, Result};
use crate::event::Recipients;
use crate::message::{MachineId, Nanos};
use crate::net::clock::Clock;
use crate::net::connection::{Connection, Role};
use crate::net::gate::Gate;
use crate::net::machine::Machine;
use crate::net::resolve::{Question, Resolver};
use crate::net::station::{Ending, Station, Undelivered};

const WAKE: Token = Token(usize::MAX);
/// One read takes at most this, all connections share the memory.
const SCRATCH: usize = 256 * 1024;
/// Commands waiting for the poll thread; beyond it tick threads pause.
const BEHIND: usize = 256;
/// What ending machines wait for others, at most.
const END_WAIT: Nanos = 1_000_000_000;
/// What they then wait for their last words to be read.
const PARTING_WAIT: Nanos = 300_000_000;

/// What the other threads ask of the poll thread.
pub(super) enum Command {
    /// A machine begins to listen and to connect.
    Enter {
        station: u64,
        machine: Arc<Machine>,
        listener: std::net::TcpListener,
        gate: Gate,
        found: Vec<Vec<SocketAddr>>,
    },
    /// The log holds these steps of a machine.
    Logged { station: u64, batch: Batch },
    /// A machine has ticked its last: the orderly end.
    Finish {
        station: u64,
        reply: Sender<Undelivered>,
    },
    /// A machine is gone without an orderly end.
    Abandon { station: u64 },
    /// No machine is left.
    Quit,
}

/// What follows for the channels from steps that the log holds.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The sends, in order.
    pub(super) sends: Vec<(u64, Recipients)>,
    /// For each sender the newest message received.
    pub(super) receipts: Vec<(MachineId, u64)>,
}

/// The handle of a poll thread. The thread ends with its last handle.
#[derive(Debug)]
pub struct Network {
    commands: Sender<Command>,
    waker: Arc<Waker>,
    /// Whether the thread has been woken and has not looked yet.
    is_woken: Arc<AtomicBool>,
    stations: AtomicU64,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    /// The poll thread of this process, started if there is none.
    pub fn of_process() -> Result<Arc<Self>> {
        // With the process's id: a forked child has the memory but not the thread.
        static NETWORK: Mutex<(u32, Weak<Network>)> = Mutex::new((0, Weak::new()));
        let mut held = NETWORK.lock().expect("no holder panics");
        let process = std::process::id();
        if let Some(network) = held.1.upgrade().filter(|_| held.0 == process) {
            return Ok(network);
        }
        let network = Self::start()?;
        *held = (process, Arc::downgrade(&network));
        Ok(network)
    }

    fn start() -> Result<Arc<Self>> {
        let failed = |source| Error::io("cannot start the thread that moves the bytes", source);
        let poll = Poll::new().map_err(failed)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE).map_err(failed)?);
        let is_woken = Arc::new(AtomicBool::new(false));
        let (commands, asked) = unbounded();
        let poller = Poller {
            poll,
            clock: Clock::of_process(),
            commands: asked,
            is_woken: is_woken.clone(),
            waker: waker.clone(),
            resolver: None,
            stations: BTreeMap::new(),
            connections: Slab::new(),
            connections_made: 0,
            timers: BinaryHeap::new(),
            dirty: Vec::new(),
            unread: Vec::new(),
            scratch: vec![0; SCRATCH],
            fresh: Vec::new(),
        };
        let thread = thread::Builder::new()
            .name("lamport-poll".into())
            .spawn(move || poller.run())
            .map_err(failed)?;
        Ok(Arc::new(Self {
            commands,
            waker,
            is_woken,
            stations: AtomicU64::new(0),
            thread: Some(thread),
        }))
    }

    pub(super) fn tell(&self, command: Command) {
        // The thread ends only at `Quit`, which the last handle sends.
        let _ = self.commands.send(command);
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            self.waker.wake().expect("an eventfd takes a wake-up");
        }
    }

    /// A name for one machine, never given again.
    pub(super) fn new_station(&self) -> u64 {
        self.stations.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the poll thread has more to do than it should.
    pub(super) fn is_behind(&self) -> bool {
        self.commands.len() > BEHIND
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.tell(Command::Quit);
        let thread = self.thread.take().expect("only drop takes it");
        // The last machine may be dropped by the poll thread itself.
        if thread.thread().id() != thread::current().id() {
            thread.join().expect("the poll thread does not panic");
        }
    }
}

/// What is to be done at a later time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Connect to a peer again.
    Retry { station: u64, peer: usize },
    /// Give a connection up that has not come to a handshake, or is parting.
    Overdue { key: usize, number: u64 },
    /// Accept again, after the process had no open file left.
    Accept { station: u64 },
    /// The orderly end has taken its time.
    End { station: u64 },
}

/// Whom an answer of the resolver is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lookup {
    /// The next connection to a peer.
    Peer { station: u64, peer: usize },
    /// The gate of a machine.
    Gate { station: u64 },
}

/// The state of the poll thread.
pub(super) struct Poller {
    pub(super) poll: Poll,
    pub(super) clock: Clock,
    commands: Receiver<Command>,
    is_woken: Arc<AtomicBool>,
    waker: Arc<Waker>,
    /// Started by the first name that is no IP address.
    resolver: Option<Resolver<Lookup>>,
    pub(super) stations: BTreeMap<u64, Station>,
    pub(super) connections: Slab<Connection>,
    connections_made: u64,
    timers: BinaryHeap<Reverse<(Nanos, Timer)>>,
    /// Connections with something to write.
    pub(super) dirty: Vec<usize>,
    /// Connections that may have more to read than one turn took.
    pub(super) unread: Vec<usize>,
    pub(super) scratch: Vec<u8>,
    /// New messages of the read at hand.
    pub(super) fresh: Vec<u64>,
}

impl Poller {
    fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        loop {
            let timeout = self.timeout();
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => panic!("epoll refuses to wait: {error}"),
            }
            for event in &events {
                self.ready(event);
            }
            for key in std::mem::take(&mut self.unread) {
                self.readable(key);
            }
            self.is_woken.store(false, Ordering::Release);
            while let Ok(command) = self.commands.try_recv() {
                if matches!(command, Command::Quit) {
                    return;
                }
                self.obey(command);
            }
            self.answers();
            self.ring();
            for key in std::mem::take(&mut self.dirty) {
                self.flush(key);
            }
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.unread.is_empty() || !self.dirty.is_empty() {
            return Some(Duration::ZERO);
        }
        let &Reverse((time, _)) = self.timers.peek()?;
        Some(Duration::from_nanos(time.saturating_sub(self.clock.now())))
    }

    fn ready(&mut self, event: &mio::event::Event) {
        let Token(token) = event.token();
        if event.token() == WAKE {
            return;
        }
        // Listeners have even tokens, connections odd ones.
        if token % 2 == 0 {
            self.accept(token as u64 / 2);
            return;
        }
        let key = token / 2;
        if event.is_writable() || event.is_error() {
            self.writable(key);
        }
        if event.is_readable() || event.is_read_closed() {
            self.readable(key);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Enter {
                station,
                machine,
                listener,
                gate,
                found,
            } => {
                self.enter(station, &machine, listener, gate, found);
            }
            Command::Logged { station, batch } => self.logged(station, batch),
            Command::Finish { station, reply } => {
                self.finish(
                    station,
                    Ending {
                        is_late: false,
                        reply,
                    },
                );
            }
            Command::Abandon { station } => self.leave(station),
            Command::Quit => unreachable!("the loop ends at it"),
        }
    }

    fn enter(
        &mut self,
        id: u64,
        machine: &Arc<Machine>,
        listener: std::net::TcpListener,
        gate: Gate,
        found: Vec<Vec<SocketAddr>>,
    ) {
        let mut listener = TcpListener::from_std(listener);
        let token = Token(id as usize * 2);
        if let Err(error) = self
            .poll
            .registry()
            .register(&mut listener, token, Interest::READABLE)
        {
            machine.fail(format!(
                "machine {}: cannot wait for connections: {error}",
                machine.id()
            ));
            return;
        }
        let station = Station::new(machine.clone(), listener, gate, found);
        let peers = station.peers.len();
        self.stations.insert(id, station);
        for peer in 0..peers {
            self.connect(id, peer);
        }
    }

    /// Lets the channels know what the log holds.
    fn logged(&mut self, id: u64, batch: Batch) {
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        let peers = station.peers.len() as u32;
        for (timestamp, recipients) in batch.sends {
            for position in recipients.positions(peers) {
                let peer = &mut station.peers[position as usize];
                peer.outbox.push(timestamp);
                if let Some(key) = peer.connection {
                    mark_dirty(&mut self.connections, &mut self.dirty, key);
                }
            }
        }
        for (sender, timestamp) in batch.receipts {
            let Some(sender) = station.senders.get_mut(&sender) else {
                continue;
            };
            sender.inbox.logged(timestamp);
            if let Some(key) = sender.connection {
                self.connections[key].owes_ack = true;
                mark_dirty(&mut self.connections, &mut self.dirty, key);
            }
        }
        if let Some(peer) = station
            .peers
            .iter()
            .find(|peer| peer.outbox.kept() > Machine::MOST_KEPT)
        {
            station.machine.fail(format!(
                "machine {}: {} messages wait for {}, more than the {} that are kept",
                station.machine.id(),
                peer.outbox.kept(),
                peer.address,
                Machine::MOST_KEPT
            ));
        }
    }

    pub(super) fn mark_dirty(&mut self, key: usize) {
        mark_dirty(&mut self.connections, &mut self.dirty, key);
    }

    /// Adds a connection; `None` if the system cannot watch it.
    pub(super) fn add(
        &mut self,
        stream: mio::net::TcpStream,
        station: u64,
        remote: SocketAddr,
        role: Role,
    ) -> Option<usize> {
        self.connections_made += 1;
        let entry = self.connections.vacant_entry();
        let key = entry.key();
        let connection = entry.insert(Connection::new(
            stream,
            station,
            self.connections_made,
            remote,
            role,
        ));
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self
            .poll
            .registry()
            .register(&mut connection.stream, Token(key * 2 + 1), interest)
            .is_err()
        {
            self.connections.remove(key);
            return None;
        }
        Some(key)
    }

    /// Sets a bound on how long a connection may stay without a handshake.
    pub(super) fn bound(&mut self, key: usize, wait: Nanos) {
        let number = self.connections[key].number;
        self.after(wait, Timer::Overdue { key, number });
    }

    pub(super) fn after(&mut self, wait: Nanos, timer: Timer) {
        self.timers.push(Reverse((self.clock.now() + wait, timer)));
    }

    fn ring(&mut self) {
        let now = self.clock.now();
        while let Some(&Reverse((time, timer))) = self.timers.peek() {
            if time > now {
                return;
            }
            self.timers.pop();
            match timer {
                Timer::Retry { station, peer } => self.connect(station, peer),
                Timer::Overdue { key, number } => self.overdue(key, number),
                Timer::Accept { station } => self.accept(station),
                Timer::End { station } => self.end_is_late(station),
            }
        }
    }

    /// Asks for all addresses of these names; the answer comes in a later turn.
    pub(super) fn look_up(
        &mut self,
        token: Lookup,
        addresses: Vec<crate::address::Address>,
    ) -> Result<()> {
        if self.resolver.is_none() {
            let (waker, is_woken) = (self.waker.clone(), self.is_woken.clone());
            self.resolver = Some(Resolver::start(move || {
                if !is_woken.swap(true, Ordering::AcqRel) {
                    waker.wake().expect("an eventfd takes a wake-up");
                }
            })?);
        }
        let resolver = self.resolver.as_ref().expect("it was just started");
        resolver.ask(Question { token, addresses });
        Ok(())
    }

    fn answers(&mut self) {
        while let Some(answer) = self
            .resolver
            .as_ref()
            .and_then(|resolver| resolver.answers.try_recv().ok())
        {
            match answer.token {
                Lookup::Peer { station, peer } => self.found_peer(station, peer, &answer.found[0]),
                Lookup::Gate { station } => self.found_for_gate(station, &answer.found),
            }
        }
    }

    /// Forgets a machine and closes all that is its.
    pub(super) fn leave(&mut self, id: u64) {
        self.stations.remove(&id);
        self.connections
            .retain(|_, connection| connection.station != id);
    }

    fn finish(&mut self, id: u64, ending: Ending) {
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        station.ending = Some(ending);
        for peer in 0..self.stations[&id].peers.len() {
            self.last_words(id, peer);
        }
        self.after(END_WAIT, Timer::End { station: id });
        self.finish_if_done(id);
    }

    /// Ends a machine that has nothing left to do.
    pub(super) fn finish_if_done(&mut self, id: u64) {
        let Some(station) = self.stations.get(&id) else {
            return;
        };
        if station.ending.is_some() && station.is_finished() {
            self.finish_now(id);
        }
    }

    fn finish_now(&mut self, id: u64) {
        let station = self.stations.get_mut(&id).expect("the caller found it");
        let undelivered = station.undelivered();
        let ending = station.ending.take().expect("the caller found it ending");
        self.leave(id);
        // Whoever waits for it may have been stopped by force.
        let _ = ending.reply.send(undelivered);
    }

    /// The time of an orderly end is over: first part from the senders, then end.
    fn end_is_late(&mut self, id: u64) {
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        let ending = station
            .ending
            .as_mut()
            .expect("the timer is set at the end");
        if ending.is_late {
            self.finish_now(id);
            return;
        }
        ending.is_late = true;
        let keys: Vec<usize> = station
            .senders
            .values_mut()
            .filter_map(|sender| sender.connection)
            .collect();
        for key in keys {
            // The last acknowledgement goes out, nothing more comes in.
            self.connections[key].owes_ack = true;
            self.connections[key].is_last = true;
            self.mark_dirty(key);
        }
        self.after(PARTING_WAIT, Timer::End { station: id });
    }
}

/// Puts a connection on the list of those to flush.
pub(super) fn mark_dirty(connections: &mut Slab<Connection>, dirty: &mut Vec<usize>, key: usize) {
    let connection = &mut connections[key];
    if !connection.is_dirty {
        connection.is_dirty = true;
        dirty.push(key);
    }
}
