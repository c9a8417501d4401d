//! Connections that a machine makes to its peers.

use std::net::SocketAddr;

use mio::net::TcpStream;

use crate::channel::channels::Refusal;
use crate::channel::identity::Nonce;
use crate::channel::link::Marks;
use crate::channel::wire::Reply;
use crate::drive::real::connection::Role;
use crate::drive::real::endpoint::LONGEST_BACKOFF;
use crate::drive::real::entropy;
use crate::drive::real::poll::{Lookup, Poller, Timer};
use crate::drive::real::resolve;
use crate::model::message::{MachineId, Nanos};

/// How long connecting and the handshake may take.
const GREETING_WAIT: Nanos = 5_000_000_000;

impl Poller {
    /// Tries the next address of a peer.
    pub(super) fn connect(&mut self, id: u64, position: usize) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        let peer = &endpoint.peers[position];
        if peer.connection.is_some() || peer.is_given_up || endpoint.is_paused {
            return;
        }
        if self.is_cut(id, position, self.clock.now()) {
            // The end of the partition connects again; the end of the run does not wait for it.
            self.give_up_at_the_end(id, position);
            return;
        }
        let endpoint = self.endpoints.get_mut(&id).expect("it was found above");
        let peer = &mut endpoint.peers[position];
        let Some(remote) = peer.candidates.pop_front() else {
            if let Some(literal) = resolve::literal(&peer.address) {
                peer.candidates.push_back(literal);
                self.connect(id, position);
                return;
            }
            let addresses = vec![peer.address.clone()];
            if self
                .look_up(
                    Lookup::Peer {
                        endpoint: id,
                        peer: position,
                    },
                    addresses,
                )
                .is_err()
            {
                self.retry(id, position);
            }
            return;
        };
        let stream = TcpStream::connect(remote);
        let added = stream
            .ok()
            .and_then(|stream| self.add(stream, id, remote, Role::Connecting { peer: position }));
        let Some(key) = added else {
            self.failed(id, position);
            return;
        };
        self.endpoints
            .get_mut(&id)
            .expect("it was found above")
            .peers[position]
            .connection = Some(key);
        self.bound(key, GREETING_WAIT);
    }

    /// The name of a peer has been looked up.
    pub(super) fn found_peer(&mut self, id: u64, position: usize, found: &[SocketAddr]) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        endpoint.gate.update(position, found);
        endpoint.peers[position].candidates.extend(found);
        if found.is_empty() {
            self.retry(id, position);
        } else {
            self.connect(id, position);
        }
    }

    /// An attempt has failed: the next address at once, all of them again later.
    pub(super) fn failed(&mut self, id: u64, position: usize) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else {
            return;
        };
        if endpoint.peers[position].candidates.is_empty() {
            self.retry(id, position);
        } else {
            self.connect(id, position);
        }
    }

    fn retry(&mut self, id: u64, position: usize) {
        if self.give_up_at_the_end(id, position) {
            return;
        }
        let endpoint = self.endpoints.get_mut(&id).expect("the caller found it");
        let peer = &mut endpoint.peers[position];
        let wait = peer.backoff;
        peer.backoff = (wait * 2).min(LONGEST_BACKOFF);
        self.after(
            wait,
            Timer::Retry {
                endpoint: id,
                peer: position,
            },
        );
    }

    /// Whether a machine has ticked its last, and so tries no more.
    fn give_up_at_the_end(&mut self, id: u64, position: usize) -> bool {
        let endpoint = self.endpoints.get_mut(&id).expect("the caller found it");
        let is_ending = endpoint.ending.is_some();
        if is_ending {
            // Nobody listens there now, or too little time is left to find out.
            endpoint.peers[position].is_given_up = true;
            self.finish_if_done(id);
        }
        is_ending
    }

    /// The system has connected: say hello.
    pub(super) fn greet(&mut self, key: usize, peer: usize) {
        let connection = &mut self.connections[key];
        let (from, to) = (
            connection.stream.local_addr(),
            connection.stream.peer_addr(),
        );
        if from.is_ok_and(|from| to.is_ok_and(|to| from == to)) {
            // No one listens there: the system has joined the attempt to itself.
            self.close(key);
            return;
        }
        let endpoint = &self.endpoints[&connection.endpoint];
        connection.tune();
        if let Some(secret) = endpoint.member.secret() {
            match entropy::bytes() {
                Ok(entropy) => {
                    let session = secret.sender(entropy, &mut connection.frames);
                    connection.session = Some(session.into());
                }
                Err(error) => {
                    let what = format_args!("cannot make a connection: {error}");
                    endpoint.member.warn("connect", what);
                    self.close(key);
                    return;
                }
            }
        }
        connection.role = Role::Greeting { peer };
        let hello = endpoint.channels.greeting();
        hello.write(&mut connection.out);
        self.mark_dirty(key);
    }

    /// The answer to a hello.
    pub(super) fn reply(&mut self, key: usize, position: usize, reply: Reply) {
        let id = self.connections[key].endpoint;
        let remote = self.connections[key].remote;
        let refused = match reply {
            Reply::No(reason) => Some(Refusal {
                kind: "no",
                reason: format!("it refused this machine: {reason}"),
            }),
            Reply::Ok {
                receiver,
                history,
                marks,
            } => self.answered(id, position, receiver, history, marks).err(),
        };
        let endpoint = self
            .endpoints
            .get_mut(&id)
            .expect("a connection has a endpoint");
        let peer = &mut endpoint.peers[position];
        if let Some(Refusal { kind, reason }) = refused {
            let name = format!("{kind} {}", peer.address);
            endpoint.member.warn(
                &name,
                format_args!("no connection to {} at {remote}: {reason}", peer.address),
            );
            if matches!(kind, "own id" | "twice" | "changed") {
                // Only another peer list or another machine there would mend that.
                peer.backoff = LONGEST_BACKOFF;
            }
            self.close(key);
            return;
        }
        // The next time starts with a fresh lookup.
        peer.candidates.clear();
        self.connections[key].role = Role::Sending { peer: position };
        if self.is_cut(id, position, self.clock.now()) {
            self.close(key);
            return;
        }
        self.mark_dirty(key);
        self.drain(id, position);
    }

    /// Checks who answered, and where the channel stands.
    fn answered(
        &mut self,
        id: u64,
        position: usize,
        receiver: MachineId,
        history: Nonce,
        marks: Marks,
    ) -> Result<(), Refusal> {
        let endpoint = self
            .endpoints
            .get_mut(&id)
            .expect("a connection has a endpoint");
        endpoint
            .channels
            .answered(position, receiver, history, marks)?;
        let written = endpoint.member.connected(position, receiver, history);
        written.map_err(|error| Refusal {
            kind: "log",
            reason: error.to_string(),
        })
    }
}
