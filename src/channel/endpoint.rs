//! One machine's end of all its connections, without sockets, threads or a clock.
//!
//! Whoever drives it tells what happened: bytes came, a connection is made or gone, the log holds
//! these steps, this time has come. It answers with [`Output`]s to carry out in order, and with the
//! bytes that are to leave ([`Endpoint::outgoing`]). Time and random bytes are arguments, so that
//! the attacks of `tests/laws/links` and `tests/laws/explore` are on the code that ships, and each
//! of their failures happens again.
//!
//! Three orders matter, and all that is not lost depends on them:
//!
//! - [`Endpoint::logged`] comes after the lines are with the operating system: what has left or is
//!   acknowledged must be known after a crash.
//! - Messages of a read enter the queue before anything else is written: *accepted* is a promise
//!   that they are there.
//! - Nothing goes to a peer before its CONNECT line is written ([`Output::Record`]): who comes back
//!   must know to which machine its messages belong.

mod connection;
mod crowd;
mod deciding;
mod ending;
mod faults;
mod incoming;
mod outgoing;
mod output;
mod reading;
mod standing;
mod turns;
mod waits;
mod warning;
mod workspace;
mod writing;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use connection::{Connection, Role};
use crowd::Crowd;
pub use output::{ConnectionId, Farewell, Lookup, Output};
pub use standing::Standing;
use turns::Turns;
pub use waits::Waits;
pub use warning::Warning;
pub use workspace::Workspace;

use crate::channel::channels::Channels;
use crate::channel::heard::Heard;
use crate::channel::link_faults::LinkFaults;
use crate::channel::noise::Secret;
use crate::error::Result;
use crate::model::address::Address;
use crate::model::message::{MachineId, Nanos};

/// How many connections may have said nothing, beyond one for each peer or sender.
const UNIDENTIFIED: usize = 128;

/// Outputs for which memory is kept.
const FEW_OUTPUTS: usize = 4;

/// Draws 32 random bytes that no one can guess. It is called only where there is a key.
pub type Entropy<'a> = &'a mut dyn FnMut() -> Result<[u8; 32]>;

/// One machine's end of all its connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    channels: Channels,
    /// What proves and checks who belongs to this run.
    secret: Option<Secret>,
    waits: Waits,
    /// How soon its messages were heard of.
    heard: Heard,
    /// The ways to the peers, in the order of the peer list.
    routes: Vec<Route>,
    turns: Turns,
    /// In boxes: the map keeps room for more than it holds.
    connections: BTreeMap<ConnectionId, Box<Connection>>,
    /// The name of the next connection.
    next: ConnectionId,
    /// The connections of the machines that send to me.
    senders: BTreeMap<MachineId, ConnectionId>,
    /// Connections that have not said hello.
    unidentified: Crowd,
    /// Peers of which neither an answer nor the failure of all attempts has told who they are.
    undecided: usize,
    /// Senders' connections that are not read until then: they may not be who they say.
    held: Vec<ConnectionId>,
    /// When the peers' names were last looked up for connections from unknown addresses.
    vetted: Option<Nanos>,
    /// They are being looked up.
    is_vetting: bool,
    faults: Option<LinkFaults>,
    /// Up to which time of its fault schedule the links have been dealt with.
    faults_seen: Nanos,
    /// It is paused: nothing comes or goes.
    is_paused: bool,
    phase: Phase,
    timers: BTreeSet<(Nanos, Timer)>,
    outputs: VecDeque<Output>,
    /// Connections that may have something to write, of which no one has been told.
    ready: Vec<ConnectionId>,
}

/// The way to a peer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Route {
    address: Address,
    /// The addresses to try, in this order.
    candidates: VecDeque<SocketAddr>,
    connection: Option<ConnectionId>,
    backoff: Nanos,
    /// It has answered, or no address of it could be reached.
    is_decided: bool,
    /// Why the last connection to it was refused, on either side.
    refusal: Option<String>,
    /// When it was first tried.
    tried: Option<Nanos>,
    /// At the end: nothing more can be done for it.
    is_given_up: bool,
}

impl Route {
    /// The way to the peer at this address, whose name was found to mean these.
    fn new(address: Address, found: Vec<SocketAddr>, waits: &Waits) -> Self {
        Self {
            address,
            candidates: found.into(),
            connection: None,
            backoff: waits.shortest_backoff,
            is_decided: false,
            refusal: None,
            tried: None,
            is_given_up: false,
        }
    }
}

/// How far a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Phase {
    /// It ticks, or will.
    Running,
    /// It has ticked its last: what is left goes out, what is on its way comes in.
    Ending,
    /// Its end has taken its time: no one may begin to send.
    Late,
    /// Nothing more happens.
    Over,
}

/// What is to be done at a later time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timer {
    /// Connect to a peer again.
    Retry { peer: usize },
    /// Connect to those whose turn has not come.
    Turn,
    /// Give up a connection whose handshake has not succeeded, or that was told to leave.
    Overdue { connection: ConnectionId },
    /// The orderly end has taken its time.
    End,
    /// A fault of the links begins or ends.
    LinkChange,
}

