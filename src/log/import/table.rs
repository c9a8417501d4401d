//! A table of events, from anywhere, as if it were read from logs.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::log::columns::{Columns, INTERNAL, RECEIVE, SEND, UNKNOWN};
use crate::log::facts::{Facts, Logs};
use crate::model::clock::MAX_CLOCK;

/// The columns of a table; all that are there have one length.
#[derive(Debug, Default)]
pub struct Table {
    /// The machine of each event.
    pub machine_id: Vec<i64>,
    /// What happened: [`SEND`], [`RECEIVE`] or [`INTERNAL`].
    pub event: Vec<i8>,
    /// The clock after.
    pub new_clock: Vec<i64>,
    /// Seconds since the start.
    pub time: Option<Vec<f64>>,
    /// Seconds since any origin; stands in for `time`.
    pub system_time: Option<Vec<f64>>,
    /// The clock before; else that of the machine's event before.
    pub old_clock: Option<Vec<i64>>,
    /// The messages that wait after a RECEIVE.
    pub queue_len: Option<Vec<f64>>,
    /// Who sent the message received.
    pub sender: Option<Vec<f64>>,
    /// The timestamp of the message received.
    pub sent_clock: Option<Vec<f64>>,
    /// When the message received arrived, on the same clock as `time`, or else `system_time`.
    pub arrived: Option<Vec<f64>>,
    /// The recipients of each SEND, `None` for one unknown; else those that received it.
    pub recipients: Option<Vec<Vec<Option<i64>>>>,
}

impl Table {
    /// The table as logs, if every value is one an event can have.
    pub fn into_logs(self) -> Result<Logs> {
        self.check()?;
        let rows = self.event.len();
        let nothing = || vec![f64::NAN; rows];
        let (mut time, system_time) = match (self.time, self.system_time) {
            (Some(time), Some(system_time)) => (time, system_time),
            (Some(time), None) => (time.clone(), time),
            (None, Some(system_time)) => (system_time.clone(), system_time),
            (None, None) => {
                let numbers: Vec<f64> = (0..rows).map(|row| row as f64).collect();
                (numbers.clone(), numbers)
            }
        };
        let mut arrived = self.arrived.unwrap_or_else(nothing);
        let first = time.iter().copied().fold(f64::INFINITY, f64::min);
        // Times since the start stay as they are, others start with the first event.
        if first.abs() > SINCE_START {
            for time in time.iter_mut().chain(&mut arrived) {
                *time = ((*time - first) * 1e6).round() / 1e6;
            }
        }
        let derive_old = self.old_clock.is_none();
        let mut columns = Columns {
            time,
            system_time,
            old_clock: self.old_clock.unwrap_or_else(|| self.new_clock.clone()),
            queue_len: self.queue_len.unwrap_or_else(nothing),
            sender: self.sender.unwrap_or_else(nothing),
            sent_clock: self.sent_clock.unwrap_or_else(nothing),
            arrived,
            machine_id: self.machine_id,
            event: self.event,
            new_clock: self.new_clock,
            ..Columns::default()
        };
        let lists = match self.recipients {
            Some(lists) => {
                let known = |id: Option<i64>| id.unwrap_or(UNKNOWN);
                let list = |list: Vec<_>| list.into_iter().map(known).collect();
                lists.into_iter().map(list).collect()
            }
            None => receivers(&columns),
        };
        for (row, list) in lists.into_iter().enumerate() {
            columns.starts.push(columns.recipients.len());
            if columns.event[row] == SEND {
                columns.recipients.extend(list);
            }
        }
        columns.starts.push(columns.recipients.len());
        columns.sort();
        if derive_old {
            columns.old_clock = old_clocks(&columns);
        }
        Ok(logs(columns))
    }

