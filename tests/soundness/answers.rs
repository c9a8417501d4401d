//! What tables say of a part, against what was.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::part::Part;
use crate::trial::Figures;
use crate::truth::{Place, Truth};
use crate::whole::Whole;
use lamport::causality::graph::{EventId, Trace};
use lamport::causality::happened::{Causality, Limits};
use lamport::causality::messages::{RECEIVED, messages};
use lamport::log::columns::Columns;
use lamport::log::logs::Logs;
use lamport::model::rules::Stamp;

/// Pairs of events that are asked for.
const PAIRS: usize = 300;

/// By row, the log and the line of the event.
fn places(columns: &Columns, part: &Part) -> Vec<Place> {
    let events = part.events();
    let mut next: BTreeMap<usize, std::vec::IntoIter<usize>> = BTreeMap::new();
    for (log, lines) in events {
        next.insert(log, lines.into_iter());
    }
    let place = |&id: &i64| {
        let log = id as usize - 1;
        (log, next.get_mut(&log).unwrap().next().unwrap())
    };
    columns.machine_id.iter().map(place).collect()
}

/// The messages that are said to be received are those that were.
pub(crate) fn matches(
    logs: &Logs,
    part: &Part,
    whole: &Whole,
    figures: &mut Figures,
) -> Result<(), String> {
    let places = places(&logs.columns, part);
    let found = messages(&logs.columns, logs);
    // By machine and clock, the line of the event: that which receives or sends, where several have one clock.
    let mut events: BTreeMap<(i64, i64, bool), Vec<Place>> = BTreeMap::new();
    for (row, &place) in places.iter().enumerate() {
        let columns = &logs.columns;
        let sends = columns.event[row].sends();
        if sends || columns.event[row].receives() {
            let name = (columns.machine_id[row], columns.new_clock[row], sends);
            events.entry(name).or_default().push(place);
        }
    }
    for message in 0..found.sender.len() {
        if found.status[message] != RECEIVED {
            continue;
        }
        let send = (found.sender[message], found.sent_clock[message]);
        let receipt = (
            found.recipient[message],
            found.received_clock[message],
            false,
        );
        let receipts = &events[&receipt];
        figures.matched += 1;
        let is_right = |at: &Place| {
            let line = &whole.logs[at.0][at.1];
            line.cause.is_some_and(|cause| names(whole, cause, send))
        };
        if !receipts.iter().any(is_right) {
            return Err(format!(
                "a match: the message {send:?} is said to be received as {receipt:?}, lines {receipts:?} of the whole log"
            ));
        }
    }
    Ok(())
}

/// Whether a line is the SEND that a machine and a clock name: the one after it, or the timestamp.
fn names(whole: &Whole, (log, at): Place, (sender, clock): (i64, i64)) -> bool {
    let line = &whole.logs[log][at];
    let is_before = whole.rules.stamp == Stamp::Before;
    let clocks = [
        line.number("new_clock"),
        line.number("old_clock").filter(|_| is_before),
    ];
    log as i64 + 1 == sender && clocks.contains(&Some(clock))
}

/// By row, the event: clocks need not tell them apart.
fn event_ids(columns: &Columns, machines: &[u64]) -> Vec<EventId> {
    let mut next = vec![0; machines.len()];
    let id = |&id: &i64| {
        let place = machines.binary_search(&(id as u64)).unwrap();
        next[place] += 1;
        EventId {
            place: place as u32,
            index: next[place],
        }
    };
    columns.machine_id.iter().map(id).collect()
}

/// What is said of pairs of events is what was.
pub(crate) fn causality(
    logs: &Logs,
    part: &Part,
    truth: &Truth,
    chance: &mut Chance,
    figures: &mut Figures,
) -> Result<(), String> {
    let places = places(&logs.columns, part);
    let limits = Limits::default();
    let Ok(causality) = Causality::of(&Trace::of(&logs.columns), logs, limits, &mut || true) else {
        figures.without_graph += 1;
        return Ok(());
    };
    if places.is_empty() {
        return Ok(());
    }
    let events = event_ids(&logs.columns, causality.graph().machines());
    let event = |row: usize| events[row];
    for _ in 0..PAIRS {
        let (a, b) = (chance.below(places.len()), chance.below(places.len()));
        let said = causality
            .happened_before(event(a), event(b), &mut || true)
            .unwrap();
        figures.pairs += 1;
        figures.undecided += u64::from(said.is_none());
        let was = truth.before(places[a], places[b]);
        if said.is_some_and(|said| said != was) {
            let name = |row: usize| (logs.columns.machine_id[row], logs.columns.new_clock[row]);
            return Err(format!(
                "causality: {:?} -> {:?} is said to be {said:?} and was {was}",
                name(a),
                name(b)
            ));
        }
    }
    Ok(())
}
