//! Connections that a machine makes to its peers.

use std::net::SocketAddr;

use crate::channel::endpoint::connection::{Connection, Role};
use crate::channel::endpoint::output::{ConnectionId, Lookup, Output};
use crate::channel::endpoint::turns::Turns;
use crate::channel::endpoint::{Endpoint, Entropy, Phase, Route, Standing, Timer, Warning};
use crate::channel::wire::Reply;
use crate::error::Result;
use crate::model::address::Address;
use crate::model::message::Nanos;

impl Endpoint {
    /// The machine has its log and can be connected to: it connects to its peers.
    pub fn enter(&mut self, now: Nanos) {
        self.turns = Turns::new(self.channels.me().id, self.routes.len());
        self.take_turns(now);
    }

    /// Begins with those whose turn has come.
    fn take_turns(&mut self, now: Nanos) {
        while let Some(peer) = self.turns.next() {
            if self.connect(now, peer) {
                self.turns.begin(peer);
            }
        }
        if let Some(before) = self.turns.stall.take() {
            self.timers.remove(&(before, Timer::Turn));
        }
        if self.turns.is_over() {
            self.turns = Turns::default();
        } else {
            let time = now + self.waits.turn;
            self.turns.stall = Some(time);
            self.timers.insert((time, Timer::Turn));
        }
    }

    /// A first connection to a peer is made, or has failed.
    fn turn_is_over(&mut self, now: Nanos, peer: usize) {
        if self.turns.end(peer) {
            self.take_turns(now);
        }
    }

    /// No turn has been over for long: whoever is asked does not answer.
    pub(super) fn turns_stall(&mut self, now: Nanos) {
        self.turns.end_all();
        self.take_turns(now);
    }

    /// Something will be sent to an address that is no peer: it becomes one, after all others.
    pub fn add_peer(&mut self, now: Nanos, address: Address, found: Vec<SocketAddr>) {
        self.channels.add_peer();
        self.heard.add_peer();
        self.routes.push(Route::new(address, found, &self.waits));
        self.undecided += 1;
        self.connect(now, self.routes.len() - 1);
    }

    /// Tries the next address of a peer. `false` if there is nothing to try now.
    pub(super) fn connect(&mut self, now: Nanos, peer: usize) -> bool {
        let route = &self.routes[peer];
        let is_over = self.phase == Phase::Over;
        if route.connection.is_some() || route.is_given_up || self.is_paused || is_over {
            return false;
        }
        if self.is_cut(now, peer) {
            // The end of the partition connects again; the end of the run does not wait for it.
            self.give_up_at_the_end(peer);
            return false;
        }
        let route = &mut self.routes[peer];
        route.tried.get_or_insert(now);
        let next = route.candidates.pop_front();
        let Some(remote) = next.or_else(|| route.address.socket()) else {
            self.outputs.push_back(Output::LookUp(Lookup::Peer(peer)));
            return true;
        };
        let connection = Connection::new(remote, Standing::Peer, Role::Connecting { peer });
        let id = self.add(now, connection, self.waits.answer);
        self.routes[peer].connection = Some(id);
        self.outputs.push_back(Output::Connect {
            connection: id,
            remote,
        });
        true
    }

    /// The name of a peer has been looked up; it has none of these addresses if that failed.
    pub fn found(&mut self, now: Nanos, peer: usize, found: &[SocketAddr]) {
        self.routes[peer].candidates.extend(found);
        if found.is_empty() {
            self.retry(now, peer);
        } else {
            self.connect(now, peer);
        }
    }

    /// An attempt has failed: the next address at once, all of them again later.
    pub(super) fn failed(&mut self, now: Nanos, peer: usize) {
        if self.routes[peer].candidates.is_empty() {
            self.retry(now, peer);
        } else {
            self.connect(now, peer);
        }
    }

