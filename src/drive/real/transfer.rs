//! Bytes in, bytes out, and the closing of connections.

use crate::channel::lines::{self, Input};
use crate::channel::link::Violation;
use crate::channel::noise::{NoiseError, Session};
use crate::channel::wire::{self, Hello, Reply, WireError};
use crate::drive::real::connection::{Role, Written};
use crate::drive::real::endpoint::{LONGEST_BACKOFF, SHORTEST_BACKOFF};
use crate::drive::real::incoming::{NO_KEY, OTHER_KEY, WANTS_KEY};
use crate::drive::real::poll::{Poller, mark_dirty};

/// Messages and acknowledgements are gathered to about this many bytes per write.
const CHUNK: usize = 64 * 1024;
/// Reads and writes of one connection before the others have their turn.
const TURNS: usize = 8;

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Wire(#[from] WireError),
    #[error("{0}")]
    Violation(#[from] Violation),
    #[error("{0}")]
    Noise(#[from] NoiseError),
}

impl Fault {
    /// What is said, in plain text, to someone whose key does not fit mine.
    fn about_keys(&self) -> Option<&'static str> {
        match self {
            Self::Wire(WireError::Keyed) => Some(NO_KEY),
            Self::Noise(NoiseError::Plain) => Some(WANTS_KEY),
            Self::Noise(NoiseError::OtherKey) => Some(OTHER_KEY),
            _ => None,
        }
    }
}

impl Poller {
    /// The system says that a connection can be read.
    pub(super) fn readable(&mut self, key: usize) {
        let connection = self.connections.get(key);
        if connection.is_none_or(|connection| self.is_paused(connection.endpoint)) {
            return;
        }
        for _ in 0..TURNS {
            if !self.read(key) {
                return;
            }
        }
        self.unread.push(key);
    }

    /// Reads once. Whether there may be more.
    fn read(&mut self, key: usize) -> bool {
        let Some(connection) = self.connections.get_mut(key) else {
            return false;
        };
        let role = connection.role;
        let (number, mut whole) = (connection.number, Vec::new());
        let read = match role {
            // `writable` comes first, and says whether the connection stands.
            Role::Connecting { .. } | Role::Vetting => return false,
            Role::Parting => lines::take(&mut connection.stream, &mut self.scratch).map(Ok),
            Role::Receiving { sender } => {
                let endpoint = self
                    .endpoints
                    .get_mut(&connection.endpoint)
                    .expect("a connection has a endpoint");
                let channels = &mut endpoint.channels;
                let fresh = &mut self.fresh;
                connection.read(&mut self.scratch, &mut self.plain, |line| {
                    let timestamp = wire::parse_message(line, sender)?;
                    if channels.accept(sender, timestamp)? {
                        fresh.push(timestamp);
                    }
                    Ok(())
                })
            }
            Role::Greeting { .. } | Role::Stranger | Role::Sending { .. } => {
                connection.read(&mut self.scratch, &mut self.plain, |line| {
                    whole.push(line.to_vec());
                    Ok(())
                })
            }
        };
        if connection.session.is_some() && connection.has_output() {
            // The handshake has gone on.
            mark_dirty(&mut self.connections, &mut self.dirty, key);
        } else if role == Role::Stranger && connection.partial.kept().first() == Some(&0) {
            // A machine with a key sends frames, not lines.
            whole.push(connection.partial.kept().to_vec());
        }
        if let Role::Receiving { sender } = role {
            // What came before a fault counts.
            self.deliver(key, sender);
        }
        for line in whole {
            if let Err(fault) = self.line(key, &line) {
                self.fault(key, &fault);
            }
            // A connection made in its place may have its key.
            let now = self.connections.get(key);
            if now.is_none_or(|connection| connection.number != number) {
                return false;
            }
        }
        match read {
            Ok(Ok(Input::Bytes(_))) => true,
            Ok(Ok(Input::Nothing)) => false,
            Ok(Ok(Input::End)) => {
                self.ended(key);
                false
            }
            Ok(Err(fault)) => {
                self.fault(key, &fault);
                // A connection that is told why stays until it has read that.
                let now = self.connections.get(key);
                now.is_some_and(|connection| connection.number == number)
            }
            Err(_) => {
                self.close(key);
                false
            }
        }
    }

    /// A line outside the stream of messages.
    fn line(&mut self, key: usize, line: &[u8]) -> Result<(), Fault> {
        let connection = &self.connections[key];
        let id = connection.endpoint;
        match connection.role {
            Role::Stranger => {
                let hello = Hello::parse(line)?;
                self.hello(key, &hello);
            }
            Role::Greeting { peer } => {
                let reply = Reply::parse(line)?;
                self.reply(key, peer, reply);
            }
            Role::Sending { peer } => {
                let marks = wire::parse_ack(line)?;
                let endpoint = self
                    .endpoints
                    .get_mut(&id)
                    .expect("a connection has a endpoint");
                endpoint.channels.acknowledged(peer, marks)?;
                // Only a connection that works makes the next attempt a quick one.
                endpoint.peers[peer].backoff = SHORTEST_BACKOFF;
            }
            Role::Receiving { sender } => {
                let timestamp = wire::parse_message(line, sender)?;
                let endpoint = self
                    .endpoints
                    .get_mut(&id)
                    .expect("a connection has a endpoint");
                if endpoint.channels.accept(sender, timestamp)? {
                    self.fresh.push(timestamp);
                    self.deliver(key, sender);
                }
            }
            Role::Connecting { .. } | Role::Vetting | Role::Parting => {}
        }
        Ok(())
    }

    /// The system says that a connection can be written.
    pub(super) fn writable(&mut self, key: usize) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        if let Role::Connecting { peer } = connection.role {
            match connection.stream.take_error() {
                Ok(Some(_)) | Err(_) => self.close(key),
                Ok(None) if connection.stream.peer_addr().is_err() => {}
                Ok(None) => self.greet(key, peer),
            }
        } else if connection.is_blocked {
            connection.is_blocked = false;
            self.mark_dirty(key);
        }
    }

    /// Writes what waits to leave on a connection.
    pub(super) fn flush(&mut self, key: usize) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        if !std::mem::take(&mut connection.is_dirty) || connection.is_blocked {
            return;
        }
        let Some(endpoint) = self.endpoints.get_mut(&connection.endpoint) else {
            return;
        };
        if endpoint.is_paused {
            return;
        }
        for _ in 0..TURNS {
            match connection.role {
                Role::Sending { peer } => {
                    while connection.out.len() < CHUNK {
                        let Some(timestamp) = endpoint.channels.next_unsent(peer) else {
                            break;
                        };
                        wire::write_message(&mut connection.out, timestamp, endpoint.member.id());
                    }
                }
                Role::Receiving { sender } if connection.owes_ack && connection.out.is_empty() => {
                    connection.owes_ack = false;
                    wire::write_ack(&mut connection.out, endpoint.channels.marks(sender));
                }
                _ => {}
            }
            if !connection.has_output() {
                self.flushed(key);
                return;
            }
            match connection.write() {
                Ok(Written::All) => {}
                Ok(Written::Blocked) => return,
                Err(_) => {
                    self.close(key);
                    return;
                }
            }
        }
        self.mark_dirty(key);
    }

    /// A connection has written everything; perhaps that was the last.
    fn flushed(&mut self, key: usize) {
        let connection = &mut self.connections[key];
        if !connection.is_last {
            return;
        }
        if connection.has_ended {
            self.close(key);
            return;
        }
        connection.shut_down_writing();
        if let Role::Receiving { sender } = connection.role {
            connection.role = Role::Parting;
            let id = connection.endpoint;
            if let Some(endpoint) = self.endpoints.get_mut(&id) {
                endpoint.senders.remove(&sender);
                endpoint.channels.sender_left(sender);
            }
        }
    }

    /// The other side has shut down its writing.
    fn ended(&mut self, key: usize) {
        let connection = &mut self.connections[key];
        let session = connection.session.as_deref();
        if connection.role != Role::Parting
            && let Some(Err(torn)) = session.map(Session::check_end)
        {
            self.fault(key, &torn.into());
            return;
        }
        let connection = &mut self.connections[key];
        match connection.role {
            Role::Receiving { .. } => {
                // It reads until this side closes: the last acknowledgement comes before.
                connection.has_ended = true;
                connection.is_last = true;
                connection.owes_ack = true;
                self.mark_dirty(key);
            }
            Role::Parting if connection.has_output() => connection.has_ended = true,
            _ => self.close(key),
        }
    }

    /// The other side broke the rules.
    fn fault(&mut self, key: usize, fault: &Fault) {
        let connection = &self.connections[key];
        let remote = connection.remote;
        let endpoint = self
            .endpoints
            .get_mut(&connection.endpoint)
            .expect("a connection has a endpoint");
        let ip = remote.ip().to_canonical();
        let (who, name) = match connection.role {
            Role::Receiving { sender } => (
                format!("machine {sender} at {ip}"),
                format!("fault of {sender}"),
            ),
            Role::Sending { peer } | Role::Greeting { peer } | Role::Connecting { peer } => {
                // It will hardly do better soon.
                endpoint.peers[peer].backoff = LONGEST_BACKOFF;
                let address = &endpoint.peers[peer].address;
                (format!("peer {address}"), format!("fault of {address}"))
            }
            Role::Vetting | Role::Stranger | Role::Parting => {
                (format!("{ip}"), format!("fault from {ip}"))
            }
        };
        endpoint.member.warn(
            &name,
            format_args!("closed the connection with {who}: {fault}"),
        );
        match fault.about_keys() {
            Some(reason) if connection.role == Role::Stranger => {
                self.connections[key].drop_key();
                self.part(key, reason);
            }
            _ => self.close(key),
        }
    }

    /// A connection has not come to a handshake in time, or has been told to go.
    pub(super) fn overdue(&mut self, key: usize, number: u64) {
        let Some(connection) = self.connections.get(key) else {
            return;
        };
        if connection.number != number {
            return;
        }
        match connection.role {
            Role::Sending { .. } | Role::Receiving { .. } => return,
            Role::Stranger => {
                let ip = connection.remote.ip().to_canonical();
                let member = &self.endpoints[&connection.endpoint].member;
                member.warn(
                    &format!("silent {ip}"),
                    format_args!("closed a connection from {ip} that said no hello in time"),
                );
            }
            Role::Connecting { .. } | Role::Greeting { .. } | Role::Vetting | Role::Parting => {}
        }
        self.close(key);
    }

    /// Closes a connection and lets whoever it served know.
    pub(super) fn close(&mut self, key: usize) {
        let connection = self.connections.remove(key);
        let id = connection.endpoint;
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        if connection.is_stranger() {
            endpoint.strangers.retain(|&stranger| stranger != key);
        }
        match connection.role {
            Role::Connecting { peer } | Role::Greeting { peer } | Role::Sending { peer } => {
                endpoint.peers[peer].connection = None;
                endpoint.channels.peer_left(peer);
                if endpoint.ending.is_some() && endpoint.channels.undelivered(peer) == 0 {
                    self.finish_if_done(id);
                } else {
                    self.failed(id, peer);
                }
            }
            Role::Receiving { sender } => {
                // A newer connection may have taken its place.
                if endpoint.senders.get(&sender) == Some(&key) {
                    endpoint.senders.remove(&sender);
                    endpoint.channels.sender_left(sender);
                }
                self.finish_if_done(id);
            }
            Role::Vetting | Role::Stranger | Role::Parting => {}
        }
    }
}
