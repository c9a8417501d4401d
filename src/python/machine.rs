//! One machine, from Python.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use super::algorithm::body::given_body;
use super::algorithm::handler_threads::{self, by_hand};
use super::algorithm::role::role_of;
use super::arguments::{KeyArgument, MovedArgument, PeerAddress, Whole, timeout};
use super::at_exit;
use super::error::LamportError;
use super::faults::{FaultsArgument, LatencyArgument};
use super::handover::ListenPort;
use super::incoming_queue::IncomingQueue;
use super::interrupt::join;
use super::machine_config::GivenMachine;
use super::machine_event;
use super::overridden::refuse_overridden;
use super::own_machine::{OwnMachine, open};
use super::peers::PeersArgument;
use super::rates::{RateArgument, TicksArgument};
use crate::drive::real::machine::{Machine, UnderWay};
use crate::drive::real::own_process::OwnProcess;
use crate::drive::real::start_line::StartLine;
use crate::drive::real::supervisor::FaultPlan;
use crate::error::Result;
use crate::model::fault_schedule::FaultSchedule;
use crate::model::latency::Latency;
use crate::setting::{
    BROADCAST_SHARE, INTERNAL_PROBABILITY, LATENCY, MAX_DRAWN_RATE, RUN_ID, WAIT, check_wait,
};

