//! One machine, from Python.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use super::arguments::{KeyArgument, Peer, Whole, port, timeout};
use super::error::LamportError;
use super::latency::Delay;
use crate::drive::real::inherit;
use crate::drive::real::listen::Listening;
use crate::drive::real::machine::{Config, Machine};
use crate::drive::real::machine_list::MachineList;
use crate::drive::real::poll_thread::PollThread;
use crate::drive::real::running::Running;
use crate::drive::real::supervisor::{self, Trouble};
use crate::error::{Error, Result};
use crate::model::address::Address;
use crate::model::behavior::{BROADCAST_SHARE, Behavior, INTERNAL_PROBABILITY};
use crate::model::event::{Event, Recipients};
use crate::model::fault::Fault;
use crate::model::faults::Faults;
use crate::model::message::Nanos;
use crate::model::schedule::MAX_DRAWN_RATE;

/// How often a blocking call looks for Ctrl-C.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// One machine of a run: its clock, its queue, its log and its connections.
#[pyclass(frozen, subclass, name = "Machine", module = "lamport._lamport")]
pub(super) struct PyMachine {
    machine: Arc<Machine>,
    log: PathBuf,
    duration: f64,
    wait: f64,
    faults: Arc<Faults>,
    /// How long the run had been ticking when this machine starts.
    elapsed: Nanos,
    /// Set by `start`.
    running: Mutex<Option<Arc<Running>>>,
}

