//! What the machines of logs did from some time on.

use super::ids::Ids;
use super::over_time::{AtEnd, Did, EventInTime, OverTime};
use crate::error::{Error, Result};
use crate::log::columns::{Columns, Micros};
use crate::log::logs::MachineSummary;
use crate::log::schema::UNKNOWN;

/// What machines did from a time on, one row for each.
#[derive(Debug, Clone, Default)]
pub struct Since {
    /// Of each machine.
    pub machines: Vec<Did>,
    /// The mean over time of the largest clock less the smallest; NaN of no time.
    pub mean_drift: f64,
    /// The largest of it.
    pub max_drift: i64,
}

impl Since {
    /// Of a run that was told, whose machines ended so.
    pub fn of(told: &OverTime, ends: impl Iterator<Item = AtEnd>) -> Self {
        let ends = ends.enumerate();
        Self {
            machines: ends.map(|(place, end)| told.did(place, end)).collect(),
            mean_drift: told.mean_drift(),
            max_drift: told.max_drift(),
        }
    }
}

/// What machines did from `since` on, or from the beginning: 0, or the first event, if that is earlier.
///
/// `acts_after_receipt` is whether a tick that takes a message then acts as well.
///
/// # Errors
///
/// No event is later than `since`.
pub fn since(
    events: &Columns,
    machines: &[MachineSummary],
    since: Option<f64>,
    acts_after_receipt: bool,
) -> Result<Since> {
    let first = events.time.iter().copied().fold(0.0, f64::min);
    let last = events.time.iter().copied().reduce(f64::max);
    let start = match since {
        Some(since) if last.is_none_or(|last| since >= last) => {
            let shown = |time: f64| format!("{time:?}").trim_end_matches(".0").to_owned();
            let last = last.map_or("there is no event".to_owned(), |last| {
                format!("the last event is at {}", shown(last))
            });
            let why = format!("since={} (s) leaves nothing: {last}", shown(since));
            return Err(Error::invalid(why));
        }
        Some(since) => first.max(since),
        None => first,
    };
    let ids = Ids::new(machines.iter().map(|machine| machine.id).collect());
    let mut told = OverTime::new(micros(start), &first_clocks(events, &ids));
    for row in 0..events.len() {
        let Some(place) = ids.place(events.machine_id[row] as u64) else {
            continue;
        };
        let kind = events.event[row];
        let time = micros(events.time[row]);
        let is_last = !(acts_after_receipt && kind.receives());
        let event = EventInTime {
            time,
            kind,
            old_clock: events.old_clock[row],
            new_clock: events.new_clock[row],
            is_tick: is_last && !events.is_manual(row) && !events.caused[row],
            queue_len: events.queue_len[row],
        };
        told.event(place, &event);
        if kind.receives() {
            told.received(place, time, known(events.arrived[row]));
        }
    }
    for (place, machine) in machines.iter().enumerate() {
        let arrivals = machine.unread.iter().map(|message| message.arrived);
        for arrival in arrivals.filter_map(known) {
            told.left(place, arrival);
        }
    }
    let ends = machines.iter().map(|machine| AtEnd {
        queue_len: machine.end.as_ref().and_then(|end| end.queue_len),
        seconds: machine.up.0 + machine.up.1,
    });
    Ok(Since::of(&told, ends))
}

/// The clock of each machine before its first event: the least that it can have been where it is not known.
fn first_clocks(events: &Columns, ids: &Ids) -> Vec<i64> {
    let mut clocks: Vec<Option<i64>> = vec![None; ids.all().len()];
    let mut left = clocks.len();
    for row in 0..events.len() {
        if left == 0 {
            break;
        }
        let Some(place) = ids.place(events.machine_id[row] as u64) else {
            continue;
        };
        if clocks[place].is_some() {
            continue;
        }
        left -= 1;
        clocks[place] = Some(match events.old_clock[row] {
            UNKNOWN if events.event[row].receives() => 0,
            UNKNOWN => events.new_clock[row] - 1,
            old_clock => old_clock,
        });
    }
    clocks.into_iter().map(Option::unwrap_or_default).collect()
}

/// A time in whole microseconds, far from where sums overflow.
pub fn micros(seconds: f64) -> Micros {
    const FARTHEST: f64 = (1_u64 << 60) as f64;
    (seconds * 1e6).round_ties_even().clamp(-FARTHEST, FARTHEST) as Micros
}

fn known(seconds: f64) -> Option<Micros> {
    (!seconds.is_nan()).then(|| micros(seconds))
}
