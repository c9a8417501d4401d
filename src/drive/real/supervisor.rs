//! Starting and ending the machines of a process together.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::channel::link_faults::LinkFaults;
use crate::drive::conductor::{Bodies, Condition, Conductor};
use crate::drive::real::clock::ProcessClock;
use crate::drive::real::machine::{Control, Machine, UnderWay};
use crate::drive::real::machine_list::MachineList;
use crate::drive::real::running::{Progress, Running, ThreadReport};
use crate::drive::real::start_line::{StartLine, Word};
use crate::drive::real::ticker;
use crate::drive::real::waiting::Last;
use crate::error::{Error, Result};
use crate::model::fault_schedule::FaultSchedule;
use crate::model::message::Nanos;
use crate::setting::check_wait;

/// From the last connection to the first possible tick: every thread is waiting by then.
const COUNTDOWN: Nanos = 5_000_000;
/// How often the connections are counted while machines wait for their peers.
const LOOK: Duration = Duration::from_millis(2);
/// How often it is looked whether a machine that waits for its start is to end.
const LOOK_AT_LINE: Duration = Duration::from_millis(50);
/// How often connections are counted where machines wait for their start anyway: there may be many such processes,
/// and they have to connect.
const LOOK_BEFORE_LINE: Duration = Duration::from_millis(20);
/// A tick thread needs little.
const STACK: usize = 256 * 1024;
/// A handler may need what a program needs.
const HANDLER_STACK: usize = 8 << 20;
/// A handler that is at work for so long is named.
const LONG: Nanos = 5_000_000_000;
/// How often that is looked at.
const LOOK_AT_HANDLERS: Duration = Duration::from_millis(500);

/// Makes the machine at a position anew from its log, to tick for these seconds.
pub type Revive = Box<dyn Fn(usize, f64) -> Result<Arc<Machine>> + Send>;

/// What is special in a run: its start, its faults and how machines come back, its end.
#[derive(Default)]
pub struct FaultPlan {
    /// The fault schedule.
    pub faults: Arc<FaultSchedule>,
    /// Brings machines back. Without it no machine of this process crashes or pauses:
    /// whoever started the process sees to that.
    pub revive: Option<Revive>,
    /// Whether the run ends when nothing is under way any more, at machines that are all in this process.
    pub until_quiet: bool,
    /// Where machines that are connected wait for those of other hosts.
    pub start_line: Option<StartLine>,
}

/// Waits up to `wait` seconds for all peers, then ticks for `duration` seconds.
pub fn start(
    machine_list: Arc<MachineList>,
    duration: f64,
    wait: f64,
    plan: FaultPlan,
) -> Result<Running> {
    check_wait(wait)?;
    let (tell, reports) = unbounded();
    let progress = Progress::new();
    let machines = machine_list.machines();
    let end = (duration * 1e9) as Nanos;
    let ids = machines.iter().map(|machine| machine.id());
    let supervisor = Supervisor {
        conductor: match &plan.revive {
            Some(_) => Conductor::new(&plan.faults, ids, end),
            None => Conductor::default(),
        },
        named: vec![0; machines.len()],
        machines,
        is_ticking: Vec::new(),
        has_left: Vec::new(),
        threads: Vec::new(),
        machine_list,
        progress: progress.clone(),
        tell: tell.clone(),
        reports,
        clock: ProcessClock::of_process(),
        duration: end,
        wait: (wait * 1e9) as Nanos,
        plan,
    };
    thread::Builder::new()
        .name("lamport-supervise".into())
        .stack_size(STACK)
        .spawn(move || supervisor.run())
        .map_err(|source| Error::io("cannot start a thread", source))?;
    Ok(Running::new(progress, tell))
}

struct Supervisor {
    machine_list: Arc<MachineList>,
    progress: Arc<Progress>,
    machines: Vec<Arc<Machine>>,
    /// What is to happen to machines.
    conductor: Conductor,
    /// For each machine, whether its thread is at work.
    is_ticking: Vec<bool>,
    /// For each machine, since when the handler is at work that was named last.
    named: Vec<Nanos>,
    /// For each machine, whether it failed or crashed, and so has no end.
    has_left: Vec<bool>,
    threads: Vec<Option<JoinHandle<()>>>,
    tell: Sender<ThreadReport>,
    reports: Receiver<ThreadReport>,
    clock: ProcessClock,
    duration: Nanos,
    wait: Nanos,
    plan: FaultPlan,
}

