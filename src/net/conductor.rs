//! Starting and ending the machines of a process together.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::error::{Error, Result};
use crate::message::Nanos;
use crate::net::clock::Clock;
use crate::net::machine::{Control, Machine};
use crate::net::ticker;

/// From the last connection to the first possible tick: every thread is waiting by then.
const COUNTDOWN: Nanos = 5_000_000;
/// How often the connections are counted while machines wait for their peers.
const LOOK: Duration = Duration::from_millis(2);
/// A tick thread needs little.
const STACK: usize = 256 * 1024;

/// Machines that start together and end together.
#[derive(Debug)]
pub struct Running {
    shared: Arc<Shared>,
    tell: Sender<Report>,
}

#[derive(Debug)]
struct Shared {
    machines: Vec<Arc<Machine>>,
    /// When ticking started, 0 before.
    start: AtomicU64,
    is_stopped: AtomicBool,
    outcome: Mutex<Outcome>,
    is_done: Condvar,
}

#[derive(Debug, Default)]
struct Outcome {
    is_done: bool,
    /// The first error, until someone takes it.
    error: Option<Error>,
}

#[derive(Debug)]
enum Report {
    /// Someone wants the run to end early.
    Stop,
    /// A machine has ticked its last.
    Ticked(Result<()>, usize),
    /// A machine has ended.
    Ended(Result<()>),
}

/// The seconds to wait for peers, if they are a number of seconds.
pub fn check_wait(wait: f64) -> Result<f64> {
    if wait.is_finite() && (0.0..=1e9).contains(&wait) {
        return Ok(wait);
    }
    Err(Error::invalid(format!(
        "wait is {wait}: it must be a number of seconds, 0 or more"
    )))
}

/// Waits up to `wait` seconds for all peers, then ticks for `duration` seconds.
pub fn start(machines: Vec<Arc<Machine>>, duration: f64, wait: f64) -> Result<Running> {
    check_wait(wait)?;
    let (tell, reports) = unbounded();
    let shared = Arc::new(Shared {
        machines,
        start: AtomicU64::new(0),
        is_stopped: AtomicBool::new(false),
        outcome: Mutex::default(),
        is_done: Condvar::new(),
    });
    let conductor = Conductor {
        shared: shared.clone(),
        tell: tell.clone(),
        reports,
        clock: Clock::of_process(),
        duration: (duration * 1e9) as Nanos,
        wait: (wait * 1e9) as Nanos,
    };
    thread::Builder::new()
        .name("lamport-conduct".into())
        .stack_size(STACK)
        .spawn(move || conductor.run())
        .map_err(|source| Error::io("cannot start a thread", source))?;
    Ok(Running { shared, tell })
}

impl Running {
    /// Asks all machines to end early, in order.
    pub fn stop(&self) {
        self.shared.is_stopped.store(true, Ordering::Release);
        // The conductor may be done already.
        let _ = self.tell.send(Report::Stop);
    }

    /// Waits until all have ended, `timeout` at most. Whether they have; their first error, once.
    pub fn join(&self, timeout: Option<Duration>) -> Result<bool> {
        let outcome = self.shared.outcome.lock().expect("no holder panics");
        let is_running = |outcome: &mut Outcome| !outcome.is_done;
        let mut outcome = match timeout {
            None => self
                .shared
                .is_done
                .wait_while(outcome, is_running)
                .expect("no holder panics"),
            Some(timeout) => {
                self.shared
                    .is_done
                    .wait_timeout_while(outcome, timeout, is_running)
                    .expect("no holder panics")
                    .0
            }
        };
        match outcome.error.take() {
            Some(error) if outcome.is_done => Err(error),
            _ => Ok(outcome.is_done),
        }
    }

    /// Seconds since ticking started, 0 before.
    pub fn elapsed(&self) -> f64 {
        match self.shared.start.load(Ordering::Acquire) {
            0 => 0.0,
            start => Clock::of_process().now().saturating_sub(start) as f64 / 1e9,
        }
    }
}

