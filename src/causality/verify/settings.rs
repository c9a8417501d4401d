//! Rule `settings`: what ticks do is what the latest STARTUP allows, and a machine comes back as it was.
//!
//! What was made by hand may be anything.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::history::{LogHistory, Mark};
use crate::log::line::Startup;
use crate::log::schema::EventKind;
use crate::model::weights::Weights;

const RULE: Rule = Rule::Settings;

pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    for (place, log) in case.logs().iter().enumerate() {
        let startups: Vec<_> = log.startups().collect();
        for pair in startups.windows(2) {
            if let [before, (mark, start)] = pair {
                report.checked(RULE, 1);
                came_back(case, place, *before, (mark, start), report);
            }
        }
        for (number, (mark, start)) in startups.iter().enumerate() {
            let end = startups
                .get(number + 1)
                .map_or(log.rows.end, |(next, _)| next.row);
            // A start that cannot be read may have had others.
            let gap = log.gaps.iter().find(|lines| lines.line > mark.line);
            let told = gap.map_or(end, |lines| lines.row.clamp(mark.row, end));
            ticks(
                case,
                (place, log),
                (mark.row..told, start),
                report,
                checkpoint,
            )?;
        }
    }
    Ok(())
}

/// A machine that comes back has the settings that it had.
fn came_back(
    case: &Case<'_>,
    place: usize,
    (first, before): (&Mark, &Startup<'_>),
    (mark, start): (&Mark, &Startup<'_>),
    report: &mut Report,
) {
    let shown = |rate: Option<f64>| rate.map(|rate| rate.to_string());
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let version = |start: &Startup<'_>| start.version.as_deref().map(ToOwned::to_owned);
    // Peers may be elsewhere, each in its place.
    let is_virtual = start.is_virtual && before.is_virtual;
    let peers = |start: &Startup<'_>| {
        (!start.peers.is_empty()).then(|| {
            if is_virtual {
                let ids: Vec<String> = start.peers.iter().map(|peer| peer.1.to_string()).collect();
                format!("machines {}", ids.join(", "))
            } else {
                start.peers.len().to_string()
            }
        })
    };
    let share = |start: &Startup<'_>| shown(start.probabilities.internal_probability);
    // One that tells none has weights that are all 1.
    let weights = |start: &Startup<'_>, other: &Startup<'_>| {
        let has = start.manner.weights.is_some() || other.manner.weights.is_some();
        let each = start.manner.weights.as_ref().map_or_else(
            || vec![1; start.peers.len()],
            |weights| weights.each().collect::<Vec<_>>(),
        );
        has.then(|| format!("{each:?}"))
    };
    let ticking = |start: &Startup<'_>| Some(start.manner.ticking.in_words());
    let steps = |start: &Startup<'_>| {
        let steps = start.manner.steps.as_ref();
        Some(steps.map_or("one".to_owned(), |steps| format!("{:?}", steps.each())))
    };
    let all = [
        (
            "clock_rate",
            shown(before.clock_rate),
            shown(start.clock_rate),
        ),
        ("seed", number(before.seed), number(start.seed)),
        ("version", version(before), version(start)),
        ("peers", peers(before), peers(start)),
        ("internal_probability", share(before), share(start)),
        ("weights", weights(before, start), weights(start, before)),
        ("ticks", ticking(before), ticking(start)),
        ("rates", steps(before), steps(start)),
    ];
    for (name, had, has) in all {
        if let (Some(had), Some(has)) = (had, has)
            && had != has
        {
            report.add(RULE, || {
                let expected = format!("{name} {had}, as at {}", case.at(place, first.line));
                case.line(RULE, place, mark.line, expected, format!("{name} {has}"))
            });
        }
    }
}

/// What the ticks of one start do.
fn ticks(
    case: &Case<'_>,
    (place, log): (usize, &LogHistory),
    (rows, start): (std::ops::Range<usize>, &Startup<'_>),
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let columns = case.columns;
    let [chance, mut share] = start.probabilities.values();
    // An empty list is one that is not told, too.
    let peers = start.peers.len();
    let is = |value: Option<f64>, wanted: f64| value == Some(wanted);
    let (own, first) = (log.machine_id as i64, rows.start);
    let must_send = is(chance, 0.0) && peers > 0;
    // In virtual time the number of a peer is its port.
    let weights = start.manner.weights.iter().flat_map(Weights::each);
    let weighed = start.peers.iter().zip(weights);
    let never: Vec<i64> = weighed
        .filter(|(_, weight)| *weight == 0 && start.is_virtual)
        .map(|(peer, _)| peer.1 as i64)
        .collect();
    let (is_plain, mut checked) = (case.is_plain(), 0);
    let look = |row: usize, kind: EventKind, share: Option<f64>, report: &mut Report| {
        let to = columns.recipients(row);
        let wrong = if !kind.sends() {
            "SEND, at internal_probability 0"
        } else if is(chance, 1.0) {
            "no SEND, at internal_probability 1"
        } else if to.is_empty() {
            "a SEND to somebody"
        } else if to.contains(&own) {
            "a SEND to others"
        } else if to.len() > 1 && is(share, 0.0) {
            "a SEND to one machine, as no SEND is a broadcast"
        } else if to.len() == 1 && peers > 1 && is(share, 1.0) {
            "a SEND to all peers, as every SEND is a broadcast"
        } else if peers > 1 && matches!(to, [to] if never.contains(to)) {
            "no SEND to that machine alone, whose weight is 0"
        } else {
            ""
        };
        if !wrong.is_empty() {
            report.add(RULE, || {
                let found = if to.is_empty() {
                    kind.name().to_owned()
                } else {
                    format!("{} to {to:?}", kind.name())
                };
                case.event(RULE, place, row, wrong.to_owned(), found)
            });
        }
    };
    checkpoint.rows(rows, |rows| {
        let ticks = columns.event[rows.clone()].iter();
        let no_ticks = columns.are_no_ticks(rows.clone());
        let ticks = ticks.zip(no_ticks.iter());
        for (row, (&kind, &is_none)) in rows.zip(ticks) {
            if !is_plain && row > first && columns.old_clock[row] != columns.new_clock[row - 1] {
                // The machine may have come back in between.
                share = None;
            }
            let is_tick = !kind.receives() && !is_none;
            checked += u64::from(is_tick);
            if is_tick && (kind.sends() || must_send) {
                look(row, kind, share, report);
            }
        }
    })?;
    report.checked(RULE, checked);
    Ok(())
}
