//! The loop of virtual time: one tick after the other, in order.

use crate::drive::simulated::agenda::{Agenda, Tick};
use crate::drive::simulated::fault_state::FaultState;
use crate::drive::simulated::group::{Ground, Group, Here};
use crate::drive::simulated::id;
use crate::drive::simulated::recorder::Recorder;
use crate::drive::simulated::seat::{Seat, Tally};
use crate::drive::simulated::setup::Setup;
use crate::drive::simulated::watch::Watch;
use crate::error::Result;
use crate::model::behavior::Behavior;
use crate::model::discipline::Discipline;
use crate::model::manner::Manner;
use crate::model::message::Nanos;
use crate::model::node::Node;
use crate::model::random::Generator;
use crate::model::schedule::Schedule;
use crate::model::timetable::{LifeName, Timetable};
use crate::model::topology::Topology;
use crate::setting::check_seed;

/// Events, and messages on their way to their queues, between two looks at whether to stop.
const TURN: f64 = 16384.0;

/// A run in virtual time.
#[derive(Debug)]
pub struct Simulation {
    pub(super) ground: Ground,
    pub(super) agenda: Agenda,
    pub(super) faults: FaultState,
    pub(super) seats: Vec<Seat>,
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
        let seed = setup.seed;
        let mut simulation = Self {
            ground: Ground {
                odds: setup.behavior.odds(0),
                own: setup.manners.odds(setup.behavior, &setup.topology),
                delays: setup.latency.delays(seed),
                degree: setup.topology.common_degree(),
                setup,
            },
            agenda: Agenda::default(),
            faults: FaultState::default(),
            seats: Vec::with_capacity(machines),
            ties: 0,
            now: 0,
        };
        let is_whole = simulation.restart(seed, watch)?;
        Ok(is_whole.then_some(simulation))
    }

    /// All machines at time 0 again, with another seed. Whether it came to the end: else it must be
    /// restarted before it runs.
    pub fn restart(&mut self, seed: u64, watch: &Watch) -> Result<bool> {
        let setup = &mut self.ground.setup;
        setup.seed = check_seed(seed)?;
        self.ground.delays = setup.latency.delays(seed);
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
        let end = self.duration();
        self.faults.restart(faults, 0..count, end);
        Ok(true)
    }

    /// Runs to the end, or until told to stop. Whether it came to the end.
    pub fn run<R: Recorder>(&mut self, recorder: &mut R, watch: &Watch) -> bool {
        self.agenda.open();
        if self.faults.is_any() {
            self.run_with_faults(recorder, watch)
        } else if self.ground.is_usual() {
            self.run_plainly::<R, true>(recorder, watch)
        } else {
            self.run_plainly::<R, false>(recorder, watch)
        }
    }

    /// All machines, to tick on one thread.
    pub(super) fn all(&mut self) -> Group<'_, Here> {
        Group {
            ground: &self.ground,
            agenda: &mut self.agenda,
            faults: &mut self.faults,
            seats: &mut self.seats,
            post: Here::default(),
        }
    }

    /// The loop without faults, of machines that draw alike and keep their clocks in Lamport's way, or of others.
    fn run_plainly<R: Recorder, const IS_USUAL: bool>(
        &mut self,
        recorder: &mut R,
        watch: &Watch,
    ) -> bool {
        let mut ticks: Vec<Tick> = Vec::new();
        let turn = (TURN / (1.0 + self.ground.setup.expected_messages())) as usize;
        let (mut since, mut now) = (0, self.now);
        let mut group = self.all();
        let is_over = loop {
            group.agenda.next_ticks(&mut ticks);
            let Some(&(last, _)) = ticks.last() else {
                break true;
            };
            group.happen_plainly::<R, IS_USUAL>(&ticks, recorder);
            since += ticks.len();
            if since >= turn {
                since = 0;
                now = last;
                watch.pass(now);
                if watch.is_stopped() {
                    break false;
                }
            }
        };
        self.ties += group.post.ties;
        self.now = now;
        is_over
    }

    /// Who sends to whom.
    pub fn topology(&self) -> &Topology {
        &self.ground.setup.topology
    }

    /// The seed of all draws.
    pub fn seed(&self) -> u64 {
        self.ground.setup.seed
    }

    /// What idle ticks of a machine counted from 0 do.
    pub fn behavior(&self, machine: u32) -> Behavior {
        let setup = &self.ground.setup;
        setup.manners.behavior(machine, setup.behavior)
    }

    /// What a machine counted from 0 has of its own beside that.
    pub(super) fn manner(&self, machine: u32) -> Manner {
        self.ground.setup.manners.of(machine)
    }

    /// How programs keep their clocks.
    pub fn discipline(&self) -> Discipline {
        self.ground.setup.discipline
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
        (self.ground.setup.duration * 1e9) as Nanos
    }
}
