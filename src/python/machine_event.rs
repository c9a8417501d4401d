//! Events of a machine by hand, as Python sees them.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::PeerAddress;
use crate::drive::real::machine::Machine;
use crate::error::{Error, Result};
use crate::model::address::Address;
use crate::model::event::Event;

/// The places of these addresses among the machine's peers.
pub(super) fn positions(machine: &Machine, recipients: &[PeerAddress]) -> Result<Box<[u32]>> {
    let mut positions = Vec::new();
    for PeerAddress(address) in recipients {
        let position = machine.peers().iter().position(|peer| peer == address);
        let position = position.ok_or_else(|| not_a_peer(address, machine.peers()))? as u32;
        if positions.contains(&position) {
            return Err(Error::invalid(format!(
                "the recipient {address} is listed twice"
            )));
        }
        positions.push(position);
    }
    Ok(positions.into())
}

/// The event with the fields of its log line, but for the time.
pub(super) fn as_dict<'py>(
    py: Python<'py>,
    machine: &Machine,
    event: &Event,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let (name, old_clock) = match event {
        Event::Send { old_clock, .. } => ("SEND", old_clock),
        Event::Receive { old_clock, .. } => ("RECEIVE", old_clock),
        Event::Internal { old_clock, .. } => ("INTERNAL", old_clock),
    };
    dict.set_item("event", name)?;
    dict.set_item("machine_id", machine.id())?;
    dict.set_item("old_clock", old_clock)?;
    dict.set_item("new_clock", event.new_clock())?;
    match event {
        Event::Send { recipients, .. } => {
            let peers = machine.peers();
            let pair = |position: u32| {
                let Address { host, port } = &peers[position as usize];
                (host.as_str(), *port)
            };
            let positions = recipients.positions(peers.len() as u32);
            dict.set_item("recipients", positions.map(pair).collect::<Vec<_>>())?;
        }
        Event::Receive {
            queue_len, message, ..
        } => {
            dict.set_item("queue_len", queue_len)?;
            dict.set_item("sender", message.sender())?;
            dict.set_item("sent_clock", message.timestamp)?;
        }
        Event::Internal { .. } => {}
    }
    Ok(dict)
}

fn not_a_peer(address: &Address, peers: &[Address]) -> Error {
    let known: Vec<String> = peers.iter().map(ToString::to_string).collect();
    Error::invalid(format!(
        "{address} is not a peer of this machine; its peers are {}",
        known.join(", ")
    ))
}
