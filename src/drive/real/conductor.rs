//! Starting and ending the machines of a process together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::channel::link_faults::LinkFaults;
use crate::drive::real::clock::Clock;
use crate::drive::real::machine::{Control, Machine};
use crate::drive::real::roster::Roster;
use crate::drive::real::running::{Progress, Report, Running};
use crate::drive::real::ticker::{self, Last};
use crate::error::{Error, Result};
use crate::model::faults::{Faults, Turn};
use crate::model::message::Nanos;

/// From the last connection to the first possible tick: every thread is waiting by then.
const COUNTDOWN: Nanos = 5_000_000;
/// How often the connections are counted while machines wait for their peers.
const LOOK: Duration = Duration::from_millis(2);
/// A tick thread needs little.
const STACK: usize = 256 * 1024;

/// Makes the machine at a position anew from its log, to tick for these seconds.
pub type Revive = Box<dyn Fn(usize, f64) -> Result<Arc<Machine>> + Send>;

/// The faults of a run, and how machines come back.
#[derive(Default)]
pub struct Trouble {
    /// The fault schedule.
    pub faults: Arc<Faults>,
    /// How long the run had been ticking when these machines start.
    pub elapsed: Nanos,
    /// Brings machines back. Without it no machine of this process crashes or pauses:
    /// whoever started the process sees to that.
    pub revive: Option<Revive>,
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
pub fn start(roster: Arc<Roster>, duration: f64, wait: f64, trouble: Trouble) -> Result<Running> {
    check_wait(wait)?;
    let (tell, reports) = unbounded();
    let progress = Progress::new();
    let conductor = Conductor {
        machines: roster.machines(),
        turns: turns(&roster, &trouble, duration),
        is_ticking: Vec::new(),
        has_left: Vec::new(),
        threads: Vec::new(),
        roster,
        progress: progress.clone(),
        tell: tell.clone(),
        reports,
        clock: Clock::of_process(),
        duration: (duration * 1e9) as Nanos,
        wait: (wait * 1e9) as Nanos,
        trouble,
    };
    thread::Builder::new()
        .name("lamport-conduct".into())
        .stack_size(STACK)
        .spawn(move || conductor.run())
        .map_err(|source| Error::io("cannot start a thread", source))?;
    Ok(Running::new(progress, tell))
}

/// The crashes and pauses of these machines before the end of the run, in order.
fn turns(roster: &Roster, trouble: &Trouble, duration: f64) -> VecDeque<(Nanos, usize, Turn)> {
    let mut turns = Vec::new();
    if trouble.revive.is_some() {
        for (position, machine) in roster.machines().iter().enumerate() {
            let of_machine = trouble.faults.turns(machine.id()).into_iter();
            turns.extend(of_machine.map(|(time, turn)| (time, position, turn)));
        }
    }
    turns.retain(|&(time, ..)| time < (duration * 1e9) as Nanos);
    turns.sort_by_key(|&(time, ..)| time);
    turns.into()
}

struct Conductor {
    roster: Arc<Roster>,
    progress: Arc<Progress>,
    machines: Vec<Arc<Machine>>,
    /// What is to happen to machines, next first.
    turns: VecDeque<(Nanos, usize, Turn)>,
    /// For each machine, whether its thread is at work.
    is_ticking: Vec<bool>,
    /// For each machine, whether it failed or crashed, and so has no end.
    has_left: Vec<bool>,
    threads: Vec<Option<JoinHandle<()>>>,
    tell: Sender<Report>,
    reports: Receiver<Report>,
    clock: Clock,
    duration: Nanos,
    wait: Nanos,
    trouble: Trouble,
}

impl Conductor {
    fn run(mut self) {
        let outcome = self.conduct();
        self.progress.done(outcome);
    }

    fn conduct(&mut self) -> Result<()> {
        let mut first = Ok(());
        for position in 0..self.machines.len() {
            match self.spawn(position, self.duration) {
                Ok(thread) => self.threads.push(Some(thread)),
                Err(error) => {
                    first = Err(error);
                    break;
                }
            }
        }
        // One that has no thread would listen forever.
        for machine in &self.machines[self.threads.len()..] {
            machine.abandon();
        }
        let is_started = first.is_ok() && self.wait_for_peers();
        if is_started {
            let start = self.clock.now() + COUNTDOWN;
            self.progress.started(start);
            for machine in &self.machines {
                self.begin(machine, start);
            }
        } else {
            self.turns.clear();
            self.tell_all(Control::Stop);
        }
        // A machine that failed has left; the others end once all have ticked.
        self.has_left = vec![false; self.machines.len()];
        self.is_ticking = vec![true; self.threads.len()];
        while self.is_ticking.contains(&true) || self.has_restart() {
            let Some(report) = self.report() else {
                first = first.and(self.turn());
                continue;
            };
            match report {
                Report::Stop => {
                    self.turns.clear();
                    self.tell_all(Control::Stop);
                }
                Report::Ticked(result, position) => {
                    self.is_ticking[position] = false;
                    self.has_left[position] = !matches!(result, Ok(Last::Ticked));
                    first = first.and(result.map(|_| ()));
                }
                Report::Ended(_) => unreachable!("no machine has been told to finish"),
            }
        }
        for (machine, has_left) in self.machines.iter().zip(&self.has_left) {
            if !has_left {
                machine.tell(Control::Finish);
            }
        }
        for thread in self.threads.iter_mut().filter_map(Option::take) {
            thread.join().expect("a tick thread does not panic");
        }
        for report in self.reports.try_iter() {
            if let Report::Ended(result) = report {
                first = first.and(result);
            }
        }
        first
    }