#[pymethods]
impl PyMachine {
    #[new]
    #[expect(
        clippy::too_many_arguments,
        reason = "one for each of the Python signature's"
    )]
    #[pyo3(signature = (
        machine_id, listen_port, peer_addresses, log_filename, run_seconds, *, clock_rate=None,
        max_rate=Whole(MAX_DRAWN_RATE), internal_probability=INTERNAL_PROBABILITY, broadcast_share=BROADCAST_SHARE,
        seed=None, host=None, run_id="lab", wait=10.0, allow=Vec::new(), resume=false, overwrite=false, precise=true, latency=None,
        faults=None, elapsed=0.0, key=None, listen_fd=None
    ))]
    fn new(
        py: Python<'_>,
        machine_id: Whole,
        listen_port: Whole,
        peer_addresses: Vec<Peer>,
        log_filename: PathBuf,
        run_seconds: f64,
        clock_rate: Option<f64>,
        max_rate: Whole,
        internal_probability: f64,
        broadcast_share: f64,
        seed: Option<Whole>,
        host: Option<String>,
        run_id: &str,
        wait: f64,
        allow: Vec<String>,
        resume: bool,
        overwrite: bool,
        precise: bool,
        latency: Option<Delay>,
        faults: Option<&str>,
        elapsed: f64,
        key: Option<KeyArgument>,
        listen_fd: Option<i32>,
    ) -> PyResult<Self> {
        let listening = match listen_fd {
            Some(descriptor) => Listening::Bound(inherit::listener(descriptor)?),
            None => Listening::On {
                host,
                port: port(listen_port)?,
            },
        };
        supervisor::check_wait(wait)?;
        if resume && overwrite {
            return Err(PyValueError::new_err(
                "resume and overwrite exclude each other: one keeps the log, one replaces it",
            ));
        }
        let config = Config {
            machine_id: machine_id.0,
            listening,
            peers: peer_addresses
                .into_iter()
                .map(|Peer(address)| address)
                .collect(),
            log: log_filename.clone(),
            overwrite,
            resume,
            duration: run_seconds,
            clock_rate,
            max_rate: max_rate.0,
            behavior: Behavior::new(internal_probability, broadcast_share)?,
            latency: Delay::build_or_none(latency)?,
            seed: seed.map(|seed| seed.0),
            run_id: run_id.to_owned(),
            allowed: allow
                .iter()
                .map(|text| text.parse())
                .collect::<Result<_>>()?,
            is_precise: precise,
            key: key.map(|KeyArgument(key)| key),
        };
        let faults = Fault::list(faults.unwrap_or("[]"))?;
        // The seed, known once it is open, is for delays alone: bad faults must not leave a log behind.
        Faults::new(&faults, None, 0)?;
        let machine = py.detach(|| Machine::open(config, &PollThread::of_process()?))?;
        let faults = Faults::new(&faults, None, machine.seed())?;
        Ok(Self {
            machine,
            log: log_filename,
            duration: run_seconds,
            wait,
            faults: Arc::new(faults),
            elapsed: (elapsed * 1e9) as Nanos,
            running: Mutex::default(),
        })
    }

    #[getter]
    fn machine_id(&self) -> u64 {
        self.machine.id()
    }

    #[getter]
    fn listen_port(&self) -> u16 {
        self.machine.port()
    }

    #[getter]
    fn peer_addresses(&self) -> Vec<(String, u16)> {
        self.machine
            .peers()
            .iter()
            .map(|peer| (peer.host.clone(), peer.port))
            .collect()
    }

    #[getter]
    fn log_filename(&self) -> String {
        self.log.to_string_lossy().into_owned()
    }

    #[getter]
    fn clock_rate(&self) -> f64 {
        self.machine.schedule().rate()
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.machine.seed()
    }

    #[getter]
    fn local_clock(&self) -> u64 {
        self.machine.local_clock()
    }

    #[getter]
    fn queue_len(&self) -> u64 {
        self.machine.queue_len()
    }

    #[getter]
    fn ticks(&self) -> u64 {
        self.machine.ticks()
    }

    fn run(&self, py: Python<'_>) -> PyResult<()> {
        self.start()?;
        let Err(interrupt) = self.join(py, None) else {
            return Ok(());
        };
        // Ctrl-C, or the machine's own failure, after which all this does nothing.
        py.detach(|| self.stop_and_wait())?;
        Err(interrupt)
    }

    fn start(&self) -> PyResult<()> {
        let mut running = self.running.lock().expect("no holder panics");
        if running.is_some() {
            return Err(LamportError::new_err(format!(
                "machine {} was started already",
                self.machine.id()
            )));
        }
        let trouble = Trouble {
            faults: self.faults.clone(),
            elapsed: self.elapsed,
            revive: None,
        };
        let machine_list = MachineList::new(vec![self.machine.clone()]);
        let started = supervisor::start(machine_list, self.duration, self.wait, trouble)?;
        *running = Some(Arc::new(started));
        Ok(())
    }

    #[pyo3(signature = (timeout=None))]
    fn join(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let Some(running) = self.running() else {
            return Err(LamportError::new_err(format!(
                "machine {} was not started",
                self.machine.id()
            )));
        };
        join(py, &running, self::timeout(timeout)?)
    }

    fn stop(&self) {
        if let Some(running) = self.running() {
            running.stop();
        }
    }

    fn shutdown(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| {
            self.stop_and_wait()?;
            self.machine.finish()
        })?;
        Ok(())
    }

    fn tick<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let odds = *self.machine.odds();
        let event = self.step(py, false, move |node, now| Some(node.tick(now, &odds)))?;
        self.event(py, &event.expect("a tick is an event"))
    }

    fn internal_event<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let event = self.step(py, true, |node, _| Some(node.internal()))?;
        self.event(py, &event.expect("it was made"))
    }

    #[pyo3(signature = (recipients=None))]
    fn send_message<'py>(
        &self,
        py: Python<'py>,
        recipients: Option<Vec<Peer>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        if self.machine.peers().is_empty() {
            return Err(LamportError::new_err(format!(
                "machine {} has no peers to send to",
                self.machine.id()
            )));
        }
        let recipients = match recipients {
            None => Recipients::All,
            Some(list) => Recipients::Some(self.positions(&list)?),
        };
        let event = self.step(py, true, |node, _| Some(node.send(recipients)))?;
        self.event(py, &event.expect("it was made"))
    }

    #[pyo3(signature = (timestamp, sender=None))]
    fn deliver(&self, timestamp: Whole, sender: Option<Whole>) -> PyResult<()> {
        self.machine
            .deliver_by_hand(sender.map(|sender| sender.0), timestamp.0)?;
        Ok(())
    }

    fn handle_receive<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let event = self.step(py, true, crate::model::node::Node::receive)?;
        event.map(|event| self.event(py, &event)).transpose()
    }

    fn warnings(&self) -> Vec<String> {
        self.machine.take_warnings()
    }

    fn __enter__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    fn __exit__(
        &self,
        py: Python<'_>,
        kind: Option<Bound<'_, PyType>>,
        _error: Option<Bound<'_, PyAny>>,
        _traceback: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let ended = self.shutdown(py);
        // What ends the block says more than that no orderly end follows.
        if kind.is_some() { Ok(()) } else { ended }
    }

    fn __repr__(&self) -> String {
        let machine = &self.machine;
        format!(
            "<lamport.Machine {} on port {}: {} ticks/s, clock {}, {} in queue>",
            machine.id(),
            machine.port(),
            machine.schedule().rate(),
            machine.local_clock(),
            machine.queue_len()
        )
    }
}