    fn retry(&mut self, now: Nanos, peer: usize) {
        let tried = self.routes[peer].tried.unwrap_or(now);
        // The end of a machine cuts short what had hardly begun.
        if !self.is_ending() || now - tried >= self.waits.longest_backoff {
            self.decide(peer);
        }
        if self.give_up_at_the_end(peer) {
            return;
        }
        let route = &mut self.routes[peer];
        let wait = route.backoff;
        route.backoff = (wait * 2).min(self.waits.longest_backoff);
        self.timers.insert((now + wait, Timer::Retry { peer }));
        self.turn_is_over(now, peer);
    }

    /// Whether a machine has ticked its last, and so tries no more.
    fn give_up_at_the_end(&mut self, peer: usize) -> bool {
        if self.is_ending() {
            // Nobody listens there now, or too little time is left to find out.
            self.routes[peer].is_given_up = true;
            self.finish_if_done();
        }
        self.is_ending()
    }

    /// A connection is made: say hello.
    pub fn connected(&mut self, now: Nanos, id: ConnectionId, entropy: Entropy<'_>) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let Role::Connecting { peer } = connection.role else {
            return;
        };
        if let Some(secret) = &self.secret {
            match entropy() {
                Ok(entropy) => {
                    let mut first = Vec::new();
                    let session = secret.sender(entropy, &mut first);
                    connection.encrypt(session, &first);
                }
                Err(error) => {
                    let text = format!("cannot make a connection: {error}");
                    self.warn(Warning::of("connect", text));
                    self.close(now, id);
                    return;
                }
            }
        }
        connection.role = Role::Greeting { peer };
        self.channels.greeting().write(&mut connection.out);
        self.mark_ready(id);
    }

    /// The answer to a hello: checks who answered, and where the channel stands.
    pub(super) fn reply(&mut self, now: Nanos, id: ConnectionId, peer: usize, reply: Reply) {
        let (receiver, history, marks) = match reply {
            Reply::No(reason) => {
                let reason = format!("it refused this machine: {reason}");
                self.refused(now, id, peer, "no", &reason);
                return;
            }
            Reply::Ok {
                receiver,
                history,
                marks,
            } => (receiver, history, marks),
        };
        let is_new = self.channels.peer_id(peer).is_none();
        if let Err(refusal) = self.channels.answered(peer, receiver, history, marks) {
            self.refused(now, id, peer, refusal.kind, &refusal.reason);
            return;
        }
        self.heard.connected(peer, marks.accepted, now);
        self.met(now, peer, receiver, is_new);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.role = Role::Recording { peer };
            self.set_deadline(id, None);
            self.outputs.push_back(Output::Record {
                connection: id,
                peer,
                peer_id: receiver,
                peer_history: history,
            });
        }
    }

    /// The CONNECT line of a connection is with the operating system, or cannot be: messages may go
    /// out on it.
    pub fn recorded(&mut self, now: Nanos, id: ConnectionId, written: Result<()>) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let Role::Recording { peer } = connection.role else {
            return;
        };
        if let Err(error) = written {
            self.refused(now, id, peer, "log", &error.to_string());
            return;
        }
        connection.role = Role::Sending { peer };
        // The next time starts with a fresh look-up.
        self.routes[peer].candidates.clear();
        if self.is_cut(now, peer) {
            self.close(now, id);
            return;
        }
        self.mark_ready(id);
        self.drain(now, peer);
        self.turn_is_over(now, peer);
    }

    fn refused(
        &mut self,
        now: Nanos,
        id: ConnectionId,
        peer: usize,
        kind: &'static str,
        reason: &str,
    ) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let remote = connection.remote;
        let route = &mut self.routes[peer];
        if matches!(kind, "own id" | "twice" | "changed") {
            // Only another peer list or another machine there would mend that.
            route.backoff = self.waits.longest_backoff;
        }
        route.refusal = Some(reason.to_owned());
        let address = &route.address;
        let text = format!("no connection to {address} at {remote}: {reason}");
        let warning = Warning::of(kind, text).from(address);
        self.warn(warning);
        self.close(now, id);
    }
}
