//! The poll thread: network input and output of all machines of a process.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crossbeam_channel::Receiver;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use crate::drive::real::clock::Clock;
use crate::drive::real::command::{Alarm, Command, WAKE};
use crate::drive::real::connection::{Connection, Role};
use crate::drive::real::endpoint::{Ending, Endpoint};
use crate::drive::real::resolve::{Question, Resolver};
use crate::error::Result;
use crate::log::write::turn::Logged;
use crate::model::address::Address;
use crate::model::message::Nanos;

/// One read takes at most this much; all connections share the memory.
const SCRATCH: usize = 256 * 1024;

/// What is to be done at a later time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Connect to a peer again.
    Retry { endpoint: u64, peer: usize },
    /// Give up a connection whose handshake has not succeeded, or that was told to leave.
    Overdue { key: usize, number: u64 },
    /// Accept again, after the process had reached its limit of open files.
    Accept { endpoint: u64 },
    /// The orderly end has taken its time.
    End { endpoint: u64 },
    /// A fault of a machine's links begins or ends.
    LinkChange { endpoint: u64 },
}

/// Whom an answer of the resolver is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lookup {
    /// The next connection to a peer.
    Peer { endpoint: u64, peer: usize },
    /// The gate of a machine.
    Gate { endpoint: u64 },
}

/// The state of the poll thread.
pub(super) struct Poller {
    pub(super) poll: Poll,
    pub(super) clock: Clock,
    commands: Receiver<Command>,
    alarm: Alarm,
    /// Started by the first name that is not an IP address.
    resolver: Option<Resolver<Lookup>>,
    pub(super) endpoints: BTreeMap<u64, Endpoint>,
    pub(super) connections: Slab<Connection>,
    connections_made: u64,
    timers: BinaryHeap<Reverse<(Nanos, Timer)>>,
    /// Connections with something to write.
    pub(super) dirty: Vec<usize>,
    /// Connections that may have more to read than one turn took.
    pub(super) unread: Vec<usize>,
    pub(super) scratch: Vec<u8>,
    /// What a read brought, once decrypted.
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
            endpoints: BTreeMap::new(),
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
            // Those that come meanwhile ring again, and wait until this turn has written.
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
                endpoint: id,
                member,
                listener,
                gate,
                channels,
                found,
            } => {
                let endpoint = Endpoint::new(member, listener, gate, *channels, found);
                self.enter(id, endpoint);
            }
            Command::Logged { endpoint, logged } => self.logged(endpoint, logged),
            Command::Finish { endpoint, reply } => {
                self.finish(
                    endpoint,
                    Ending {
                        is_late: false,
                        reply,
                    },
                );
            }
            Command::Abandon { endpoint, reply } => {
                self.leave(endpoint);
                // Whoever waits for it may have been stopped by force.
                let _ = reply.send(());
            }
            Command::BeginFaults { endpoint } => self.begin_faults(endpoint),
            Command::Pause { endpoint } => self.pause(endpoint),
            Command::GoOn { endpoint } => self.go_on(endpoint),
            Command::Quit => unreachable!("the loop ends at it"),
        }
    }

    fn enter(&mut self, id: u64, mut endpoint: Endpoint) {
        let token = Token(id as usize * 2);
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut endpoint.listener, token, Interest::READABLE) {
            let member = &endpoint.member;
            member.fail(format!(
                "machine {}: cannot wait for connections: {error}",
                member.id()
            ));
            return;
        }
        let peers = endpoint.peers.len();
        self.endpoints.insert(id, endpoint);
        for peer in 0..peers {
            self.connect(id, peer);
        }
    }

    /// Lets the channels know what the log holds.
    fn logged(&mut self, id: u64, logged: Logged) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        let (sends, receipts) = logged.into_parts();
        for (timestamp, recipients) in sends {
            endpoint.channels.sent(timestamp, &recipients);
            for position in recipients.positions(endpoint.peers.len() as u32) {
                if let Some(key) = endpoint.peers[position as usize].connection {
                    mark_dirty(&mut self.connections, &mut self.dirty, key);
                }
            }
        }
        for (sender, timestamp) in receipts {
            endpoint.channels.received(sender, timestamp);
            if let Some(&key) = endpoint.senders.get(&sender) {
                self.connections[key].owes_ack = true;
                mark_dirty(&mut self.connections, &mut self.dirty, key);
            }
        }
        if let Some(overfull) = endpoint.channels.overfull() {
            endpoint.member.fail(format!(
                "machine {}: {}",
                endpoint.member.id(),
                overfull.told(&endpoint.peers[overfull.position].address)
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
        endpoint: u64,
        remote: SocketAddr,
        role: Role,
    ) -> Option<usize> {
        self.connections_made += 1;
        let entry = self.connections.vacant_entry();
        let key = entry.key();
        let connection = entry.insert(Connection::new(
            stream,
            endpoint,
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

    /// Limits how long a connection may stay without a handshake.
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
                Timer::Retry { endpoint, peer } => self.connect(endpoint, peer),
                Timer::Overdue { key, number } => self.overdue(key, number),
                Timer::Accept { endpoint } => self.accept_again(endpoint),
                Timer::End { endpoint } => self.end_is_late(endpoint),
                Timer::LinkChange { endpoint } => self.link_change(endpoint),
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
                Lookup::Peer { endpoint, peer } => {
                    self.found_peer(endpoint, peer, &answer.found[0]);
                }
                Lookup::Gate { endpoint } => self.found_for_gate(endpoint, &answer.found),
            }
        }
    }

    /// Forgets a machine and closes its listener and its connections.
    pub(super) fn leave(&mut self, id: u64) {
        self.endpoints.remove(&id);
        self.connections
            .retain(|_, connection| connection.endpoint != id);
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
