//! The poll thread: moves the bytes of all machines of a process, and carries out what their
//! endpoints say.
//!
//! What is said on a connection, and when, is decided in `channel/endpoint.rs` alone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::time::Duration;

use crossbeam_channel::Receiver;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use crate::channel::endpoint::{Endpoint, Lookup, Waits, Workspace};
use crate::drive::real::clock::ProcessClock;
use crate::drive::real::command::{Alarm, Command, Entrance, WAKE};
use crate::drive::real::resolve::Resolver;
use crate::drive::real::site::Site;
use crate::drive::real::socket::Socket;
use crate::log::write::batch::Logged;
use crate::model::message::Nanos;

/// One read takes at most this much; all connections share the memory.
const SCRATCH: usize = 256 * 1024;

/// What is to be done at a later time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PollTimer {
    /// An endpoint wants to be woken.
    Wake { site: u64 },
    /// Accept again, after the process had reached its limit of open files.
    Accept { site: u64 },
}

/// The state of the poll thread.
pub(super) struct Poller {
    pub(super) poll: Poll,
    pub(super) clock: ProcessClock,
    /// The time that endpoints are told: read once for all that is done together.
    pub(super) now: Nanos,
    commands: Receiver<Command>,
    pub(super) alarm: Alarm,
    /// Started by the first name that is not an IP address.
    pub(super) resolver: Option<Resolver<(u64, Lookup)>>,
    pub(super) sites: BTreeMap<u64, Site>,
    pub(super) sockets: Slab<Socket>,
    timers: BinaryHeap<Reverse<(Nanos, PollTimer)>>,
    /// Sockets with something to write.
    pub(super) dirty: Vec<usize>,
    /// Sockets that may have more to read than one turn took.
    pub(super) unread: Vec<usize>,
    /// Machines at whose ports more may wait than one turn took.
    pub(super) crowded: Vec<u64>,
    pub(super) scratch: Vec<u8>,
    pub(super) workspace: Workspace,
}

