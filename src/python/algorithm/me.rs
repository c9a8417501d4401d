//! What the handlers of an algorithm are handed: their machine.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use super::open_call::OpenCall;
use super::recipient_ids::RecipientIds;
use crate::model::event::Recipients;
use crate::model::handler::{Effects, Moment};
use crate::model::message::MachineId;
use crate::python::error::LamportError;

/// The place of an algorithm's machine among the others.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(in crate::python) struct MachineSeat {
    pub(in crate::python) id: MachineId,
    pub(in crate::python) name: String,
    /// The machines it may send to, by position.
    pub(in crate::python) peers: Vec<MachineId>,
    /// The machines that may send to it.
    pub(in crate::python) senders: Vec<MachineId>,
    /// All machines that it knows of.
    pub(in crate::python) machines: Vec<MachineId>,
    pub(in crate::python) seed: u64,
}

/// A machine as the handlers of its algorithm see it.
///
/// It is handed to each of them, see `Algorithm`. What it is asked to do is done after the handler has
/// returned, and not at all if the handler fails. Beyond that call, and in other threads, it does nothing
/// but raise LamportError; what it says of itself can still be read.
///
/// Examples
/// --------
/// Two machines that hand on a number, which grows by one each time:
///
/// >>> import lamport
/// >>> class Pass(lamport.Algorithm):
/// ...     def start(self, me: lamport.Me):
/// ...         if me.id == min(me.machines):
/// ...             me.send(me.peers[0], 1)
/// ...
/// ...     def on_message(self, me: lamport.Me, sender, body):
/// ...         me.state(number=body)
/// ...         me.send(sender, body + 1)
/// >>> run = lamport.simulate(2, 10, algorithm=Pass, rates=1, seed=1)
/// >>> run.states["number"].tolist()[:5]
/// [1, 2, 3, 4, 5]
#[pyclass(frozen, name = "Me", module = "lamport")]
pub(in crate::python) struct Me {
    /// Its number in the run.
    #[pyo3(get)]
    id: MachineId,
    /// What figures and tables call it.
    #[pyo3(get)]
    name: String,
    /// The ids of the machines that it may send to, ascending, the same in every life.
    #[pyo3(get)]
    peers: Py<PyTuple>,
    /// The ids of the machines that may send to it, ascending.
    #[pyo3(get)]
    senders: Py<PyTuple>,
    /// The ids of all machines, ascending, its own among them.
    #[pyo3(get)]
    machines: Py<PyTuple>,
    seed: u64,
    random: PyOnceLock<Py<PyAny>>,
    recipients: RecipientIds,
    call: Mutex<OpenCall>,
}

fn ascending(py: Python<'_>, mut ids: Vec<MachineId>) -> PyResult<Py<PyTuple>> {
    ids.sort_unstable();
    ids.dedup();
    Ok(PyTuple::new(py, ids)?.unbind())
}

impl Me {
    pub(super) fn new(py: Python<'_>, seat: MachineSeat) -> PyResult<Self> {
        let recipients = RecipientIds::new(seat.id, &seat.peers);
        Ok(Self {
            id: seat.id,
            name: seat.name,
            peers: ascending(py, seat.peers)?,
            senders: ascending(py, seat.senders)?,
            machines: ascending(py, seat.machines)?,
            seed: seat.seed,
            random: PyOnceLock::new(),
            recipients,
            call: Mutex::default(),
        })
    }

    pub(super) fn begin(&self, moment: &Moment, effects: &mut Effects) {
        self.lock().begin(*moment, effects);
    }

    pub(super) fn end(&self, has_failed: bool, effects: &mut Effects) {
        self.lock().end(has_failed, effects);
    }