impl Endpoint {
    /// The end of a machine with these channels, whose peers are at these addresses; of each, all
    /// that its name was found to mean. Nothing happens before [`Endpoint::enter`].
    pub fn new(
        channels: Channels,
        peers: Vec<(Address, Vec<SocketAddr>)>,
        secret: Option<Secret>,
        waits: Waits,
    ) -> Self {
        let routes: Vec<Route> = peers
            .into_iter()
            .enumerate()
            .map(|(peer, (address, found))| Route {
                is_decided: channels.peer_id(peer).is_some(),
                ..Route::new(address, found, &waits)
            })
            .collect();
        Self {
            undecided: routes.iter().filter(|route| !route.is_decided).count(),
            held: Vec::new(),
            heard: Heard::new(routes.len()),
            channels,
            secret,
            waits,
            routes,
            turns: Turns::default(),
            connections: BTreeMap::new(),
            next: ConnectionId(0),
            senders: BTreeMap::new(),
            unidentified: Crowd::default(),
            vetted: None,
            is_vetting: false,
            faults: None,
            faults_seen: 0,
            is_paused: false,
            phase: Phase::Running,
            timers: BTreeSet::new(),
            outputs: VecDeque::new(),
            ready: Vec::new(),
        }
    }

    /// Where the peers are, in the order of the peer list; those sent to by hand come last.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.routes.iter().map(|route| &route.address)
    }

    /// The machine's channels.
    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Whether connections need a key; it does not matter then where they come from.
    pub fn has_key(&self) -> bool {
        self.secret.is_some()
    }

    /// Whether connections that others make are to be taken now.
    pub fn is_accepting(&self) -> bool {
        self.phase < Phase::Late && !self.is_paused
    }

    /// Whether it is paused: bytes are neither read nor written.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Whether messages go out to the peer at this position.
    pub fn is_sending_to(&self, peer: usize) -> bool {
        let connection = self.routes[peer].connection;
        let connection = connection.and_then(|id| self.connections.get(&id));
        connection.is_some_and(|connection| connection.role == Role::Sending { peer })
    }

    /// What is to be done next.
    pub fn next_output(&mut self) -> Option<Output> {
        let next = self.outputs.pop_front();
        // Much at once is rare, as when a machine begins to connect: its memory is not kept.
        if next.is_none() && self.outputs.capacity() > FEW_OUTPUTS {
            self.outputs = VecDeque::new();
        }
        next
    }

    /// The connections that may have something to write since the last call. Each is named once, until
    /// [`Endpoint::outgoing`] has nothing for it.
    pub fn take_ready(&mut self) -> std::vec::Drain<'_, ConnectionId> {
        self.ready.drain(..)
    }

    /// When [`Endpoint::wake`] is to be called.
    pub fn wake_at(&self) -> Option<Nanos> {
        self.timers.first().map(|&(time, _)| time)
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Nanos) {
        while let Some(&(time, timer)) = self.timers.first() {
            if time > now || self.phase == Phase::Over {
                return;
            }
            self.timers.pop_first();
            match timer {
                Timer::Retry { peer } => {
                    self.connect(now, peer);
                }
                Timer::Turn => self.turns_stall(now),
                Timer::Overdue { connection } => self.overdue(now, connection),
                Timer::End => self.end_is_late(now),
                Timer::LinkChange => self.link_change(now),
            }
        }
    }

    fn add(&mut self, now: Nanos, connection: Connection, wait: Nanos) -> ConnectionId {
        let id = self.next;
        self.next = ConnectionId(id.0 + 1);
        self.connections.insert(id, connection.into());
        self.set_deadline(id, Some(now + wait));
        id
    }

    /// Limits how long a connection may stay without getting further, or no longer does.
    fn set_deadline(&mut self, id: ConnectionId, deadline: Option<Nanos>) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let timer = Timer::Overdue { connection: id };
        if let Some(before) = std::mem::replace(&mut connection.deadline, deadline) {
            self.timers.remove(&(before, timer));
        }
        if let Some(time) = deadline {
            self.timers.insert((time, timer));
        }
    }

    /// Puts a connection on the list of those that may have something to write.
    fn mark_ready(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id)
            && !connection.is_ready
        {
            connection.is_ready = true;
            self.ready.push(id);
        }
    }

    fn warn(&mut self, warning: Warning) {
        self.outputs.push_back(Output::Warn(warning));
    }

    /// A connection is gone, or was never made: what was on its way is lost, and comes again.
    pub fn broken(&mut self, now: Nanos, id: ConnectionId) {
        self.close(now, id);
    }

    /// Closes a connection and lets whoever it served know.
    fn close(&mut self, now: Nanos, id: ConnectionId) {
        self.set_deadline(id, None);
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        self.outputs.push_back(Output::Close { connection: id });
        if connection.is_unidentified() {
            self.unidentified.remove(id);
        }
        if connection.is_held {
            self.held.retain(|&other| other != id);
        }
        match connection.role {
            Role::Connecting { peer } | Role::Greeting { peer } | Role::Recording { peer } => {
                self.routes[peer].connection = None;
                self.channels.peer_left(peer);
                self.failed(now, peer);
            }
            Role::Sending { peer } => {
                self.routes[peer].connection = None;
                self.channels.peer_left(peer);
                if self.is_ending() && self.channels.undelivered(peer) == 0 {
                    self.routes[peer].is_given_up = true;
                    self.finish_if_done();
                } else {
                    self.failed(now, peer);
                }
            }
            Role::Receiving { sender } => {
                // A newer connection may have taken its place.
                if self.senders.get(&sender) == Some(&id) {
                    self.senders.remove(&sender);
                    self.channels.sender_left(sender);
                }
                self.finish_if_done();
            }
            Role::Vetting | Role::Unidentified | Role::Parting => {}
        }
    }

    /// A connection has not come to a handshake in time, or has been told to go.
    fn overdue(&mut self, now: Nanos, id: ConnectionId) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        if connection.is_held {
            self.release(id);
            return;
        }
        if connection.role == Role::Unidentified {
            let ip = connection.remote.ip().to_canonical();
            let text = format!("closed a connection from {ip} that said no hello in time");
            self.warn(Warning::of("silent", text).from(&ip));
        }
        self.close(now, id);
    }
}

#[cfg(test)]
mod tests;
