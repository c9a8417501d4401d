//! When ticking began, and for how long a machine was up, as logs tell it.

use crate::log::columns::Micros;
use crate::log::history::{LogHistory, Note};
use crate::log::logs::Zero;
use crate::log::read::assemble::Reading;
use crate::log::read::merge_rows::LogEvents;
use crate::log::read::rows::Packed;

impl Reading {
    /// Time 0 of the run: the earliest beginning of ticking that a log tells. Virtual time begins at 0; where no
    /// log tells it, the earliest event stands in, or the earliest line where there is none.
    pub(super) fn zero(&self) -> Zero {
        let earliest = |times: &mut dyn Iterator<Item = f64>| {
            let time = times.fold(f64::INFINITY, f64::min);
            time.is_finite().then_some(time as Micros)
        };
        let logs = || self.logs.iter();
        let told = earliest(&mut logs().filter_map(|log| log.history.began()));
        if let Some(time) = told {
            return Zero::Told(time);
        }
        if logs().any(|log| log.history.is_virtual()) {
            return Zero::Own;
        }
        let event = earliest(&mut logs().filter_map(|log| log.events.earliest()));
        let line = || earliest(&mut logs().map(|log| log.span.0));
        Zero::Earliest(event.or_else(line).unwrap_or_default())
    }
}

/// For how many seconds a machine was up since it began to tick, and for how many it was down in between.
///
/// It ticks from the beginning that its log tells, else from the first STARTUP, else from the first event, to its
/// last line. It was down from the last line before a STARTUP to that STARTUP.
pub(super) fn uptime(history: &LogHistory, events: &LogEvents) -> (f64, f64) {
    let startup = history.startups().next().map(|(mark, _)| mark.time);
    let time = |event: Option<Packed>| Some((event?.time + events.offset) as f64);
    let start = history
        .began()
        .or(startup)
        .or_else(|| time(events.before()(1)));
    let Some(start) = start else {
        return (0.0, 0.0);
    };
    let (mut up, mut down) = (0.0, 0.0);
    // Since when it is up, and the latest line so far.
    let (mut since, mut last) = (start, f64::NEG_INFINITY);
    let mut before = events.before();
    let mut event_before = |row| time(before(row));
    for mark in &history.marks {
        last = last.max(event_before(mark.row).unwrap_or(last));
        if let Note::Startup(_) = mark.note {
            up += (last - since).max(0.0);
            if last.is_finite() {
                down += (mark.time - last.max(start)).max(0.0);
            }
            since = start.max(mark.time);
        }
        last = last.max(mark.time);
    }
    last = last.max(event_before(events.len()).unwrap_or(last));
    up += (last - since).max(0.0);
    (up / 1e6, down / 1e6)
}
