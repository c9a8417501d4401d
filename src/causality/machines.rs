//! What each machine did, in one row.

use std::sync::Arc;

use crate::log::line::{Quantiles, Startup};
use crate::log::logs::{Logs, MachineSummary};
use crate::log::schema::{EventKind, UNKNOWN, or_unknown};
use crate::model::manner::Manner;
use crate::model::ticking::Ticking;

/// One row per machine, sorted by id. NaN or [`UNKNOWN`] where nothing is known.
#[derive(Debug, Default)]
pub struct Machines {
    /// The machine.
    pub machine_id: Vec<i64>,
    /// Ticks per second.
    pub clock_rate: Vec<f64>,
    /// How many ticks happened; the number of events without an END line.
    pub ticks: Vec<i64>,
    /// Its SENDs.
    pub sends: Vec<i64>,
    /// Its RECEIVEs.
    pub receives: Vec<i64>,
    /// Its INTERNALs.
    pub internals: Vec<i64>,
    /// The clock at the end.
    pub final_clock: Vec<i64>,
    /// The mean step of its clock.
    pub mean_jump: Vec<f64>,
    /// The largest step of its clock.
    pub max_jump: Vec<i64>,
    /// The longest queue seen.
    pub max_queue_len: Vec<i64>,
    /// The queue at the end.
    pub final_queue_len: Vec<i64>,
    /// Seconds for which it was up since it began to tick, pauses included.
    pub duration: Vec<f64>,
    /// Seconds for which it was down in between.
    pub down: Vec<f64>,
    /// The median lateness of its ticks, in seconds.
    pub lateness_p50: Vec<f64>,
    /// The 99th percentile of it.
    pub lateness_p99: Vec<f64>,
    /// The maximum of it.
    pub lateness_max: Vec<f64>,
    /// What idle ticks do, by the names of [`Probabilities`](crate::model::behavior::Probabilities).
    pub probabilities: [Vec<f64>; 2],
    /// Whether it tells weights of its peers.
    pub has_weights: Vec<bool>,
    /// How its ticks lie in time: nothing if they are periodic, else in a word; "handled" if those of an algorithm that
    /// find nothing are no events.
    pub ticking: Vec<&'static str>,
    /// The run, empty if unknown.
    pub run_id: Vec<Arc<str>>,
    /// The log, empty for a table.
    pub file: Vec<Arc<str>>,
}

/// What is counted over the events of one machine.
#[derive(Debug, Clone)]
pub struct Count {
    /// How many there are of each kind.
    pub events: EventCounts,
    /// The largest clock.
    pub last_clock: i64,
    /// The sum of the steps of its clock.
    pub jumps: i64,
    /// How many of them are not known.
    pub unknown_jumps: i64,
    /// The largest of them.
    pub max_jump: i64,
    /// The longest queue seen, [`UNKNOWN`] if none was.
    pub max_queue_len: i64,
    /// The SENDs that belong to the step of the event before.
    pub caused: i64,
    /// The starts and timers of an algorithm.
    pub prompted: i64,
}

impl Default for Count {
    /// Of no event.
    fn default() -> Self {
        Self {
            events: EventCounts::default(),
            last_clock: 0,
            jumps: 0,
            unknown_jumps: 0,
            max_jump: 0,
            max_queue_len: UNKNOWN,
            caused: 0,
            prompted: 0,
        }
    }
}

impl Count {
    /// One event more, with the clocks before and after it and the queue; the clock before the first event of
    /// a log may be unknown.
    #[inline]
    pub(super) fn add(&mut self, kind: EventKind, old_clock: i64, new_clock: i64, queue_len: i64) {
        self.events.add(kind);
        self.last_clock = self.last_clock.max(new_clock);
        if old_clock == UNKNOWN {
            self.unknown_jumps += 1;
        } else {
            let jump = new_clock - old_clock;
            self.jumps += jump;
            self.max_jump = self.max_jump.max(jump);
        }
        self.max_queue_len = self.max_queue_len.max(queue_len);
    }

    /// The mean step of the clock.
    pub(super) fn mean_jump(&self) -> f64 {
        self.jumps as f64 / (self.events.sum() - self.unknown_jumps) as f64
    }
}

/// How many events there are of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventCounts([i64; EventKind::COUNT]);

impl EventCounts {
    /// As told for each kind.
    pub fn of(count: impl Fn(EventKind) -> i64) -> Self {
        let mut counts = Self::default();
        for &kind in EventKind::ALL {
            counts.0[kind as usize] = count(kind);
        }
        counts
    }

