//! What tables say of a part, against what was.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::part::Part;
use crate::trial::Figures;
use crate::truth::{Place, Truth};
use crate::whole::Whole;
use lamport::causality::graph::Trace;
use lamport::causality::happened::{Causality, Limits};
use lamport::causality::messages::{RECEIVED, messages};
use lamport::log::columns::Columns;
use lamport::log::logs::Logs;

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
        let send = (found.sender[message], found.sent_clock[message], true);
        let receipt = (
            found.recipient[message],
            found.received_clock[message],
            false,
        );
        let receipts = &events[&receipt];
        figures.matched += 1;
        let is_right = |at: &Place| {
            let line = &whole.logs[at.0][at.1];
            line.cause.is_some_and(|cause| {
                events
                    .get(&send)
                    .is_some_and(|sends| sends.contains(&cause))
            })
        };
        if !receipts.iter().any(is_right) {
            return Err(format!(
                "a match: the message {send:?} is said to be received as {receipt:?}, lines {receipts:?} of the whole log"
            ));
        }
    }
    Ok(())
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
    let event = |row: usize| {
        let (id, clock) = (logs.columns.machine_id[row], logs.columns.new_clock[row]);
        causality.graph().event(id, clock).unwrap()
    };
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
