//! Connections that others make to a machine: vetting, handshake, messages.

use std::io;

use mio::net::TcpStream;

use crate::channel::channels::Refusal;
use crate::channel::link::Marks;
use crate::channel::wire::{Hello, Reply};
use crate::drive::real::connection::Role;
use crate::drive::real::entropy;
use crate::drive::real::poll::{Lookup, Poller, Timer, mark_dirty};
use crate::drive::real::resolve;
use crate::model::message::{MachineId, Nanos};

/// How long a connection may say nothing before its hello.
const HELLO_WAIT: Nanos = 5_000_000_000;
/// How long refused connections may stay, so that they can read why.
const PARTING_WAIT: Nanos = 1_000_000_000;
/// How long accepting pauses when the process has reached its limit of open files.
const ACCEPT_PAUSE: Nanos = 100_000_000;
/// What is said to a machine with a key by one without.
pub(super) const NO_KEY: &str =
    "this machine has no key: give all machines of a run the same, or none";
/// What is said to a machine without a key by one that has one.
pub(super) const WANTS_KEY: &str =
    "this machine has a key: start all machines of a run with the same --key-file";
/// What is said to a machine whose frames do not decrypt.
pub(super) const OTHER_KEY: &str = "it has another key, or belongs to another run";
/// Names are not looked up for the gate more often than this.
const VETTING_PAUSE: Nanos = 1_000_000_000;

