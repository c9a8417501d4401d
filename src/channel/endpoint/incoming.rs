//! Connections that others make to a machine: vetting and handshake.

use std::net::{IpAddr, SocketAddr};

use crate::channel::channels::Refusal;
use crate::channel::endpoint::connection::{Connection, Role};
use crate::channel::endpoint::output::{ConnectionId, Lookup, Output};
use crate::channel::endpoint::{Endpoint, Entropy, Phase, UNIDENTIFIED};
use crate::channel::link::Marks;
use crate::channel::wire::{Hello, Reply};
use crate::model::message::{MachineId, Nanos};

impl Endpoint {
    /// Someone has connected, from an address that is known to be one of a machine that may send
    /// (`is_admitted`) or is not. Its connection; none if it is not taken.
    pub fn accepted(
        &mut self,
        now: Nanos,
        remote: SocketAddr,
        is_admitted: bool,
        entropy: Entropy<'_>,
    ) -> Option<ConnectionId> {
        let role = if is_admitted {
            Role::Unidentified
        } else {
            Role::Vetting
        };
        let mut connection = Connection::new(remote, role);
        if let Some(secret) = &self.secret {
            match entropy() {
                Ok(entropy) => connection.encrypt(secret.receiver(entropy), &[]),
                Err(error) => {
                    self.warn("accept", format!("cannot take a connection: {error}"));
                    return None;
                }
            }
        }
        let id = self.add(now, connection, self.waits.hello);
        self.unidentified.push_back(id);
        self.keep_few(now);
        if !is_admitted {
            self.vet(now, id);
        }
        Some(id)
    }

    /// Of the connections that have said nothing, the oldest makes room: who means to say something
    /// says it soon.
    fn keep_few(&mut self, now: Nanos) {
        let most = UNIDENTIFIED + self.routes.len().max(self.channels.senders());
        if self.unidentified.len() <= most {
            return;
        }
        let oldest = self.unidentified.front().copied();
        let oldest = oldest.and_then(|id| Some((id, self.connections.get(&id)?.remote)));
        if let Some((oldest, remote)) = oldest {
            let text = format!(
                "more than {most} connections said nothing; the oldest was closed, from {remote}"
            );
            self.warn("crowd", text);
            self.close(now, oldest);
        }
    }

    /// A connection from an unknown address: names may have new addresses.
    fn vet(&mut self, now: Nanos, id: ConnectionId) {
        if self.is_vetting {
            return;
        }
        let has_names = self
            .routes
            .iter()
            .any(|route| route.address.socket().is_none());
        let is_fresh = self
            .vetted
            .is_some_and(|vetted| now - vetted < self.waits.vetting);
        if !has_names || is_fresh {
            self.refuse_address(now, id);
            return;
        }
        self.vetted = Some(now);
        self.is_vetting = true;
        self.outputs.push_back(Output::LookUp(Lookup::Senders));
    }

    /// The peers' names have been looked up once more, and an address is that of a machine that may
    /// send if it is one that `admits` takes.
    pub fn vetted(&mut self, now: Nanos, admits: impl Fn(IpAddr) -> bool) {
        self.is_vetting = false;
        for id in self.unidentified.clone() {
            let connection = self.connections.get_mut(&id);
            let Some(connection) = connection.filter(|found| found.role == Role::Vetting) else {
                continue;
            };
            if admits(connection.remote.ip()) {
                connection.role = Role::Unidentified;
            } else {
                self.refuse_address(now, id);
            }
            // What it has said meanwhile was not read.
            self.outputs.push_back(Output::Read { connection: id });
        }
    }

    fn refuse_address(&mut self, now: Nanos, id: ConnectionId) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let ip = connection.remote.ip().to_canonical();
        self.warn(format!("address {ip}"), format!(
            "refused a connection from {ip}: it is not the address of a peer; allow it with --allow {ip}"
        ));
        self.dismiss(now, id, &format!("{ip} is not the address of a peer"));
    }

    /// Says why and lets the connection go once that is read.
    pub(super) fn dismiss(&mut self, now: Nanos, id: ConnectionId, reason: &str) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.role = Role::Parting;
        connection.is_last = true;
        Reply::No(reason.to_owned()).write(&mut connection.out);
        self.mark_ready(id);
        self.set_deadline(id, Some(now + self.waits.refusal));
    }

    /// The first line of a connection.
    pub(super) fn hello(&mut self, now: Nanos, id: ConnectionId, hello: &Hello) {
        if self.phase >= Phase::Late {
            self.close(now, id);
            return;
        }
        match self.channels.welcome(hello) {
            Ok(marks) => self.welcome(now, id, hello.sender, marks),
            Err(Refusal { kind, reason }) => {
                let Some(connection) = self.connections.get(&id) else {
                    return;
                };
                let (sender, ip) = (hello.sender, connection.remote.ip());
                let text = format!(
                    "refused machine {sender} at {}: {reason}",
                    ip.to_canonical()
                );
                self.warn(format!("{kind} {sender} {ip}"), text);
                self.dismiss(now, id, &reason);
            }
        }
    }

    fn welcome(&mut self, now: Nanos, id: ConnectionId, sender: MachineId, marks: Marks) {
        let (receiver, history) = (self.channels.me().id, self.channels.me().history);
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.role = Role::Receiving { sender };
        Reply::Ok {
            receiver,
            history,
            marks,
        }
        .write(&mut connection.out);
        self.set_deadline(id, None);
        self.unidentified.retain(|&other| other != id);
        self.mark_ready(id);
        // The new one is in its place before the old one goes: the sender has not left.
        if let Some(old) = self.senders.insert(sender, id) {
            self.close(now, old);
        }
    }
}
