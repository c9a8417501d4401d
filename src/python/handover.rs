//! What a machine's process is handed down by the process that started it.

use pyo3::prelude::*;

use super::arguments::{Whole, port};
use crate::drive::real::inherit;
use crate::drive::real::listen::Listening;
use crate::error::Result;
use crate::model::message::Nanos;

/// A listening socket of the process that started this one, in place of a port to listen on.
///
/// Parameters
/// ----------
/// descriptor : int
///     Its file descriptor, handed down for this process alone.
/// elapsed : float
///     How long the run had been ticking when this machine starts to, in seconds: faults count from then.
#[pyclass(frozen, module = "lamport._lamport")]
#[derive(Clone, Copy)]
pub(super) struct Handover {
    descriptor: i32,
    elapsed: f64,
}

#[pymethods]
impl Handover {
    #[new]
    fn new(descriptor: i32, elapsed: f64) -> Self {
        Self {
            descriptor,
            elapsed,
        }
    }
}

/// Where a machine listens.
pub(super) enum ListenPort {
    Number(u16),
    Inherited(Handover),
}

impl<'py> FromPyObject<'_, 'py> for ListenPort {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(handover) = object.cast::<Handover>() {
            return Ok(Self::Inherited(*handover.get()));
        }
        let number: Whole = object.extract()?;
        Ok(Self::Number(port(number)?))
    }
}

impl ListenPort {
    pub(super) fn elapsed(&self) -> Nanos {
        match self {
            Self::Number(_) => 0,
            Self::Inherited(handover) => (handover.elapsed * 1e9) as Nanos,
        }
    }

    /// A port is bound at this host later, an inherited socket is taken over now.
    pub(super) fn open(self, host: Option<String>) -> Result<Listening> {
        Ok(match self {
            Self::Number(port) => Listening::On { host, port },
            Self::Inherited(handover) => Listening::Bound(inherit::listener(handover.descriptor)?),
        })
    }
}
