//! Bytes that leave: messages, acknowledgements, and the end of a connection's words.

use crate::channel::endpoint::Endpoint;
use crate::channel::endpoint::connection::Role;
use crate::channel::endpoint::output::{ConnectionId, Output};
use crate::channel::letter;
use crate::channel::protocol::Protocol;
use crate::channel::wire;
use crate::model::body::Body;
use crate::model::event::Recipients;
use crate::model::message::{MachineId, Nanos};

impl Endpoint {
    /// These sends were made at this time: from then on it counts how long it takes to hear of them.
    pub fn made(&mut self, time: Nanos, sends: &[(u64, Recipients)]) {
        for (timestamp, recipients) in sends {
            if self.heard.is_busy() {
                return;
            }
            for position in self.channels.positions(recipients) {
                self.heard.sent(position, *timestamp, time);
            }
        }
    }

    /// The log holds these sends and, for each of these senders, the receipts up to this message.
    pub fn logged(
        &mut self,
        sends: impl IntoIterator<Item = (u64, Recipients)>,
        receipts: impl IntoIterator<Item = (MachineId, u64)>,
    ) {
        for (timestamp, recipients) in sends {
            self.channels.sent(timestamp, &recipients);
        }
        self.logged_receipts(receipts);
    }

    /// The same of a machine with an algorithm, whose sends say something.
    pub fn logged_letters(
        &mut self,
        sends: impl IntoIterator<Item = (u64, Recipients, Body)>,
        receipts: impl IntoIterator<Item = (MachineId, u64)>,
    ) {
        for (timestamp, recipients, body) in sends {
            self.channels.sent_letter(timestamp, &recipients, body);
        }
        self.logged_receipts(receipts);
    }

    fn logged_receipts(&mut self, receipts: impl IntoIterator<Item = (MachineId, u64)>) {
        for (sender, timestamp) in receipts {
            self.channels.received(sender, timestamp);
            if let Some(&id) = self.senders.get(&sender)
                && let Some(connection) = self.connections.get_mut(&id)
            {
                connection.owes_ack = true;
                self.mark_ready(id);
            }
        }
        for peer in 0..self.routes.len() {
            if self.channels.has_unsent(peer)
                && let Some(id) = self.routes[peer].connection
            {
                self.mark_ready(id);
            }
        }
        if let Some(overfull) = self.channels.overfull() {
            let address = &self.routes[overfull.position].address;
            let reason = format!(
                "machine {}: {}",
                self.channels.me().id,
                overfull.reason(address)
            );
            self.outputs.push_back(Output::Fail { reason });
        }
    }

    /// The bytes that are to leave on a connection next; messages are gathered to about `most` of
    /// them. Once there are none it may shut down or close, if that was its last.
    pub fn outgoing(&mut self, now: Nanos, id: ConnectionId, most: usize) -> &[u8] {
        let Some(connection) = self.connections.get_mut(&id) else {
            return &[];
        };
        match connection.role {
            Role::Sending { peer } => {
                let sender = self.channels.me().id;
                if self.channels.protocol() == Protocol::Lettered {
                    while connection.out.len() < most
                        && let Some((timestamp, body)) = self.channels.next_letter(peer)
                    {
                        match body {
                            Ok(body) => {
                                letter::write(&mut connection.out, timestamp, sender, &body);
                            }
                            Err(why) => {
                                let reason = format!(
                                    "machine {sender}: what message {timestamp} says cannot be read back from its log: {why}"
                                );
                                self.outputs.push_back(Output::Fail { reason });
                                break;
                            }
                        }
                    }
                }
                while connection.out.len() < most
                    && let Some(timestamp) = self.channels.next_unsent(peer)
                {
                    wire::write_message(&mut connection.out, timestamp, sender);
                }
            }
            // One at a time: a newer one says more than two.
            Role::Receiving { sender } if connection.owes_ack && connection.out.is_empty() => {
                connection.owes_ack = false;
                wire::write_ack(&mut connection.out, self.channels.marks(sender));
            }
            _ => {}
        }
        connection.seal();
        if !connection.has_output() {
            connection.is_ready = false;
            if connection.is_last {
                self.all_written(now, id);
            }
            return &[];
        }
        self.connections[&id].unwritten()
    }

    /// The system has taken so many of these bytes.
    pub fn written(&mut self, id: ConnectionId, count: usize) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.written(count);
        }
    }

    /// A connection has written its last.
    fn all_written(&mut self, now: Nanos, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        if connection.has_ended {
            self.close(now, id);
            return;
        }
        if !std::mem::replace(&mut connection.is_shut, true) {
            let output = Output::ShutDown { connection: id };
            self.outputs.push_back(output);
        }
        if let Role::Receiving { sender } = connection.role {
            connection.role = Role::Parting;
            // It may be replaced meanwhile, and then is not the one that counts.
            if self.senders.get(&sender) == Some(&id) {
                self.senders.remove(&sender);
                self.channels.sender_left(sender);
            }
        }
    }
}
