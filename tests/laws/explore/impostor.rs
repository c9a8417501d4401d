//! One that says hello to the second machine as the first: at any time, over connections of its own.

use std::net::SocketAddr;

use lamport::channel::endpoint::{ConnectionId, Standing, Workspace};
use lamport::channel::identity::Nonce;
use lamport::channel::protocol::Protocol;
use lamport::channel::wire::Hello;
use lamport::error::Result;

use crate::state::{NOW, State, id};

/// Whom it deceives, and in whose name.
pub const VICTIM: usize = 1;
pub const NAME: usize = 0;

/// Where it comes from.
pub const ADDRESS: [u8; 4] = [10, 0, 0, 99];

/// A rule of who may speak that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Careless {
    /// A hello pins a history, as a message does.
    HelloPins,
    /// Who stands connected holds the id, though it says nothing.
    HelloHolds,
    /// It is read while the machine's own address is being reached.
    ReadEarly,
    /// It stays when the machine's own address has answered.
    StaysOn,
}

/// What it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Impostor {
    /// How often it says hello.
    pub hellos: u8,
    /// Whether it sends a message.
    pub speaks: bool,
    /// Its connection, as its victim calls it.
    pub end: Option<ConnectionId>,
    /// Its victim has closed the connection, and a rule is broken.
    pub is_ghost: bool,
    /// A message of it has been accepted.
    pub is_heard: bool,
}

impl Impostor {
    pub const fn new(hellos: u8, speaks: bool) -> Self {
        Self {
            hellos,
            speaks,
            end: None,
            is_ghost: false,
            is_heard: false,
        }
    }
}

impl State {
    /// It connects and says hello.
    pub fn pose(&mut self, careless: Option<Careless>) {
        self.impostor.hellos -= 1;
        let mut none = || -> Result<[u8; 32]> { unreachable!("there is no key") };
        let process = self.machines[VICTIM].process.as_mut().unwrap();
        let remote = SocketAddr::from((ADDRESS, 1));
        let end = process
            .endpoint
            .accepted(NOW, remote, Standing::Allowed, &mut none)
            .unwrap();
        let mut line = Vec::new();
        let hello = Hello {
            protocol: Protocol::Classic,
            run_id: "lab".into(),
            sender: id(NAME),
            history: Nonce(99),
            instance: Nonce(99),
        };
        hello.write(&mut line);
        let mut space = Workspace::default();
        process.endpoint.read(NOW, end, &line, &mut space);
        // It reads whatever it is told, at once.
        let answer = process.endpoint.outgoing(NOW, end, 1).to_vec();
        process.endpoint.written(end, answer.len());
        self.impostor.end = answer.starts_with(b"ok ").then_some(end);
        if careless == Some(Careless::HelloPins) && self.impostor.end.is_some() {
            process.endpoint.read(NOW, end, b"9:1\n", &mut space);
        }
        self.carry_out(VICTIM, false);
    }

    /// Whether it can say more now: its victim reads what it says.
    pub fn is_heard_out(&self, careless: Option<Careless>) -> bool {
        let process = self.machines[VICTIM].process.as_ref();
        let Some((process, end)) = process.zip(self.impostor.end) else {
            return false;
        };
        let is_read = process.endpoint.is_reading(end);
        self.impostor.speaks
            && !self.impostor.is_heard
            && (is_read || careless == Some(Careless::ReadEarly) || self.impostor.is_ghost)
    }

    /// It sends a message. Only where the machine it poses as has not answered at its own address, and
    /// is not just being reached, may that be taken for a message of it.
    pub fn lie(&mut self) {
        let end = self.impostor.end.unwrap();
        let process = self.machines[VICTIM].process.as_mut().unwrap();
        let mut space = Workspace::default();
        process.endpoint.read(NOW, end, b"9:1\n", &mut space);
        let is_accepted = !space.messages().1.is_empty() || self.impostor.is_ghost;
        let has_answered = process.endpoint.channels().peer_id(0).is_some();
        let is_tried = process.attempt.is_some();
        self.impostor.is_heard = is_accepted;
        if is_accepted && (has_answered || is_tried) {
            let what = format!("an impostor is heard: answered {has_answered}, tried {is_tried}");
            self.fault = Some(what);
            return;
        }
        self.carry_out(VICTIM, false);
    }

    /// Its connection goes.
    pub fn unmask(&mut self) {
        if let Some(end) = self.impostor.end.take()
            && let Some(process) = &mut self.machines[VICTIM].process
        {
            process.endpoint.broken(NOW, end);
        }
        self.impostor.is_ghost = false;
        self.carry_out(VICTIM, false);
    }
}
