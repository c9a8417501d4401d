//! What a run will need, before it starts: room for its logs, and for the messages that wait.

use crate::error::Result;
use crate::model::behavior::Behavior;
use crate::model::manner::Manners;
use crate::model::theory;
use crate::model::topology::Topology;
use crate::setting::MAX_QUEUE;

/// Bytes of the lines of a run, about, see `benches/bytes.py`: of an event of any kind,
const EVENT: f64 = 170.0;
/// of one that neither sends nor receives,
const QUIET: f64 = 114.0;
/// of a receipt,
const RECEIVE: f64 = 200.0;
/// of a send to one machine,
const SEND: f64 = 170.0;
/// and what each further recipient adds to that.
const RECIPIENT: f64 = 26.0;
/// Events a second that no host gets past: what is asked beyond them comes late, but it comes.
const FASTEST_HOST: f64 = 1e7;
/// Who starts a run that cannot go on for this many seconds did not mean to.
const HOUR: f64 = 3600.0;

/// What is to run, and where.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// Ticks per second, one a machine.
    pub rates: &'a [f64],
    /// Who sends to whom; `None` for machines whose senders are not known.
    pub topology: Option<&'a Topology>,
    /// What idle ticks do.
    pub behavior: Behavior,
    /// What machines have of their own beside that.
    pub manners: &'a Manners,
    /// Seconds of ticking.
    pub duration: f64,
    /// Bytes that are free where the logs go; `None` if that is not known, or they fill nothing.
    pub free: Option<u64>,
}

/// What is full before a run ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Shortage {
    /// Seconds of ticking until then, at the earliest.
    pub at: f64,
    why: String,
}

impl Shortage {
    /// Whether it comes so soon that the run is better not begun.
    pub fn is_near(&self) -> bool {
        self.at <= HOUR
    }

    /// What is full, and when, and what to do if that is near; the logs are in `place`.
    pub fn in_words(&self, place: &str) -> String {
        // The place last: it may be called anything.
        let words = self.why.replace("THEN", &span(self.at));
        let words = words.replace("PLACE", place);
        if !self.is_near() {
            return words;
        }
        format!(
            "{words}; give lower rates, a shorter duration or more room, or let it go on until then: \
             limits=False, --no-limits"
        )
    }
}

impl Demand<'_> {
    /// The disk, if it is full before the run ends, and the queue that is full first, if one is; by time.
    ///
    /// Queues grow as theory says, where it has one value; `go_on` is asked as by [`theory::predict`].
    pub fn shortages(&self, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<Shortage>> {
        let (idle, growth) = self.predicted(go_on)?;
        let mut found: Vec<Shortage> = [self.disk(&idle), self.queue(&growth)]
            .into_iter()
            .flatten()
            .collect();
        found.sort_by(|one, other| one.at.total_cmp(&other.at));
        Ok(found)
    }

    /// For each machine its idle ticks per second and how fast its queue grows; NaN where that is not known,
    /// or does not matter.
    fn predicted(&self, go_on: &mut dyn FnMut() -> bool) -> Result<(Vec<f64>, Vec<f64>)> {
        let events = self.asked() * self.duration;
        // Every event sends at most one message to a machine, and is at most a line with all of them.
        let most_bytes = events * (RECEIVE + RECIPIENT * self.rates.len() as f64);
        let may_fill = |bytes: f64| self.free.is_some_and(|free| bytes > free as f64);
        match self.topology {
            Some(topology) if events > MAX_QUEUE as f64 || may_fill(most_bytes) => {
                let predicted = theory::predict_each(
                    self.rates,
                    topology,
                    (self.behavior, self.manners),
                    go_on,
                )?;
                Ok((predicted.idle_rate, predicted.queue_growth))
            }
            _ => Ok((vec![f64::NAN; self.rates.len()], Vec::new())),
        }
    }

    fn disk(&self, idle: &[f64]) -> Option<Shortage> {
        let free = self.free? as f64;
        let machines = (0..).zip(self.rates.iter().zip(idle));
        let speed: f64 = machines
            .map(|(machine, (&rate, &idle))| self.bytes(machine, rate, idle))
            .sum();
        let needed = speed * self.duration;
        (needed > free).then(|| Shortage {
            at: self.time(free / speed),
            why: format!(
                "the logs need about {}, and {} are free in PLACE: that is full after about THEN \
                 of ticking",
                size(needed),
                size(free)
            ),
        })
    }

    /// Bytes per second of a machine's log, about.
    fn bytes(&self, machine: u32, rate: f64, idle: f64) -> f64 {
        let Some(topology) = self.topology.filter(|_| idle.is_finite()) else {
            return rate * EVENT;
        };
        let peers = f64::from(topology.degree(machine));
        if peers == 0.0 {
            return idle * QUIET + (rate - idle) * RECEIVE;
        }
        let behavior = self.manners.behavior(machine, self.behavior);
        let internal = behavior.internal_probability();
        let messages = behavior.expected_messages(peers);
        let further = (messages - (1.0 - internal)).max(0.0);
        let each_idle = internal * QUIET + (1.0 - internal) * SEND + further * RECIPIENT;
        idle * each_idle + (rate - idle) * RECEIVE
    }

    fn queue(&self, growth: &[f64]) -> Option<Shortage> {
        let machines = (1..).zip(growth);
        let known = machines.filter(|(_, growth)| !growth.is_nan());
        let (machine, &growth) = known.max_by(|(_, one), (_, other)| one.total_cmp(other))?;
        (growth * self.duration > MAX_QUEUE as f64).then(|| Shortage {
            at: self.time(MAX_QUEUE as f64 / growth),
            why: format!(
                "machine {machine} gets about {growth:.0} messages a second more than it takes: its queue, of \
                 {MAX_QUEUE} messages at most, is full after about THEN of ticking"
            ),
        })
    }

    /// Ticks per second of all machines.
    fn asked(&self) -> f64 {
        self.rates.iter().sum()
    }

    /// When what is due at a time happens, at the earliest.
    fn time(&self, due: f64) -> f64 {
        due * (self.asked() / FASTEST_HOST).max(1.0)
    }
}

/// Bytes in words.
fn size(bytes: f64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];
    in_units(bytes, 1.0, &units.map(|unit| (1000.0, unit)))
}

/// Seconds in words.
fn span(seconds: f64) -> String {
    let units = [
        (60.0, "s"),
        (60.0, "minutes"),
        (24.0, "hours"),
        (365.25, "days"),
        (1.0, "years"),
    ];
    in_units(seconds, 2.0, &units)
}

/// A number in the largest unit of which it has `least`, with two digits; each unit with how many of it the next has.
fn in_units(mut value: f64, least: f64, units: &[(f64, &str)]) -> String {
    let mut left = units;
    while let [(size, _), rest @ ..] = left
        && !rest.is_empty()
        && value >= least * size
    {
        value /= size;
        left = rest;
    }
    let unit = left.first().map_or("", |unit| unit.1);
    let decimals = match value {
        10.0.. => 0,
        1.0.. => 1,
        0.1.. => 2,
        _ => 3,
    };
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests;
