//! The loop of virtual time: one tick after the other, in order.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::behavior::Behavior;
use crate::error::Result;
use crate::event::Event;
use crate::latency::{Delays, Latency};
use crate::message::{MachineId, Message, Nanos};
use crate::node::Node;
use crate::random::{Generator, check_seed};
use crate::schedule::{Schedule, Steps};
use crate::sim::agenda::{Agenda, Calendar, NEVER, Scan};
use crate::topology::Topology;

/// Up to this many machines, a look at each beats a calendar.
const FEW: usize = 12;
/// Events between two looks at whether to stop.
const TURN: u32 = 1 << 14;

/// What a run in virtual time is to be. Machine i of the topology gets the id i + 1.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Who sends to whom.
    pub topology: Topology,
    /// Seconds of ticking.
    pub duration: f64,
    /// Ticks per second of each machine; drawn if `None`.
    pub rates: Option<Vec<f64>>,
    /// The upper end of the rates drawn.
    pub max_rate: u64,
    /// What idle ticks do.
    pub behavior: Behavior,
    /// The one-way delay of each message.
    pub latency: Latency,
    /// The seed of all draws.
    pub seed: u64,
}

/// What others see of a run, and can tell it, while it goes on.
#[derive(Debug, Default)]
pub struct Watch {
    now: AtomicU64,
    is_stopped: AtomicBool,
}

impl Watch {
    /// Asks the run to end early.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// The virtual time, in ns, a short while ago.
    pub fn now(&self) -> Nanos {
        self.now.load(Ordering::Relaxed)
    }
}

/// What is told of each event as it happens.
pub trait Recorder {
    /// A machine (counted from 0) had an event.
    fn event(&mut self, time: Nanos, machine: u32, event: &Event);
}

/// Records nothing.
impl Recorder for () {
    #[inline]
    fn event(&mut self, _time: Nanos, _machine: u32, _event: &Event) {}
}

/// A machine of a simulation: the node, its ticks, and what is counted of it.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The machine itself.
    pub node: Node,
    pub(super) steps: Steps,
    /// What it did.
    pub tally: Tally,
}

/// What one machine did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Its SENDs.
    pub sends: u64,
    /// Its RECEIVEs.
    pub receives: u64,
    /// The largest step of its clock.
    pub max_jump: u64,
    /// The longest queue after a RECEIVE.
    pub max_queue_len: u32,
}

/// A run in virtual time.
#[derive(Debug)]
pub struct Simulation {
    setup: Setup,
    schedules: Vec<Schedule>,
    seats: Vec<Seat>,
    delays: Delays,
    /// Ticks that fell on the time of the tick before.
    ties: u64,
    /// When the last tick was, at the end or when it was stopped.
    now: Nanos,
}

impl Simulation {
    /// All machines at time 0.
    pub fn new(setup: Setup) -> Result<Self> {
        setup.topology.check_rates(setup.rates.as_deref())?;
        let machines = setup.topology.machines() as usize;
        let mut simulation = Self {
            delays: setup.latency.delays(setup.seed),
            schedules: Vec::with_capacity(machines),
            seats: Vec::with_capacity(machines),
            ties: 0,
            now: 0,
            setup,
        };
        simulation.restart(simulation.setup.seed)?;
        Ok(simulation)
    }

    /// All machines at time 0 again, with another seed.
    pub fn restart(&mut self, seed: u64) -> Result<()> {
        let setup = &mut self.setup;
        setup.seed = check_seed(seed)?;
        self.delays = setup.latency.delays(seed);
        (self.ties, self.now) = (0, 0);
        self.schedules.clear();
        for machine in 0..setup.topology.machines() {
            let rate = setup.rates.as_ref().map(|rates| rates[machine as usize]);
            let mut generator = Generator::new(seed, id(machine), 0);
            let schedule = Schedule::draw(rate, setup.max_rate, setup.duration, &mut generator)?;
            let (steps, tally) = (schedule.steps(), Tally::default());
            self.schedules.push(schedule);
            if let Some(seat) = self.seats.get_mut(machine as usize) {
                seat.node.restart(generator);
                (seat.steps, seat.tally) = (steps, tally);
            } else {
                let degree = setup.topology.degree(machine);
                let node = Node::new(setup.behavior, degree, generator);
                self.seats.push(Seat { node, steps, tally });
            }
        }
        Ok(())
    }

