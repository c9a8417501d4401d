//! The loop of virtual time: one tick after the other, in order.

use std::hint::black_box;

use crate::drive::simulated::agenda::{Agenda, CACHED, Tick};
use crate::drive::simulated::fault_state::FaultState;
use crate::drive::simulated::id;
use crate::drive::simulated::seat::{Seat, Tally};
use crate::drive::simulated::setup::Setup;
use crate::drive::simulated::watch::Watch;
use crate::error::Result;
use crate::model::behavior::{Behavior, Odds, OwnOdds};
use crate::model::discipline::Discipline;
use crate::model::event::Event;
use crate::model::latency::Delays;
use crate::model::manner::Manner;
use crate::model::message::{Message, Nanos};
use crate::model::node::Node;
use crate::model::random::Generator;
use crate::model::schedule::Schedule;
use crate::model::timetable::{LifeName, Timetable};
use crate::model::topology::Topology;
use crate::setting::check_seed;

/// Events, and messages on their way to their queues, between two looks at whether to stop.
const TURN: f64 = 16384.0;

/// What is told of each event as it happens.
pub trait Recorder {
    /// A machine (counted from 0) had an event.
    fn event(&mut self, time: Nanos, machine: u32, event: &Event);

    /// A machine came back after a crash, with this clock.
    fn startup(&mut self, _time: Nanos, _machine: u32, _clock: u64) {}
}

/// Records nothing.
impl Recorder for () {
    #[inline]
    fn event(&mut self, _time: Nanos, _machine: u32, _event: &Event) {}
}

/// A run in virtual time.
#[derive(Debug)]
pub struct Simulation {
    pub(super) setup: Setup,
    pub(super) agenda: Agenda,
    pub(super) faults: FaultState,
    /// How many peers a machine has, where all have as many.
    degree: Option<u32>,
    pub(super) seats: Vec<Seat>,
    odds: Odds,
    /// What each machine draws with; nothing if all draw alike.
    own: Vec<OwnOdds>,
    pub(super) delays: Delays,
    /// Ticks that fell on the time of the tick before.
    pub(super) ties: u64,
    /// When the last tick was, at the end or when it was stopped.
    pub(super) now: Nanos,
}

impl Simulation {
    /// All machines at time 0.
    pub fn new(setup: Setup) -> Result<Self> {
        let made = Self::watched(setup, &Watch::default())?;
        Ok(made.expect("nobody asks to stop"))
    }

    /// All machines at time 0, or `None` if it was asked to stop before.
    pub fn watched(setup: Setup, watch: &Watch) -> Result<Option<Self>> {
        setup.topology.check_rates(setup.rates.as_deref())?;
        setup.manners.check(&setup.topology)?;
        let machines = setup.topology.machines() as usize;
        let mut simulation = Self {
            odds: setup.behavior.odds(0),
            own: setup.manners.odds(setup.behavior, &setup.topology),
            delays: setup.latency.delays(setup.seed),
            agenda: Agenda::default(),
            faults: FaultState::default(),
            degree: setup.topology.common_degree(),
            seats: Vec::with_capacity(machines),
            ties: 0,
            now: 0,
            setup,
        };
        let is_whole = simulation.restart(simulation.setup.seed, watch)?;
        Ok(is_whole.then_some(simulation))
    }

    /// All machines at time 0 again, with another seed. Whether it came to the end: else it must be
    /// restarted before it runs.
    pub fn restart(&mut self, seed: u64, watch: &Watch) -> Result<bool> {
        let setup = &mut self.setup;
        setup.seed = check_seed(seed)?;
        self.delays = setup.latency.delays(seed);
        (self.ties, self.now) = (0, 0);
        self.agenda.clear();
        let are_even = setup.manners.are_even();
        for machine in 0..setup.topology.machines() {
            if machine.is_multiple_of(1 << 12) && watch.is_stopped() {
                return Ok(false);
            }
            let rate = setup.rates.as_ref().map(|rates| rates[machine as usize]);
            let mut generator = Generator::new(seed, id(machine), 0);
            if are_even {
                let schedule =
                    Schedule::draw(rate, setup.max_rate, setup.duration, &mut generator)?;
                self.agenda.add(&schedule);
            } else {
                let manner = setup.manners.of(machine);
                let life = LifeName {
                    seed,
                    machine: id(machine),
                    start: 0,
                };
                let rates = (rate, setup.max_rate);
                let timetable =
                    Timetable::draw(rates, setup.duration, &mut generator, (&manner, life))?;
                self.agenda.add_uneven(&timetable);
            }
            let tally = Tally::default();
            if let Some(seat) = self.seats.get_mut(machine as usize) {
                seat.node.restart(generator);
                seat.tally = tally;
            } else {
                let node = Node::new(generator);
                self.seats.push(Seat { node, tally });
            }
        }
        let (faults, count) = (setup.faults(seed)?, setup.topology.machines());
        self.faults.restart(faults, count, self.duration());
        self.agenda.open();
        Ok(true)
    }

    /// Runs to the end, or until told to stop. Whether it came to the end.
    pub fn run<R: Recorder>(&mut self, recorder: &mut R, watch: &Watch) -> bool {
        if self.faults.is_any() {
            self.run_with_faults(recorder, watch)
        } else if self.is_usual() {
            self.run_plainly::<R, true>(recorder, watch)
        } else {
            self.run_plainly::<R, false>(recorder, watch)
        }
    }

