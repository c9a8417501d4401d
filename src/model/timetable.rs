//! When a machine ticks, evenly or not: all ticks are known before the first.

use std::sync::{Arc, OnceLock};

use crate::error::Result;
use crate::model::manner::Manner;
use crate::model::message::{MachineId, Nanos};
use crate::model::random::{Generator, mix};
use crate::model::schedule::{Period, Schedule, Steps};
use crate::model::ticking::Ticking;

/// The ticks of one life of a machine.
#[derive(Debug, Clone)]
pub struct Timetable {
    /// The ticks as they are at its first rate, if they are periodic.
    schedule: Schedule,
    /// What they are instead.
    uneven: Option<Arc<Uneven>>,
}

/// A life: the seed of the run, the machine, and how often it started before.
#[derive(Debug, Clone, Copy)]
pub struct LifeName {
    /// The seed of the run.
    pub seed: u64,
    /// The machine.
    pub machine: MachineId,
    /// Its starts before this one.
    pub start: u64,
}

/// Ticks that are not simply periodic.
#[derive(Debug)]
struct Uneven {
    ticking: Ticking,
    life: LifeName,
    /// In their order, none of them empty.
    segments: Vec<RateSegment>,
    /// Ticks per second, about.
    rate: f64,
    /// All of them, once someone wants them in another order.
    all: OnceLock<Box<[Nanos]>>,
}

/// A while of one rate.
#[derive(Debug)]
struct RateSegment {
    start: Nanos,
    end: Nanos,
    /// Its periodic ticks, from its start on.
    schedule: Schedule,
}

/// The ticks of a machine one after the other.
#[derive(Debug, Clone)]
pub enum Dues {
    /// Those that are simply periodic.
    Even(Steps, Period),
    /// Others.
    Uneven(Box<UnevenDues>),
}

/// Ticks that are not simply periodic, one after the other.
#[derive(Debug, Clone)]
pub struct UnevenDues {
    uneven: Arc<Uneven>,
    /// The tick at hand, none after the last.
    due: Option<Nanos>,
    /// How many lie behind.
    taken: u64,
    /// The segment of the tick at hand.
    segment: usize,
    /// The periodic ticks of this segment, from that at hand on.
    steps: Steps,
    /// Draws the gaps of a Poisson process.
    generator: Generator,
    /// When the last gap ended, from the start of the segment.
    time: Nanos,
}

impl Timetable {
    /// Draws rate and phase from the machine's `generator`, as [`Schedule::draw`] does, and nothing else: what is
    /// uneven has draws of its own, of which messages know nothing.
    pub fn draw(
        (rate, max_rate): (Option<f64>, u64),
        duration: f64,
        generator: &mut Generator,
        (manner, life): (&Manner, LifeName),
    ) -> Result<Self> {
        let first = manner
            .steps
            .as_ref()
            .map(super::rate_steps::RateSteps::first);
        let schedule = Schedule::draw(first.or(rate), max_rate, duration, generator)?;
        let uneven = if manner.is_even() {
            None
        } else {
            Some(Arc::new(Uneven::new(&schedule, duration, manner, life)?))
        };
        Ok(Self { schedule, uneven })
    }

    /// The ticks at the first rate, if they are periodic.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Ticks per second, about.
    pub fn rate(&self) -> f64 {
        self.uneven
            .as_ref()
            .map_or(self.schedule.rate(), |uneven| uneven.rate)
    }

    /// How many ticks there are; of uneven ones each is looked at, once.
    pub fn ticks(&self) -> u64 {
        match &self.uneven {
            None => self.schedule.ticks(),
            Some(uneven) => uneven.all().len() as u64,
        }
    }

    /// When tick `tick` (from 1) is due, which is one of them.
    pub fn due(&self, tick: u64) -> Nanos {
        match &self.uneven {
            None => self.schedule.due(tick),
            Some(uneven) => uneven.all()[tick as usize - 1],
        }
    }

    /// The first tick (from 1) that is due at `time` or later; one more than there are, at least, if none is.
    pub fn first_from(&self, time: Nanos) -> u64 {
        match &self.uneven {
            None => self.schedule.first_from(time),
            Some(uneven) => uneven.all().partition_point(|&due| due < time) as u64 + 1,
        }
    }

    /// The ticks one after the other.
    pub fn dues(&self) -> Dues {
        match &self.uneven {
            None => Dues::Even(self.schedule.steps(), self.schedule.period()),
            Some(uneven) => Dues::Uneven(Box::new(UnevenDues::new(uneven.clone()))),
        }
    }
}