impl Poller {
    pub(super) fn new(poll: Poll, commands: Receiver<Command>, alarm: Alarm) -> Self {
        Self {
            poll,
            clock: ProcessClock::of_process(),
            now: 0,
            commands,
            alarm,
            resolver: None,
            sites: BTreeMap::new(),
            sockets: Slab::new(),
            timers: BinaryHeap::new(),
            dirty: Vec::new(),
            unread: Vec::new(),
            crowded: Vec::new(),
            scratch: vec![0; SCRATCH],
            workspace: Workspace::default(),
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
            self.now = self.clock.now();
            for event in &events {
                self.ready(event);
            }
            for key in std::mem::take(&mut self.unread) {
                self.readable(key);
            }
            for id in std::mem::take(&mut self.crowded) {
                self.accept(id);
            }
            self.now = self.clock.now();
            self.alarm.reset();
            // Those that come meanwhile ring again, and wait until this turn has written.
            for _ in 0..self.commands.len() {
                let Ok(command) = self.commands.try_recv() else {
                    break;
                };
                if matches!(command, Command::Quit) {
                    return;
                }
                self.carry_out_command(command);
            }
            self.take_answers();
            self.ring();
            for key in std::mem::take(&mut self.dirty) {
                self.flush(key);
            }
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.unread.is_empty() || !self.dirty.is_empty() || !self.crowded.is_empty() {
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

    fn carry_out_command(&mut self, command: Command) {
        match command {
            Command::Enter(id, entrance) => self.enter(id, *entrance),
            Command::AddPeer {
                endpoint,
                address,
                found,
            } => self.with(endpoint, |site, now| {
                let peer = site.endpoint.addresses().count();
                site.gate.update(peer, &found);
                site.endpoint.add_peer(now, address, found);
            }),
            Command::Logged { endpoint, logged } => self.logged(endpoint, logged),
            Command::Recorded {
                endpoint,
                connection,
                written,
            } => self.with(endpoint, |site, now| {
                site.endpoint.recorded(now, connection, written);
            }),
            Command::Finish { endpoint, reply } => self.with(endpoint, |site, now| {
                site.reply = Some(reply);
                site.endpoint.finish(now);
            }),
            Command::Abandon { endpoint, reply } => {
                self.leave(endpoint);
                // Whoever waits for it may have been stopped by force.
                let _ = reply.send(());
            }
            Command::BeginFaults { endpoint } => self.with(endpoint, |site, now| {
                if let Some(faults) = site.member.link_faults() {
                    site.endpoint.begin_faults(now, faults);
                }
            }),
            Command::Pause { endpoint } => self.with(endpoint, |site, _| site.endpoint.pause()),
            Command::GoOn { endpoint } => {
                self.with(endpoint, |site, now| site.endpoint.go_on(now));
                self.accept(endpoint);
            }
            Command::Quit => unreachable!("the loop ends at it"),
        }
    }

    /// Does something to a machine, if it is there, and then what its endpoint says.
    pub(super) fn with(&mut self, id: u64, what: impl FnOnce(&mut Site, Nanos)) {
        if let Some(site) = self.sites.get_mut(&id) {
            what(site, self.now);
            self.carry_out(id);
        }
    }

    fn enter(&mut self, id: u64, entrance: Entrance) {
        let Entrance {
            member,
            listener,
            gate,
            channels,
            peers,
        } = entrance;
        let mut listener = mio::net::TcpListener::from_std(listener);
        let token = Token(id as usize * 2);
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut listener, token, Interest::READABLE) {
            member.fail(format!(
                "machine {}: cannot wait for connections: {error}",
                member.id()
            ));
            return;
        }
        let secret = member.secret().cloned();
        let site = Site {
            endpoint: Endpoint::new(channels, peers, secret, Waits::default()),
            member,
            listener,
            gate,
            sockets: BTreeMap::new(),
            wake_at: None,
            is_pausing: false,
            reply: None,
        };
        self.sites.insert(id, site);
        self.with(id, |site, now| site.endpoint.enter(now));
    }

    fn logged(&mut self, id: u64, mut logged: Logged) {
        let made = logged.made();
        let letters = logged.take_letters();
        let (sends, receipts) = logged.into_parts();
        self.with(id, |site, _| {
            if letters.is_empty() {
                site.endpoint.made(made, &sends);
                site.endpoint.logged(sends, receipts);
                return;
            }
            let timed = letters.iter().map(|(sent, to, _)| (*sent, to.clone()));
            let timed: Vec<_> = timed.collect();
            site.endpoint.made(made, &timed);
            site.endpoint.logged_letters(letters, receipts);
        });
    }

    pub(super) fn at(&mut self, time: Nanos, timer: PollTimer) {
        self.timers.push(Reverse((time, timer)));
    }

    fn ring(&mut self) {
        self.now = self.clock.now();
        while let Some(&Reverse((time, timer))) = self.timers.peek() {
            if time > self.now {
                return;
            }
            self.timers.pop();
            match timer {
                PollTimer::Wake { site: id } => {
                    // Another time may have taken the place of this one.
                    if let Some(site) = self.sites.get_mut(&id)
                        && site.wake_at == Some(time)
                    {
                        site.wake_at = None;
                        site.endpoint.wake(self.now);
                        self.carry_out(id);
                    }
                }
                PollTimer::Accept { site } => self.accept_again(site),
            }
        }
    }

    fn take_answers(&mut self) {
        while let Some(answer) = self
            .resolver
            .as_ref()
            .and_then(|resolver| resolver.answers.try_recv().ok())
        {
            let (id, lookup) = answer.token;
            self.found(id, lookup, &answer.found);
        }
    }

    /// Forgets a machine and closes its listener and its connections.
    pub(super) fn leave(&mut self, id: u64) {
        if let Some(site) = self.sites.remove(&id) {
            for key in site.sockets.into_values() {
                self.sockets.try_remove(key);
            }
        }
    }
}
