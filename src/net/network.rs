//! The handle of the poll thread, and what can be asked of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, unbounded};
use mio::{Poll, Token, Waker};

use crate::channels::Channels;
use crate::error::{Error, Result};
use crate::log::turn::Logged;
use crate::net::gate::Gate;
use crate::net::machine::Machine;
use crate::net::poll::Poller;
use crate::net::station::Undelivered;

/// The token of the alarm.
pub(super) const WAKE: Token = Token(usize::MAX);
/// Commands waiting for the poll thread; beyond it tick threads pause.
const BEHIND: usize = 256;

/// What the other threads ask of the poll thread.
pub(super) enum Command {
    /// A machine begins to listen and to connect.
    Enter {
        station: u64,
        machine: Arc<Machine>,
        listener: std::net::TcpListener,
        gate: Gate,
        channels: Box<Channels>,
        found: Vec<Vec<SocketAddr>>,
    },
    /// The log holds these steps of a machine.
    Logged { station: u64, logged: Logged },
    /// A machine has ticked its last: the orderly end.
    Finish {
        station: u64,
        reply: Sender<Undelivered>,
    },
    /// A machine is gone without an orderly end.
    Abandon {
        station: u64,
        /// Told once its port is free and its connections are closed.
        reply: Sender<()>,
    },
    /// A machine's fault schedule begins.
    Weather { station: u64 },
    /// A machine stands still.
    Pause { station: u64 },
    /// A machine that stood still goes on.
    GoOn { station: u64 },
    /// No machine is left.
    Quit,
}

/// Wakes the poll thread, once however often it is rung before the thread looks.
#[derive(Debug, Clone)]
pub(super) struct Alarm {
    waker: Arc<Waker>,
    is_rung: Arc<AtomicBool>,
}

impl Alarm {
    pub(super) fn ring(&self) {
        if !self.is_rung.swap(true, Ordering::AcqRel) {
            self.waker.wake().expect("an eventfd takes a wake-up");
        }
    }

    /// The thread looks now: what is asked from here on needs another ring.
    pub(super) fn hush(&self) {
        // A swap, not a store: it sees what was asked before the ring it takes back.
        self.is_rung.swap(false, Ordering::AcqRel);
    }
}

/// The handle of a poll thread. The thread ends with its last handle.
#[derive(Debug)]
pub struct Network {
    commands: Sender<Command>,
    alarm: Alarm,
    stations: AtomicU64,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    /// The poll thread of this process, started if there is none.
    pub fn of_process() -> Result<Arc<Self>> {
        // With the process's id: a forked child has the memory but not the thread.
        static NETWORK: Mutex<(u32, Weak<Network>)> = Mutex::new((0, Weak::new()));
        let mut held = NETWORK.lock().expect("no holder panics");
        let process = std::process::id();
        if let Some(network) = held.1.upgrade().filter(|_| held.0 == process) {
            return Ok(network);
        }
        let network = Self::start()?;
        *held = (process, Arc::downgrade(&network));
        Ok(network)
    }

    fn start() -> Result<Arc<Self>> {
        let failed = |source| Error::io("cannot start the thread that moves the bytes", source);
        let poll = Poll::new().map_err(failed)?;
        let waker = Waker::new(poll.registry(), WAKE).map_err(failed)?;
        let alarm = Alarm {
            waker: Arc::new(waker),
            is_rung: Arc::default(),
        };
        let (commands, asked) = unbounded();
        let poller = Poller::new(poll, asked, alarm.clone());
        let thread = thread::Builder::new()
            .name("lamport-poll".into())
            .spawn(move || poller.run())
            .map_err(failed)?;
        Ok(Arc::new(Self {
            commands,
            alarm,
            stations: AtomicU64::new(0),
            thread: Some(thread),
        }))
    }

    pub(super) fn tell(&self, command: Command) {
        // The thread ends only at `Quit`, which the last handle sends.
        let _ = self.commands.send(command);
        self.alarm.ring();
    }

    /// A name for one machine, never given again.
    pub(super) fn new_station(&self) -> u64 {
        self.stations.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the poll thread has more to do than it should.
    pub(super) fn is_behind(&self) -> bool {
        self.commands.len() > BEHIND
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.tell(Command::Quit);
        let thread = self.thread.take().expect("only drop takes it");
        // The last machine may be dropped by the poll thread itself.
        if thread.thread().id() != thread::current().id() {
            thread.join().expect("the poll thread does not panic");
        }
    }
}
