//! Carries out what an endpoint says.

use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Interest, Token};

use crate::channel::endpoint::{ConnectionId, Lookup, Output};
use crate::drive::real::machine::member::Met;
use crate::drive::real::poll::{PollTimer, Poller};
use crate::drive::real::resolve::{Question, Resolver};
use crate::drive::real::socket::Socket;
use crate::error::Result;
use crate::model::address::Address;

impl Poller {
    /// Does all that the endpoint of a machine asks for, and notes which of its connections have
    /// something to write, and when to wake it.
    pub(super) fn carry_out(&mut self, id: u64) {
        while let Some(site) = self.sites.get_mut(&id) {
            let Some(output) = site.endpoint.next_output() else {
                for connection in site.endpoint.take_ready() {
                    self.dirty.extend(site.sockets.get(&connection));
                }
                if let Some(forgotten) = site.endpoint.channels().forgotten() {
                    site.member.forgot(forgotten);
                }
                let next = site.endpoint.wake_at();
                if next != site.wake_at {
                    site.wake_at = next;
                    if let Some(time) = next {
                        self.at(time, PollTimer::Wake { site: id });
                    }
                }
                return;
            };
            match output {
                Output::Connect { connection, remote } => self.connect(id, connection, remote),
                Output::LookUp(lookup) => self.look_up(id, lookup),
                Output::Read { connection } => self.unread.extend(site.sockets.get(&connection)),
                Output::ShutDown { connection } => {
                    let key = site.sockets.get(&connection);
                    if let Some(socket) = key.and_then(|&key| self.sockets.get(key)) {
                        socket.shut_down_writing();
                    }
                }
                Output::Close { connection } => {
                    if let Some(key) = site.sockets.remove(&connection) {
                        self.sockets.try_remove(key);
                    }
                }
                Output::Record {
                    connection,
                    peer,
                    peer_id,
                    peer_history,
                } => {
                    let met = Met {
                        connection,
                        peer,
                        peer_id,
                        peer_history,
                    };
                    if let Some(written) = site.member.connected(met) {
                        site.endpoint.recorded(self.now, connection, written);
                    }
                }
                Output::Warn(warning) => site.member.warn(warning),
                Output::Fail { reason } => site.member.fail(reason),
                Output::Finished(farewell) => {
                    let reply = site.reply.take();
                    // Its port is free before anyone hears of it.
                    self.leave(id);
                    if let Some(reply) = reply {
                        // Whoever waits for it may have been stopped by force.
                        let _ = reply.send(farewell);
                    }
                }
            }
        }
    }

    fn connect(&mut self, id: u64, connection: ConnectionId, remote: SocketAddr) {
        let stream = TcpStream::connect(remote);
        let key = stream
            .ok()
            .and_then(|stream| self.add(stream, id, connection, true));
        let Some(site) = self.sites.get_mut(&id) else {
            return;
        };
        match key {
            Some(key) => {
                site.sockets.insert(connection, key);
            }
            None => site.endpoint.broken(self.now, connection),
        }
    }

    /// Adds a socket; `None` if the system cannot watch it.
    pub(super) fn add(
        &mut self,
        mut stream: TcpStream,
        site: u64,
        connection: ConnectionId,
        is_connecting: bool,
    ) -> Option<usize> {
        let entry = self.sockets.vacant_entry();
        let key = entry.key();
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        registry
            .register(&mut stream, Token(key * 2 + 1), interest)
            .ok()?;
        entry.insert(Socket {
            stream,
            site,
            connection,
            is_connecting,
            is_blocked: false,
            is_tuned: false,
        });
        Some(key)
    }

    /// Asks for all addresses of names; the answer comes in a later turn.
    fn look_up(&mut self, id: u64, lookup: Lookup) {
        let Some(site) = self.sites.get(&id) else {
            return;
        };
        let peers = site.endpoint.addresses().cloned();
        let addresses = match lookup {
            Lookup::Peer(peer) => peers.skip(peer).take(1).collect(),
            Lookup::Senders => peers.collect(),
        };
        if self.ask((id, lookup), addresses).is_err() {
            self.found(id, lookup, &[]);
        }
    }

    fn ask(&mut self, token: (u64, Lookup), addresses: Vec<Address>) -> Result<()> {
        let resolver = if let Some(resolver) = self.resolver.take() {
            resolver
        } else {
            let alarm = self.alarm.clone();
            Resolver::start(move || alarm.ring())?
        };
        self.resolver
            .insert(resolver)
            .ask(Question { token, addresses });
        Ok(())
    }

    /// Names have been looked up; of those that are not here nothing was found.
    pub(super) fn found(&mut self, id: u64, lookup: Lookup, found: &[Vec<SocketAddr>]) {
        self.with(id, |site, now| match lookup {
            Lookup::Peer(peer) => {
                let found = found.first().map_or(&[][..], Vec::as_slice);
                site.gate.update(peer, found);
                site.endpoint.found(now, peer, found);
            }
            Lookup::Senders => {
                for (peer, found) in found.iter().enumerate() {
                    site.gate.update(peer, found);
                }
                site.endpoint.vetted(now, |ip| site.gate.standing(now, ip));
            }
        });
    }
}
