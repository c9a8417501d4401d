//! Connections that a machine makes to its peers.

use std::net::SocketAddr;

use mio::net::TcpStream;

use crate::identity::Nonce;
use crate::link::Marks;
use crate::message::{MachineId, Nanos};
use crate::net::connection::Role;
use crate::net::incoming::{came_back, is_connected};
use crate::net::poll::{Lookup, Poller, Timer};
use crate::net::resolve;
use crate::net::station::LONGEST_BACKOFF;
use crate::net::wire::{Hello, Reply};

/// How long connecting and the handshake may take.
const GREETING_WAIT: Nanos = 5_000_000_000;

impl Poller {
    /// Tries the next address of a peer.
    pub(super) fn connect(&mut self, id: u64, position: usize) {
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        let peer = &mut station.peers[position];
        if peer.connection.is_some() || peer.is_given_up {
            return;
        }
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
                        station: id,
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
        self.stations
            .get_mut(&id)
            .expect("it was found above")
            .peers[position]
            .connection = Some(key);
        self.bound(key, GREETING_WAIT);
    }

    /// The name of a peer has been looked up.
    pub(super) fn found_peer(&mut self, id: u64, position: usize, found: &[SocketAddr]) {
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        station.gate.update(position, found);
        station.peers[position].candidates.extend(found);
        if found.is_empty() {
            self.retry(id, position);
        } else {
            self.connect(id, position);
        }
    }

    /// An attempt has failed: the next address at once, all of them again later.
    pub(super) fn failed(&mut self, id: u64, position: usize) {
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        if station.peers[position].candidates.is_empty() {
            self.retry(id, position);
        } else {
            self.connect(id, position);
        }
    }

    fn retry(&mut self, id: u64, position: usize) {
        let station = self.stations.get_mut(&id).expect("the caller found it");
        let peer = &mut station.peers[position];
        if station.ending.is_some() {
            // Nobody listens there any more, or the time of the end is too short to tell.
            peer.is_given_up = true;
            self.finish_if_done(id);
            return;
        }
        let wait = peer.backoff;
        peer.backoff = (wait * 2).min(LONGEST_BACKOFF);
        self.after(
            wait,
            Timer::Retry {
                station: id,
                peer: position,
            },
        );
    }

    /// The system has connected: say hello.
    pub(super) fn greet(&mut self, key: usize, peer: usize) {
        let connection = &mut self.connections[key];
        let machine = &self.stations[&connection.station].machine;
        let _ = connection.stream.set_nodelay(true);
        connection.role = Role::Greeting { peer };
        let hello = Hello {
            run_id: machine.run_id().to_owned(),
            sender: machine.id(),
            history: machine.history(),
            instance: machine.instance(),
        };
        hello.write(&mut connection.out);
        self.mark_dirty(key);
    }

    /// The answer to a hello.
    pub(super) fn reply(&mut self, key: usize, position: usize, reply: Reply) {
        let id = self.connections[key].station;
        let remote = self.connections[key].remote;
        let refused = match reply {
            Reply::No(reason) => Some(("no", format!("it refused this machine: {reason}"))),
            Reply::Ok {
                receiver,
                history,
                marks,
            } => self.answered(id, position, receiver, history, marks).err(),
        };
        let station = self
            .stations
            .get_mut(&id)
            .expect("a connection has a station");
        let peer = &mut station.peers[position];
        if let Some((kind, reason)) = refused {
            let name = format!("{kind} {}", peer.address);
            station.machine.warn(
                &name,
                format_args!("no connection to {} at {remote}: {reason}", peer.address),
            );
            // It will hardly think otherwise soon.
            peer.backoff = LONGEST_BACKOFF;
            self.close(key);
            return;
        }
        // The next time starts with a fresh lookup.
        peer.candidates.clear();
        self.connections[key].role = Role::Sending { peer: position };
        self.mark_dirty(key);
        self.last_words(id, position);
    }

    /// Checks who answered, and where the channel stands.
    fn answered(
        &mut self,
        id: u64,
        position: usize,
        receiver: MachineId,
        history: Nonce,
        marks: Marks,
    ) -> Result<(), (&'static str, String)> {
        let station = self
            .stations
            .get_mut(&id)
            .expect("a connection has a station");
        let machine = &station.machine;
        if receiver == machine.id() {
            return Err((
                "own id",
                format!("duplicate id: it is machine {receiver}, as this one"),
            ));
        }
        for (other, peer) in station.peers.iter().enumerate() {
            match peer.identity {
                Some((id, _)) if id == receiver && other != position => {
                    return Err((
                        "twice",
                        format!("it is machine {receiver}, which {} is too", peer.address),
                    ));
                }
                Some((id, _)) if other == position && id != receiver => {
                    return Err((
                        "changed",
                        format!("it was machine {id} and now is machine {receiver}"),
                    ));
                }
                _ => {}
            }
        }
        if station
            .history_of(receiver)
            .is_some_and(|known| known != history)
        {
            let sender = station.senders.get(&receiver);
            return Err(
                if sender.is_some_and(|sender| sender.connection.is_some()) {
                    ("duplicate id", is_connected(receiver))
                } else {
                    ("history", came_back(receiver))
                },
            );
        }
        let peer = &mut station.peers[position];
        peer.outbox
            .connected(marks)
            .map_err(|violation| ("violation", violation.to_string()))?;
        peer.identity = Some((receiver, history));
        machine
            .connected(position, receiver, history)
            .map_err(|error| ("log", error.to_string()))
    }
}
