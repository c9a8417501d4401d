//! Messages on their way from machine to machine.

use super::{HandledSimulation, Maker};
use crate::drive::simulated::id;
use crate::model::body::{Letter, length};
use crate::model::handled::Caused;
use crate::model::message::{MachineId, Message, Nanos};

impl<M: Maker> HandledSimulation<M> {
    /// A message leaves for each of its recipients.
    pub(super) fn send(&mut self, time: Nanos, machine: u32, send: &Caused) {
        let degree = self.setup.topology.degree(machine);
        let mut recipients = 0;
        for position in send.recipients.positions(degree) {
            let peer = self.setup.topology.peer(machine, position);
            let arrival = self.arrival(time, id(machine), id(peer), send.new_clock);
            let body = send.body.clone();
            let letter = Message::saying(body, id(machine), send.new_clock, arrival);
            recipients += 1;
            self.deliver(peer, letter);
        }
        let bytes = length(&send.body) as u64;
        self.load.sent(machine, send.new_clock, bytes, recipients);
    }

    /// When a message arrives that leaves now.
    fn arrival(
        &self,
        time: Nanos,
        sender: MachineId,
        recipient: MachineId,
        timestamp: u64,
    ) -> Nanos {
        let flight = self.delays.draw(sender, recipient, timestamp);
        if self.faults.is_empty() {
            time + flight
        } else {
            self.faults
                .arrival(sender, recipient, timestamp, time, flight)
        }
    }

    /// A message is in the queue of a machine, or on its way there.
    fn deliver(&mut self, machine: u32, message: Letter) {
        let seat = &mut self.seats[machine as usize];
        seat.machine.deliver(message);
        if seat.machine.has_stopped() {
            self.load.strand(1);
        } else {
            self.wake(machine);
        }
    }
}
