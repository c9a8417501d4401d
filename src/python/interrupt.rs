//! Long calls that Ctrl-C ends, and long drops.

use std::time::Duration;

use pyo3::prelude::*;

use crate::drive::real::running::Running;
use crate::error::Result;

/// How often a blocking call looks for Ctrl-C.
pub(super) const LOOK: Duration = Duration::from_millis(50);

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

/// Waits without the interpreter's lock, and for Ctrl-C with it.
pub(super) fn join(py: Python<'_>, running: &Running, timeout: Option<Duration>) -> PyResult<bool> {
    let mut left = timeout;
    loop {
        let turn = left.map_or(LOOK, |left| left.min(LOOK));
        if py.detach(|| running.join(Some(turn)))? {
            return Ok(true);
        }
        py.check_signals()?;
        if let Some(left) = &mut left {
            *left = left.saturating_sub(turn);
            if left.is_zero() {
                return Ok(false);
            }
        }
    }
}

/// For drops that wait: threads of Python go on meanwhile, unless the interpreter ends.
pub(super) fn aside(wait: impl FnOnce() + Send) {
    let mut wait = Some(wait);
    let taken = &mut wait;
    Python::try_attach(|py| py.detach(|| taken.take().map(|wait| wait())));
    if let Some(wait) = wait {
        wait();
    }
}
