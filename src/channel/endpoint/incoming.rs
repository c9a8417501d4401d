//! Connections that others make to a machine: vetting and handshake.

use std::net::{IpAddr, SocketAddr};

use crate::channel::channels::{Refusal, Welcome};
use crate::channel::endpoint::connection::{Connection, Role};
use crate::channel::endpoint::output::{ConnectionId, Lookup, Output};
use crate::channel::endpoint::{Endpoint, Entropy, Phase, Standing, UNIDENTIFIED, Warning};
use crate::channel::link::Marks;
use crate::channel::wire::{Hello, Reply};
use crate::model::message::{MachineId, Nanos};

impl Endpoint {
    /// Someone has connected, from an address of this standing; with a key any will do. Its
    /// connection; none if it is not taken.
    pub fn accepted(
        &mut self,
        now: Nanos,
        remote: SocketAddr,
        standing: Standing,
        entropy: Entropy<'_>,
    ) -> Option<ConnectionId> {
        let is_admitted = standing != Standing::Unknown || self.has_key();
        let role = if is_admitted {
            Role::Unidentified
        } else {
            Role::Vetting
        };
        let mut connection = Connection::new(remote, standing, role);
        if let Some(secret) = &self.secret {
            match entropy() {
                Ok(entropy) => connection.encrypt(secret.receiver(entropy), &[]),
                Err(error) => {
                    let text = format!("cannot take a connection: {error}");
                    self.warn(Warning::of("accept", text));
                    return None;
                }
            }
        }
        let id = self.add(now, connection, self.waits.hello);
        self.unidentified.add(id, remote.ip(), standing.is_peer());
        self.keep_few(now);
        if !is_admitted {
            self.vet(now, id);
        }
        Some(id)
    }

    /// Of the connections that have said nothing, one makes room: who means to say something says it
    /// soon, and who takes many places takes them from itself.
    fn keep_few(&mut self, now: Nanos) {
        let most = UNIDENTIFIED + self.routes.len().max(self.channels.senders());
        if self.unidentified.len() <= most {
            return;
        }
        let Some((id, count)) = self.unidentified.first_to_go() else {
            return;
        };
        if let Some(connection) = self.connections.get(&id) {
            let ip = connection.remote.ip().to_canonical();
            let text = format!(
                "more than {most} connections said nothing; the oldest was closed of {count} from {ip}"
            );
            self.warn(Warning::of("crowd", text).from(&ip));
            self.close(now, id);
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

    /// The peers' names have been looked up once more: an address has this standing now.
    pub fn vetted(&mut self, now: Nanos, mut standing: impl FnMut(IpAddr) -> Standing) {
        self.is_vetting = false;
        for id in self.unidentified.connections() {
            let connection = self.connections.get_mut(&id);
            let Some(connection) = connection.filter(|found| found.role == Role::Vetting) else {
                continue;
            };
            connection.standing = standing(connection.remote.ip());
            if connection.standing == Standing::Unknown {
                self.refuse_address(now, id);
            } else {
                connection.role = Role::Unidentified;
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
        let text = format!(
            "refused a connection from {ip}: it is not the address of a peer; allow it with --allow {ip}"
        );
        self.warn(Warning::of("address", text).from(&ip));
        self.dismiss(now, id, "its address is not one of a peer");
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
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let (sender, ip) = (hello.sender, connection.remote.ip().to_canonical());
        let is_allowed = connection.standing.is_allowed() || self.has_key();
        match self.channels.welcome(hello, is_allowed) {
            Ok(Welcome { marks, is_another }) => {
                if is_another {
                    let text = format!(
                        "machine {sender} has said hello from {ip} with another history than before: \
                         two machines have one id, or one of them is no machine of this run"
                    );
                    self.warn(Warning::of("two histories", text).from(&ip).about(sender));
                }
                self.welcome(now, id, sender, marks);
            }
            Err(Refusal {
                kind,
                reason,
                answer,
            }) => {
                let text = format!("refused machine {sender} at {ip}: {reason}");
                self.warn(Warning::of(kind, text).from(&ip).about(sender));
                self.dismiss(now, id, &answer);
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
        self.unidentified.remove(id);
        self.mark_ready(id);
        if self.is_open_who(sender) {
            self.hold(id);
        } else {
            self.set_deadline(id, None);
        }
        // The new one is in its place before the old one goes: the sender has not left.
        if let Some(old) = self.senders.insert(sender, id) {
            self.close(now, old);
        }
    }
}
