//! Connections that come, and bytes in and out.

use std::io;
use std::net::SocketAddr;

use mio::net::TcpStream;

use crate::channel::endpoint::Warning;
use crate::drive::real::entropy;
use crate::drive::real::poll::{PollTimer, Poller};
use crate::drive::real::socket::Moved;
use crate::model::message::Nanos;

/// Messages and acknowledgements are gathered to about this many bytes per write.
const CHUNK: usize = 64 * 1024;
/// Reads and writes of one connection before the others have their turn.
const TURNS: usize = 8;
/// Connections taken before those that stand have their turn.
const MOST_TAKEN: usize = 64;
/// How long accepting pauses when the process has reached its limit of open files.
const ACCEPT_PAUSE: Nanos = 100_000_000;

impl Poller {
    /// Takes the connections that wait at a machine's port.
    pub(super) fn accept(&mut self, id: u64) {
        for _ in 0..MOST_TAKEN {
            let Some(site) = self.sites.get_mut(&id) else {
                return;
            };
            if !site.endpoint.is_accepting() || site.is_pausing {
                return;
            }
            let (stream, remote) = match site.listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // That connection is gone; the next may be there.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
                    ) =>
                {
                    continue;
                }
                Err(error) => {
                    let text = format!("cannot take a connection: {error}");
                    site.member.warn(Warning::of("accept", text));
                    site.is_pausing = true;
                    let time = self.now + ACCEPT_PAUSE;
                    self.at(time, PollTimer::Accept { site: id });
                    return;
                }
            };
            self.take(id, stream, remote);
        }
        self.crowded.push(id);
    }

    /// The pause of accepting is over.
    pub(super) fn accept_again(&mut self, id: u64) {
        if let Some(site) = self.sites.get_mut(&id) {
            site.is_pausing = false;
            self.accept(id);
        }
    }

    fn take(&mut self, id: u64, stream: TcpStream, remote: SocketAddr) {
        let now = self.now;
        let Some(site) = self.sites.get_mut(&id) else {
            return;
        };
        let standing = site.gate.standing(now, remote.ip());
        let taken = site
            .endpoint
            .accepted(now, remote, standing, &mut entropy::bytes);
        if let Some(connection) = taken {
            match self.add(stream, id, connection, false) {
                Some(key) => {
                    self.with(id, |site, _| {
                        site.sockets.insert(connection, key);
                    });
                }
                None => self.with(id, |site, now| site.endpoint.broken(now, connection)),
            }
        }
        self.carry_out(id);
    }

    /// The system says that a socket can be read.
    pub(super) fn readable(&mut self, key: usize) {
        for _ in 0..TURNS {
            if !self.read(key) {
                return;
            }
        }
        self.unread.push(key);
    }

    /// Reads once. Whether there may be more.
    fn read(&mut self, key: usize) -> bool {
        let Some(socket) = self.sockets.get_mut(key) else {
            return false;
        };
        let (id, connection) = (socket.site, socket.connection);
        let Some(site) = self.sites.get_mut(&id) else {
            return false;
        };
        if !site.endpoint.is_reading(connection) {
            return false;
        }
        let read = socket.read(&mut self.scratch);
        // What is heard was so before now, not before this turn.
        self.now = self.clock.now();
        let now = self.now;
        match read {
            Ok(Moved::Nothing) => return false,
            Ok(Moved::Bytes(count)) => {
                let (endpoint, space) = (&mut site.endpoint, &mut self.workspace);
                endpoint.read(now, connection, &self.scratch[..count], space);
                let (sender, messages) = space.messages();
                if !messages.is_empty() {
                    site.member.deliver_from(sender, messages, space.bodies());
                }
            }
            Ok(Moved::End) => site.endpoint.ended(now, connection),
            Err(_) => site.endpoint.broken(now, connection),
        }
        self.carry_out(id);
        // A connection made in its place may have its key.
        let is_there = self
            .sockets
            .get(key)
            .is_some_and(|socket| socket.site == id && socket.connection == connection);
        is_there && matches!(read, Ok(Moved::Bytes(_)))
    }

    /// The system says that a socket can be written.
    pub(super) fn writable(&mut self, key: usize) {
        let Some(socket) = self.sockets.get_mut(key) else {
            return;
        };
        let (id, connection) = (socket.site, socket.connection);
        if !socket.is_connecting {
            if std::mem::take(&mut socket.is_blocked) {
                self.dirty.push(key);
            }
            return;
        }
        let has_failed = !matches!(socket.stream.take_error(), Ok(None));
        if has_failed || socket.is_own() {
            self.with(id, |site, now| site.endpoint.broken(now, connection));
        } else if socket.stream.peer_addr().is_ok() {
            socket.is_connecting = false;
            self.with(id, |site, now| {
                site.endpoint
                    .connected(now, connection, &mut entropy::bytes);
            });
        }
    }

    /// Writes what waits to leave on a socket.
    pub(super) fn flush(&mut self, key: usize) {
        let Some(socket) = self.sockets.get_mut(key) else {
            return;
        };
        let (id, connection) = (socket.site, socket.connection);
        let Some(site) = self.sites.get_mut(&id) else {
            return;
        };
        if socket.is_blocked || site.endpoint.is_paused() {
            return;
        }
        let now = self.now;
        for _ in 0..TURNS {
            let bytes = site.endpoint.outgoing(now, connection, CHUNK);
            if bytes.is_empty() {
                self.carry_out(id);
                return;
            }
            socket.tune();
            match socket.write(bytes) {
                Ok(Moved::Bytes(count)) => site.endpoint.written(connection, count),
                Ok(_) => {
                    socket.is_blocked = true;
                    return;
                }
                Err(_) => {
                    site.endpoint.broken(now, connection);
                    self.carry_out(id);
                    return;
                }
            }
        }
        self.dirty.push(key);
    }
}
