//! Long calls that Ctrl-C ends.

use pyo3::prelude::*;

use crate::error::Result;

/// Runs `work` detached; where it asks whether to go on, Ctrl-C says no.
pub(super) fn interruptible<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&mut dyn FnMut() -> bool) -> Result<T> + Send,
) -> PyResult<T> {
    let mut signal = None;
    let result = py.detach(|| {
        work(&mut || {
            Python::attach(|py| signal = py.check_signals().err());
            signal.is_none()
        })
    });
    match signal {
        Some(error) => Err(error),
        None => Ok(result?),
    }
}