    #[inline]
    fn add(&mut self, kind: EventKind) {
        self.0[kind as usize] += 1;
    }

    /// How many there are of this kind.
    pub fn of_kind(&self, kind: EventKind) -> i64 {
        self.0[kind as usize]
    }

    /// How many there are.
    pub fn sum(&self) -> i64 {
        self.0.iter().sum()
    }

    /// How many neither send nor receive.
    pub fn internals(&self) -> i64 {
        self.of_kind(EventKind::Internal)
    }
}

/// The table of machines of these logs.
pub fn machines(logs: &Logs) -> Machines {
    let mut table = Machines::default();
    for (summary, count) in logs.machines.iter().zip(counts(logs)) {
        table.push(summary, &count);
    }
    table
}

fn counts(logs: &Logs) -> Vec<Count> {
    let mut counts = vec![Count::default(); logs.machines.len()];
    let columns = &logs.columns;
    for row in 0..columns.len() {
        let id = columns.machine_id[row] as u64;
        let Ok(place) = logs
            .machines
            .binary_search_by_key(&id, |summary| summary.id)
        else {
            continue;
        };
        let count = &mut counts[place];
        let (old, new) = (columns.old_clock[row], columns.new_clock[row]);
        count.add(columns.event[row], old, new, columns.queue_len[row]);
        count.caused += i64::from(columns.caused[row]);
    }
    for (row, prompt) in columns.prompts.iter().enumerate() {
        let id = columns.machine_id[row] as u64;
        let machines = &logs.machines;
        if prompt.is_some()
            && let Ok(place) = machines.binary_search_by_key(&id, |summary| summary.id)
        {
            counts[place].prompted += 1;
        }
    }
    counts
}

impl Machines {
    /// Appends the row of a machine.
    pub fn push(&mut self, summary: &MachineSummary, count: &Count) {
        let events = count.events.sum();
        let end = summary.end.as_ref();
        let ticks = end
            .and_then(|end| end.ticks)
            .map_or(events - count.caused, |ticks| ticks as i64);
        let queue_len = or_unknown(end.and_then(|end| end.queue_len));
        let lateness = end.and_then(|end| end.lateness);
        let late = |value: fn(&Quantiles) -> f64| lateness.as_ref().map_or(f64::NAN, value);
        self.machine_id.push(summary.id as i64);
        let nothing = Startup::default();
        let startup = summary.startup.as_ref().unwrap_or(&nothing);
        self.clock_rate.push(startup.clock_rate.unwrap_or(f64::NAN));
        self.ticks.push(ticks);
        for &kind in EventKind::ALL {
            let column = match kind {
                EventKind::Send => &mut self.sends,
                EventKind::Receive => &mut self.receives,
                EventKind::Internal => &mut self.internals,
            };
            column.push(count.events.of_kind(kind));
        }
        self.final_clock.push(end.map_or_else(
            || count.last_clock.max(or_unknown(startup.local_clock)),
            |end| end.final_clock as i64,
        ));
        self.mean_jump.push(count.mean_jump());
        self.max_jump.push(count.max_jump);
        self.max_queue_len.push(count.max_queue_len.max(queue_len));
        self.final_queue_len.push(queue_len);
        self.duration.push(summary.up.0);
        self.down.push(summary.up.1);
        self.lateness_p50.push(late(|late| late.p50));
        self.lateness_p99.push(late(|late| late.p99));
        self.lateness_max.push(late(|late| late.max));
        let values = startup.probabilities.values();
        for (column, value) in self.probabilities.iter_mut().zip(values) {
            column.push(value.unwrap_or(f64::NAN));
        }
        self.has_weights.push(startup.manner.weights.is_some());
        let passes_idle = startup.algorithm.is_some() && count.events.internals() == count.prompted;
        self.ticking.push(match &startup.manner {
            Manner { steps: Some(_), .. } => "steps",
            _ if passes_idle => "handled",
            Manner { ticking, .. } => match ticking {
                Ticking::Periodic => "",
                Ticking::Poisson => "poisson",
                Ticking::Jitter(_) => "jitter",
            },
        });
        push_shared(
            &mut self.run_id,
            startup.run_id.as_deref().unwrap_or_default(),
        );
        push_shared(&mut self.file, &summary.file);
    }
}

/// Appends a text; rows with the text of the one before share its memory.
fn push_shared(column: &mut Vec<Arc<str>>, text: &str) {
    let shared = match column.last() {
        Some(last) if **last == *text => last.clone(),
        _ => text.into(),
    };
    column.push(shared);
}
