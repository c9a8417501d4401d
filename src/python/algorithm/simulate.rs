//! Runs of algorithms in virtual time, from Python.

use std::path::PathBuf;

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

use super::handler::{HandlerError, PyHandler};
use super::invariant::Invariant;
use super::me::MachineSeat;
use super::role::GivenRole;
use crate::drive::real::clock::ProcessClock;
use crate::drive::simulated::files::Files;
use crate::drive::simulated::handled::record::StepRecords;
use crate::drive::simulated::handled::{BrokenBy, BrokenRun, HandledSimulation, Input, Maker};
use crate::drive::simulated::in_time::InTime;
use crate::drive::simulated::memory::{self, WhileItRuns};
use crate::drive::simulated::ran::Ran;
use crate::drive::simulated::setup::Setup;
use crate::error::Result;
use crate::log::line::Startup;
use crate::model::handled::Cause;
use crate::model::message::Nanos;
use crate::python::arguments::Whole;
use crate::python::interrupt::LOOK;
use crate::python::logs::PyLogs;
use crate::python::setting::RunSetting;
use crate::python::simulate::Simulated;

/// Makes the instances of a run.
struct PyMaker {
    roles: Vec<GivenRole>,
    setup: Setup,
}

impl Maker for PyMaker {
    type Handler = PyHandler;

    fn make(&mut self, machine: u32) -> std::result::Result<PyHandler, HandlerError> {
        let seat = MachineSeat::in_topology(machine, &self.setup.topology, self.setup.seed);
        let made = Python::try_attach(|py| self.roles[machine as usize].make(py, seat));
        made.unwrap_or(Err(HandlerError::Interrupted(None)))
    }

    fn declare(&self, machine: u32, startup: &mut Startup<'static>) {
        self.roles[machine as usize].declare(startup);
    }
}

/// A handler that failed, as Python is told: machine, time in s, line of the log, the handler, and what it
/// raised or how the machine differs from what it did before.
type FailedHandler = (u64, f64, u64, String, Py<PyAny>);