    /// Whether all machines draw alike and keep their clocks in Lamport's way.
    pub(super) fn is_usual(&self) -> bool {
        self.own.is_empty() && self.setup.discipline == Discipline::default()
    }

    /// The loop without faults, of machines that draw alike and keep their clocks in Lamport's way, or of others.
    fn run_plainly<R: Recorder, const IS_USUAL: bool>(
        &mut self,
        recorder: &mut R,
        watch: &Watch,
    ) -> bool {
        let mut ticks: Vec<Tick> = Vec::new();
        let turn = (TURN / (1.0 + self.setup.expected_messages())) as usize;
        let mut before = None;
        let mut since = 0;
        loop {
            self.agenda.next_ticks(&mut ticks);
            if ticks.is_empty() {
                return true;
            }
            if self.seats.len() > CACHED {
                // All at once, rather than each when its turn comes: slow memory is waited for once.
                let clock = |&(_, machine): &Tick| self.seats[machine as usize].node.clock();
                black_box(ticks.iter().map(clock).sum::<u64>());
            }
            for &(time, machine) in &ticks {
                self.ties += u64::from(before == Some(time));
                before = Some(time);
                self.tick::<R, false, IS_USUAL>(time, machine, recorder);
            }
            since += ticks.len();
            if since >= turn {
                since = 0;
                self.see(before.unwrap_or(0), watch);
                if watch.is_stopped() {
                    return false;
                }
            }
        }
    }

    /// Lets others see how far the run is.
    pub(super) fn see(&mut self, now: Nanos, watch: &Watch) {
        self.now = now;
        watch.pass(now);
    }

    /// One tick of a machine; where nothing ever goes wrong, or is ever done otherwise, no one asks.
    #[inline]
    pub(super) fn tick<R: Recorder, const HAS_FAULTS: bool, const IS_USUAL: bool>(
        &mut self,
        time: Nanos,
        machine: u32,
        recorder: &mut R,
    ) {
        let seat = &mut self.seats[machine as usize];
        let degree = match self.degree {
            Some(degree) => degree,
            None => self.setup.topology.degree(machine),
        };
        let odds = self.odds.among(degree);
        if IS_USUAL {
            let event = seat.node.tick(time, &odds);
            self.happened::<R, HAS_FAULTS, true>(time, machine, degree, &event, recorder);
            return;
        }
        let discipline = self.setup.discipline;
        let received = seat.node.receive_by(discipline.receive, time);
        let acts = received.is_none() || discipline.draw_after_receive;
        if let Some(event) = received {
            self.happened::<R, HAS_FAULTS, false>(time, machine, degree, &event, recorder);
        }
        if acts {
            let node = &mut self.seats[machine as usize].node;
            let event = match self.own.get(machine as usize) {
                Some(own) => node.act(own),
                None => node.act(&odds),
            };
            self.happened::<R, HAS_FAULTS, false>(time, machine, degree, &event, recorder);
        }
    }

    /// An event is counted and recorded, and what it sends is on its way.
    #[inline]
    fn happened<R: Recorder, const HAS_FAULTS: bool, const IS_USUAL: bool>(
        &mut self,
        time: Nanos,
        machine: u32,
        degree: u32,
        event: &Event,
        recorder: &mut R,
    ) {
        self.seats[machine as usize].tally.add(event);
        if let Some(recipients) = event.recipients() {
            let timestamp = if IS_USUAL {
                event.new_clock()
            } else {
                self.setup.discipline.timestamp(event)
            };
            for position in recipients.positions(degree) {
                self.send::<HAS_FAULTS>(time, machine, position, timestamp);
            }
        }
        recorder.event(time, machine, event);
    }

    #[inline]
    fn send<const HAS_FAULTS: bool>(
        &mut self,
        time: Nanos,
        machine: u32,
        position: u32,
        timestamp: u64,
    ) {
        let peer = self.setup.topology.peer(machine, position);
        let delay = match self.delays.constant() {
            Some(delay) => delay,
            None => self.delays.draw(id(machine), id(peer), timestamp),
        };
        let arrival = if HAS_FAULTS {
            let faults = &self.faults.schedule;
            faults.arrival(id(machine), id(peer), timestamp, time, delay)
        } else {
            time + delay
        };
        let message = Message::new(id(machine), timestamp, arrival);
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

    /// What idle ticks of a machine counted from 0 do.
    pub fn behavior(&self, machine: u32) -> Behavior {
        let setup = &self.setup;
        setup.manners.behavior(machine, setup.behavior)
    }

    /// What a machine counted from 0 has of its own beside that.
    pub(super) fn manner(&self, machine: u32) -> Manner {
        self.setup.manners.of(machine)
    }

    /// How programs keep their clocks.
    pub fn discipline(&self) -> Discipline {
        self.setup.discipline
    }

    /// The machines.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// How many ticks fell on the very time of the one before; machines of one time tick in their order.
    pub fn ties(&self) -> u64 {
        self.ties
    }

    /// How many ticks all machines have from start to end.
    pub fn events(&self) -> u64 {
        let taken = (0..self.seats.len()).map(|machine| self.agenda.taken(machine));
        taken.sum::<u64>() + self.agenda.all_left()
    }

    /// The end of the run.
    pub(super) fn duration(&self) -> Nanos {
        (self.setup.duration * 1e9) as Nanos
    }
}
