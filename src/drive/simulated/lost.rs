//! What a machine that dies has not received.

use crate::model::fault_schedule::FaultSchedule;
use crate::model::latency::Delays;
use crate::model::message::{MachineId, Message, Nanos};
use crate::model::node::Node;

/// What waits in the queue of a machine that dies at this time is not logged: its senders send it again, and
/// what came from outside is given again. What is on its way may arrive.
pub(super) fn send_again<B>(
    node: &mut Node<B>,
    (machine, time): (MachineId, Nanos),
    faults: &FaultSchedule,
    delays: &Delays,
) {
    let waiting: Vec<Message<B>> = node.drain().collect();
    for message in waiting {
        let arrival = match message.channel() {
            _ if message.arrival > time => message.arrival,
            Some(sender) => {
                let flight = delays.draw(sender, machine, message.timestamp);
                faults.arrival(sender, machine, message.timestamp, time, flight)
            }
            None => faults.reachable(machine, time),
        };
        node.deliver(message.arriving(arrival));
    }
}
