//! The loop of virtual time for machines with an algorithm.
//!
//! Ticks happen in the order of (time, machine), as those of the built-in behaviour; those that would find
//! nothing to do are passed over. At a time, faults begin and end first, then the ticks that a pause has put off.

mod load;
mod outcome;
pub mod record;
pub mod recorder;
mod seat;
mod sending;
mod step;
mod strike;
mod waking;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::drive::conductor::Conductor;
use crate::drive::simulated::id;
use crate::drive::simulated::setup::Setup;
use crate::error::Result;
use crate::log::line::Startup;
use crate::model::body::Body;
use crate::model::fault_schedule::FaultSchedule;
use crate::model::handled::Cause;
use crate::model::handler::{Effects, Handler};
use crate::model::latency::Delays;
use crate::model::message::{MachineId, Message, Nanos};
use crate::setting::check_seed;

use load::Load;
use recorder::StepRecorder;
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
    /// The messages that are not received yet.
    load: Load,
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
            load: Load::new(machines),
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
            let mut seat = HandledSeat::new(&simulation.setup, machine, handler)?;
            seat.last_loss = simulation.faults.last_loss(id(machine));
            simulation.seats.push(seat);
        }
        for input in inputs {
            let arrival = simulation.faults.reachable(id(input.machine), input.time);
            let message = Message::by_hand_saying(input.body, None, 0, arrival);
            simulation.load.given(&message);
            let seat = &mut simulation.seats[input.machine as usize];
            seat.machine.deliver(message);
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
            && !self.load.is_any_under_way()
            && !self.conductor.has_machine_down()
    }
}
