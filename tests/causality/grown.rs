//! What the growth of vector clocks tells of messages, and what it leaves open where rows or vectors are missing.

#![allow(clippy::unwrap_used)]

use crate::random_histories::go_on;
use lamport::causality::graph::Trace;
use lamport::causality::happened::{Causality, Limits};
use lamport::log::columns::{Columns, UNKNOWN};
use lamport::log::import::table::{Declared, Table};
use lamport::log::logs::Logs;
use lamport::log::schema::EventKind;
use lamport::log::vector_column::VectorColumn;

/// A row: machine, new clock, kind, and the vector clock of four machines, which may not be told.
type Row = (i64, i64, EventKind, Option<[i64; 4]>);

fn logs(rows: &[Row]) -> Logs {
    let mut vectors = VectorColumn {
        starts: vec![0],
        ..VectorColumn::default()
    };
    for (.., vector) in rows {
        for (machine, &count) in vector.iter().flatten().enumerate() {
            if count > 0 {
                vectors.machines.push(machine as i64 + 1);
                vectors.counts.push(count);
            }
        }
        vectors.starts.push(vectors.machines.len());
    }
    let sends = |row: &Row| row.2 == EventKind::Send;
    let recipients = rows
        .iter()
        .map(|row| vec![UNKNOWN; usize::from(sends(row))]);
    let table = Table {
        columns: Columns {
            machine_id: rows.iter().map(|row| row.0).collect(),
            event: rows.iter().map(|row| row.2).collect(),
            new_clock: rows.iter().map(|row| row.1).collect(),
            ..Columns::default()
        },
        recipients: Some(recipients.collect()),
        vectors: Some(vectors),
        ..Table::default()
    };
    table.into_logs(&Declared::default()).unwrap()
}

/// Sender and timestamp of the message received at (machine, clock).
fn message(rows: &[Row], (machine, clock): (i64, i64)) -> (i64, i64) {
    let columns = logs(rows).columns;
    assert_eq!(columns.machine_id.len(), rows.len(), "no event was several");
    let is_there =
        |&row: &usize| (columns.machine_id[row], columns.new_clock[row]) == (machine, clock);
    let row = (0..rows.len()).find(is_there).unwrap();
    (columns.sender[row], columns.sent_clock[row])
}

const SEND: EventKind = EventKind::Send;
const RECEIVE: EventKind = EventKind::Receive;
const INTERNAL: EventKind = EventKind::Internal;

#[test]
fn what_grew_came_with_the_event_that_knew_all_of_it() {
    let rows = [
        (1, 1, SEND, Some([1, 0, 0, 0])),
        (2, 2, RECEIVE, Some([1, 1, 0, 0])),
        (2, 3, SEND, Some([1, 2, 0, 0])),
        (3, 4, RECEIVE, Some([1, 2, 1, 0])),
    ];
    assert_eq!(message(&rows, (2, 2)), (1, 1));
    assert_eq!(message(&rows, (3, 4)), (2, 3));
    // The log of machine 2 is not there: what it sent brought the rest.
    let lacks = [rows[0], rows[3]];
    assert_eq!(message(&lacks, (3, 4)), (2, UNKNOWN));
    // Of two that are not there either may have brought the other.
    assert_eq!(message(&rows[3..], (3, 4)), (UNKNOWN, UNKNOWN));
}

#[test]
fn what_grew_behind_rows_that_are_missing_may_have_come_in_these() {
    let sent = (1, 1, SEND, Some([1, 0, 0, 0]));
    let nothing = (UNKNOWN, UNKNOWN);
    // The head of the receiver is missing, or a row in the middle, or the vector of the row before.
    let cut = [sent, (2, 3, RECEIVE, Some([1, 2, 0, 0]))];
    assert_eq!(message(&cut, (2, 3)), nothing);
    let first = (2, 1, INTERNAL, Some([0, 1, 0, 0]));
    let holed = [sent, first, (2, 4, RECEIVE, Some([1, 3, 0, 0]))];
    assert_eq!(message(&holed, (2, 4)), nothing);
    let blind = [
        sent,
        first,
        (2, 2, RECEIVE, None),
        (2, 3, RECEIVE, Some([1, 3, 0, 0])),
    ];
    assert_eq!(message(&blind, (2, 3)), nothing);
}

#[test]
fn what_has_no_vector_may_be_known_of_all_the_same() {
    let before = |rows: &[Row], a: (i64, i64), b: (i64, i64)| {
        let logs = logs(rows);
        let trace = Trace::of(&logs.columns);
        let causality = Causality::of(&trace, &logs, Limits::default(), &mut go_on).unwrap();
        let event = |(machine, clock)| causality.graph().event(machine, clock).unwrap();
        causality
            .happened_before(event(a), event(b), &mut go_on)
            .unwrap()
    };
    let mut rows = [
        (1, 1, SEND, Some([1, 0, 0, 0])),
        (1, 2, INTERNAL, Some([2, 0, 0, 0])),
        (2, 2, RECEIVE, Some([1, 1, 0, 0])),
        (2, 3, RECEIVE, Some([1, 2, 0, 0])),
    ];
    assert_eq!(before(&rows, (1, 1), (2, 2)), Some(true));
    assert_eq!(before(&rows, (1, 2), (2, 3)), Some(false));
    // Where one event tells none, clocks alone rule out what cannot be.
    rows[2].3 = None;
    assert_eq!(before(&rows, (1, 1), (2, 2)), None);
    assert_eq!(before(&rows, (1, 1), (2, 3)), Some(true));
    rows[2].3 = Some([1, 1, 0, 0]);
    rows[0].3 = None;
    assert_eq!(before(&rows, (1, 1), (2, 2)), None);
}