    /// Ticking starts, and with it the fault schedule.
    fn begin(&self, machine: &Machine, start: Nanos) {
        if !self.trouble.faults.is_empty() {
            let begun = self.progress.start();
            let elapsed = self.trouble.elapsed + (start - begun);
            let faults = self.trouble.faults.clone();
            machine.begin_faults(LinkFaults::new(faults, start, elapsed));
        }
        machine.tell(Control::Start(start));
    }

    fn tell_all(&self, control: Control) {
        for machine in &self.machines {
            machine.tell(control);
        }
    }

    /// Whether a machine that is down is to come back.
    fn has_restart(&self) -> bool {
        self.turns.iter().any(|&(.., turn)| turn == Turn::Restart)
    }

    /// What is due in the fault schedule happens.
    fn turn(&mut self) -> Result<()> {
        let start = self.progress.start();
        let Some((time, position, turn)) = self.turns.pop_front() else {
            return Ok(());
        };
        let machine = &self.machines[position];
        match turn {
            Turn::Crash => machine.tell(Control::Crash),
            Turn::Pause => {
                let next = self.turns.iter().find(|next| next.1 == position);
                let until = next.map_or(self.duration, |&(time, ..)| time);
                machine.tell(Control::Pause(start + until));
            }
            Turn::Restart if self.has_left[position] => self.restart(position, time, start)?,
            // A paused machine knows for how long; one that ended before it could crash need not come back.
            Turn::Continue | Turn::Restart => {}
        }
        Ok(())
    }

    fn restart(&mut self, position: usize, time: Nanos, start: Nanos) -> Result<()> {
        let revive = self.trouble.revive.as_ref();
        let revive = revive.expect("without it there are no turns");
        // It has left by then, and its log and port are free.
        if let Some(thread) = self.threads[position].take() {
            thread.join().expect("a tick thread does not panic");
        }
        let rest = self.duration - time;
        let machine = revive(position, rest as f64 / 1e9)?;
        self.machines[position] = machine.clone();
        self.roster.replace(position, machine.clone());
        self.threads[position] = Some(self.spawn(position, rest)?);
        (self.is_ticking[position], self.has_left[position]) = (true, false);
        self.begin(&machine, (start + time).max(self.clock.now()));
        Ok(())
    }

    fn spawn(&self, position: usize, duration: Nanos) -> Result<JoinHandle<()>> {
        let (machine, tell) = (self.machines[position].clone(), self.tell.clone());
        let name = format!("lamport-{}", machine.id());
        let body = move || {
            let ticked = ticker::tick(&machine, duration);
            let has_left = !matches!(ticked, Ok(Last::Ticked));
            if has_left {
                machine.abandon();
            }
            tell.send(Report::Ticked(ticked, position))
                .expect("the conductor waits");
            if has_left {
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

    /// The next report; none if the fault schedule comes first.
    fn report(&self) -> Option<Report> {
        // Only what has died can come back.
        let is_possible = |&&(_, position, turn): &&(Nanos, usize, Turn)| {
            turn != Turn::Restart || !self.is_ticking[position]
        };
        let Some(&(time, ..)) = self.turns.front().filter(is_possible) else {
            let report = self.reports.recv();
            return Some(report.expect("the conductor holds its own end"));
        };
        let due = self.progress.start() + time;
        let rest = self.clock.until(due).unwrap_or_default();
        self.reports.recv_timeout(rest).ok()
    }

    /// Whether the run is to go on.
    fn wait_for_peers(&self) -> bool {
        let deadline = self.clock.now() + self.wait;
        let machines = &self.machines;
        loop {
            let is_waiting = |machine: &&Arc<Machine>| !machine.missing_peers().is_empty();
            if !machines.iter().any(|machine| is_waiting(&machine)) {
                return !self.progress.is_stopped();
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
