//! The machines of a run in this process, from Python.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use pyo3::prelude::*;

use super::algorithm::handler_threads::{self, HandlerThread};
use super::algorithm::real::local_algorithm;
use super::algorithm::role::GivenRole;
use super::arguments::{KeyArgument, Whole, port, timeout};
use super::at_exit;
use super::error::LamportError;
use super::interrupt::{aside, join};
use super::setting::RunSetting;
use crate::drive::real::ephemeral;
use crate::drive::real::local::{Local, LocalConfig};
use crate::drive::real::own_process::OwnProcess;
use crate::drive::real::room;
use crate::drive::real::running::Running;
use crate::setting::check_wait;

/// Machines 1..n in this process, over TCP on loopback, one tick thread each.
///
/// Making one binds every port and writes every STARTUP line.
///
/// Parameters
/// ----------
/// setting : mapping
///     What the run is made with.
/// log_dir : str
///     An existing directory; machine i logs to ``machine_<i>.log`` in it.
/// seed : int
///     The seed of all draws.
/// run_id : str
///     Only machines of this run connect.
/// base_port : int
///     Machine i listens on `base_port` + i - 1; 0 takes free ports.
/// wait : float
///     Seconds to wait for all connections before the first tick.
/// sync : bool
///     As of `Machine`.
/// precise : bool
///     As of `Machine`.
/// key : bytes or str, optional
///     As of `Machine`.
/// roles : sequence, optional
///     What each machine runs, in place of the built-in behaviour.
/// inputs : sequence of (float, int, str or None), optional
///     What is given to machines from outside: when (s), to which machine counted from 0, and what, as JSON.
/// until_quiet : bool
///     Whether the run ends when no message is under way and no timer is set; only with `roles`.
#[pyclass(frozen, module = "lamport._lamport")]
pub(super) struct LocalRun {
    own: OwnProcess<OwnRun>,
}

struct OwnRun {
    local: Local,
    /// Set by `start`.
    running: Mutex<Option<Arc<Running>>>,
    /// Where handlers are at work, if there are any.
    threads: Vec<HandlerThread>,
}

