//! A machine with an algorithm in virtual time: itself, its ticks, and what is counted of it.

use std::ops::Range;

use crate::drive::simulated::id;
use crate::drive::simulated::seat::Tally;
use crate::drive::simulated::setup::Setup;
use crate::drive::simulated::up_and_down::Uptime;
use crate::error::Result;
use crate::model::handled::{Handled, HandledStep};
use crate::model::lateness::Lateness;
use crate::model::message::Nanos;
use crate::model::random::Generator;
use crate::model::timetable::{LifeName, Timetable};

/// A machine of a run.
pub(super) struct HandledSeat<H> {
    pub(super) machine: Handled,
    pub(super) handler: H,
    /// Its ticks since it last started, and when that was.
    timetable: Timetable,
    start: Nanos,
    /// The tick it waits for; never, if there is none.
    pub(super) wake: Nanos,
    pub(super) is_down: bool,
    /// Since when it stands still, until the ticks of that time have happened.
    pub(super) paused_from: Option<Nanos>,
    pub(super) paused_until: Nanos,
    /// When it came back, and with which clock.
    pub(super) restarts: Vec<(Nanos, u64)>,
    earlier: Uptime,
    /// Its last step, or when it last came back.
    pub(super) last: Nanos,
    pub(super) lateness: Lateness,
    pub(super) tally: Tally,
    pub(super) internals: u64,
    pub(super) steps: u64,
    /// The lines of its log so far.
    pub(super) lines: u64,
    /// When it crashes for the last time of those after which it comes back.
    pub(super) last_loss: Option<Nanos>,
    /// Its steps so far, while it is to come back from a crash.
    pub(super) history: Vec<(Nanos, HandledStep)>,
}

impl<H> HandledSeat<H> {
    /// A machine of a run at its beginning.
    pub(super) fn new(setup: &Setup, machine: u32, handler: H) -> Result<Self> {
        let rate = setup.rates.as_ref().map(|rates| rates[machine as usize]);
        let mut generator = Generator::new(setup.seed, id(machine), 0);
        let life = LifeName {
            seed: setup.seed,
            machine: id(machine),
            start: 0,
        };
        let manner = (&setup.manners.of(machine), life);
        let rates = (rate, setup.max_rate);
        let timetable = Timetable::draw(rates, setup.duration, &mut generator, manner)?;
        Ok(Self {
            machine: Handled::new(generator, 0),
            handler,
            timetable,
            start: 0,
            wake: Nanos::MAX,
            is_down: false,
            paused_from: None,
            paused_until: 0,
            restarts: Vec::new(),
            earlier: Uptime::default(),
            last: 0,
            lateness: Lateness::default(),
            tally: Tally::default(),
            internals: 0,
            steps: 0,
            lines: 1,
            last_loss: None,
            history: Vec::new(),
        })
    }

    /// It ticks by another timetable from `start` on.
    pub(super) fn tick_by(&mut self, timetable: Timetable, start: Nanos) {
        (self.timetable, self.start) = (timetable, start);
    }

    /// Ticks per second.
    pub(super) fn rate(&self) -> f64 {
        self.timetable.schedule().rate()
    }

    /// Whether its ticks happen when they are due.
    pub(super) fn is_ready(&self) -> bool {
        !self.is_down && self.paused_from.is_none()
    }

    /// When a tick of its schedule is due.
    pub(super) fn due(&self, tick: u64) -> Nanos {
        self.start + self.timetable.due(tick)
    }

    /// When its first tick from `time` on is due, if there is one.
    pub(super) fn first_tick(&self, time: Nanos) -> Option<Nanos> {
        let tick = self.timetable.first_from(time.saturating_sub(self.start));
        (tick <= self.timetable.ticks()).then(|| self.due(tick))
    }

    /// The ticks that are due from `from` on and before `until`.
    pub(super) fn ticks_between(&self, from: Nanos, until: Nanos) -> Range<u64> {
        let first = |time: Nanos| {
            let tick = self.timetable.first_from(time.saturating_sub(self.start));
            tick.min(self.timetable.ticks() + 1)
        };
        first(from)..first(until)
    }

    /// When it last started.
    fn last_start(&self) -> Nanos {
        self.restarts.last().map_or(0, |&(start, _)| start)
    }

    /// It comes back with this clock.
    pub(super) fn come_back(&mut self, time: Nanos, clock: u64) {
        self.earlier.come_back(self.last_start(), self.last, time);
        self.restarts.push((time, clock));
        self.is_down = false;
        self.last = time;
        self.lines += 1;
        self.lateness = Lateness::default();
    }

    /// For how many seconds it was up when its log ends at `end`, and for how many down in between.
    pub(super) fn uptime(&self, end: Nanos) -> (f64, f64) {
        let end = if self.is_down { self.last } else { end };
        self.earlier.with(self.last_start(), end)
    }
}
