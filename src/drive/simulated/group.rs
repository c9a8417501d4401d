//! Machines that tick one after the other: all of a run, or a block of them.

use std::hint::black_box;

use crate::drive::simulated::agenda::{Agenda, CACHED, Tick};
use crate::drive::simulated::fault_state::FaultState;
use crate::drive::simulated::id;
use crate::drive::simulated::recorder::Recorder;
use crate::drive::simulated::seat::Seat;
use crate::drive::simulated::setup::Setup;
use crate::model::behavior::{Odds, OwnOdds};
use crate::model::discipline::Discipline;
use crate::model::event::Event;
use crate::model::latency::Delays;
use crate::model::message::{Message, Nanos};

/// What machines share and no tick changes.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) setup: Setup,
    /// How many peers a machine has, where all have as many.
    pub(super) degree: Option<u32>,
    pub(super) odds: Odds,
    /// What each machine draws with; nothing if all draw alike.
    pub(super) own: Vec<OwnOdds>,
    pub(super) delays: Delays,
}

impl Ground {
    /// Whether all machines draw alike and keep their clocks in Lamport's way.
    pub(super) fn is_usual(&self) -> bool {
        self.own.is_empty() && self.setup.discipline == Discipline::default()
    }
}

/// Where messages go, and who is told of ticks.
pub(super) trait Post {
    /// The first machine of the group, counted from 0 in the run.
    fn first(&self) -> u32;

    /// These ticks of the agenda are to happen, with nothing between them.
    #[inline]
    fn ticks(&mut self, _ticks: &[Tick]) {}

    /// A machine of the group ticks, one of these.
    fn tick_on_time(&mut self, time: Nanos);

    /// A machine of the group ticks; of one time, ticks that a pause has put off come first.
    fn tick(&mut self, time: Nanos, is_late: bool);

    /// What a machine sends at its tick is on its way to a machine, both counted from 0 in the run.
    fn send(&mut self, seats: &mut [Seat], link: (u32, u32), timestamp: u64, arrival: Nanos);
}

/// All machines are here: a message enters the queue of its recipient at once.
#[derive(Debug, Default)]
pub(super) struct Here {
    /// When the last tick was.
    last: Option<Nanos>,
    /// Ticks that fell on the time of the tick before.
    pub(super) ties: u64,
}

impl Post for Here {
    #[inline]
    fn first(&self) -> u32 {
        0
    }

    #[inline]
    fn ticks(&mut self, ticks: &[Tick]) {
        let mut before = self.last;
        for &(time, _) in ticks {
            self.ties += u64::from(before == Some(time));
            before = Some(time);
        }
        self.last = before;
    }

    #[inline]
    fn tick_on_time(&mut self, _time: Nanos) {}

    #[inline]
    fn tick(&mut self, time: Nanos, _is_late: bool) {
        self.ties += u64::from(self.last == Some(time));
        self.last = Some(time);
    }

    #[inline]
    fn send(&mut self, seats: &mut [Seat], link: (u32, u32), timestamp: u64, arrival: Nanos) {
        let (machine, peer) = link;
        let message = Message::new(id(machine), timestamp, arrival);
        seats[peer as usize].node.deliver(message);
    }
}

/// Machines that tick one after the other, counted from 0 here.
#[derive(Debug)]
pub(super) struct Group<'a, P> {
    pub(super) ground: &'a Ground,
    pub(super) agenda: &'a mut Agenda,
    pub(super) faults: &'a mut FaultState,
    pub(super) seats: &'a mut [Seat],
    pub(super) post: P,
}

impl<P: Post> Group<'_, P> {
    /// The number of a machine in the run, counted from 0.
    #[inline]
    pub(super) fn number(&self, machine: u32) -> u32 {
        self.post.first() + machine
    }

    /// These ticks of the agenda happen, of a run without faults.
    #[inline]
    pub(super) fn happen_plainly<R: Recorder, const IS_USUAL: bool>(
        &mut self,
        ticks: &[Tick],
        recorder: &mut R,
    ) {
        if self.seats.len() > CACHED {
            // All at once, rather than each when its turn comes: slow memory is waited for once.
            let clock = |&(_, machine): &Tick| self.seats[machine as usize].node.clock();
            black_box(ticks.iter().map(clock).sum::<u64>());
        }
        self.post.ticks(ticks);
        for &(time, machine) in ticks {
            self.post.tick_on_time(time);
            self.tick::<R, false, IS_USUAL>(time, machine, recorder);
        }
    }

    /// One tick of a machine; where nothing ever goes wrong, or is ever done otherwise, no one asks.
    #[inline]
    pub(super) fn tick<R: Recorder, const HAS_FAULTS: bool, const IS_USUAL: bool>(
        &mut self,
        time: Nanos,
        machine: u32,
        recorder: &mut R,
    ) {
        let number = self.number(machine);
        let seat = &mut self.seats[machine as usize];
        let degree = match self.ground.degree {
            Some(degree) => degree,
            None => self.ground.setup.topology.degree(number),
        };
        let odds = self.ground.odds.among(degree);
        if IS_USUAL {
            let event = seat.node.tick(time, &odds);
            self.happened::<R, HAS_FAULTS, true>(time, machine, degree, &event, recorder);
            return;
        }
        let discipline = self.ground.setup.discipline;
        let received = seat.node.receive_by(discipline.receive, time);
        let acts = received.is_none() || discipline.draw_after_receive;
        if let Some(event) = received {
            self.happened::<R, HAS_FAULTS, false>(time, machine, degree, &event, recorder);
        }
        if acts {
            let node = &mut self.seats[machine as usize].node;
            let event = match self.ground.own.get(number as usize) {
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
        let number = self.number(machine);
        if let Some(recipients) = event.recipients() {
            let timestamp = if IS_USUAL {
                event.new_clock()
            } else {
                self.ground.setup.discipline.timestamp(event)
            };
            for position in recipients.positions(degree) {
                self.send::<HAS_FAULTS>(time, number, position, timestamp);
            }
        }
        recorder.event(time, number, event);
    }

    /// A machine, counted in the run, sends to its peer at a position.
    #[inline]
    fn send<const HAS_FAULTS: bool>(
        &mut self,
        time: Nanos,
        machine: u32,
        position: u32,
        timestamp: u64,
    ) {
        let peer = self.ground.setup.topology.peer(machine, position);
        let delay = match self.ground.delays.constant() {
            Some(delay) => delay,
            None => self.ground.delays.draw(id(machine), id(peer), timestamp),
        };
        let arrival = if HAS_FAULTS {
            let faults = &self.faults.schedule;
            faults.arrival(id(machine), id(peer), timestamp, time, delay)
        } else {
            time + delay
        };
        self.post
            .send(self.seats, (machine, peer), timestamp, arrival);
    }
}
