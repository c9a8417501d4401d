//! The machine behind one of Python, and its run once it is started.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

use super::algorithm::handler_threads::{self, HandlerThread};
use super::error::LamportError;
use super::fifo;
use super::interrupt::{aside, join};
use crate::drive::real::machine::{Config, Machine};
use crate::drive::real::machine_list::MachineList;
use crate::drive::real::poll_thread::PollThread;
use crate::drive::real::running::Running;
use crate::drive::real::supervisor::{self, FaultPlan};
use crate::model::fault::Fault;
use crate::model::fault_schedule::{FaultSchedule, check_before_end};

/// How often a call that blocks looks for warnings.
const TURN: Duration = Duration::from_millis(200);

pub(super) struct OwnMachine {
    pub(super) machine: Arc<Machine>,
    /// Set by `start`.
    running: Mutex<Option<Arc<Running>>>,
    /// Where its handlers are at work, if it has an algorithm.
    thread: Option<HandlerThread>,
}

/// Opens a machine that is to have these faults, and says which it has; with `limits`, what would fill the disk is refused.
pub(super) fn open(
    py: Python<'_>,
    mut config: Config,
    faults: &[Fault],
    limits: bool,
) -> PyResult<(Arc<Machine>, FaultSchedule)> {
    // The seed, known once it is open, is for delays alone: bad faults must not leave a log behind.
    FaultSchedule::new(faults, None, 0)?;
    if !config.resume {
        // Of one that comes back they count from its beginning.
        check_before_end(faults, config.duration)?;
    }
    let shortages = if limits {
        config.shortages()?
    } else {
        Vec::new()
    };
    if config.resume {
        fifo::refuse(&config.log)?;
    }
    let _reader = if config.overwrite {
        fifo::reader_of(py, &config.log)?
    } else {
        None
    };
    let machine = py.detach(|| Machine::open(config, &PollThread::of_process()?))?;
    for words in shortages {
        machine.warn_of_shortage(&words);
    }
    let faults = FaultSchedule::new(faults, None, machine.seed())?;
    Ok((machine, faults))
}

impl OwnMachine {
    pub(super) fn new(machine: Arc<Machine>, thread: Option<HandlerThread>) -> Self {
        Self {
            machine,
            running: Mutex::default(),
            thread,
        }
    }

    /// Starts it, once.
    pub(super) fn start(
        &self,
        duration: f64,
        wait: f64,
        plan: FaultPlan,
    ) -> PyResult<Arc<Running>> {
        let mut running = self.running.lock().expect("no holder panics");
        if running.is_some() {
            return Err(LamportError::new_err(format!(
                "machine {} was started already",
                self.machine.id()
            )));
        }
        let machine_list = MachineList::new(vec![self.machine.clone()]);
        let started = Arc::new(supervisor::start(machine_list, duration, wait, plan)?);
        *running = Some(started.clone());
        Ok(started)
    }

    pub(super) fn running(&self) -> Option<Arc<Running>> {
        self.running.lock().expect("no holder panics").clone()
    }

    /// Where its handlers are at work.
    pub(super) fn threads(&self) -> &[HandlerThread] {
        self.thread.as_slice()
    }

    /// Waits until it is done, and warns meanwhile: nobody else can ask for its warnings.
    pub(super) fn wait(&self, py: Python<'_>, running: &Running) -> PyResult<()> {
        loop {
            let done = join(py, running, Some(TURN));
            let told = self.warn(py);
            // What made it fail is raised, even where warnings are errors.
            if done? {
                return told;
            }
            told?;
        }
    }

    /// Warns of what is to be warned of.
    fn warn(&self, py: Python<'_>) -> PyResult<()> {
        let texts = self.machine.take_warnings();
        if texts.is_empty() {
            return Ok(());
        }
        let warn = py.import("lamport._model.warning")?.getattr("warn")?;
        let mut told = Ok(());
        for text in texts {
            // Where one is an error, the others are told first.
            told = told.and(warn.call1((text,)).map(drop));
        }
        told
    }

    /// Ends it, and waits as `wait` does; warnings are no errors here.
    pub(super) fn stop_and_warn(&self, py: Python<'_>) -> PyResult<()> {
        self.end(py, |running| {
            loop {
                let done = join(py, running, Some(TURN));
                drop(self.warn(py));
                if done? {
                    return Ok(());
                }
            }
        })
    }

    /// Ends it, and waits until it has.
    pub(super) fn stop_and_wait(&self, py: Python<'_>) -> PyResult<()> {
        self.end(py, |running| join(py, running, None).map(drop))
    }

    /// Another Ctrl-C is raised into a handler that is at work; without any, and once it was, it ends the waiting.
    fn end(&self, py: Python<'_>, wait: impl Fn(&Running) -> PyResult<()>) -> PyResult<()> {
        let Some(running) = self.running() else {
            return Ok(());
        };
        running.stop();
        let Err(error) = wait(&running) else {
            return Ok(());
        };
        let is_ctrl_c = !running.is_done() && error.is_instance_of::<PyKeyboardInterrupt>(py);
        if is_ctrl_c && handler_threads::interrupt(py, self.threads())? {
            join(py, &running, None)?;
        }
        Err(error)
    }
}

impl Drop for OwnMachine {
    fn drop(&mut self) {
        // One that was started ends by itself; one that was not has no one left to end it.
        if self.running().is_none() {
            aside(|| self.machine.abandon());
        }
    }
}
