//! The loop of virtual time for machines with an algorithm.
//!
//! Ticks happen in the order of (time, machine), as those of the built-in behaviour; those that would find
//! nothing to do are passed over. At a time, faults begin and end first, then the ticks that a pause has put off.

mod outcome;
pub mod record;
mod seat;
mod strike;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::drive::conductor::Conductor;
use crate::drive::simulated::id;
use crate::drive::simulated::setup::Setup;
use crate::error::Result;
use crate::log::line::Startup;
use crate::model::body::{Body, Letter, length};
use crate::model::fault_schedule::FaultSchedule;
use crate::model::handled::{Cause, Caused, HandledStep};
use crate::model::handler::{Effects, Handler, SendRoom};
use crate::model::latency::Delays;
use crate::model::message::{MachineId, Message, Nanos};
use crate::setting::check_seed;

use seat::HandledSeat;

/// Steps between two looks at whether to stop.
const TURN: u32 = 256;

/// Makes the algorithms of machines, each machine's anew for each of its lives.
pub trait Maker {
    /// An algorithm at one machine.
    type Handler: Handler;

    /// The algorithm of a machine counted from 0.
    fn make(&mut self, machine: u32) -> std::result::Result<Self::Handler, Failure<Self>>;

    /// Says in a STARTUP line what runs at a machine.
    fn declare(&self, _machine: u32, _startup: &mut Startup<'static>) {}
}

/// Why a handler fails.
type Failure<M> = <<M as Maker>::Handler as Handler>::Error;

/// Why a run came to no end.
#[derive(Debug)]
pub struct BrokenRun<E> {
    /// At which machine.
    pub machine: MachineId,
    /// When.
    pub time: Nanos,
    /// The line of its log, from 1.
    pub line: u64,
    /// In which step; none where its algorithm was made.
    pub cause: Option<Cause>,
    /// Why.
    pub why: BrokenBy<E>,
}

/// What breaks a run.
#[derive(Debug)]
pub enum BrokenBy<E> {
    /// A handler, or the making of one.
    Handler(E),
    /// A machine that came back does not do again what it did.
    Differs(String),
}

/// What is told of each step as it happens.
pub trait StepRecorder {
    /// A machine (counted from 0) made a step.
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep);

    /// A machine came back after a crash, with this clock.
    fn startup(&mut self, _time: Nanos, _machine: u32, _clock: u64) {}

    /// Whether it has seen enough: then the run ends with this step.
    fn has_seen_enough(&self) -> bool {
        false
    }
}

/// Sees nothing.
impl StepRecorder for () {
    fn step(&mut self, _time: Nanos, _machine: u32, _step: &HandledStep) {}
}

/// What is given to a machine from outside.
#[derive(Debug, Clone)]
pub struct Input {
    /// When it arrives.
    pub time: Nanos,
    /// The machine, counted from 0.
    pub machine: u32,
    /// What it says.
    pub body: Body,
}

/// What comes first of one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Faults begin and end.
    Faults,
    /// Ticks that a pause has put off.
    Late,
    /// Ticks.
    Tick,
}

/// A point in the order of what happens.
type Point = (Nanos, Rank, u32);

/// A run in virtual time of machines with an algorithm.
pub struct HandledSimulation<M: Maker> {
    setup: Setup,
    maker: M,
    seats: Vec<HandledSeat<M::Handler>>,
    faults: FaultSchedule,
    conductor: Conductor,
    delays: Delays,
    /// Wakes of machines and ends of pauses, next first; a wake that is not its machine's counts no more.
    agenda: BinaryHeap<Reverse<Point>>,
    present: Point,
    /// Whether it ends when nothing is under way any more.
    until_quiet: bool,
    /// What may still be sent.
    room: SendRoom,
    /// Machines that have not started.
    unstarted: u32,
    /// Timers that are set.
    timers: usize,
    /// When it ended, if that was before its time.
    ended: Option<Nanos>,
    effects: Effects,
}

impl<M: Maker> HandledSimulation<M> {
    /// All machines at time 0.
    pub fn new(
        setup: Setup,
        maker: M,
        inputs: Vec<Input>,
        until_quiet: bool,
    ) -> Result<std::result::Result<Self, BrokenRun<Failure<M>>>> {
        setup.check()?;
        check_seed(setup.seed)?;
        let machines = setup.topology.machines();
        let faults = setup.faults(setup.seed)?;
        let end = (setup.duration * 1e9) as Nanos;
        let mut simulation = Self {
            delays: setup.latency.delays(setup.seed),
            conductor: Conductor::new(&faults, (0..machines).map(id), end),
            seats: Vec::with_capacity(machines as usize),
            faults,
            agenda: BinaryHeap::new(),
            present: (0, Rank::Faults, 0),
            until_quiet,
            room: SendRoom::WHOLE,
            unstarted: machines,
            timers: 0,
            ended: None,
            effects: Effects::default(),
            maker,
            setup,
        };
        for machine in 0..machines {
            let handler = match simulation.maker.make(machine) {
                Ok(handler) => handler,
                Err(error) => {
                    return Ok(Err(BrokenRun {
                        machine: id(machine),
                        time: 0,
                        line: 1,
                        cause: None,
                        why: BrokenBy::Handler(error),
                    }));
                }
            };
            let seat = HandledSeat::new(&simulation.setup, machine, handler)?;
            simulation.seats.push(seat);
        }
        for input in inputs {
            let arrival = simulation.faults.reachable(id(input.machine), input.time);
            simulation.enter(
                input.machine,
                Message::by_hand_saying(input.body, None, 0, arrival),
            );
        }
        for machine in 0..machines {
            simulation.wake(machine);
        }
        Ok(Ok(simulation))
    }