impl Supervisor {
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
        let waited = if first.is_ok() {
            self.wait_for_peers()
                .and_then(|is_on| Ok(is_on && self.wait_for_start()?))
        } else {
            Ok(false)
        };
        let is_started = matches!(waited, Ok(true));
        first = first.and(waited.map(|_| ()));
        if is_started {
            let start = self.clock.now() + COUNTDOWN;
            self.progress.started(start);
            for machine in &self.machines {
                self.begin(machine, start);
            }
        } else {
            self.end();
        }
        // A machine that failed has left; the others end once all have ticked.
        self.has_left = vec![false; self.machines.len()];
        self.is_ticking = vec![true; self.threads.len()];
        while self.is_ticking.contains(&true) || self.conductor.has_restart() {
            let Some(report) = self.report() else {
                let done = self.carry_out();
                if done.is_err() && self.has_algorithm() {
                    self.end();
                }
                first = first.and(done);
                self.name_long_handlers();
                if self.is_quiet() {
                    self.end();
                }
                continue;
            };
            match report {
                ThreadReport::Stop => self.end(),
                ThreadReport::Ticked(result, position) => {
                    self.is_ticking[position] = false;
                    self.has_left[position] = !result.as_ref().is_ok_and(Last::is_orderly);
                    let result = match result {
                        Ok(Last::Interrupted(cause)) => Err(Error::Interrupted(cause)),
                        other => other.map(|_| ()),
                    };
                    // What an algorithm does without one of its machines is nothing to wait for.
                    if result.is_err() && self.machines[position].has_algorithm() {
                        self.end();
                    }
                    first = first.and(result);
                }
                ThreadReport::Ended(_) => unreachable!("no machine has been told to finish"),
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
            if let ThreadReport::Ended(result) = report {
                first = first.and(result);
            }
        }
        first.and(self.check_reached())
    }

    /// A link that never worked is an error, unless the run was ended early; where faults were asked
    /// for, it may be on purpose.
    fn check_reached(&self) -> Result<()> {
        if self.progress.is_stopped() {
            return Ok(());
        }
        let ended = self.machines.iter().zip(&self.has_left);
        let mut ended = ended.filter(|(_, has_left)| !**has_left);
        if self.plan.faults.is_empty() {
            return ended.try_for_each(|(machine, _)| machine.check_reached());
        }
        ended.for_each(|(machine, _)| machine.warn_of_unreached());
        Ok(())
    }

    /// Ticking starts, and with it the fault schedule, which counts from when the machine first began.
    fn begin(&self, machine: &Machine, start: Nanos) {
        let began = machine.begin(self.progress.start());
        machine.give_inputs(began, &self.plan.faults);
        if !self.plan.faults.is_empty() {
            let faults = self.plan.faults.clone();
            machine.begin_faults(LinkFaults::new(faults, began));
        }
        machine.tell(Control::Start(start));
    }

    /// All that still tick end in order.
    fn end(&mut self) {
        self.conductor.cancel();
        self.tell_all(Control::Stop);
    }

    fn has_algorithm(&self) -> bool {
        self.machines.iter().any(|machine| machine.has_algorithm())
    }

    fn tell_all(&self, control: Control) {
        for machine in &self.machines {
            machine.tell(control);
        }
    }

    /// What is due in the fault schedule happens.
    fn carry_out(&mut self) -> Result<()> {
        let now = self.clock.now().saturating_sub(self.progress.start());
        let mut conductor = std::mem::take(&mut self.conductor);
        let done = conductor.carry_out(now, self);
        self.conductor = conductor;
        done
    }

    fn spawn(&self, position: usize, duration: Nanos) -> Result<JoinHandle<()>> {
        let (machine, tell) = (self.machines[position].clone(), self.tell.clone());
        let stack = if machine.has_algorithm() {
            HANDLER_STACK
        } else {
            STACK
        };
        let name = format!("lamport-{}", machine.id());
        let body = move || {
            let ticked = ticker::tick(&machine, duration);
            let has_left = !ticked.as_ref().is_ok_and(Last::is_orderly);
            if has_left {
                machine.abandon();
            }
            tell.send(ThreadReport::Ticked(ticked, position))
                .expect("the supervisor waits");
            if has_left {
                return;
            }
            // A stop that came too late may stand before it.
            while machine.controls().take() != Control::Finish {}
            tell.send(ThreadReport::Ended(machine.finish()))
                .expect("the supervisor waits");
        };
        thread::Builder::new()
            .name(name)
            .stack_size(stack)
            .spawn(body)
            .map_err(|source| Error::io("cannot start the thread of a machine", source))
    }

    /// How soon the machines are to be looked at, if they are.
    fn look(&self) -> Option<Duration> {
        self.has_algorithm().then_some(if self.plan.until_quiet {
            LOOK
        } else {
            LOOK_AT_HANDLERS
        })
    }

    /// Warns of handlers that do not come to their end: until they do, so does the run not.
    fn name_long_handlers(&mut self) {
        let now = self.clock.now();
        for (machine, named) in self.machines.iter().zip(&mut self.named) {
            if let Some((since, handler)) = machine.at_work()
                && now.saturating_sub(since) > LONG
                && *named != since
            {
                *named = since;
                machine.warn_of_long_handler(&handler, (now - since) / 1_000_000_000);
            }
        }
    }

