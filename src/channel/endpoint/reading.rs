//! Bytes that come: lines, and what they say.

use crate::channel::channels::Channels;
use crate::channel::endpoint::connection::Role;
use crate::channel::endpoint::output::ConnectionId;
use crate::channel::endpoint::workspace::Workspace;
use crate::channel::endpoint::{Endpoint, Warning};
use crate::channel::letter::{self, MAX_LETTER};
use crate::channel::link::LinkError;
use crate::channel::noise::NoiseError;
use crate::channel::protocol::Protocol;
use crate::channel::wire::{self, Hello, Reply, WireError};
use crate::model::message::{MachineId, Nanos};

/// What is said to a machine with a key by one without.
const NO_KEY: &str = "this machine has no key: give all machines of a run the same, or none";
/// What is said to a machine without a key by one that has one.
const WANTS_KEY: &str =
    "this machine has a key: start all machines of a run with the same --key-file";
/// What is said to a machine whose frames do not decrypt.
const OTHER_KEY: &str = "it has another key, or belongs to another run";

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
enum Offence {
    #[error("{0}")]
    Wire(#[from] WireError),
    #[error("{0}")]
    LinkError(#[from] LinkError),
    #[error("{0}")]
    Noise(#[from] NoiseError),
    #[error("it sends messages before its hello is answered")]
    Early,
}

impl Offence {
    /// What is said, in plain text, to someone whose key does not fit mine.
    fn about_keys(&self) -> Option<String> {
        Some(match self {
            Self::Wire(WireError::Keyed) => NO_KEY.to_owned(),
            Self::Noise(NoiseError::Plain) => WANTS_KEY.to_owned(),
            Self::Noise(NoiseError::OtherKey) => OTHER_KEY.to_owned(),
            Self::Noise(NoiseError::OtherProtocol(own)) => {
                // So much of it is shown.
                let (mine, its) = match own {
                    Protocol::Classic => ("no", "one"),
                    Protocol::Lettered => ("an", "none"),
                };
                format!("it has {mine} algorithm, this one has {its}: all must, or none")
            }
            _ => return None,
        })
    }
}

/// Takes a message; whether it is new is for the channels to say.
fn accept(
    channels: &mut Channels,
    sender: MachineId,
    line: &[u8],
    space: &mut Workspace,
) -> Result<(), Offence> {
    let timestamp = wire::parse_message(line, sender)?;
    if channels.accept(sender, timestamp)? {
        space.sender = sender;
        space.messages.push(timestamp);
    }
    Ok(())
}

/// Takes a message that may say something.
fn accept_letter(
    channels: &mut Channels,
    sender: MachineId,
    line: &[u8],
    space: &mut Workspace,
) -> Result<(), Offence> {
    let (timestamp, body) = letter::parse(line, sender)?;
    if channels.accept(sender, timestamp)? {
        space.sender = sender;
        space.messages.push(timestamp);
        space.bodies.push(body);
    }
    Ok(())
}

impl Endpoint {
    /// Whether bytes of a connection are to be read now.
    pub fn is_reading(&self, id: ConnectionId) -> bool {
        let connection = self.connections.get(&id);
        let waits = |role| matches!(role, Role::Connecting { .. } | Role::Vetting);
        !self.is_paused && connection.is_some_and(|found| !found.is_held && !waits(found.role))
    }

    /// Bytes came. The new messages among them are in the workspace then, and must enter the queue
    /// before anything else happens, whatever becomes of the connection.
    pub fn read(&mut self, now: Nanos, id: ConnectionId, bytes: &[u8], space: &mut Workspace) {
        space.messages.clear();
        space.bodies.clear();
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        if connection.role == Role::Parting {
            return;
        }
        let mut partial = std::mem::take(&mut connection.partial);
        let mut plain = std::mem::take(&mut space.plain);
        let mut opened = Ok(());
        let text = if connection.is_encrypted() {
            plain.clear();
            opened = connection.decrypt(bytes, &mut plain);
            if connection.has_output() {
                // The handshake has gone on.
                self.mark_ready(id);
            }
            plain.as_slice()
        } else {
            bytes
        };
        // What came before an error counts.
        let cut = match self.connections.get(&id).map(|connection| connection.role) {
            Some(Role::Receiving { sender }) => match self.channels.protocol() {
                Protocol::Classic => {
                    partial.read(text, |line| accept(&mut self.channels, sender, line, space))
                }
                Protocol::Lettered => partial.read_up_to(MAX_LETTER, text, |line| {
                    accept_letter(&mut self.channels, sender, line, space)
                }),
            },
            _ => partial.read(text, |line| self.line(now, id, line, space)),
        };
        let mut outcome = cut.and_then(|()| Ok(opened?));
        space.plain = plain;
        if let Some(connection) = self.connections.get_mut(&id) {
            if outcome.is_ok()
                && connection.role == Role::Unidentified
                && partial.kept().first() == Some(&0)
            {
                // A machine with a key sends frames, not lines.
                outcome = Hello::parse(partial.kept(), self.channels.protocol())
                    .map(|_| ())
                    .map_err(Offence::from);
            }
            connection.partial = partial;
            if !space.messages.is_empty() {
                connection.owes_ack = true;
                self.mark_ready(id);
            }
        }
        if let Err(offence) = outcome {
            self.punish(now, id, &offence);
        }
    }

    /// Does what a line says.
    fn line(
        &mut self,
        now: Nanos,
        id: ConnectionId,
        line: &[u8],
        space: &mut Workspace,
    ) -> Result<(), Offence> {
        // A line before may have closed it.
        let Some(connection) = self.connections.get(&id) else {
            return Ok(());
        };
        match connection.role {
            // These bytes came with the hello, and cannot be left where they were.
            Role::Receiving { .. } if connection.is_held => return Err(Offence::Early),
            Role::Receiving { sender } => match self.channels.protocol() {
                Protocol::Classic => accept(&mut self.channels, sender, line, space)?,
                Protocol::Lettered => accept_letter(&mut self.channels, sender, line, space)?,
            },
            Role::Sending { peer } | Role::Recording { peer } => {
                let marks = wire::parse_ack(line)?;
                self.channels.acknowledged(peer, marks)?;
                self.heard.accepted(peer, marks.accepted, now);
                // Only a connection that works makes the next attempt a quick one.
                self.routes[peer].backoff = self.waits.shortest_backoff;
            }
            Role::Unidentified => {
                let hello = Hello::parse(line, self.channels.protocol())?;
                self.hello(now, id, &hello);
            }
            Role::Greeting { peer } => {
                let reply = Reply::parse(line)?;
                self.reply(now, id, peer, reply);
            }
            Role::Connecting { .. } | Role::Vetting | Role::Parting => {}
        }
        Ok(())
    }

    /// The other side has shut down its writing.
    pub fn ended(&mut self, now: Nanos, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        match connection.role {
            Role::Parting if connection.has_output() => connection.has_ended = true,
            Role::Parting => self.close(now, id),
            // It went before its first words, as one does whose link is cut: nothing can be lost.
            Role::Unidentified if connection.is_between_frames() => self.close(now, id),
            role => match (connection.check_end(), role) {
                (Err(torn), _) => self.punish(now, id, &torn.into()),
                (Ok(()), Role::Receiving { .. }) => {
                    // It reads until this side closes: the last acknowledgement comes before.
                    connection.has_ended = true;
                    connection.is_last = true;
                    connection.owes_ack = true;
                    self.mark_ready(id);
                }
                (Ok(()), _) => self.close(now, id),
            },
        }
    }

    /// The other side broke the rules.
    fn punish(&mut self, now: Nanos, id: ConnectionId, offence: &Offence) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let ip = connection.remote.ip().to_canonical();
        let role = connection.role;
        let fault = |source: String, who: String| {
            let text = format!("closed the connection with {who}: {offence}");
            Warning::of("fault", text).from(&source)
        };
        let warning = match role {
            Role::Receiving { sender } => {
                fault(ip.to_string(), format!("machine {sender} at {ip}")).about(sender)
            }
            Role::Sending { peer }
            | Role::Recording { peer }
            | Role::Greeting { peer }
            | Role::Connecting { peer } => {
                let route = &mut self.routes[peer];
                // It will hardly do better soon.
                route.backoff = self.waits.longest_backoff;
                route.refusal = Some(offence.to_string());
                let address = &route.address;
                fault(address.to_string(), format!("peer {address}"))
            }
            Role::Vetting | Role::Unidentified | Role::Parting => {
                fault(ip.to_string(), ip.to_string())
            }
        };
        self.warn(warning);
        match offence.about_keys() {
            Some(reason) if role == Role::Unidentified => {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.drop_key();
                }
                self.dismiss(now, id, &reason);
            }
            _ => self.close(now, id),
        }
    }
}
