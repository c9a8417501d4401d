//! The clock of each machine's host: what it would have shown when an event happened.
//!
//! At time t a clock shows `floor((t + offset + ppm 1e-6 (t - s)) / resolution) resolution`, s the last time that it was
//! set, when its offset was drawn anew. One that slews is never behind what it has shown: it stands still until time has
//! caught up.

use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::Graph;
use super::{Stamps, varint};
use crate::error::{Error, Result};
use crate::model::random::Generator;

/// How the clock of a host goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhysicalClock {
    /// How far it is ahead at first, in nanoseconds; drawn uniformly between two bounds.
    pub offset: (f64, f64),
    /// How much too fast it goes, in millionths; drawn uniformly between two bounds.
    pub ppm: (f64, f64),
    /// Its steps, in nanoseconds.
    pub resolution: i64,
    /// Whether and how it is set.
    pub sync: Option<ClockSync>,
    /// Whether it never steps back when it is set.
    pub slews: bool,
}

/// How a clock is set: at multiples of a time, to an offset that is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockSync {
    /// How often, in nanoseconds.
    pub every: i64,
    /// The standard deviation of its offset right after, in nanoseconds.
    pub sigma: f64,
}

impl PhysicalClock {
    /// A clock that is right.
    pub const RIGHT: Self = Self {
        offset: (0.0, 0.0),
        ppm: (0.0, 0.0),
        resolution: 1,
        sync: None,
        slews: true,
    };
}

/// The most times that the clocks of a run are set.
const MOST_SYNCS: i64 = 100_000_000;

/// What the physical clock of its machine showed at each event, in nanoseconds, by position.
#[derive(Debug)]
pub struct PhysicalStamps(Vec<i64>);

impl PhysicalStamps {
    /// What was logged: by row of the table, in nanoseconds.
    pub fn logged(graph: &Graph, times: &[i64]) -> Self {
        Self(graph.rows.iter().map(|&row| times[row as usize]).collect())
    }

    /// What clocks that go wrong would have shown.
    ///
    /// `times` is when events happened, by row of the table, in nanoseconds. There is one clock for each machine, or one
    /// for all; what is drawn differs by machine.
    pub fn of_clocks(
        graph: &Graph,
        times: &[i64],
        clocks: &[PhysicalClock],
        seed: u64,
        go_on: &mut GoOn<'_>,
    ) -> Result<Self> {
        let mut checkpoint = Checkpoint::of_query(go_on);
        let mut shown = Self::logged(graph, times).0;
        let mut syncs = 0_i64;
        for (place, &id) in graph.machines().iter().enumerate() {
            let clock = clocks.get(place).unwrap_or(&clocks[0]);
            let events = graph.starts[place] as usize..graph.starts[place + 1] as usize;
            let events = &mut shown[events];
            let latest = events.iter().copied().max().unwrap_or(0);
            if let Some(sync) = clock.sync {
                syncs = syncs.saturating_add(latest.max(0) / sync.every);
                if syncs > MOST_SYNCS {
                    return Err(Error::invalid(format!(
                        "sync: a clock that is set every {} s is set too often in this run: together they are at most {MOST_SYNCS} times",
                        sync.every as f64 / 1e9
                    )));
                }
            }
            let generator = Generator::new(seed ^ CLOCKS, id, 0);
            let going = Going::new(clock, generator, latest, &mut checkpoint)?;
            for time in events.iter_mut() {
                *time = going.shows(*time).ok_or_else(|| {
                    Error::invalid(format!(
                        "the physical clock of machine {id} is beyond all times at {} s: offset and ppm are too large",
                        *time as f64 / 1e9
                    ))
                })?;
                checkpoint.after(4)?;
            }
        }
        Ok(Self(shown))
    }

    /// By position.
    pub fn times(&self) -> &[i64] {
        &self.0
    }
}

impl Stamps for PhysicalStamps {
    fn precedes(&self, a: usize, b: usize) -> bool {
        self.0[a] < self.0[b]
    }

    fn message_bytes(&self, position: usize, _: u32) -> u64 {
        varint::bytes_of_time(self.0[position])
    }
}

/// A clock from the beginning to the end of a run.
struct Going<'a> {
    clock: &'a PhysicalClock,
    ppm: f64,
    /// The offset from the beginning on and from each time on that it was set.
    offsets: Vec<f64>,
    /// Of a clock that slews, the most that it had shown, before the steps, when each of these began.
    most: Vec<i128>,
}

impl<'a> Going<'a> {
    /// One that was set as often as it was until `latest`.
    fn new(
        clock: &'a PhysicalClock,
        mut generator: Generator,
        latest: i64,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let offset = between(clock.offset, generator.fraction());
        let ppm = between(clock.ppm, generator.fraction());
        let mut going = Self {
            clock,
            ppm,
            offsets: vec![offset],
            most: vec![i128::MIN],
        };
        let Some(sync) = clock.sync else {
            return Ok(going);
        };
        for number in 1..=latest.max(0) / sync.every {
            // What it showed right before: it only goes forward between two times that it is set.
            let until = going.raw(number * sync.every - 1, number as usize - 1);
            let most = going.most[number as usize - 1].max(until);
            going.most.push(most);
            going.offsets.push(generator.normal(sync.sigma));
            checkpoint.after(32)?;
        }
        Ok(going)
    }

    /// What it shows before the steps, the time since it was set for the `number`-th time being the last.
    fn raw(&self, time: i64, number: usize) -> i128 {
        let every = self.clock.sync.map_or(0, |sync| sync.every);
        let since = time - number as i64 * every;
        let ahead = self.offsets[number] + self.ppm * 1e-6 * since as f64;
        i128::from(time) + ahead.floor() as i128
    }

    /// What it shows at a time; nothing beyond all times.
    fn shows(&self, time: i64) -> Option<i64> {
        let number = self
            .clock
            .sync
            .map_or(0, |sync| (time.max(0) / sync.every) as usize);
        let mut raw = self.raw(time, number);
        if self.clock.slews {
            raw = raw.max(self.most[number]);
        }
        let resolution = i128::from(self.clock.resolution);
        i64::try_from(raw.div_euclid(resolution) * resolution).ok()
    }
}

fn between((low, high): (f64, f64), share: f64) -> f64 {
    low + (high - low) * share
}

/// Keeps the generators of clocks apart from those of machines.
const CLOCKS: u64 = 0x636c_6f63_6b73_2121;