/// Run algorithms in virtual time, as `simulate` does the built-in behaviour.
///
/// `roles` has one item per machine; `inputs` are times in s, machines counted from 0, and bodies as JSON.
/// `invariant` is called after each step that declares a state, with the values of all machines by their ids;
/// where it returns anything but True or None the run ends, and that is its ``violation``. Without recording,
/// `since` has `Logs.in_time` know what machines did from that time on.
///
/// Returns
/// -------
/// Simulated or tuple
///     The run; or of one that a handler broke off the machine, the time in s, the line of its log, the
///     handler, and what was raised, or as a text how the machine differs from what its log says.
#[pyfunction]
#[pyo3(signature = (setting, *, seed, roles, inputs, until_quiet, invariant, record, since, log_dir, progress))]
#[expect(clippy::too_many_arguments, reason = "named by Python")]
pub(in crate::python) fn simulate_algorithm(
    py: Python<'_>,
    setting: RunSetting,
    seed: Whole,
    roles: Vec<GivenRole>,
    inputs: Vec<(f64, u32, Option<String>)>,
    until_quiet: bool,
    invariant: Option<Py<PyAny>>,
    record: bool,
    since: Option<f64>,
    log_dir: Option<PathBuf>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Py<PyAny>> {
    let setup = setting.build(seed.0)?;
    setup.check()?;
    if log_dir.is_some() {
        Files::ensure_open(setup.topology.machines())?;
    }
    let since = since.filter(|_| !record);
    memory::ensure_handled(&setup, since.is_some())?;
    let (duration, topology) = (setup.duration, setup.topology.clone());
    let maker = PyMaker {
        roles,
        setup: setup.clone(),
    };
    let inputs = inputs.into_iter().map(|(time, machine, body)| Input {
        time: (time * 1e9).round() as Nanos,
        machine,
        body: body.map(Into::into),
    });
    let simulation = HandledSimulation::new(setup, maker, inputs.collect(), until_quiet)?;
    let mut simulation = match simulation {
        Ok(simulation) => simulation,
        Err(broken) => return failure(py, broken),
    };
    let mut interrupt: Option<PyErr> = None;
    let clock = ProcessClock::of_process();
    let mut looked = clock.now();
    let (memory, mut shortage) = (WhileItRuns::from_now(), None);
    let mut go_on = |now: Nanos| {
        if clock.now() - looked < LOOK.as_nanos() as Nanos {
            return true;
        }
        looked = clock.now();
        let told = match &progress {
            Some(progress) => progress
                .call1(py, ((now as f64 / 1e9).min(duration),))
                .map(drop),
            None => Ok(()),
        };
        let signal = told.and_then(|()| py.check_signals()).err();
        shortage = memory.check(now as f64 / 1e9).err();
        let goes_on = signal.is_none() && shortage.is_none();
        interrupt = interrupt.take().or(signal);
        goes_on
    };
    let mut records = record.then(|| StepRecords::new(&topology));
    let mut in_time = since.map(|since| InTime::new(&simulation, since));
    let mut files = log_dir
        .map(|directory| Files::create(&simulation, &directory))
        .transpose()?;
    let mut invariant = invariant.map(|invariant| Invariant::new(py, invariant));
    // Who asks for none of them pays next to nothing: a look at a word for each step.
    let mut kept = (&mut records, &mut files);
    let mut seen = (&mut invariant, &mut in_time);
    let ran = simulation.run(&mut (&mut kept, &mut seen), &mut go_on);
    let is_over = match ran {
        Ok(is_over) => is_over,
        Err(BrokenRun {
            why: BrokenBy::Handler(HandlerError::Interrupted(_)),
            ..
        }) => false,
        Err(broken) => {
            // The machine is as one that is down; the others end.
            files.map_or(Ok(()), |files| files.finish(&simulation))?;
            return failure(py, broken);
        }
    };
    if let Some(shortage) = shortage {
        files.map_or(Ok(()), |files| files.finish(&simulation))?;
        return Err(shortage.into());
    }
    let violation = invariant.map_or(Ok(None), Invariant::verdict)?;
    if let Some(error) = interrupt
        && !error.is_instance_of::<PyKeyboardInterrupt>(py)
    {
        return Err(error);
    }
    let (logs, finished): (PyLogs, Result<()>) = py.detach(|| {
        let finished = files.map_or(Ok(()), |files| files.finish(&simulation));
        let logs = if let Some(records) = records {
            PyLogs::new(simulation.logs(records))
        } else {
            let machines = simulation.machines(&mut || true);
            let told = in_time.map(|mut in_time| {
                in_time.finish(&simulation);
                in_time.since(&simulation)
            });
            PyLogs::of_machines(machines.expect("nobody asks to stop"), since.zip(told))
        };
        (logs, finished)
    });
    finished?;
    let mut simulated = Simulated::of(py, &simulation, logs, 0, !is_over)?;
    simulated.violation = violation;
    Ok(Py::new(py, simulated)?.into_any())
}

fn failure(py: Python<'_>, broken: BrokenRun<HandlerError>) -> PyResult<Py<PyAny>> {
    let why = match broken.why {
        BrokenBy::Handler(HandlerError::Failed(error)) => error.into_value(py).into_any(),
        BrokenBy::Handler(HandlerError::Interrupted(Some(error))) => return Err(error),
        BrokenBy::Handler(HandlerError::Interrupted(None)) => {
            return Err(PyKeyboardInterrupt::new_err(()));
        }
        BrokenBy::Differs(why) => why.into_pyobject(py)?.into_any().unbind(),
    };
    let failed: FailedHandler = (
        broken.machine,
        broken.time as f64 / 1e9,
        broken.line,
        broken
            .cause
            .as_ref()
            .map_or_else(|| "__init__".to_owned(), Cause::handler),
        why,
    );
    Ok(failed.into_pyobject(py)?.into_any().unbind())
}
