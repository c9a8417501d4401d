//! The poll thread: it moves the bytes of all machines of a process.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crossbeam_channel::Receiver;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use crate::address::Address;
use crate::error::Result;
use crate::log::turn::Logged;
use crate::message::Nanos;
use crate::net::clock::Clock;
use crate::net::connection::{Connection, Role};
use crate::net::machine::Machine;
use crate::net::network::{Alarm, Command, WAKE};
use crate::net::resolve::{Question, Resolver};
use crate::net::station::{Ending, Station};

/// One read takes at most this, all connections share the memory.
const SCRATCH: usize = 256 * 1024;

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
    /// Something changes for the links of a machine.
    Weather { station: u64 },
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
    alarm: Alarm,
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
    /// What a read says once it is opened with a key.
    pub(super) plain: Vec<u8>,
    /// New messages of the read at hand.
    pub(super) fresh: Vec<u64>,
}

impl Poller {
    pub(super) fn new(poll: Poll, commands: Receiver<Command>, alarm: Alarm) -> Self {
        Self {
            poll,
            clock: Clock::of_process(),
            commands,
            alarm,
            resolver: None,
            stations: BTreeMap::new(),
            connections: Slab::new(),
            connections_made: 0,
            timers: BinaryHeap::new(),
            dirty: Vec::new(),
            unread: Vec::new(),
            scratch: vec![0; SCRATCH],
            plain: Vec::new(),
            fresh: Vec::new(),
        }
    }

    pub(super) fn run(mut self) {
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
            self.alarm.hush();
            // Those that come meanwhile ring again, and wait until bytes have moved.
            for _ in 0..self.commands.len() {
                let Ok(command) = self.commands.try_recv() else {
                    break;
                };
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
                station: id,
                machine,
                listener,
                gate,
                channels,
                found,
            } => {
                let station = Station::new(machine, listener, gate, *channels, found);
                self.enter(id, station);
            }
            Command::Logged { station, logged } => self.logged(station, logged),
            Command::Finish { station, reply } => {
                self.finish(
                    station,
                    Ending {
                        is_late: false,
                        reply,
                    },
                );
            }
            Command::Abandon { station, reply } => {
                self.leave(station);
                // Whoever waits for it may have been stopped by force.
                let _ = reply.send(());
            }
            Command::Weather { station } => self.begin_weather(station),
            Command::Pause { station } => self.pause(station),
            Command::GoOn { station } => self.go_on(station),
            Command::Quit => unreachable!("the loop ends at it"),
        }
    }

    fn enter(&mut self, id: u64, mut station: Station) {
        let token = Token(id as usize * 2);
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut station.listener, token, Interest::READABLE) {
            let machine = &station.machine;
            machine.fail(format!(
                "machine {}: cannot wait for connections: {error}",
                machine.id()
            ));
            return;
        }
        let peers = station.peers.len();
        self.stations.insert(id, station);
        for peer in 0..peers {
            self.connect(id, peer);
        }
    }

    /// Lets the channels know what the log holds.
    fn logged(&mut self, id: u64, logged: Logged) {
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        let (sends, receipts) = logged.into_parts();
        for (timestamp, recipients) in sends {
            station.channels.sent(timestamp, &recipients);
            for position in recipients.positions(station.peers.len() as u32) {
                if let Some(key) = station.peers[position as usize].connection {
                    mark_dirty(&mut self.connections, &mut self.dirty, key);
                }
            }
        }
        for (sender, timestamp) in receipts {
            station.channels.received(sender, timestamp);
            if let Some(&key) = station.senders.get(&sender) {
                self.connections[key].owes_ack = true;
                mark_dirty(&mut self.connections, &mut self.dirty, key);
            }
        }
        let full = (0..station.peers.len())
            .find(|&position| station.channels.kept(position) > Machine::MOST_KEPT);
        if let Some(position) = full {
            station.machine.fail(format!(
                "machine {}: {} messages wait for {}, more than the {} that are kept",
                station.machine.id(),
                station.channels.kept(position),
                station.peers[position].address,
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
        self.at(self.clock.now() + wait, timer);
    }

    pub(super) fn at(&mut self, time: Nanos, timer: Timer) {
        self.timers.push(Reverse((time, timer)));
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
                Timer::Accept { station } => self.accept_again(station),
                Timer::End { station } => self.end_is_late(station),
                Timer::Weather { station } => self.weather(station),
            }
        }
    }

    /// Asks for all addresses of these names; the answer comes in a later turn.
    pub(super) fn look_up(&mut self, token: Lookup, addresses: Vec<Address>) -> Result<()> {
        if self.resolver.is_none() {
            let alarm = self.alarm.clone();
            self.resolver = Some(Resolver::start(move || alarm.ring())?);
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
}

/// Puts a connection on the list of those to flush.
pub(super) fn mark_dirty(connections: &mut Slab<Connection>, dirty: &mut Vec<usize>, key: usize) {
    let connection = &mut connections[key];
    if !connection.is_dirty {
        connection.is_dirty = true;
        dirty.push(key);
    }
}