#[pymethods]
impl LocalRun {
    #[new]
    #[expect(
        clippy::too_many_arguments,
        reason = "one for each of the Python signature's"
    )]
    #[pyo3(signature = (setting, log_dir, *, seed, run_id, base_port, wait, sync, precise, key, roles=None, inputs=None, until_quiet=false))]
    fn new(
        py: Python<'_>,
        setting: RunSetting,
        log_dir: PathBuf,
        seed: Whole,
        run_id: String,
        base_port: Whole,
        wait: f64,
        sync: bool,
        precise: bool,
        key: Option<KeyArgument>,
        roles: Option<Vec<GivenRole>>,
        inputs: Option<Vec<(f64, u32, Option<String>)>>,
        until_quiet: bool,
    ) -> PyResult<Self> {
        check_wait(wait)?;
        let setup = setting.build(seed.0)?;
        let algorithm =
            roles.map(|roles| local_algorithm(roles, inputs.unwrap_or_default(), &setup));
        let (algorithm, threads) = algorithm.unzip();
        let config = LocalConfig {
            faults: Arc::new(setup.faults(setup.seed)?),
            topology: setup.topology,
            log_dir,
            duration: setup.duration,
            wait,
            rates: setup.rates,
            max_rate: setup.max_rate,
            behavior: setup.behavior,
            manners: setup.manners,
            latency: setup.latency,
            seed: setup.seed,
            run_id,
            base_port: port(base_port)?,
            is_precise: precise,
            is_synced: sync,
            key: key.map(|KeyArgument(key)| key),
            algorithm,
            until_quiet,
        };
        let local = py.detach(|| Local::open(&config))?;
        let own = OwnRun {
            local,
            running: Mutex::default(),
            threads: threads.unwrap_or_default(),
        };
        Ok(Self {
            own: OwnProcess::new("a run on this host".into(), own),
        })
    }

    /// Ticks per second of each machine.
    #[getter]
    fn rates(&self) -> PyResult<Vec<f64>> {
        let machines = self.own.get()?.local.machines().into_iter();
        Ok(machines.map(|machine| machine.schedule().rate()).collect())
    }

    /// The port on which each machine listens.
    #[getter]
    fn ports(&self) -> PyResult<Vec<u16>> {
        let machines = self.own.get()?.local.machines().into_iter();
        Ok(machines.map(|machine| machine.port()).collect())
    }

    /// Wait for all connections and tick in the background.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        let own = self.own.get()?;
        let mut running = own.running();
        if running.is_some() {
            return Err(LamportError::new_err("the run was started already"));
        }
        let started = Arc::new(own.local.start()?);
        *running = Some(started.clone());
        // Python runs in it, and with it threads that want what is held.
        drop(running);
        at_exit::end(py, "a run on this host".into(), started, &own.threads)
    }

    /// Ask all machines to end early.
    fn stop(&self) -> PyResult<()> {
        self.own.get()?.stop();
        Ok(())
    }

    /// Raise KeyboardInterrupt in the handlers that are at work.
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        handler_threads::interrupt(py, &self.own.get()?.threads).map(drop)
    }

    /// Ask all machines to end early: a thread cannot be killed as a process can.
    fn kill(&self) -> PyResult<()> {
        self.stop()
    }

    /// Wait until all machines are done. Returns whether they are; raises what made one fail.
    #[pyo3(signature = (timeout=None))]
    fn join(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let running = self.own.get()?.running().clone();
        let running = running.ok_or_else(|| LamportError::new_err("the run was not started"))?;
        join(py, &running, self::timeout(timeout)?)
    }

    /// Seconds since ticking started, 0 before.
    fn elapsed(&self) -> PyResult<f64> {
        let running = self.own.get()?.running();
        Ok(running.as_ref().map_or(0.0, |running| running.elapsed()))
    }

    /// The Unix time at which ticking began, as the logs say; None before.
    #[getter]
    fn began(&self) -> PyResult<Option<f64>> {
        let began = self.own.get()?.local.began();
        Ok(began.map(|began| began as f64 / 1e6))
    }

    /// Each machine's clock and queue length, now.
    fn status(&self) -> PyResult<(Vec<u64>, Vec<u64>)> {
        let machines = self.own.get()?.local.machines().into_iter();
        let status = machines.map(|machine| (machine.local_clock(), machine.queue_len()));
        Ok(status.unzip())
    }

    /// Take the warnings since the last call.
    fn warnings(&self) -> PyResult<Vec<String>> {
        let machines = self.own.get()?.local.machines().into_iter();
        let warnings = machines.flat_map(|machine| machine.take_warnings());
        Ok(warnings.collect())
    }
}

impl OwnRun {
    fn stop(&self) {
        if let Some(running) = &*self.running() {
            running.stop();
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Arc<Running>>> {
        self.running.lock().expect("no holder panics")
    }
}

impl Drop for OwnRun {
    fn drop(&mut self) {
        if let Some(running) = &*self.running() {
            // Nobody else can stop it.
            running.stop();
        } else {
            let machines = self.local.machines();
            aside(|| machines.iter().for_each(|machine| machine.abandon()));
        }
    }
}

/// Check that a run has room on this host, before anything of it is made.
///
/// Raises
/// ------
/// ValueError
///     There are not as many ports.
/// OSError
///     So many files may not be open.
/// LamportError
///     So many processes need more memory than there is.
#[pyfunction]
#[pyo3(signature = (setting, *, base_port, processes))]
pub(super) fn check_room(setting: RunSetting, base_port: Whole, processes: bool) -> PyResult<()> {
    let setup = setting.build(0)?;
    let check = if processes {
        room::check_processes
    } else {
        room::check
    };
    check(&setup.topology, setup.rates.as_deref(), port(base_port)?)?;
    Ok(())
}

/// Say why a port that is taken may be: nothing, or a part of a sentence.
#[pyfunction]
pub(super) fn port_hint(port: u16) -> String {
    ephemeral::hint(port)
}
