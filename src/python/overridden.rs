//! Methods of a subclass that no run would ever call.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

/// What makes steps by hand; ticks of a run are native.
const BY_HAND: [&str; 6] = [
    "tick",
    "internal_event",
    "send_message",
    "handle_receive",
    "deliver",
    "incoming_queue",
];

/// Fails if a machine has one of these of its own and not of the `native` class: what it is to do
/// would not happen.
pub(super) fn refuse_overridden(
    machine: &Bound<'_, PyAny>,
    native: &Bound<'_, PyType>,
) -> PyResult<()> {
    let class = machine.get_type();
    if class.is(native) {
        return Ok(());
    }
    let own = machine.getattr_opt("__dict__")?;
    let own = own.as_ref().and_then(|own| own.cast::<PyDict>().ok());
    for name in BY_HAND {
        let is_own = own.is_some_and(|own| own.contains(name).unwrap_or(true));
        if is_own || !class.getattr(name)?.is(native.getattr(name)?) {
            return Err(PyTypeError::new_err(format!(
                "{} overrides {name}, which no run calls: start() and run() tick in native code. What \
                 machines are to do instead is a class derived of lamport.Algorithm; or call tick() and the \
                 others yourself",
                class.name()?
            )));
        }
    }
    Ok(())
}