    /// Runs to the end, or until `go_on` says no. Whether it came to the end.
    pub fn run<W: StepRecorder>(
        &mut self,
        recorder: &mut W,
        go_on: &mut dyn FnMut(Nanos) -> bool,
    ) -> std::result::Result<bool, BrokenRun<Failure<M>>> {
        let mut steps = 0;
        while !self.is_quiet() {
            let next = self.agenda.peek().map(|&Reverse(next)| next);
            let struck = self.conductor.first();
            if let Some(time) = struck
                && next.is_none_or(|(next, ..)| time <= next)
            {
                self.present = (time, Rank::Faults, 0);
                self.strike(time, recorder)?;
                continue;
            }
            let Some((time, rank, machine)) = next else {
                return Ok(true);
            };
            self.agenda.pop();
            let happens = match rank {
                Rank::Tick => self.due(time, machine, recorder),
                _ => self.put_off(time, machine, recorder),
            };
            if let Err(broken) = happens {
                self.ended = Some(time);
                return Err(broken);
            }
            if recorder.has_seen_enough() {
                self.ended = Some(time);
                return Ok(true);
            }
            steps += 1;
            if steps >= TURN {
                steps = 0;
                if !go_on(time) {
                    self.ended = Some(time);
                    return Ok(false);
                }
            }
        }
        self.ended = Some(self.present.0);
        Ok(true)
    }

    /// Whether it is to end because nothing is under way.
    fn is_quiet(&self) -> bool {
        self.until_quiet
            && self.unstarted == 0
            && self.timers == 0
            && self.room.messages == SendRoom::WHOLE.messages
    }

    /// A tick is due, if it is the one that the machine waits for.
    fn due<W: StepRecorder>(
        &mut self,
        time: Nanos,
        machine: u32,
        recorder: &mut W,
    ) -> std::result::Result<(), BrokenRun<Failure<M>>> {
        let seat = &mut self.seats[machine as usize];
        if seat.wake != time || !seat.is_ready() {
            return Ok(());
        }
        seat.wake = Nanos::MAX;
        self.present = (time, Rank::Tick, machine);
        self.tick(time, time, machine, recorder)?;
        self.wake(machine);
        Ok(())
    }

    /// The ticks that a pause has put off happen now, as far as they find something to do.
    fn put_off<W: StepRecorder>(
        &mut self,
        time: Nanos,
        machine: u32,
        recorder: &mut W,
    ) -> std::result::Result<(), BrokenRun<Failure<M>>> {
        let seat = &mut self.seats[machine as usize];
        if seat.paused_until > time {
            // Another pause begins where the one before ends.
            let later = (seat.paused_until, Rank::Late, machine);
            self.agenda.push(Reverse(later));
            return Ok(());
        }
        let Some(from) = seat.paused_from.take() else {
            return Ok(());
        };
        self.present = (time, Rank::Late, machine);
        for tick in seat.ticks_between(from, time) {
            let due = self.seats[machine as usize].due(tick);
            if !self.tick(time, due, machine, recorder)? {
                break;
            }
        }
        self.wake(machine);
        Ok(())
    }