/// One machine of a run: its clock, its queue, its log and its connections.
///
/// Making one binds the port, opens the log and writes its STARTUP line; from
/// then on peers can connect. It ticks from `start` (or `run`) on, or by hand.
///
/// Parameters
/// ----------
/// machine_id : int
///     Its number in the run, 0 .. 2^53 - 1.
/// listen_port : int
///     The TCP port to listen on; 0 takes a free one (see `listen_port`).
/// peer_addresses : sequence of (host, port), or mapping of int to (host, port)
///     The machines it sends to. (`send_message` takes any other address, too.) Of a mapping the keys are
///     their ids: a machine that says another one there is refused, and an algorithm need not wait for
///     them before it starts.
/// log_filename : path
///     The log; its directory must exist.
/// run_seconds : float
///     How long it ticks, in seconds.
/// clock_rate : float or Steps, optional
///     Ticks per second; drawn from the whole numbers 1 .. `max_rate` if None.
/// max_rate : int
///     The upper end of the rates drawn.
/// ticks : {"periodic", "poisson"} or Jitter
///     How ticks lie in time, as for `lamport.run_local`.
/// internal_probability, broadcast_share : float
///     What an idle tick does, see `lamport.run_local`.
/// peer_weights : sequence of int, optional
///     How often a send to one peer goes to which, one whole number for each of `peer_addresses`: to
///     ``[3, 1]`` three times as often to the first as to the second. None: all are equally likely. A machine
///     that resumes may leave them out.
/// algorithm : type or callable or mapping or str, optional
///     What it does in place of the built-in behaviour: a class derived of `Algorithm`, or anything else
///     that `lamport.run_local` takes. Its peers have algorithms as well. Of a mapping it runs what that has
///     for its id. It starts once all its peers have connected, or at once if `peer_addresses` tells their
///     ids. ``me.senders`` are its peers, whoever else may send to it.
/// arguments : mapping of str to object, optional
///     What the class is called with.
/// latency : float or latency
///     A delay added to each message that comes: seconds, or `Constant`, `Uniform`, `Exponential`,
///     `LogNormal`, `Empirical`, as for `lamport.run_local`.
/// faults : iterable of faults
///     What goes wrong, and when, as for `lamport.run_local`. Of it this machine's links have partitions,
///     delays and disconnects; crashes and pauses are for whoever started the process.
/// seed : int, optional
///     The seed of all its draws, 0 .. 2^53 - 1; drawn if None.
/// host : str, optional
///     The address to listen on. None: loopback if there are peers and all of
///     them are loopback, else all interfaces.
/// run_id : str
///     Machines connect only within one run id.
/// wait : float
///     Seconds to wait for all peers before the first tick; an algorithm that does not know the ids of its
///     peers by then fails.
/// allow : sequence of str
///     More addresses or networks (CIDR) that may connect, beside the peers'.
/// resume : bool
///     Go on where the log of a crashed machine stops: with its clock, history, rate and seed, and with
///     every message it sent that a peer may still need. The log must be of the same machine, run,
///     version and peers, without END. `run_seconds` counts from this start. An algorithm, which must be the
///     same with the same arguments, is run over the log first: its handlers are called for all they did.
/// overwrite : bool
///     Replace an existing log file.
/// moved : mapping, optional
///     With `resume`, peers that are elsewhere than the log says: ``{(host, port): (host, port)}``, the
///     address in the log and the one in `peer_addresses`. Two names of one address are the same anyway.
/// sync : bool
///     Have each line on storage before anything that follows from it leaves this machine (fdatasync): then
///     a crash of the host, like one of the process, loses nothing that another machine has heard of.
/// precise : bool
///     Spin over the last stretch before a tick while that costs under 2 % of a core.
/// key : bytes or str, optional
///     Connect only with machines that have the same key, from whatever address, and encrypt all that is
///     said: 32 random bytes, or the 64 hexadecimal digits that ``lamport keygen`` prints.
/// limits : bool
///     Refuse what would fill the disk within an hour of ticking and before its end, and warn where the
///     disk is full later; not when it resumes. False: neither.
///
/// Raises
/// ------
/// ValueError
///     An argument is outside what the model allows, or the disk too small, see `limits`.
/// FileExistsError
///     The log exists and `overwrite` is False.
/// FileNotFoundError
///     There is no log to resume.
/// LamportError
///     The log cannot be resumed, or a running machine writes it.
/// AlgorithmError
///     A handler fails as it is run over the log.
/// OSError
///     The port is in use, a host is unknown, the log cannot be written.
///
/// Examples
/// --------
/// A machine on its own, which ticks by hand:
///
/// >>> import lamport
/// >>> from tempfile import mkdtemp
/// >>> home = mkdtemp()
/// >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
/// ...     machine.deliver(10)
/// ...     machine.tick()["new_clock"]
/// 11
///
/// One of two machines, whose class stands in ``mutex.py``; the other runs on host lab-2:
///
/// >>> machine = lamport.Machine(
/// ...     1, 5001, {2: ("lab-2", 5002)}, "machine_1.log", 60, clock_rate=100, algorithm="mutex:Mutex"
/// ... )  # doctest: +SKIP
/// >>> machine.run()  # doctest: +SKIP
#[pyclass(frozen, subclass, name = "Machine", module = "lamport")]
pub(super) struct PyMachine {
    own: OwnProcess<OwnMachine>,
    log: PathBuf,
    duration: f64,
    wait: f64,
    faults: Arc<FaultSchedule>,
    /// Taken by `start`.
    start_line: Mutex<Option<StartLine>>,
}

