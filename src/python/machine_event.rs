//! Events of a machine by hand, as Python sees them.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::drive::real::machine::Machine;
use crate::log::schema::EventKind;
use crate::model::address::Address;
use crate::model::event::Event;

/// The event with the fields of its log line, but for the time.
pub(super) fn as_dict<'py>(
    py: Python<'py>,
    machine: &Machine,
    event: &Event,
) -> PyResult<Bound<'py, PyDict>> {
    let recipients = event.recipients();
    let addresses = recipients.map(|recipients| machine.drawn_addresses(recipients));
    with_recipients(py, machine, event, addresses)
}

/// The same of a send whose recipients are known.
pub(super) fn with_recipients<'py>(
    py: Python<'py>,
    machine: &Machine,
    event: &Event,
    recipients: Option<Vec<Address>>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("event", EventKind::of(event).name())?;
    dict.set_item("machine_id", machine.id())?;
    dict.set_item("old_clock", event.old_clock())?;
    dict.set_item("new_clock", event.new_clock())?;
    if let Some(recipients) = recipients {
        let pairs = recipients
            .into_iter()
            .map(|Address { host, port }| (host, port));
        dict.set_item("recipients", pairs.collect::<Vec<_>>())?;
    }
    if let Some((message, queue_len)) = event.received() {
        dict.set_item("queue_len", queue_len)?;
        dict.set_item("sender", message.sender())?;
        dict.set_item("sent_clock", message.timestamp)?;
    }
    Ok(dict)
}
