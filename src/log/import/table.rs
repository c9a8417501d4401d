//! A table of events, from anywhere, as if it were read from logs.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::logs::{Logs, MachineSummary};
use crate::log::schema::View;
use crate::model::clock::MAX_CLOCK;

/// A table: what is given of it, all of one length.
///
/// `machine_id`, `event` and `new_clock` are needed. `system_time` stands in for `time`, which is since the start;
/// `arrived` is on the clock of `time`, or else of `system_time`; without `old_clock` it is that of the machine's event before.
#[derive(Debug, Default)]
pub struct Table {
    /// The columns; those that are not given are empty.
    pub columns: Columns,
    /// The recipients of each SEND, `None` for one unknown; else those that received it.
    pub recipients: Option<Vec<Vec<Option<i64>>>>,
}

/// The columns that every table has.
pub const REQUIRED: [&str; 3] = ["machine_id", "event", "new_clock"];

impl Table {
    /// The table as logs, if every value is one an event can have.
    pub fn into_logs(self) -> Result<Logs> {
        self.check()?;
        let Self {
            mut columns,
            recipients,
        } = self;
        let rows = columns.len();
        let has_old_clocks = !columns.old_clock.is_empty();
        match (columns.time.is_empty(), columns.system_time.is_empty()) {
            (false, false) => {}
            (false, true) => columns.system_time.clone_from(&columns.time),
            (true, false) => columns.time.clone_from(&columns.system_time),
            (true, true) => {
                columns.time = (0..rows).map(|row| row as f64).collect();
                columns.system_time.clone_from(&columns.time);
            }
        }
        columns.fill(rows);
        let first = columns.time.iter().copied().fold(f64::INFINITY, f64::min);
        // Times since the start stay as they are, others start with the first event.
        if first.abs() > SINCE_START {
            for time in columns.time.iter_mut().chain(&mut columns.arrived) {
                *time = ((*time - first) * 1e6).round() / 1e6;
            }
        }
        let lists = match recipients {
            Some(lists) => {
                let known = |id: Option<i64>| id.unwrap_or(UNKNOWN);
                let list = |list: Vec<_>| list.into_iter().map(known).collect();
                lists.into_iter().map(list).collect()
            }
            None => receivers(&columns),
        };
        for (row, list) in lists.into_iter().enumerate() {
            columns.starts.push(columns.recipients.len());
            if columns.event[row].sends() {
                columns.recipients.extend(list);
            }
        }
        columns.starts.push(columns.recipients.len());
        columns.sort();
        if !has_old_clocks {
            columns.old_clock = old_clocks(&columns);
        }
        Ok(logs(columns))
    }

