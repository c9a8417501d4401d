//! Who is who: what a peer says at its own address decides, and until that is known no one speaks in
//! its name.
//!
//! Anyone who may connect can say hello as any machine. So a hello is answered and its connection is
//! not read as long as the first attempt to reach a peer, which may turn out to be that machine, is
//! under way. The answer need not wait, so that two machines that meet do not wait for each other.

use crate::channel::endpoint::connection::Role;
use crate::channel::endpoint::output::{ConnectionId, Output};
use crate::channel::endpoint::{Endpoint, Warning};
use crate::model::message::{MachineId, Nanos};

impl Endpoint {
    /// Whether a peer that has not answered so far may be this machine.
    pub(super) fn is_open_who(&self, sender: MachineId) -> bool {
        self.undecided > 0 && !self.is_ending() && !self.channels.is_known(sender)
    }

    /// A sender's connection is not read for now; it is when its time for a hello is over.
    pub(super) fn hold(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.is_held = true;
            self.held.push(id);
        }
    }

    /// A connection is read from here on.
    pub(super) fn release(&mut self, id: ConnectionId) {
        self.held.retain(|&other| other != id);
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut connection.is_held, false) {
            self.set_deadline(id, None);
            self.outputs.push_back(Output::Read { connection: id });
        }
    }

    /// All connections are read from here on.
    pub(super) fn release_all(&mut self) {
        for id in std::mem::take(&mut self.held) {
            self.release(id);
        }
    }

    /// A peer has answered, or none of its addresses can be reached: then who speaks first in its name
    /// has it.
    pub(super) fn decide(&mut self, peer: usize) {
        let route = &mut self.routes[peer];
        if !std::mem::replace(&mut route.is_decided, true) {
            self.undecided -= 1;
            if self.undecided == 0 {
                self.release_all();
            }
        }
    }

    /// A peer has answered at its own address: it is this machine, and no one else is.
    pub(super) fn met(&mut self, now: Nanos, peer: usize, machine: MachineId, is_new: bool) {
        let standing = self.senders.get(&machine).copied();
        if self.channels.is_impostor(machine) {
            let address = &self.routes[peer].address;
            let connection = standing.and_then(|id| self.connections.get(&id));
            if let Some(connection) = connection {
                let ip = connection.remote.ip().to_canonical();
                let text = format!(
                    "closed the connection of a machine {machine} at {ip}: the machine {machine} at its own \
                     address {address} has another history"
                );
                self.warn(Warning::of("impostor", text).from(&ip).about(machine));
            }
            self.part_from(now, machine);
        } else if let Some(id) = standing {
            self.release(id);
        }
        if is_new {
            // Before they are read.
            self.part_from_strangers(now);
        }
        self.decide(peer);
    }

    /// Those who might have been a peer, as long as not all had told their ids, are none.
    fn part_from_strangers(&mut self, now: Nanos) {
        for machine in self.channels.uninvited() {
            let connection = self.senders.get(&machine);
            let connection = connection.and_then(|id| self.connections.get(id));
            if let Some(connection) = connection {
                let ip = connection.remote.ip().to_canonical();
                let text = format!(
                    "closed the connection of machine {machine} at {ip}: it is none of the peers; allow its \
                     address with --allow {ip}, or give all machines of the run a key"
                );
                self.warn(Warning::of("stranger", text).from(&ip).about(machine));
            }
            self.part_from(now, machine);
        }
    }

    fn part_from(&mut self, now: Nanos, machine: MachineId) {
        if let Some(&id) = self.senders.get(&machine) {
            debug_assert!(matches!(
                self.connections.get(&id).map(|connection| connection.role),
                Some(Role::Receiving { .. })
            ));
            self.close(now, id);
        }
    }
}