impl Poller {
    /// Takes the connections that wait at a machine's port.
    pub(super) fn accept(&mut self, id: u64) {
        loop {
            let Some(endpoint) = self.endpoints.get_mut(&id) else {
                return;
            };
            if endpoint.is_closed() || endpoint.is_paused || endpoint.is_pausing {
                return;
            }
            let (stream, remote) = match endpoint.listener.accept() {
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
                    endpoint
                        .member
                        .warn("accept", format_args!("cannot take a connection: {error}"));
                    endpoint.is_pausing = true;
                    self.after(ACCEPT_PAUSE, Timer::Accept { endpoint: id });
                    return;
                }
            };
            let is_admitted =
                endpoint.member.secret().is_some() || endpoint.gate.admits(remote.ip());
            self.take(id, stream, remote, is_admitted);
        }
    }

    /// The pause of accepting is over.
    pub(super) fn accept_again(&mut self, id: u64) {
        if let Some(endpoint) = self.endpoints.get_mut(&id) {
            endpoint.is_pausing = false;
            self.accept(id);
        }
    }

    fn take(
        &mut self,
        id: u64,
        stream: TcpStream,
        remote: std::net::SocketAddr,
        is_admitted: bool,
    ) {
        let role = if is_admitted {
            Role::Stranger
        } else {
            Role::Vetting
        };
        let Some(key) = self.add(stream, id, remote, role) else {
            return;
        };
        let endpoint = self.endpoints.get_mut(&id).expect("the caller found it");
        let connection = &mut self.connections[key];
        connection.tune();
        if let Some(secret) = endpoint.member.secret() {
            match entropy::bytes() {
                Ok(entropy) => connection.session = Some(secret.receiver(entropy).into()),
                Err(error) => {
                    let what = format_args!("cannot take a connection: {error}");
                    endpoint.member.warn("accept", what);
                    self.connections.remove(key);
                    return;
                }
            }
        }
        endpoint.strangers.push_back(key);
        if endpoint.strangers.len() > endpoint.stranger_limit() {
            let oldest = endpoint
                .strangers
                .front()
                .copied()
                .expect("it was just filled");
            endpoint.member.warn(
                "crowd",
                format_args!(
                    "more than {} connections said nothing; the oldest was closed, from {}",
                    endpoint.stranger_limit(),
                    self.connections[oldest].remote
                ),
            );
            self.close(oldest);
        }
        self.bound(key, HELLO_WAIT);
        if !is_admitted {
            self.vet(id, key);
        }
    }

    /// A connection from an unknown address: names may have new addresses.
    fn vet(&mut self, id: u64, key: usize) {
        let now = self.clock.now();
        let endpoint = self.endpoints.get_mut(&id).expect("the caller found it");
        let peers = endpoint.member.peers();
        let has_names = peers.iter().any(|peer| resolve::literal(peer).is_none());
        if endpoint.is_vetting {
            return;
        }
        let is_fresh = endpoint.vetted.is_some_and(|at| now - at < VETTING_PAUSE);
        if !has_names || is_fresh {
            self.refuse_address(id, key);
            return;
        }
        endpoint.vetted = Some(now);
        endpoint.is_vetting = true;
        let peers = peers.to_vec();
        if self.look_up(Lookup::Gate { endpoint: id }, peers).is_err() {
            let endpoint = self.endpoints.get_mut(&id).expect("the caller found it");
            endpoint.is_vetting = false;
            self.refuse_address(id, key);
        }
    }

    /// The peers' names have been looked up once more.
    pub(super) fn found_for_gate(&mut self, id: u64, found: &[Vec<std::net::SocketAddr>]) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        endpoint.is_vetting = false;
        for (peer, found) in found.iter().enumerate() {
            endpoint.gate.update(peer, found);
        }
        for key in endpoint.strangers.clone() {
            if self.connections[key].role != Role::Vetting {
                continue;
            }
            if self.endpoints[&id]
                .gate
                .admits(self.connections[key].remote.ip())
            {
                self.connections[key].role = Role::Stranger;
            } else {
                self.refuse_address(id, key);
            }
            // The system does not repeat that it has sent something.
            self.unread.push(key);
        }
    }

    fn refuse_address(&mut self, id: u64, key: usize) {
        let ip = self.connections[key].remote.ip().to_canonical();
        self.endpoints[&id].member.warn(&format!("address {ip}"), format_args!(
            "refused a connection from {ip}: it is not the address of a peer; allow it with --allow {ip}"
        ));
        self.part(key, &format!("{ip} is not the address of a peer"));
    }

    /// Says why and lets the connection go once that is read.
    pub(super) fn part(&mut self, key: usize, reason: &str) {
        let connection = &mut self.connections[key];
        connection.role = Role::Parting;
        connection.is_last = true;
        Reply::No(reason.to_owned()).write(&mut connection.out);
        self.mark_dirty(key);
        self.bound(key, PARTING_WAIT);
    }

    /// The first line of a connection.
    pub(super) fn hello(&mut self, key: usize, hello: &Hello) {
        let id = self.connections[key].endpoint;
        let remote = self.connections[key].remote;
        let endpoint = self
            .endpoints
            .get_mut(&id)
            .expect("a connection has a endpoint");
        if endpoint.is_closed() {
            self.close(key);
            return;
        }
        match endpoint.channels.welcome(hello) {
            Ok(marks) => self.welcome(key, hello.sender, marks),
            Err(Refusal { kind, reason }) => {
                let name = format!("{kind} {} {}", hello.sender, remote.ip());
                endpoint.member.warn(
                    &name,
                    format_args!(
                        "refused machine {} at {}: {reason}",
                        hello.sender,
                        remote.ip().to_canonical()
                    ),
                );
                self.part(key, &reason);
            }
        }
    }

    fn welcome(&mut self, key: usize, sender: MachineId, marks: Marks) {
        let id = self.connections[key].endpoint;
        let endpoint = self
            .endpoints
            .get_mut(&id)
            .expect("a connection has a endpoint");
        endpoint.strangers.retain(|&stranger| stranger != key);
        let replaced = endpoint.senders.insert(sender, key);
        let connection = &mut self.connections[key];
        connection.role = Role::Receiving { sender };
        let (receiver, history) = (endpoint.member.id(), endpoint.member.history());
        Reply::Ok {
            receiver,
            history,
            marks,
        }
        .write(&mut connection.out);
        self.mark_dirty(key);
        if let Some(old) = replaced {
            self.close(old);
        }
    }

    /// Puts the new messages of a read into the machine's queue.
    pub(super) fn deliver(&mut self, key: usize, sender: MachineId) {
        if self.fresh.is_empty() {
            return;
        }
        let connection = &mut self.connections[key];
        let endpoint = &self.endpoints[&connection.endpoint];
        endpoint.member.deliver_from(sender, &self.fresh);
        self.fresh.clear();
        connection.owes_ack = true;
        mark_dirty(&mut self.connections, &mut self.dirty, key);
    }
}