    fn check(&self) -> Result<()> {
        let rows = self.event.len();
        let lengths = [
            ("machine_id", Some(self.machine_id.len())),
            ("new_clock", Some(self.new_clock.len())),
            ("time", self.time.as_ref().map(Vec::len)),
            ("system_time", self.system_time.as_ref().map(Vec::len)),
            ("old_clock", self.old_clock.as_ref().map(Vec::len)),
            ("queue_len", self.queue_len.as_ref().map(Vec::len)),
            ("sender", self.sender.as_ref().map(Vec::len)),
            ("sent_clock", self.sent_clock.as_ref().map(Vec::len)),
            ("arrived", self.arrived.as_ref().map(Vec::len)),
            ("recipients", self.recipients.as_ref().map(Vec::len)),
        ];
        for (name, length) in lengths {
            if length.is_some_and(|length| length != rows) {
                return Err(Error::invalid(format!(
                    "the column {name} has {} rows and event has {rows}: they must be as long",
                    length.unwrap_or(0)
                )));
            }
        }
        if let Some(row) = position(&self.event, |code| !(SEND..=INTERNAL).contains(&code)) {
            return Err(Error::invalid(format!(
                "event is {} in row {row}: the codes are 0 SEND, 1 RECEIVE, 2 INTERNAL",
                self.event[row]
            )));
        }
        let wholes = [
            ("machine_id", Some(&self.machine_id)),
            ("new_clock", Some(&self.new_clock)),
            ("old_clock", self.old_clock.as_ref()),
        ];
        for (name, values) in wholes {
            let values = values.map_or(&[][..], Vec::as_slice);
            if let Some(row) = position(values, |value| !is_whole(value)) {
                return Err(not_whole(name, row, values[row]));
            }
        }
        let optional = [
            ("queue_len", &self.queue_len),
            ("sender", &self.sender),
            ("sent_clock", &self.sent_clock),
        ];
        for (name, values) in optional {
            let values = values.as_deref().unwrap_or_default();
            let bad =
                |value: f64| !(value.is_nan() || value.fract() == 0.0 && is_whole(value as i64));
            if let Some(row) = position(values, bad) {
                return Err(not_whole(name, row, values[row]));
            }
        }
        for (name, values) in [("time", &self.time), ("system_time", &self.system_time)] {
            let values = values.as_deref().unwrap_or_default();
            if let Some(row) = position(values, |value| !value.is_finite()) {
                return Err(Error::invalid(format!(
                    "{name} is {} in row {row}: it must be a number of seconds",
                    values[row]
                )));
            }
        }
        // Times made up of the rows would not go with times of arrival that are real.
        let arrived = self.arrived.as_deref().unwrap_or_default();
        if self.time.is_none()
            && self.system_time.is_none()
            && let Some(row) = position(arrived, |value| !value.is_nan())
        {
            return Err(Error::invalid(format!(
                "arrived is {} in row {row}, but there is neither time nor system_time: \
                 add one of them on the same clock, or leave arrived out",
                arrived[row]
            )));
        }
        let lists = self.recipients.as_deref().unwrap_or_default();
        for (row, list) in lists.iter().enumerate() {
            if let Some(&id) = list.iter().flatten().find(|&&id| !is_whole(id)) {
                return Err(not_whole("recipients", row, id));
            }
        }
        Ok(())
    }
}

/// Times from here on, in seconds, are not since the start of a run.
const SINCE_START: f64 = 1e8;

fn position<T: Copy>(values: &[T], bad: impl Fn(T) -> bool) -> Option<usize> {
    values.iter().position(|&value| bad(value))
}

fn is_whole(value: i64) -> bool {
    (0..=MAX_CLOCK as i64).contains(&value)
}

fn not_whole(name: &str, row: usize, value: impl std::fmt::Display) -> Error {
    Error::invalid(format!(
        "{name} is {value} in row {row}: it must be a whole number from 0 to {MAX_CLOCK}"
    ))
}

/// For each SEND the machines that received it, or one unknown recipient if none did.
fn receivers(columns: &Columns) -> Vec<Vec<i64>> {
    let mut receipts: Vec<(i64, i64, i64)> = (0..columns.len())
        .filter(|&row| columns.event[row] == RECEIVE && columns.sender[row] >= 0.0)
        .map(|row| {
            (
                columns.sender[row] as i64,
                columns.sent_clock[row] as i64,
                columns.machine_id[row],
            )
        })
        .collect();
    receipts.sort_unstable();
    receipts.dedup();
    let of = |row: usize| {
        let key = (columns.machine_id[row], columns.new_clock[row]);
        let first = receipts.partition_point(|&(sender, clock, _)| (sender, clock) < key);
        let same = receipts[first..]
            .iter()
            .take_while(|&&(sender, clock, _)| (sender, clock) == key);
        let list: Vec<i64> = same.map(|&(.., recipient)| recipient).collect();
        if list.is_empty() { vec![UNKNOWN] } else { list }
    };
    (0..columns.len())
        .map(|row| {
            if columns.event[row] == SEND {
                of(row)
            } else {
                Vec::new()
            }
        })
        .collect()
}