#[pymethods]
impl PyMachine {
    #[new]
    #[expect(
        clippy::too_many_arguments,
        clippy::fn_params_excessive_bools,
        reason = "one for each of the Python signature's"
    )]
    #[pyo3(
        signature = (
            machine_id, listen_port, peer_addresses, log_filename, run_seconds, *, clock_rate=None,
            max_rate=Whole(MAX_DRAWN_RATE), ticks=TicksArgument::default(), internal_probability=INTERNAL_PROBABILITY,
            broadcast_share=BROADCAST_SHARE, peer_weights=None, algorithm=None, arguments=None, latency=LatencyArgument(Latency::Constant(LATENCY)),
            faults=FaultsArgument(Vec::new()), seed=None, host=None, run_id=RUN_ID, wait=f64::from(WAIT),
            allow=Vec::new(), resume=false, overwrite=false, moved=None, sync=false, precise=true, key=None,
            limits=true
        ),
        // The same with values: only literals are shown by themselves.
        text_signature = "(machine_id, listen_port, peer_addresses, log_filename, run_seconds, *, \
            clock_rate=None, max_rate=6, ticks='periodic', internal_probability=0.7, broadcast_share=0.3333333333333333, \
            peer_weights=None, algorithm=None, arguments=None, latency=0.0, faults=(), seed=None, host=None, run_id='lab', wait=10.0, allow=(), resume=False, \
            overwrite=False, moved=None, sync=False, precise=True, key=None, limits=True)"
    )]
    fn new(
        py: Python<'_>,
        machine_id: Whole,
        listen_port: ListenPort,
        peer_addresses: PeersArgument,
        log_filename: PathBuf,
        run_seconds: f64,
        clock_rate: Option<RateArgument>,
        max_rate: Whole,
        ticks: TicksArgument,
        internal_probability: f64,
        broadcast_share: f64,
        peer_weights: Option<Vec<Whole>>,
        algorithm: Option<Bound<'_, PyAny>>,
        arguments: Option<Bound<'_, PyAny>>,
        latency: LatencyArgument,
        faults: FaultsArgument,
        seed: Option<Whole>,
        host: Option<String>,
        run_id: &str,
        wait: f64,
        allow: Vec<String>,
        resume: bool,
        overwrite: bool,
        moved: Option<MovedArgument>,
        sync: bool,
        precise: bool,
        key: Option<KeyArgument>,
        limits: bool,
    ) -> PyResult<Self> {
        check_wait(wait)?;
        let start_line = listen_port.start_line()?;
        let log = std::path::absolute(&log_filename).unwrap_or(log_filename);
        let given = GivenMachine {
            machine_id: machine_id.0,
            listen_port,
            peers: peer_addresses,
            log: log.clone(),
            duration: run_seconds,
            clock_rate,
            max_rate: max_rate.0,
            ticks,
            odds: (internal_probability, broadcast_share),
            peer_weights: peer_weights.map(|each| each.iter().map(|weight| weight.0).collect()),
            role: role_of(py, algorithm, arguments, machine_id.0)?,
            latency,
            seed: seed.map(|seed| seed.0),
            host,
            run_id: run_id.to_owned(),
            allow,
            resume,
            overwrite,
            moved,
            sync,
            precise,
            key,
        };
        let (config, thread) = given.config()?;
        let FaultsArgument(faults) = faults;
        let (machine, faults) = open(py, config, &faults, limits)?;
        let name = format!("machine {}", machine_id.0);
        Ok(Self {
            own: OwnProcess::new(name, OwnMachine::new(machine, thread)),
            log,
            duration: run_seconds,
            wait,
            faults: Arc::new(faults),
            start_line: Mutex::new(start_line),
        })
    }

    /// Its number in the run.
    #[getter]
    fn machine_id(&self) -> u64 {
        self.constants().id()
    }

    /// The TCP port on which it listens.
    #[getter]
    fn listen_port(&self) -> u16 {
        self.constants().port()
    }

    /// The machines it sends to, as (host, port).
    #[getter]
    fn peer_addresses(&self) -> Vec<(String, u16)> {
        self.constants()
            .peers()
            .iter()
            .map(|peer| (peer.host.clone(), peer.port))
            .collect()
    }

    /// The absolute path of its log.
    #[getter]
    fn log_filename(&self) -> String {
        self.log.to_string_lossy().into_owned()
    }

    /// Ticks per second, given or drawn.
    #[getter]
    fn clock_rate(&self) -> f64 {
        self.constants().schedule().rate()
    }

    /// The seed of all its draws, given or drawn.
    #[getter]
    fn seed(&self) -> u64 {
        self.constants().seed()
    }

    /// The Unix time at which it began to tick, as its log says; None before.
    #[getter]
    fn began(&self) -> PyResult<Option<f64>> {
        let began = self.own.get()?.machine.began();
        Ok(began.map(|began| began as f64 / 1e6))
    }

    /// Its Lamport clock.
    #[getter]
    fn local_clock(&self) -> PyResult<u64> {
        Ok(self.own.get()?.machine.local_clock())
    }

    /// How many messages wait in its queue.
    #[getter]
    fn queue_len(&self) -> PyResult<u64> {
        Ok(self.own.get()?.machine.queue_len())
    }

    /// Its queue, for a message by hand: ``incoming_queue.put(10)`` is ``deliver(10)``.
    #[getter]
    fn incoming_queue(this: Bound<'_, Self>) -> IncomingQueue {
        IncomingQueue::of(this.into_any().unbind())
    }

    /// How many ticks have happened.
    #[getter]
    fn ticks(&self) -> PyResult<u64> {
        Ok(self.own.get()?.machine.ticks())
    }

    /// Seconds since ticking started, 0 before.
    #[getter]
    fn elapsed(&self) -> PyResult<f64> {
        let running = self.own.get()?.running();
        Ok(running.map_or(0.0, |running| running.elapsed()))
    }

    /// Start, and block until done. Ctrl-C ends the run with a complete log, then raises.
    ///
    /// Another Ctrl-C is raised into a handler that does not return; one more ends the waiting.
    ///
    /// Raises
    /// ------
    /// AlgorithmError
    ///     A handler raised an exception, or peers whose ids are to be known did not connect within `wait`.
    /// LamportError
    ///     The machine failed, or at its end no connection to one of its peers had ever worked, with no
    ///     fault asked for; then the log is complete.
    ///
    /// Warns
    /// -----
    /// LamportWarning
    ///     What `warnings` would say: it went on, but not as planned.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 0.05, clock_rate=100, seed=1)
    /// >>> machine.run()
    /// >>> machine.ticks, machine.local_clock
    /// (5, 5)
    fn run(this: Bound<'_, Self>) -> PyResult<()> {
        Self::start(this.clone())?;
        let (own, py) = (this.get().own.get()?, this.py());
        let running = own.running().expect("it was started");
        let Err(interrupt) = own.wait(py, &running) else {
            return Ok(());
        };
        // Ctrl-C, or the machine's own failure, after which all this does nothing.
        own.stop_and_warn(py)?;
        Err(interrupt)
    }

    /// Wait for the peers and tick in the background.
    ///
    /// What still runs when the interpreter exits is ended in order then, with a warning.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, clock_rate=100, seed=1)
    /// >>> machine.start()
    /// >>> machine.stop()
    /// >>> machine.join()
    /// True
    fn start(this: Bound<'_, Self>) -> PyResult<()> {
        let machine = this.get();
        let own = machine.own.get()?;
        own.machine.check_outside_handler()?;
        refuse_overridden(&this, &this.py().get_type::<Self>())?;
        let plan = FaultPlan {
            faults: machine.faults.clone(),
            revive: None,
            until_quiet: false,
            start_line: machine.start_line.lock().expect("no holder panics").take(),
        };
        let started = own.start(machine.duration, machine.wait, plan)?;
        let name = format!("machine {}", own.machine.id());
        at_exit::end(this.py(), name, started, own.threads())
    }

    /// Wait until the machine is done, and raise what made it fail, as `run`.
    ///
    /// Parameters
    /// ----------
    /// timeout : float, optional
    ///     How long to wait at most, in seconds; None: until it is done.
    ///
    /// Returns
    /// -------
    /// bool
    ///     Whether it is done.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, clock_rate=100, seed=1)
    /// >>> machine.start()
    /// >>> machine.join(timeout=0.01)
    /// False
    /// >>> machine.shutdown()
    #[pyo3(signature = (timeout=None))]
    fn join(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let own = self.own.get()?;
        own.machine.check_outside_handler()?;
        let Some(running) = own.running() else {
            return Err(LamportError::new_err(format!(
                "machine {} was not started",
                own.machine.id()
            )));
        };
        join(py, &running, self::timeout(timeout)?)
    }

    /// Ask a running machine to end early; `join` waits for it.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, clock_rate=100, seed=1)
    /// >>> machine.start()
    /// >>> machine.stop()
    /// >>> machine.join()
    /// True
    fn stop(&self) -> PyResult<()> {
        let own = self.own.get()?;
        own.machine.check_outside_handler()?;
        if let Some(running) = own.running() {
            running.stop();
        }
        Ok(())
    }

    /// Raise KeyboardInterrupt in the handler that is at work, if one is: for one that does not return.
    ///
    /// Its step does not happen, and the machine ends in order; `join` raises the KeyboardInterrupt.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> class Endless(lamport.Algorithm):
    /// ...     def start(self, me):
    /// ...         while True:
    /// ...             pass
    /// >>> machine = lamport.Machine(
    /// ...     1, 0, {}, f"{home}/machine_1.log", 60, clock_rate=100, algorithm=Endless, seed=1
    /// ... )
    /// >>> machine.start()
    /// >>> machine.join(0.1)
    /// False
    /// >>> machine.interrupt()
    /// >>> try:
    /// ...     machine.join()
    /// ... except KeyboardInterrupt:
    /// ...     print("its handler was interrupted")
    /// its handler was interrupted
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        handler_threads::interrupt(py, self.own.get()?.threads()).map(drop)
    }

    /// End the machine wherever it is: send what is left, write END, close.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, clock_rate=100, seed=1)
    /// >>> machine.shutdown()
    /// >>> lamport.load(home).machines["ticks"].tolist()
    /// [0]
    fn shutdown(&self, py: Python<'_>) -> PyResult<()> {
        let own = self.own.get()?;
        own.machine.check_outside_handler()?;
        own.stop_and_wait(py)?;
        py.detach(|| own.machine.finish())?;
        Ok(())
    }

    /// Tick once, by hand.
    ///
    /// KeyboardInterrupt or SystemExit out of a handler is raised: its step did not happen. A message by hand
    /// is gone with it; any other, and a timer, is taken at the next tick.
    ///
    /// Returns
    /// -------
    /// dict or None
    ///     The event: its name, clocks, and recipients or message. None if the machine has an algorithm, and
    ///     there is nothing to do.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
    /// ...     machine.tick()
    /// {'event': 'INTERNAL', 'machine_id': 1, 'old_clock': 0, 'new_clock': 1}
    fn tick<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let event = self.by_hand(py, Machine::tick_by_hand)?;
        let event = event.map(|event| machine_event::as_dict(py, self.constants(), &event));
        event.transpose()
    }

    /// Have an event by hand that is neither a send nor a receive.
    ///
    /// Returns
    /// -------
    /// dict
    ///     The event, as of `tick`.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
    /// ...     machine.internal_event()
    /// {'event': 'INTERNAL', 'machine_id': 1, 'old_clock': 0, 'new_clock': 1}
    fn internal_event<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let event = self.by_hand(py, Machine::internal_by_hand)?;
        machine_event::as_dict(py, self.constants(), &event)
    }

    /// Send by hand.
    ///
    /// An address that is no peer becomes one for as long as the machine lives, also after it comes
    /// back: it connects there and tries again, and END counts what did not arrive. Ticks send to
    /// `peer_addresses` alone.
    ///
    /// Parameters
    /// ----------
    /// recipients : sequence of (host, port), optional
    ///     The addresses to send to; None: all `peer_addresses`.
    ///
    /// Returns
    /// -------
    /// dict
    ///     The event, as of `tick`.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     An address is listed twice, or is the machine's own.
    /// OSError
    ///     A host is unknown.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> one = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, allow=["127.0.0.1"])
    /// >>> there = [("127.0.0.1", one.listen_port)]
    /// >>> other = lamport.Machine(2, 0, there, f"{home}/machine_2.log", 60)
    /// >>> event = other.send_message()
    /// >>> event["event"], event["new_clock"], event["recipients"] == there
    /// ('SEND', 1, True)
    /// >>> other.shutdown()  # once the message has arrived
    /// >>> one.handle_receive()["sent_clock"]
    /// 1
    /// >>> one.shutdown()
    #[pyo3(signature = (recipients=None))]
    fn send_message<'py>(
        &self,
        py: Python<'py>,
        recipients: Option<Vec<PeerAddress>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let machine = &self.own.get()?.machine;
        let recipients = recipients.map(|list| {
            let addresses = list.into_iter().map(|PeerAddress(address)| address);
            addresses.collect::<Vec<_>>()
        });
        if recipients.as_deref().unwrap_or_default().is_empty() && machine.peers().is_empty() {
            return Err(LamportError::new_err(format!(
                "machine {} has no peers to send to: name an address",
                machine.id()
            )));
        }
        let (event, addresses) = py.detach(|| machine.send_by_hand(recipients.as_deref()))?;
        machine_event::with_recipients(py, machine, &event, Some(addresses))
    }

    /// Put a message into the queue by hand, in the name of `sender` or of nobody.
    ///
    /// It does not belong to that machine's channel: what that machine sends still comes. With a sender its
    /// RECEIVE line says so with ``"by_hand": true``; without one it names none. An algorithm is asked
    /// ``on_message``, with this sender or None. If the machine is killed before it takes the message, that
    /// is gone: give it again.
    ///
    /// Parameters
    /// ----------
    /// timestamp : int
    ///     The clock that it carries.
    /// sender : int, optional
    ///     Whose it is said to be: another machine's.
    /// body : object, optional
    ///     What it says to an algorithm, as `Me.send` takes it.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     The timestamp is above 2**53 - 2**32 - 1, the largest that a message between machines
    ///     may carry; the sender is the machine itself; or there is a body and no algorithm.
    /// TypeError
    ///     Something in the body is of a class that no body has.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
    /// ...     machine.deliver(10, sender=2)
    /// ...     machine.tick()["new_clock"]
    /// 11
    #[pyo3(signature = (timestamp=Whole(0), sender=None, *, body=None), text_signature = "($self, timestamp=0, sender=None, *, body=None)")]
    fn deliver(
        &self,
        py: Python<'_>,
        timestamp: Whole,
        sender: Option<Whole>,
        body: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let machine = &self.own.get()?.machine;
        let sender = sender.map(|sender| sender.0);
        let body = given_body(body.as_ref())?;
        // Whoever writes the log holds it, for as long as that takes.
        py.detach(|| machine.deliver_body_by_hand(sender, timestamp.0, body))?;
        Ok(())
    }

    /// Take the oldest message of the queue.
    ///
    /// Returns
    /// -------
    /// dict or None
    ///     The event, as of `tick`; None if there is no message.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
    /// ...     print(machine.handle_receive())
    /// ...     machine.deliver(10)
    /// ...     print(machine.handle_receive()["new_clock"])
    /// None
    /// 11
    fn handle_receive<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let event = self.by_hand(py, Machine::receive_by_hand)?;
        let event = event.map(|event| machine_event::as_dict(py, self.constants(), &event));
        event.transpose()
    }

    /// Take the warnings since the last call.
    ///
    /// Returns
    /// -------
    /// list of str
    ///     What went on, but not as planned.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> from tempfile import mkdtemp
    /// >>> home = mkdtemp()
    /// >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
    /// ...     machine.warnings()
    /// []
    fn warnings(&self) -> PyResult<Vec<String>> {
        Ok(self.own.get()?.machine.take_warnings())
    }

    /// The machine itself, for a ``with`` block; leaving the block ends it, as `shutdown`.
    fn __enter__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    /// End the machine, as `shutdown`.
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
        let machine = self.constants();
        if !self.own.is_here() {
            return format!("<lamport.Machine {} of another process>", machine.id());
        }
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
    /// What is under way at it, if it has an algorithm.
    pub(super) fn under_way(&self) -> PyResult<Option<UnderWay>> {
        let machine = &self.own.get()?.machine;
        Ok(machine.has_algorithm().then(|| machine.under_way()))
    }

    /// The machine, for what never changes of it.
    fn constants(&self) -> &Machine {
        &self.own.anywhere().machine
    }

    fn by_hand<T: Send>(
        &self,
        py: Python<'_>,
        make: impl FnOnce(&Machine) -> Result<T> + Send,
    ) -> PyResult<T> {
        let machine = &self.own.get()?.machine;
        Ok(py.detach(|| by_hand(|| make(machine)))?)
    }
}