impl Uneven {
    fn new(schedule: &Schedule, duration: f64, manner: &Manner, life: LifeName) -> Result<Self> {
        let end = (duration * 1e9) as Nanos;
        let (segments, rate) = match &manner.steps {
            None => {
                let whole = RateSegment {
                    start: 0,
                    end,
                    schedule: *schedule,
                };
                (vec![whole], schedule.rate())
            }
            Some(steps) => {
                let within = steps.within(manner.since, end);
                let segment = |&(start, end, rate): &(Nanos, Nanos, f64)| {
                    let schedule = schedule.at_rate(rate, end - start)?;
                    Ok(RateSegment {
                        start,
                        end,
                        schedule,
                    })
                };
                let segments: Vec<_> = within.iter().map(segment).collect::<Result<_>>()?;
                let ticks = |segment: &RateSegment| segment.schedule.ticks() as f64;
                let rate = segments.iter().map(ticks).sum::<f64>() * 1e9 / end.max(1) as f64;
                (segments, rate.max(f64::MIN_POSITIVE))
            }
        };
        Ok(Self {
            ticking: manner.ticking,
            life,
            segments,
            rate,
            all: OnceLock::new(),
        })
    }

    fn all(self: &Arc<Self>) -> &[Nanos] {
        self.all
            .get_or_init(|| Dues::Uneven(Box::new(UnevenDues::new(self.clone()))).collect())
    }

    /// By how much a tick comes later than a periodic one.
    fn jitter(&self, jitter: f64, rate: f64, tick: u64) -> Nanos {
        let LifeName {
            seed,
            machine,
            start,
        } = self.life;
        let words = [machine, start, tick].into_iter();
        let bits = words.fold(mix(seed ^ TICKS), |bits, word| mix(bits ^ word));
        (jitter * (1e9 / rate) * unit(bits)) as Nanos
    }
}

impl Dues {
    /// When the tick at hand is due, `None` after the last.
    #[inline]
    pub fn due(&self) -> Option<Nanos> {
        match self {
            Self::Even(steps, _) => steps.due(),
            Self::Uneven(dues) => dues.due,
        }
    }

    /// Goes on to the next tick.
    #[inline]
    pub fn advance(&mut self) {
        match self {
            Self::Even(steps, period) => steps.advance(period),
            Self::Uneven(dues) => dues.advance(),
        }
    }

    /// How many ticks lie behind, of a machine whose first came within a period of the start.
    pub fn taken(&self) -> u64 {
        match self {
            Self::Even(steps, period) => steps.taken(period),
            Self::Uneven(dues) => dues.taken,
        }
    }
}

impl Iterator for Dues {
    type Item = Nanos;

    fn next(&mut self) -> Option<Nanos> {
        let due = self.due()?;
        self.advance();
        Some(due)
    }
}

impl UnevenDues {
    fn new(uneven: Arc<Uneven>) -> Self {
        let LifeName {
            seed,
            machine,
            start,
        } = uneven.life;
        let first = uneven.segments.first();
        let mut dues = Self {
            due: None,
            taken: 0,
            segment: 0,
            steps: first.map_or(Steps::NONE, |segment| segment.schedule.steps()),
            generator: Generator::new(mix(seed ^ TICKS), machine, start),
            time: 0,
            uneven,
        };
        dues.due = dues.find();
        dues
    }

    fn advance(&mut self) {
        if let Some(segment) = self.uneven.segments.get(self.segment)
            && self.uneven.ticking != Ticking::Poisson
        {
            self.steps.advance(&segment.schedule.period());
        }
        self.taken += 1;
        self.due = self.find();
    }

    /// The next tick, in this segment or a later one.
    fn find(&mut self) -> Option<Nanos> {
        loop {
            let segment = self.uneven.segments.get(self.segment)?;
            let (length, rate) = (segment.end - segment.start, segment.schedule.rate());
            let due = match self.uneven.ticking {
                Ticking::Poisson => {
                    let gap = -libm::log(1.0 - unit(self.generator.bits())) * 1e9 / rate;
                    self.time = self.time.saturating_add((gap as Nanos).max(1));
                    (self.time < length).then_some(self.time)
                }
                Ticking::Periodic => self.steps.due(),
                Ticking::Jitter(jitter) => self.steps.due().map(|due| {
                    let late = self.uneven.jitter(jitter, rate, self.taken + 1);
                    (due + late).min(length.saturating_sub(1)).max(due)
                }),
            };
            if let Some(due) = due {
                return Some(segment.start + due);
            }
            self.segment += 1;
            self.time = 0;
            let next = self.uneven.segments.get(self.segment)?;
            self.steps = next.schedule.steps();
        }
    }
}

/// Keeps these draws apart from those of machines and of latency.
const TICKS: u64 = 0x7469_636b_732e_2e2e;

/// A number from 0 to below 1.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (-53_f64).exp2()
}