    fn check(&self) -> Result<()> {
        let rows = self.columns.len();
        let views = self.columns.views();
        let lists = self.recipients.as_ref().map(Vec::len);
        let lengths = views.iter().map(|(column, values)| {
            let is_needed = REQUIRED.contains(&column.name) || !values.is_empty();
            (column.name, is_needed.then_some(values.len()))
        });
        for (name, length) in lengths.chain([("recipients", lists)]) {
            if let Some(length) = length.filter(|&length| length != rows) {
                return Err(Error::invalid(format!(
                    "the column {name} has {length} rows and event has {rows}: they must be as long"
                )));
            }
        }
        for (column, values) in views {
            check_values(column.name, values)?;
        }
        // Times made up of the rows would not go with times of arrival that are real.
        let columns = &self.columns;
        if columns.time.is_empty()
            && columns.system_time.is_empty()
            && let Some(row) = position(&columns.arrived, |value| !value.is_nan())
        {
            return Err(Error::invalid(format!(
                "arrived is {} in row {row}, but there is neither time nor system_time: \
                 add one of them on the same clock, or leave arrived out",
                columns.arrived[row]
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

/// Whether the values of a column are such as an event can have.
fn check_values(name: &str, values: View<'_>) -> Result<()> {
    match values {
        View::Whole(values) => match position(values, |value| !is_whole(value)) {
            Some(row) => Err(not_whole(name, row, values[row])),
            None => Ok(()),
        },
        View::MaybeWhole(values) => {
            match position(values, |value| value != UNKNOWN && !is_whole(value)) {
                Some(row) => Err(not_whole(name, row, values[row])),
                None => Ok(()),
            }
        }
        View::Seconds(values) => match position(values, |value| !value.is_finite()) {
            Some(row) => Err(Error::invalid(format!(
                "{name} is {} in row {row}: it must be a number of seconds",
                values[row]
            ))),
            None => Ok(()),
        },
        View::MaybeSeconds(_) | View::Kind(_) | View::Flag(_) => Ok(()),
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
    let receipt = |row: usize| {
        let (sender, sent_clock) = columns.message(row);
        let key = (sender? as i64, sent_clock?, columns.machine_id[row]);
        columns.event[row].receives().then_some(key)
    };
    let mut receipts: Vec<_> = (0..columns.len()).filter_map(receipt).collect();
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
            if columns.event[row].sends() {
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
    columns.each_link(|sender, recipient, _| {
        sets.entry(sender).or_default().insert(recipient);
    });
    let machine = |(id, span)| MachineSummary {
        id,
        span,
        up: (span.1 - span.0, 0.0),
        ..MachineSummary::default()
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
    use crate::log::schema::EventKind;

    fn table() -> Table {
        Table {
            columns: Columns {
                machine_id: vec![2, 1, 2],
                event: vec![EventKind::Receive, EventKind::Send, EventKind::Internal],
                new_clock: vec![2, 1, 3],
                sender: vec![1, UNKNOWN, UNKNOWN],
                sent_clock: vec![1, UNKNOWN, UNKNOWN],
                time: vec![2.5, 0.5, 3.0],
                ..Columns::default()
            },
            recipients: None,
        }
    }

    #[test]
    fn what_is_not_given_is_filled_in() {
        let logs = table().into_logs().unwrap();
        assert_eq!(logs.columns.time, [0.5, 2.5, 3.0]);
        assert_eq!(logs.columns.system_time, [0.5, 2.5, 3.0]);
        assert_eq!(logs.columns.old_clock, [0, 0, 2]);
        assert_eq!(logs.columns.queue_len, [UNKNOWN; 3]);
        assert_eq!(logs.columns.manual, [false; 3]);
        assert_eq!(logs.columns.recipients(0), [2]);
        assert_eq!(logs.peers, BTreeMap::from([(1, vec![2]), (2, vec![])]));
        let mut rows = table();
        rows.columns.time.clear();
        let rows = rows.into_logs().unwrap();
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
    fn what_was_received_by_hand_was_sent_by_nobody() {
        let mut table = table();
        table.columns.by_hand = vec![true, false, false];
        let logs = table.into_logs().unwrap();
        assert_eq!(logs.columns.recipients(0), [UNKNOWN]);
    }

    #[test]
    fn times_of_day_start_with_the_first_event() {
        let day = 1_677_782_102.25;
        let mut table = table();
        table.columns.time.clear();
        table.columns.system_time = vec![day + 2.0, day, day + 2.5];
        table.columns.arrived = vec![day + 1.5, f64::NAN, f64::NAN];
        let columns = table.into_logs().unwrap().columns;
        assert_eq!(columns.time, [0.0, 2.0, 2.5]);
        assert_eq!(columns.system_time[0].to_bits(), day.to_bits());
        assert_eq!(columns.arrived[1..2], [1.5]);
    }

    #[test]
    fn what_no_event_can_have_is_refused() {
        type Spoil = fn(&mut Table);
        let cases: [(Spoil, &str); 9] = [
            (
                |t| t.columns.machine_id[0] = -1,
                "machine_id is -1 in row 0",
            ),
            (|t| t.columns.new_clock[2] = 1 << 53, "new_clock"),
            (|t| t.columns.new_clock.truncate(2), "new_clock has 2 rows"),
            (|t| t.columns.machine_id.clear(), "machine_id has 0 rows"),
            (|t| t.columns.sender[0] = -2, "sender is -2 in row 0"),
            (
                |t| t.columns.sent_clock[0] = 1 << 53,
                "sent_clock is 9007199254740992",
            ),
            (|t| t.columns.time = vec![f64::NAN; 3], "time is NaN"),
            (
                |t| t.recipients = Some(vec![vec![], vec![Some(-2)], vec![]]),
                "recipients is -2 in row 1",
            ),
            (
                |t| (t.columns.time, t.columns.arrived) = (vec![], vec![f64::NAN, 7.5, 1.0]),
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