    /// One tick. Whether it found something to do.
    fn tick<W: StepRecorder>(
        &mut self,
        time: Nanos,
        due: Nanos,
        machine: u32,
        recorder: &mut W,
    ) -> std::result::Result<bool, BrokenRun<Failure<M>>> {
        let seat = &mut self.seats[machine as usize];
        let had_started = seat.machine.has_started();
        let has_idle = seat.handler.has_idle();
        let Some(begun) = seat.machine.begin(time, has_idle) else {
            return Ok(false);
        };
        let moment = begun.moment(self.room, false);
        self.effects.clear();
        let handled = seat
            .handler
            .handle(&moment, begun.call(), &mut self.effects);
        if let Err(error) = handled {
            let broken = BrokenRun {
                machine: id(machine),
                time,
                line: seat.lines + 1,
                cause: Some(begun.cause.clone()),
                why: BrokenBy::Handler(error),
            };
            self.effects.clear();
            let is_interrupt = match &broken.why {
                BrokenBy::Handler(error) => seat.handler.is_interrupt(error),
                BrokenBy::Differs(_) => false,
            };
            if is_interrupt {
                seat.machine.take_back(begun);
            } else {
                // Its event happened, and nothing of what it was about to do.
                let step = seat.machine.carry_out(begun, &mut self.effects);
                seat.count(&step);
                seat.is_down = true;
                recorder.step(time, machine, &step);
            }
            return Err(broken);
        }
        let timers = seat.machine.timers().len() + usize::from(begun.is_timer());
        if let Some((message, _)) = begun.event.received() {
            self.room.messages += 1;
            self.room.bytes += length(&message.body) as u64;
        }
        let step = seat.machine.carry_out(begun, &mut self.effects);
        seat.count(&step);
        seat.lateness.add(time - due);
        seat.last = time;
        self.unstarted -= u32::from(!had_started);
        self.timers = self.timers + seat.machine.timers().len() - timers;
        if seat.machine.has_stopped() {
            self.timers -= seat.machine.timers().len();
            for message in seat.machine.node().waiting() {
                self.room.messages += 1;
                self.room.bytes += length(&message.body) as u64;
            }
        }
        recorder.step(time, machine, &step);
        for send in &step.caused {
            self.send(time, machine, send);
        }
        let seat = &mut self.seats[machine as usize];
        if self.faults.comes_back_after(id(machine), time) {
            seat.history.push((time, step));
        }
        Ok(true)
    }

    /// A message leaves for each of its recipients.
    fn send(&mut self, time: Nanos, machine: u32, send: &Caused) {
        let degree = self.setup.topology.degree(machine);
        for position in send.recipients.positions(degree) {
            let peer = self.setup.topology.peer(machine, position);
            let arrival = self.arrival(time, id(machine), peer, send.new_clock);
            let body = send.body.clone();
            self.enter(
                peer,
                Message::saying(body, id(machine), send.new_clock, arrival),
            );
            self.wake(peer);
        }
    }

    /// When a message arrives that leaves now.
    fn arrival(&self, time: Nanos, sender: MachineId, peer: u32, timestamp: u64) -> Nanos {
        let delay = match self.delays.constant() {
            Some(delay) => delay,
            None => self.delays.draw(sender, id(peer), timestamp),
        };
        if self.faults.is_empty() {
            time + delay
        } else {
            self.faults
                .arrival(sender, id(peer), timestamp, time, delay)
        }
    }

    /// A message is in the queue of a machine, or on its way there.
    fn enter(&mut self, machine: u32, message: Letter) {
        let seat = &mut self.seats[machine as usize];
        if !seat.machine.has_stopped() {
            self.room.messages = self.room.messages.saturating_sub(1);
            let bytes = length(&message.body) as u64;
            self.room.bytes = self.room.bytes.saturating_sub(bytes);
        }
        seat.machine.deliver(message);
    }

    /// The next tick of a machine that finds something to do is on the agenda, as far as is known now.
    fn wake(&mut self, machine: u32) {
        let seat = &mut self.seats[machine as usize];
        if !seat.is_ready() {
            return;
        }
        let need = if seat.handler.has_idle() && !seat.machine.has_stopped() {
            0
        } else {
            match seat.machine.next_due() {
                Some(due) => due,
                None => return,
            }
        };
        let (now, rank, present) = self.present;
        // Of the ticks of this time, those of machines up to the one at hand are over.
        let earliest = now + u64::from(rank == Rank::Tick && machine <= present);
        if let Some(time) = seat.first_tick(need.max(earliest))
            && time < seat.wake
        {
            seat.wake = time;
            self.agenda.push(Reverse((time, Rank::Tick, machine)));
        }
    }
}

impl<H> HandledSeat<H> {
    /// Counts a step.
    fn count(&mut self, step: &HandledStep) {
        self.tally.add(&step.event);
        let sends = step.caused.len() as u64;
        self.tally.sends += sends;
        self.internals += u64::from(step.event.received().is_none());
        self.steps += 1;
        self.lines += 1 + sends;
    }
}

/// Both see every step.
impl<A: StepRecorder, B: StepRecorder> StepRecorder for (&mut A, &mut B) {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        self.0.step(time, machine, step);
        self.1.step(time, machine, step);
    }

    fn startup(&mut self, time: Nanos, machine: u32, clock: u64) {
        self.0.startup(time, machine, clock);
        self.1.startup(time, machine, clock);
    }

    fn has_seen_enough(&self) -> bool {
        self.0.has_seen_enough() || self.1.has_seen_enough()
    }
}

/// It is seen if there is one.
impl<A: StepRecorder> StepRecorder for Option<A> {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        if let Some(recorder) = self {
            recorder.step(time, machine, step);
        }
    }

    fn startup(&mut self, time: Nanos, machine: u32, clock: u64) {
        if let Some(recorder) = self {
            recorder.startup(time, machine, clock);
        }
    }

    fn has_seen_enough(&self) -> bool {
        self.as_ref().is_some_and(StepRecorder::has_seen_enough)
    }
}