    fn lock(&self) -> MutexGuard<'_, OpenCall> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the call, or of the one before.
    fn look(&self) -> PyResult<MutexGuard<'_, OpenCall>> {
        match self.call.try_lock() {
            Ok(call) => Ok(call),
            Err(TryLockError::Poisoned(call)) => Ok(call.into_inner()),
            // The text of an object in a bad body is asked for, and asks here.
            Err(TryLockError::WouldBlock) => Err(LamportError::new_err(format!(
                "machine {} is looked at while it reads a body",
                self.id
            ))),
        }
    }

    /// The call, in which `action` is asked for.
    fn open(&self, action: &str) -> PyResult<MutexGuard<'_, OpenCall>> {
        let call = self.look()?;
        if call.is_here() {
            return Ok(call);
        }
        let why = if call.is_open() {
            "from another thread than that of its handler: do it in the handler itself"
        } else {
            "while no handler of it runs: `me` is for the call that it is handed to, use a timer for what \
             comes later"
        };
        Err(LamportError::new_err(format!(
            "machine {}: me.{action} {why}",
            self.id
        )))
    }
}

#[pymethods]
impl Me {
    /// The clock of this step's event, then of the newest send.
    #[getter]
    fn clock(&self) -> PyResult<u64> {
        Ok(self.look()?.clock)
    }

    /// The timestamp of the message received, else None.
    #[getter]
    fn sent_clock(&self) -> PyResult<Option<u64>> {
        Ok(self.look()?.moment.sent_clock)
    }

    /// Seconds since the machine began to tick, in whole microseconds, as the line of this step says.
    #[getter]
    fn now(&self) -> PyResult<f64> {
        Ok(self.look()?.moment.now as f64 / 1e6)
    }

    /// Whether this step was taken before and is taken again from the log.
    #[getter]
    fn is_replay(&self) -> PyResult<bool> {
        Ok(self.look()?.moment.is_replay)
    }

    /// Its source of chance, one for all its lives: ``random.Random(f"{seed}/{id}")``.
    #[getter]
    fn random(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let made = self.random.get_or_try_init(py, || {
            let name = format!("{}/{}", self.seed, self.id);
            let made = py.import("random")?.call_method1("Random", (name,))?;
            Ok::<_, PyErr>(made.unbind())
        })?;
        Ok(made.clone_ref(py))
    }

    /// Send to one machine or several: one event, after which the clock is one more.
    ///
    /// Parameters
    /// ----------
    /// to : int or iterable of int
    ///     Ids of `peers`; one that is there twice counts once. To nobody is no event.
    /// body : object, optional
    ///     What the message says, as it is now: None, bool, int, finite float, str, list or tuple, dict with
    ///     keys of str, at most 65,536 bytes as JSON. Each recipient gets objects of its own.
    ///
    /// Returns
    /// -------
    /// int
    ///     The clock, which is the timestamp of the message.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     An id is its own or no peer's; the body is too long, too deep, or has a number that is not finite.
    /// TypeError
    ///     Something in the body is of another class; the message has its place.
    /// LamportError
    ///     More messages wait to be received than there may.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> class Greet(lamport.Algorithm):
    /// ...     def start(self, me):
    /// ...         if me.id == 1:
    /// ...             clock = me.send(2, {"kind": "hello"})
    /// ...             print(clock, me.send([2, 3], ["again", clock]))
    /// >>> run = lamport.simulate(3, 2, algorithm=Greet, rates=10, seed=1)
    /// 2 3
    #[pyo3(signature = (to, body = None))]
    fn send(&self, to: &Bound<'_, PyAny>, body: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
        // Not in the call: ids may come from anywhere.
        let recipients = self.recipients.read(to);
        let mut call = self.open("send()")?;
        let recipients = recipients?;
        let body = call.body(body)?;
        let Some(recipients) = recipients else {
            return Ok(call.clock);
        };
        let count = match &recipients {
            Recipients::One(_) => 1,
            Recipients::All => u64::from(self.recipients.count()),
            Recipients::Some(list) => list.len() as u64,
        };
        call.send(self.id, recipients, count, body)
    }