    /// Runs to the end, or until told to stop. Whether it came to the end.
    pub fn run<R: Recorder>(&mut self, recorder: &mut R, watch: &Watch) -> bool {
        if self.seats.len() <= FEW {
            self.drive::<Scan, R>(recorder, watch)
        } else {
            self.drive::<Calendar, R>(recorder, watch)
        }
    }

    fn drive<A: Agenda, R: Recorder>(&mut self, recorder: &mut R, watch: &Watch) -> bool {
        let first = |seat: &Seat| seat.steps.due().unwrap_or(NEVER);
        let due: Vec<Nanos> = self.seats.iter().map(first).collect();
        let total_rate = self.schedules.iter().map(Schedule::rate).sum();
        let mut agenda = A::new(&due, total_rate);
        let mut before = NEVER;
        loop {
            for _ in 0..TURN {
                let Some((time, machine)) = agenda.first() else {
                    return true;
                };
                self.ties += u64::from(time == before);
                before = time;
                let seat = &mut self.seats[machine as usize];
                let event = seat.node.tick(time);
                seat.tally.add(&event);
                agenda.put_off(machine, seat.steps.advance().unwrap_or(NEVER));
                if let Event::Send {
                    new_clock,
                    recipients,
                    ..
                } = &event
                {
                    let degree = self.setup.topology.degree(machine);
                    for position in recipients.positions(degree) {
                        self.send(time, machine, position, *new_clock);
                    }
                }
                recorder.event(time, machine, &event);
            }
            self.now = before;
            watch.now.store(before, Ordering::Relaxed);
            if watch.is_stopped() {
                return false;
            }
        }
    }

    #[inline]
    fn send(&mut self, time: Nanos, machine: u32, position: u32, timestamp: u64) {
        let peer = self.setup.topology.peer(machine, position);
        let delay = match self.delays.constant() {
            Some(delay) => delay,
            None => self.delays.draw(id(machine), id(peer), timestamp),
        };
        let message = Message::new(Some(id(machine)), timestamp, time + delay);
        self.seats[peer as usize].node.deliver(message);
    }

    /// Who sends to whom.
    pub fn topology(&self) -> &Topology {
        &self.setup.topology
    }

    /// The seed of all draws.
    pub fn seed(&self) -> u64 {
        self.setup.seed
    }

    /// What idle ticks do.
    pub fn behavior(&self) -> &Behavior {
        &self.setup.behavior
    }

    /// The machines.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// When they tick.
    pub fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    /// How many ticks fell on the very time of the one before; machines of one time tick in their order.
    pub fn ties(&self) -> u64 {
        self.ties
    }

    /// How many events the run has when it comes to its end.
    pub fn events(&self) -> u64 {
        self.schedules.iter().map(Schedule::ticks).sum()
    }

    /// Seconds of virtual time that have passed: the duration, or less if it was stopped.
    pub fn elapsed(&self) -> f64 {
        let is_over = self.seats.iter().all(|seat| seat.steps.due().is_none());
        if is_over {
            self.setup.duration
        } else {
            self.now as f64 / 1e9
        }
    }
}

/// The id of a machine counted from 0.
#[inline]
pub(super) fn id(machine: u32) -> MachineId {
    u64::from(machine) + 1
}

impl Tally {
    #[inline]
    fn add(&mut self, event: &Event) {
        match event {
            Event::Send { .. } => self.sends += 1,
            Event::Receive {
                old_clock,
                new_clock,
                queue_len,
                ..
            } => {
                self.receives += 1;
                self.max_jump = self.max_jump.max(new_clock - old_clock);
                self.max_queue_len = self.max_queue_len.max(*queue_len as u32);
            }
            Event::Internal { .. } => {}
        }
    }
}
