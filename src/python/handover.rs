//! What a machine's process is handed down by the process that started it.

use pyo3::prelude::*;

use super::algorithm::handed_run::HandedRun;
use super::arguments::{Whole, port};
use crate::drive::real::clock::ProcessClock;
use crate::drive::real::inherit;
use crate::drive::real::listen::Listening;
use crate::drive::real::start_line::StartLine;
use crate::error::Result;
use crate::log::columns::Micros;
use crate::model::message::{MachineId, Nanos};

/// A listening socket of the process that started this one, in place of a port to listen on.
///
/// Parameters
/// ----------
/// descriptor : int
///     Its file descriptor, handed down for this process alone.
/// unix_origin : int
///     The Unix time of the zero of this host's monotonic clock, as the run took it, in ns.
/// began : float, optional
///     When the machine began to tick, should its log not tell, as Unix time; its start if None.
/// senders : list of int, optional
///     The only machines that may send to it; None: whoever `Machine` lets in.
/// run : mapping, optional
///     What its algorithm knows of the run.
/// start_line : int, optional
///     The descriptor of one of a pair of sockets: the machine says there that it is connected, and begins
///     to tick when it is told so.
#[pyclass(frozen, module = "lamport._lamport")]
#[derive(Clone)]
pub(super) struct Handover {
    descriptor: i32,
    unix_origin: Nanos,
    began: Option<Micros>,
    senders: Option<Vec<MachineId>>,
    run: Option<HandedRun>,
    start_line: Option<i32>,
}

#[pymethods]
impl Handover {
    #[new]
    #[pyo3(signature = (descriptor, unix_origin, began = None, senders = None, run = None, start_line = None))]
    fn new(
        descriptor: i32,
        unix_origin: Nanos,
        began: Option<f64>,
        senders: Option<Vec<MachineId>>,
        run: Option<HandedRun>,
        start_line: Option<i32>,
    ) -> Self {
        Self {
            descriptor,
            unix_origin,
            began: began.map(|began| (began * 1e6).round() as Micros),
            senders,
            run,
            start_line,
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
            return Ok(Self::Inherited(handover.get().clone()));
        }
        let number: Whole = object.extract()?;
        Ok(Self::Number(port(number)?))
    }
}

impl ListenPort {
    /// What whoever started the machine says of its time: that of the clock's zero, and when it began.
    pub(super) fn time(&self) -> (Option<Nanos>, Option<Micros>) {
        match self {
            Self::Number(_) => (None, None),
            Self::Inherited(handover) => (Some(handover.unix_origin), handover.began),
        }
    }

    /// Who alone may send to the machine, if whoever started it knows.
    pub(super) fn senders(&self) -> Option<Vec<MachineId>> {
        match self {
            Self::Number(_) => None,
            Self::Inherited(handover) => handover.senders.clone(),
        }
    }

    /// What its algorithm knows of the run, if whoever started the machine says so.
    pub(super) fn run(&self) -> Option<HandedRun> {
        match self {
            Self::Number(_) => None,
            Self::Inherited(handover) => handover.run.clone(),
        }
    }

    /// Where the machine waits for those of other hosts.
    pub(super) fn start_line(&self) -> Result<Option<StartLine>> {
        let Self::Inherited(handover) = self else {
            return Ok(None);
        };
        let socket = handover.start_line.map(inherit::stream).transpose()?;
        Ok(socket.map(StartLine::new))
    }

    /// A port is bound at this host later, an inherited socket is taken over now.
    pub(super) fn open(self, host: Option<String>) -> Result<Listening> {
        Ok(match self {
            Self::Number(port) => Listening::On { host, port },
            Self::Inherited(handover) => Listening::Bound(inherit::listener(handover.descriptor)?),
        })
    }
}

/// The Unix time of the zero of this host's monotonic clock (``time.monotonic``), in ns.
///
/// As the wall clock has it now.
#[pyfunction]
pub(super) fn unix_origin() -> Nanos {
    ProcessClock::of_process().unix_origin()
}