    /// Send to all `peers`: one event, as `send`.
    ///
    /// Parameters
    /// ----------
    /// body : object, optional
    ///     What the message says, as of `send`.
    ///
    /// Returns
    /// -------
    /// int
    ///     The clock, which is the timestamp of the message.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> class Greet(lamport.Algorithm):
    /// ...     def start(self, me):
    /// ...         me.broadcast("hello")
    /// >>> run = lamport.simulate(3, 2, algorithm=Greet, rates=10, seed=1)
    /// >>> run.machines["receives"].tolist()
    /// [2, 2, 2]
    #[pyo3(signature = (body = None))]
    fn broadcast(&self, body: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
        let mut call = self.open("broadcast()")?;
        let body = call.body(body)?;
        let count = self.recipients.count();
        if count == 0 {
            return Ok(call.clock);
        }
        call.send(self.id, Recipients::All, u64::from(count), body)
    }

    /// Have `on_timer` called with this name, at the first tick so many seconds after this step.
    ///
    /// There is one timer of each name: set again, it is due at the new time only.
    ///
    /// Parameters
    /// ----------
    /// name : str
    ///     What `on_timer` gets.
    /// seconds : float
    ///     How long after this step, 0 to 1e9.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     The seconds are negative, not finite, or more than 1e9.
    /// LamportError
    ///     More than 65,536 timers would be set.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> class Alarm(lamport.Algorithm):
    /// ...     def start(self, me):
    /// ...         me.timer("wake", 2.5)
    /// ...
    /// ...     def on_timer(self, me, name):
    /// ...         print(name, round(me.now, 1))
    /// >>> run = lamport.simulate(1, 10, algorithm=Alarm, rates=10, seed=1)
    /// wake 2.5
    fn timer(&self, name: &Bound<'_, PyAny>, seconds: &Bound<'_, PyAny>) -> PyResult<()> {
        self.open("timer()")?.timer(self.id, name, Some(seconds))
    }

    /// Take the timer of this name away, if it is set.
    ///
    /// Parameters
    /// ----------
    /// name : str
    ///     The name that it was set by.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> class Alarm(lamport.Algorithm):
    /// ...     def start(self, me):
    /// ...         me.timer("wake", 2.5)
    /// ...         me.cancel("wake")
    /// ...
    /// ...     def on_timer(self, me, name):
    /// ...         print("never called")
    /// >>> run = lamport.simulate(1, 10, algorithm=Alarm, rates=1, seed=1)
    fn cancel(&self, name: &Bound<'_, PyAny>) -> PyResult<()> {
        self.open("cancel()")?.timer(self.id, name, None)
    }

    /// Declare values of the machine's state for its log and the table ``run.states``.
    ///
    /// Parameters
    /// ----------
    /// **values : object
    ///     Each as the body of a message, as it is now. Within a step the last one of each name counts.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> class Count(lamport.Algorithm):
    /// ...     ticks = 0
    /// ...
    /// ...     def on_idle(self, me):
    /// ...         self.ticks += 1
    /// ...         me.state(ticks=self.ticks)
    /// >>> run = lamport.simulate(1, 3, algorithm=Count, rates=1, seed=1)
    /// >>> run.states["ticks"].tolist()
    /// [1, 2]
    #[pyo3(signature = (**values))]
    fn state(&self, values: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let mut call = self.open("state()")?;
        values.map_or(Ok(()), |values| call.declare(values))
    }

    /// Let the machine take no further step after this one.
    ///
    /// Examples
    /// --------
    /// >>> import lamport
    /// >>> class Once(lamport.Algorithm):
    /// ...     def on_idle(self, me):
    /// ...         me.stop()
    /// >>> run = lamport.simulate(1, 10, algorithm=Once, rates=10, seed=1)
    /// >>> run.events["event"].tolist()  # the step that calls `start`, and one more
    /// ['INTERNAL', 'INTERNAL']
    fn stop(&self) -> PyResult<()> {
        self.open("stop()")?.stop();
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!("<lamport.Me of machine {}>", self.id)
    }
}