/// Each event's clock before: that after the event before on its machine, 0 at first.
fn old_clocks(columns: &Columns) -> Vec<i64> {
    let mut last = BTreeMap::new();
    let events = columns.machine_id.iter().zip(&columns.new_clock);
    events
        .map(|(&machine, &clock)| last.insert(machine, clock).unwrap_or(0))
        .collect()
}

fn logs(columns: Columns) -> Logs {
    let mut spans: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    let mut sets: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for (&machine, &time) in columns.machine_id.iter().zip(&columns.time) {
        let span = spans.entry(machine as u64).or_insert((time, time));
        span.1 = time;
    }
    for &machine in spans.keys() {
        sets.entry(machine).or_default();
    }
    columns.each_link(|sender, recipient| {
        sets.entry(sender).or_default().insert(recipient);
    });
    let machine = |(id, span)| Facts {
        id,
        span,
        ..Facts::default()
    };
    Logs {
        columns,
        machines: spans.into_iter().map(machine).collect(),
        peers: sets
            .into_iter()
            .map(|(id, set)| (id, set.into_iter().collect()))
            .collect(),
        ..Logs::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            machine_id: vec![2, 1, 2],
            event: vec![RECEIVE, SEND, INTERNAL],
            new_clock: vec![2, 1, 3],
            sender: Some(vec![1.0, f64::NAN, f64::NAN]),
            sent_clock: Some(vec![1.0, f64::NAN, f64::NAN]),
            time: Some(vec![2.5, 0.5, 3.0]),
            ..Table::default()
        }
    }

    #[test]
    fn what_is_not_given_is_filled_in() {
        let logs = table().into_logs().unwrap();
        assert_eq!(logs.columns.time, [0.5, 2.5, 3.0]);
        assert_eq!(logs.columns.system_time, [0.5, 2.5, 3.0]);
        assert_eq!(logs.columns.old_clock, [0, 0, 2]);
        assert_eq!(logs.columns.recipients(0), [2]);
        assert_eq!(logs.peers, BTreeMap::from([(1, vec![2]), (2, vec![])]));
        let rows = Table {
            time: None,
            ..table()
        }
        .into_logs()
        .unwrap();
        assert_eq!(rows.columns.machine_id, [2, 1, 2]);
        assert_eq!(rows.columns.time, [0.0, 1.0, 2.0]);
        let unknown = Table {
            recipients: Some(vec![vec![], vec![Some(2), None], vec![]]),
            ..table()
        };
        let logs = unknown.into_logs().unwrap();
        assert_eq!(logs.columns.recipients(0), [2, UNKNOWN]);
        assert!(Table::default().into_logs().unwrap().columns.is_empty());
    }

    #[test]
    fn times_of_day_start_with_the_first_event() {
        let day = 1_677_782_102.25;
        let logs = Table {
            time: None,
            system_time: Some(vec![day + 2.0, day, day + 2.5]),
            arrived: Some(vec![day + 1.5, f64::NAN, f64::NAN]),
            ..table()
        };
        let columns = logs.into_logs().unwrap().columns;
        assert_eq!(columns.time, [0.0, 2.0, 2.5]);
        assert_eq!(columns.system_time[0].to_bits(), day.to_bits());
        assert_eq!(columns.arrived[1..2], [1.5]);
    }

    #[test]
    fn what_no_event_can_have_is_refused() {
        type Spoil = fn(&mut Table);
        let cases: [(Spoil, &str); 9] = [
            (|t| t.event[1] = 3, "event is 3 in row 1"),
            (|t| t.machine_id[0] = -1, "machine_id is -1 in row 0"),
            (|t| t.new_clock[2] = 1 << 53, "new_clock"),
            (|t| t.new_clock.truncate(2), "new_clock has 2 rows"),
            (|t| t.sender = Some(vec![0.5; 3]), "sender is 0.5"),
            (
                |t| t.sent_clock = Some(vec![f64::INFINITY; 3]),
                "sent_clock is inf",
            ),
            (|t| t.time = Some(vec![f64::NAN; 3]), "time is NaN"),
            (
                |t| t.recipients = Some(vec![vec![], vec![Some(-2)], vec![]]),
                "recipients is -2 in row 1",
            ),
            (
                |t| (t.time, t.arrived) = (None, Some(vec![f64::NAN, 7.5, 1.0])),
                "arrived is 7.5 in row 1, but there is neither time nor system_time",
            ),
        ];
        for (spoil, words) in cases {
            let mut table = table();
            spoil(&mut table);
            let error = table.into_logs().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
