//! A table of events as if it were read from logs.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{Declared, Table};
use super::{check, clocks, recipients, times};
use crate::error::Result;
use crate::log::columns::Columns;
use crate::log::logs::{Logs, MachineSummary};

impl Table {
    /// The table as logs, if every value is one an event can have.
    pub fn into_logs(self, declared: &Declared) -> Result<Logs> {
        check::check(&self)?;
        let Self {
            mut columns,
            recipients,
            resolution,
            notes,
            extra,
            ..
        } = self;
        let rows = columns.len();
        let has_old_clocks = !columns.old_clock.is_empty();
        let has_times = !columns.time.is_empty() || !columns.system_time.is_empty();
        times::fill(&mut columns);
        columns.fill(rows);
        times::since_start(&mut columns);
        recipients::fill(&mut columns, recipients);
        columns.sort();
        if !has_old_clocks {
            columns.old_clock = clocks::old_clocks(&columns);
        }
        Ok(Logs {
            rules: declared.rules.clone(),
            has_times,
            resolution,
            notes,
            extra,
            ..logs(columns)
        })
    }
}

/// What the columns say of their machines.
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
    use crate::log::columns::UNKNOWN;
    use crate::log::import::table::Lists;
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
            ..Table::default()
        }
    }

    #[test]
    fn what_is_not_given_is_filled_in() {
        let logs = table().into_logs(&Declared::default()).unwrap();
        assert_eq!(logs.columns.time, [0.5, 2.5, 3.0]);
        assert_eq!(logs.columns.system_time, [0.5, 2.5, 3.0]);
        assert_eq!(logs.columns.old_clock, [0, 0, 2]);
        assert_eq!(logs.columns.queue_len, [UNKNOWN; 3]);
        assert_eq!(logs.columns.manual, [false; 3]);
        assert_eq!(logs.columns.recipients(0), [2]);
        assert_eq!(logs.peers, BTreeMap::from([(1, vec![2]), (2, vec![])]));
        let mut rows = table();
        rows.columns.time.clear();
        let rows = rows.into_logs(&Declared::default()).unwrap();
        assert_eq!(rows.columns.machine_id, [2, 1, 2]);
        assert_eq!(rows.columns.time, [0.0, 1.0, 2.0]);
        let unknown = Table {
            recipients: Some(Lists::from_iter([vec![], vec![2, UNKNOWN], vec![]])),
            ..table()
        };
        let logs = unknown.into_logs(&Declared::default()).unwrap();
        assert_eq!(logs.columns.recipients(0), [2, UNKNOWN]);
        assert!(
            Table::default()
                .into_logs(&Declared::default())
                .unwrap()
                .columns
                .is_empty()
        );
    }

    #[test]
    fn what_was_received_by_hand_was_sent_by_nobody() {
        let mut table = table();
        table.columns.by_hand = vec![true, false, false];
        let logs = table.into_logs(&Declared::default()).unwrap();
        assert_eq!(logs.columns.recipients(0), [UNKNOWN]);
    }

    #[test]
    fn times_of_day_start_with_the_first_event() {
        let day = 1_677_782_102.25;
        let mut table = table();
        table.columns.time.clear();
        table.columns.system_time = vec![day + 2.0, day, day + 2.5];
        table.columns.arrived = vec![day + 1.5, f64::NAN, f64::NAN];
        let columns = table.into_logs(&Declared::default()).unwrap().columns;
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
                |t| t.recipients = Some(Lists::from_iter([vec![], vec![-4], vec![]])),
                "recipients is -4 in row 1",
            ),
            (
                |t| (t.columns.time, t.columns.arrived) = (vec![], vec![f64::NAN, 7.5, 1.0]),
                "arrived is 7.5 in row 1, but there is neither time nor system_time",
            ),
        ];
        for (spoil, words) in cases {
            let mut table = table();
            spoil(&mut table);
            let error = table
                .into_logs(&Declared::default())
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