    /// Whether the run is to end because nothing is under way any more.
    fn is_quiet(&self) -> bool {
        if !self.plan.until_quiet
            || self.conductor.has_machine_down()
            || !self.is_ticking.contains(&true)
        {
            return false;
        }
        let look = || -> Vec<UnderWay> {
            let machines = self.machines.iter();
            machines.map(|machine| machine.under_way()).collect()
        };
        let all = look();
        let kept: u64 = all.iter().map(|machine| machine.kept).sum();
        // What waits at a machine that has stopped stays there.
        let unread: u64 = all.iter().map(|machine| machine.unread).sum();
        let is_quiet = all.iter().all(|machine| machine.is_idle) && kept == unread;
        // If none has made a step meanwhile, all were so at one time.
        is_quiet && look() == all
    }

    /// The next report; none if the fault schedule comes first, or the machines are to be looked at.
    fn report(&self) -> Option<ThreadReport> {
        let next = self.conductor.next(self).ok().flatten();
        let due = next.map(|time| self.progress.start() + time);
        let rest = due.map(|due| self.clock.until(due).unwrap_or_default());
        let rest = match (rest, self.look()) {
            (Some(rest), Some(look)) => rest.min(look),
            (Some(rest), None) | (None, Some(rest)) => rest,
            (None, None) => {
                let report = self.reports.recv();
                return Some(report.expect("the supervisor holds its own end"));
            }
        };
        self.reports.recv_timeout(rest).ok()
    }

    /// Whether the run is to go on.
    fn wait_for_peers(&self) -> Result<bool> {
        let deadline = self.clock.now() + self.wait;
        let machines = &self.machines;
        let look = match self.plan.start_line {
            Some(_) => LOOK_BEFORE_LINE,
            None => LOOK,
        };
        loop {
            let is_waiting = |machine: &&Arc<Machine>| !machine.missing_peers().is_empty();
            if !machines.iter().any(|machine| is_waiting(&machine)) {
                return Ok(!self.progress.is_stopped());
            }
            if self.clock.now() >= deadline {
                for machine in machines.iter().filter(is_waiting) {
                    if machine.has_algorithm() {
                        return Err(machine.lacks_peers());
                    }
                    machine.warn_of_missing_peers(self.wait as f64 / 1e9);
                }
                return Ok(true);
            }
            match self.reports.recv_timeout(look) {
                Ok(ThreadReport::Stop) => return Ok(false),
                // A machine that failed before its first tick: its report must count.
                Ok(report) => {
                    self.tell
                        .send(report)
                        .expect("the supervisor holds the other end");
                    return Ok(false);
                }
                Err(_) => {}
            }
        }
    }

    /// Where machines of other hosts are to begin at the same time: whether they do.
    fn wait_for_start(&self) -> Result<bool> {
        let Some(line) = &self.plan.start_line else {
            return Ok(true);
        };
        line.reach()?;
        loop {
            match line.wait(LOOK_AT_LINE)? {
                Word::Go => return Ok(true),
                Word::Gone => return Ok(false),
                Word::Nothing => {}
            }
            match self.reports.try_recv() {
                Ok(ThreadReport::Stop) => return Ok(false),
                // A machine that failed meanwhile.
                Ok(report) => {
                    self.tell
                        .send(report)
                        .expect("the supervisor holds the other end");
                    return Ok(false);
                }
                Err(_) => {}
            }
        }
    }
}

/// A machine's body is its tick thread.
impl Bodies for Supervisor {
    type Error = Error;

    fn condition(&self, machine: usize) -> Result<Condition> {
        Ok(match (self.is_ticking[machine], self.has_left[machine]) {
            (true, _) => Condition::Alive,
            (false, true) => Condition::Down,
            (false, false) => Condition::Ended,
        })
    }

    fn crash(&mut self, machine: usize, _time: Nanos) -> Result<()> {
        self.machines[machine].tell(Control::Crash);
        Ok(())
    }

    fn restart(&mut self, machine: usize, time: Nanos, rest: Nanos) -> Result<()> {
        let revive = self.plan.revive.as_ref();
        let revive = revive.expect("without it nothing is conducted");
        // It has left by then, and its log and port are free.
        if let Some(thread) = self.threads[machine].take() {
            thread.join().expect("a tick thread does not panic");
        }
        let back = revive(machine, rest as f64 / 1e9)?;
        self.machines[machine] = back.clone();
        self.machine_list.replace(machine, back.clone());
        self.threads[machine] = Some(self.spawn(machine, rest)?);
        (self.is_ticking[machine], self.has_left[machine]) = (true, false);
        let start = self.progress.start() + time;
        self.begin(&back, start.max(self.clock.now()));
        Ok(())
    }

    fn pause(&mut self, machine: usize, until: Nanos) -> Result<()> {
        let until = self.progress.start() + until;
        self.machines[machine].tell(Control::Pause(until));
        Ok(())
    }

    /// Its thread knows until when it stands still.
    fn go_on(&mut self, _machine: usize) -> Result<()> {
        Ok(())
    }
}
