//! What a machine's process tells of what is under way.

use pyo3::prelude::*;

use super::machine::PyMachine;

/// What is under way at a machine with an algorithm, for the process that started it.
///
/// Returns
/// -------
/// tuple of (int, bool, int, int) or None
///     Its clock; whether it has started and has nothing to do; the messages that its peers have not logged;
///     those of channels in its queue. None without an algorithm.
#[pyfunction]
pub(super) fn under_way(
    py: Python<'_>,
    machine: &PyMachine,
) -> PyResult<Option<(u64, bool, u64, u64)>> {
    // Whoever writes the log holds it, for as long as that takes.
    let look = py.detach(|| machine.under_way())?;
    Ok(look.map(|look| (look.clock, look.is_idle, look.kept, look.unread)))
}
