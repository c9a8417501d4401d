//! The machines of a run in this process, from Python.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use pyo3::prelude::*;

use super::arguments::{KeyArgument, Whole, port, timeout};
use super::error::LamportError;
use super::latency::Delay;
use super::machine::join;
use crate::drive::real::local::{Local, LocalConfig};
use crate::drive::real::running::Running;
use crate::drive::real::supervisor;
use crate::model::behavior::Behavior;
use crate::model::fault::Fault;
use crate::model::faults::Faults;
use crate::model::message::MachineId;
use crate::model::topology::Topology;

/// Machines 1..n in this process, over TCP on loopback, one tick thread each.
#[pyclass(frozen, module = "lamport._lamport")]
pub(super) struct LocalRun {
    local: Local,
    /// Set by `start`.
    running: Mutex<Option<Arc<Running>>>,
}

#[pymethods]
impl LocalRun {
    #[new]
    #[expect(
        clippy::too_many_arguments,
        reason = "one for each of the Python signature's"
    )]
    #[pyo3(signature = (
        peers, log_dir, duration, *, rates, max_rate, internal_probability, broadcast_share, seed, run_id,
        base_port, wait, precise, latency=None, faults=None, key=None
    ))]
    fn new(
        py: Python<'_>,
        peers: Vec<Vec<u32>>,
        log_dir: PathBuf,
        duration: f64,
        rates: Option<Vec<f64>>,
        max_rate: Whole,
        internal_probability: f64,
        broadcast_share: f64,
        seed: Whole,
        run_id: String,
        base_port: Whole,
        wait: f64,
        precise: bool,
        latency: Option<Delay>,
        faults: Option<&str>,
        key: Option<KeyArgument>,
    ) -> PyResult<Self> {
        supervisor::check_wait(wait)?;
        let topology = Topology::adjacency(peers)?;
        let machines: Vec<MachineId> = (1..=u64::from(topology.machines())).collect();
        let faults = Fault::list(faults.unwrap_or("[]"))?;
        let config = LocalConfig {
            faults: Arc::new(Faults::new(&faults, Some(&machines), seed.0)?),
            topology,
            log_dir,
            duration,
            wait,
            rates,
            max_rate: max_rate.0,
            behavior: Behavior::new(internal_probability, broadcast_share)?,
            latency: Delay::build_or_none(latency)?,
            seed: seed.0,
            run_id,
            base_port: port(base_port)?,
            is_precise: precise,
            key: key.map(|KeyArgument(key)| key),
        };
        let local = py.detach(|| Local::open(&config))?;
        Ok(Self {
            local,
            running: Mutex::default(),
        })
    }

    #[getter]
    fn rates(&self) -> Vec<f64> {
        self.local
            .machines()
            .iter()
            .map(|machine| machine.schedule().rate())
            .collect()
    }

    #[getter]
    fn ports(&self) -> Vec<u16> {
        self.local
            .machines()
            .iter()
            .map(|machine| machine.port())
            .collect()
    }

    fn start(&self) -> PyResult<()> {
        let mut running = self.running();
        if running.is_some() {
            return Err(LamportError::new_err("the run was started already"));
        }
        *running = Some(self.local.start()?.into());
        Ok(())
    }

    fn stop(&self) {
        if let Some(running) = &*self.running() {
            running.stop();
        }
    }

    /// Threads cannot be killed: they end by themselves.
    fn kill(&self) {
        self.stop();
    }

    #[pyo3(signature = (timeout=None))]
    fn join(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let running = self
            .running()
            .clone()
            .ok_or_else(|| LamportError::new_err("the run was not started"))?;
        join(py, &running, self::timeout(timeout)?)
    }

    fn elapsed(&self) -> f64 {
        self.running()
            .as_ref()
            .map_or(0.0, |running| running.elapsed())
    }

    fn status(&self) -> (Vec<u64>, Vec<u64>) {
        self.local
            .machines()
            .iter()
            .map(|machine| (machine.local_clock(), machine.queue_len()))
            .unzip()
    }

    fn warnings(&self) -> Vec<String> {
        self.local
            .machines()
            .iter()
            .flat_map(|machine| machine.take_warnings())
            .collect()
    }
}

impl LocalRun {
    fn running(&self) -> MutexGuard<'_, Option<Arc<Running>>> {
        self.running.lock().expect("no holder panics")
    }
}

impl Drop for LocalRun {
    fn drop(&mut self) {
        match &*self.running() {
            // Nobody else can stop it.
            Some(running) => running.stop(),
            None => self
                .local
                .machines()
                .iter()
                .for_each(|machine| machine.abandon()),
        }
    }
}
