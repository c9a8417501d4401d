//! An exception of a clock, and what was asked of it.

use pyo3::exceptions::{PyException, PySystemExit};
use pyo3::prelude::*;

/// What a clock raised.
pub(super) struct ClockRaised {
    /// What was done: "make", "tick", "send", "receive", "stamp", "pickle", "unpickle", "before", "size".
    pub(super) doing: &'static str,
    pub(super) error: PyErr,
    /// The step, if it was in one.
    pub(super) step: Option<usize>,
    /// The place of the machine, if it was of one.
    pub(super) machine: Option<u32>,
}

/// Why a plan was not carried out to its end.
pub(super) enum ClockStop {
    Raised(ClockRaised),
    /// Ctrl-C and what else is no exception of a clock. One that would end the interpreter is the clock's own.
    Interrupted(PyErr),
}

impl ClockStop {
    pub(super) fn at(
        py: Python<'_>,
        doing: &'static str,
        error: PyErr,
        step: Option<usize>,
        machine: Option<u32>,
    ) -> Self {
        if error.is_instance_of::<PyException>(py) || error.is_instance_of::<PySystemExit>(py) {
            Self::Raised(ClockRaised {
                doing,
                error,
                step,
                machine,
            })
        } else {
            Self::Interrupted(error)
        }
    }

    /// The exception, unless it is an interrupt.
    pub(super) fn raised(self) -> PyResult<ClockRaised> {
        match self {
            Self::Raised(raised) => Ok(raised),
            Self::Interrupted(error) => Err(error),
        }
    }
}
