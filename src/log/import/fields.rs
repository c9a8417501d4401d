//! What a named group, a key or a column is for.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::log::schema::{COLUMNS, Form};

/// What a value tells of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Machine,
    Event,
    /// When it happened.
    Time,
    /// The same on the clock of the host, where both are there.
    SystemTime,
    Arrived,
    /// The clock after; a vector may stand in its place.
    Clock,
    OldClock,
    Vector,
    Sender,
    SentClock,
    Recipients,
    QueueLen,
    Message,
    /// A flag of [`COLUMNS`], by its place there.
    Flag(usize),
    /// A column that means nothing to us, by its number.
    Extra(usize),
    /// It is left aside.
    Ignored,
}

const RECIPIENTS: &str = "recipients";
const RECIPIENT_IDS: &str = "recipient_ids";
/// Our names, and those that viewers of logs use.
const NAMES: &[(&str, Field)] = &[
    ("machine", Field::Machine),
    ("machine_id", Field::Machine),
    ("event", Field::Event),
    ("time", Field::Time),
    ("system_time", Field::SystemTime),
    ("arrived", Field::Arrived),
    ("arrival_time", Field::Arrived),
    ("clock", Field::Clock),
    ("new_clock", Field::Clock),
    ("old_clock", Field::OldClock),
    ("vector_clock", Field::Vector),
    ("sender", Field::Sender),
    ("sent_clock", Field::SentClock),
    (RECIPIENTS, Field::Recipients),
    (RECIPIENT_IDS, Field::Recipients),
    ("queue_len", Field::QueueLen),
    ("message", Field::Message),
    // When ticking began, as a line of a window says it: times are told without it.
    ("began", Field::Ignored),
];
/// What they may be called beside, where nothing else is that.
const OTHERS: &[(&str, Field)] = &[
    ("host", Field::Machine),
    ("timestamp", Field::Time),
    ("recipient", Field::Recipients),
];

/// The field of this name.
fn named(name: &str) -> Option<Field> {
    let known = NAMES.iter().find(|(known, _)| *known == name);
    let flag = COLUMNS
        .iter()
        .position(|column| column.name == name && column.form == Form::Flag);
    known.map(|&(_, field)| field).or(flag.map(Field::Flag))
}

/// What each of these names is for, in their order, with the names of the columns that mean nothing to us.
///
/// `columns` maps names to ours, or to `None` for what is to be left aside.
pub(super) fn assign(
    names: &[String],
    columns: &BTreeMap<String, Option<String>>,
) -> Result<(Vec<Field>, Vec<String>)> {
    let mut fields: Vec<Option<Field>> = Vec::with_capacity(names.len());
    for name in names {
        fields.push(match columns.get(name) {
            Some(None) => Some(Field::Ignored),
            Some(Some(ours)) => Some(named(ours).ok_or_else(|| {
                Error::invalid(format!(
                    "columns: {name:?} is said to be {ours:?}, which is not known"
                ))
            })?),
            None => named(name).filter(|field| !is_declared(*field, columns)),
        });
    }
    // Of addresses with the machines behind them, these count.
    if names.iter().any(|name| name == RECIPIENT_IDS)
        && let Some(place) = names.iter().position(|name| name == RECIPIENTS)
        && fields[place] == Some(Field::Recipients)
    {
        fields[place] = Some(Field::Ignored);
    }
    let mut extra = Vec::new();
    for (place, name) in names.iter().enumerate() {
        if fields[place].is_some() {
            continue;
        }
        let other = OTHERS.iter().find(|(other, _)| other == name);
        let is_free =
            |field: &Field| !fields.contains(&Some(*field)) && !is_declared(*field, columns);
        fields[place] = other.map(|&(_, field)| field).filter(is_free);
        if fields[place].is_none() {
            fields[place] = Some(Field::Extra(extra.len()));
            extra.push(name.clone());
        }
    }
    Ok((fields.into_iter().flatten().collect(), extra))
}

/// Whether another name is declared to be this field.
fn is_declared(field: Field, columns: &BTreeMap<String, Option<String>>) -> bool {
    columns
        .values()
        .flatten()
        .any(|ours| named(ours) == Some(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str], columns: &[(&str, Option<&str>)]) -> (Vec<Field>, Vec<String>) {
        let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
        let columns = columns
            .iter()
            .map(|&(name, ours)| (name.to_owned(), ours.map(str::to_owned)));
        assign(&names, &columns.collect()).unwrap()
    }

    #[test]
    fn names_are_fields_or_columns_of_their_own() {
        assert_eq!(
            of(&["host", "clock", "event"], &[]).0,
            [Field::Machine, Field::Clock, Field::Event]
        );
        let (fields, extra) = of(&["host", "machine", "level"], &[]);
        assert_eq!(fields, [Field::Extra(0), Field::Machine, Field::Extra(1)]);
        assert_eq!(extra, ["host", "level"]);
        let (fields, extra) = of(
            &["lc", "clock", "x"],
            &[("lc", Some("new_clock")), ("x", None)],
        );
        assert_eq!(fields, [Field::Clock, Field::Extra(0), Field::Ignored]);
        assert_eq!(extra, ["clock"]);
        assert!(matches!(of(&["manual"], &[]).0[..], [Field::Flag(_)]));
    }
}