struct Conductor {
    shared: Arc<Shared>,
    tell: Sender<Report>,
    reports: Receiver<Report>,
    clock: Clock,
    duration: Nanos,
    wait: Nanos,
}

impl Conductor {
    fn run(self) {
        let outcome = self.conduct();
        let mut held = self.shared.outcome.lock().expect("no holder panics");
        held.error = outcome.err();
        held.is_done = true;
        drop(held);
        self.shared.is_done.notify_all();
    }

    fn conduct(&self) -> Result<()> {
        let machines = &self.shared.machines;
        let mut threads = Vec::new();
        let mut first = Ok(());
        for (position, machine) in machines.iter().enumerate() {
            match self.spawn(machine.clone(), position) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    first = Err(error);
                    break;
                }
            }
        }
        let is_started = first.is_ok() && self.wait_for_peers();
        if is_started {
            let start = self.clock.now() + COUNTDOWN;
            self.shared.start.store(start, Ordering::Release);
            for machine in machines {
                machine.tell(Control::Start(start));
            }
        } else {
            for machine in machines {
                machine.tell(Control::Stop);
            }
        }
        // A machine that failed has left; the others end once all have ticked.
        let mut ticking = threads.len();
        let mut has_failed = vec![false; machines.len()];
        while ticking > 0 {
            match self.report() {
                Report::Stop => machines
                    .iter()
                    .for_each(|machine| machine.tell(Control::Stop)),
                Report::Ticked(result, position) => {
                    ticking -= 1;
                    has_failed[position] = result.is_err();
                    first = first.and(result);
                }
                Report::Ended(_) => unreachable!("no machine has been told to finish"),
            }
        }
        for (machine, _) in machines
            .iter()
            .zip(has_failed)
            .filter(|(_, has_failed)| !has_failed)
        {
            machine.tell(Control::Finish);
        }
        for thread in threads {
            thread.join().expect("a tick thread does not panic");
        }
        for report in self.reports.try_iter() {
            if let Report::Ended(result) = report {
                first = first.and(result);
            }
        }
        first
    }

    fn spawn(&self, machine: Arc<Machine>, position: usize) -> Result<thread::JoinHandle<()>> {
        let (tell, duration) = (self.tell.clone(), self.duration);
        let name = format!("lamport-{}", machine.id());
        let body = move || {
            let ticked = ticker::tick(&machine, duration);
            let has_failed = ticked.is_err();
            if has_failed {
                machine.abandon();
            }
            tell.send(Report::Ticked(ticked, position))
                .expect("the conductor waits");
            if has_failed {
                return;
            }
            // A stop that came too late may stand before it.
            while machine.told().take() != Control::Finish {}
            tell.send(Report::Ended(machine.finish()))
                .expect("the conductor waits");
        };
        thread::Builder::new()
            .name(name)
            .stack_size(STACK)
            .spawn(body)
            .map_err(|source| Error::io("cannot start the thread of a machine", source))
    }

    fn report(&self) -> Report {
        self.reports
            .recv()
            .expect("the conductor holds its own end")
    }

    /// Whether the run is to go on.
    fn wait_for_peers(&self) -> bool {
        let deadline = self.clock.now() + self.wait;
        let machines = &self.shared.machines;
        loop {
            let is_waiting = |machine: &&Arc<Machine>| !machine.missing_peers().is_empty();
            if !machines.iter().any(|machine| is_waiting(&machine)) {
                return !self.shared.is_stopped.load(Ordering::Acquire);
            }
            if self.clock.now() >= deadline {
                for machine in machines.iter().filter(is_waiting) {
                    machine.warn_of_missing_peers(self.wait as f64 / 1e9);
                }
                return true;
            }
            match self.reports.recv_timeout(LOOK) {
                Ok(Report::Stop) => return false,
                // A machine that failed before its first tick: its report must count.
                Ok(report) => {
                    self.tell
                        .send(report)
                        .expect("the conductor holds the other end");
                    return false;
                }
                Err(_) => {}
            }
        }
    }
}