impl PyMachine {
    fn running(&self) -> Option<Arc<Running>> {
        self.running.lock().expect("no holder panics").clone()
    }

    fn stop_and_wait(&self) -> Result<()> {
        let Some(running) = self.running() else {
            return Ok(());
        };
        running.stop();
        running.join(None).map(|_| ())
    }

    fn step(
        &self,
        py: Python<'_>,
        is_manual: bool,
        make: impl FnOnce(&mut crate::model::node::Node, u64) -> Option<Event> + Send,
    ) -> PyResult<Option<Event>> {
        Ok(py.detach(|| self.machine.step(is_manual, make))?)
    }

    fn positions(&self, recipients: &[Peer]) -> Result<Box<[u32]>> {
        let mut positions = Vec::new();
        for Peer(address) in recipients {
            let position = self.machine.peers().iter().position(|peer| peer == address);
            let position =
                position.ok_or_else(|| not_a_peer(address, self.machine.peers()))? as u32;
            if positions.contains(&position) {
                return Err(Error::invalid(format!(
                    "the recipient {address} is listed twice"
                )));
            }
            positions.push(position);
        }
        Ok(positions.into())
    }

    /// The event with the fields of its log line, but for the time.
    fn event<'py>(&self, py: Python<'py>, event: &Event) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        let (name, old_clock) = match event {
            Event::Send { old_clock, .. } => ("SEND", old_clock),
            Event::Receive { old_clock, .. } => ("RECEIVE", old_clock),
            Event::Internal { old_clock, .. } => ("INTERNAL", old_clock),
        };
        dict.set_item("event", name)?;
        dict.set_item("machine_id", self.machine.id())?;
        dict.set_item("old_clock", old_clock)?;
        dict.set_item("new_clock", event.new_clock())?;
        match event {
            Event::Send { recipients, .. } => {
                let peers = self.machine.peers();
                let pair = |position: u32| {
                    (
                        peers[position as usize].host.as_str(),
                        peers[position as usize].port,
                    )
                };
                dict.set_item(
                    "recipients",
                    recipients
                        .positions(peers.len() as u32)
                        .map(pair)
                        .collect::<Vec<_>>(),
                )?;
            }
            Event::Receive {
                queue_len, message, ..
            } => {
                dict.set_item("queue_len", queue_len)?;
                dict.set_item("sender", message.sender())?;
                dict.set_item("sent_clock", message.timestamp)?;
            }
            Event::Internal { .. } => {}
        }
        Ok(dict)
    }
}

impl Drop for PyMachine {
    fn drop(&mut self) {
        // One that was started ends by itself; one that was not has no one left to end it.
        if self.running().is_none() {
            self.machine.abandon();
        }
    }
}

fn not_a_peer(address: &Address, peers: &[Address]) -> Error {
    let known: Vec<String> = peers.iter().map(ToString::to_string).collect();
    Error::invalid(format!(
        "{address} is not a peer of this machine; its peers are {}",
        known.join(", ")
    ))
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
