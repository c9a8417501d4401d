//! Tables of events as logs: names, order, multicasts, messages, clocks.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use lamport::log::columns::{Columns, UNKNOWN};
use lamport::log::import::table::{ALL, Declared, Lists, MachineKey, OTHERS, Table};
use lamport::log::logs::Logs;
use lamport::log::origins::Origins;
use lamport::log::schema::EventKind;
use lamport::log::vector_column::VectorColumn;
use lamport::model::rules::{Receive, Rules, Stamp, Start, Step};
use proptest::prelude::*;

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
    assert_eq!(logs.columns.old_clock, [0, UNKNOWN, 2]);
    assert_eq!(logs.columns.queue_len, [UNKNOWN; 3]);
    assert_eq!(logs.columns.manual, [false; 3]);
    assert_eq!(logs.columns.recipients(0), [2, UNKNOWN]);
    assert_eq!(logs.peers, BTreeMap::from([(1, vec![2]), (2, vec![])]));
    let mut rows = table();
    rows.columns.time.clear();
    let rows = rows.into_logs(&Declared::default()).unwrap();
    // What was sent first stands first.
    assert_eq!(rows.columns.machine_id, [1, 2, 2]);
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
        (
            |t| t.columns.machine_id.clear(),
            "has 3 rows and machine_id has 0",
        ),
        (|t| t.columns.sender[0] = -2, "sender is -2 in row 0"),
        (
            |t| t.columns.sent_clock[0] = 1 << 53,
            "sent_clock is 9007199254740992",
        ),
        (|t| t.columns.time = vec![f64::NAN; 3], "time is NaN"),
        (
            |t| t.recipients = Some(Lists::from_iter([vec![], vec![-5], vec![]])),
            "recipients is -5 in row 1",
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

/// A machine, its vector, and of whom it received which of its events.
type Happened = (usize, [i64; 3], Option<(usize, i64)>);

const SEND: EventKind = EventKind::Send;
const RECEIVE: EventKind = EventKind::Receive;
const INTERNAL: EventKind = EventKind::Internal;

fn logs(table: Table) -> Logs {
    table.into_logs(&Declared::default()).unwrap()
}

fn refused(table: Table) -> String {
    table
        .into_logs(&Declared::default())
        .unwrap_err()
        .to_string()
}

/// Events as (machine, kind, clock), one a second.
fn events(rows: &[(i64, EventKind, i64)]) -> Table {
    Table {
        columns: Columns {
            machine_id: rows.iter().map(|row| row.0).collect(),
            event: rows.iter().map(|row| row.1).collect(),
            new_clock: rows.iter().map(|row| row.2).collect(),
            time: (0..rows.len()).map(|row| row as f64).collect(),
            ..Columns::default()
        },
        ..Table::default()
    }
}

fn named(names: &[&str], mut table: Table) -> Table {
    table.names = Some(names.iter().map(|&name| name.to_owned()).collect());
    table
}

/// Vectors as lists of (machine, count).
#[expect(clippy::unnecessary_wraps, reason = "a table may have none")]
fn vectors(rows: &[&[(i64, i64)]]) -> Option<VectorColumn> {
    let mut column = VectorColumn {
        starts: vec![0],
        ..VectorColumn::default()
    };
    for row in rows {
        column.machines.extend(row.iter().map(|entry| entry.0));
        column.counts.extend(row.iter().map(|entry| entry.1));
        column.starts.push(column.machines.len());
    }
    Some(column)
}

#[test]
fn ids_stay_and_names_get_numbers_in_their_natural_order() {
    let table = || events(&[(0, INTERNAL, 1), (1, INTERNAL, 1), (2, INTERNAL, 1)]);
    let ids = logs(named(&["10", "7", "0"], table()));
    assert_eq!(ids.columns.machine_id, [10, 7, 0]);
    assert!(ids.names.is_empty());
    let names = logs(named(&["m10", "m2", "01"], table()));
    let expected = [(1, "01"), (2, "m2"), (3, "m10")].map(|(id, name)| (id, name.to_owned()));
    assert_eq!(names.names, BTreeMap::from(expected));
    assert_eq!(names.columns.machine_id, [3, 2, 1]);
    // One that is no plain number makes names of all.
    assert_eq!(logs(named(&["1", "01", "2"], table())).names.len(), 3);
}

#[test]
fn names_that_cannot_be_are_refused_with_their_row() {
    let table = || events(&[(0, INTERNAL, 1), (1, INTERNAL, 1)]);
    for (names, words) in [
        (
            ["a", "b\u{7}"],
            "row 1: the name \"b\\u{7}\" of a machine holds a control character",
        ),
        (["a", ""], "row 1: the name \"\" of a machine is empty"),
        (
            ["1", "9007199254740993"],
            "row 1: the machine 9007199254740993 is beyond 9007199254740991",
        ),
        (["1", "99999999999999999999999"], "is beyond"),
    ] {
        let error = refused(named(&names, table()));
        assert!(error.contains(words), "{error}");
    }
    let mut table = table();
    table.origin = Some(Origins {
        files: vec!["a.log".into()],
        file: vec![0, 0],
        line: vec![3, 9],
    });
    assert!(refused(named(&["a", "\n"], table)).starts_with("a.log:9: "));
    let alike = logs(named(
        &["Bob", "bob "],
        events(&[(0, INTERNAL, 1), (1, INTERNAL, 1)]),
    ));
    assert_eq!(
        alike.notes,
        ["\"Bob\" and \"bob \" are taken for two machines"]
    );
}

#[test]
fn a_name_nobody_logs_is_a_machine_without_a_log() {
    let mut table = events(&[(0, SEND, 1), (0, RECEIVE, 3)]);
    table.columns.sender = vec![UNKNOWN, 1];
    table.recipients = Some(Lists::from_iter([vec![2], vec![]]));
    let logs = logs(named(&["a", "b", "c"], table));
    assert_eq!(logs.machines.len(), 1);
    assert_eq!(logs.columns.sender, [UNKNOWN, 2]);
    assert_eq!(logs.columns.recipients(0), [3]);
    assert_eq!(logs.names[&3], "c");
}

#[test]
fn all_and_others_are_the_machines_that_are_named() {
    let mut table = events(&[
        (1, SEND, 1),
        (2, SEND, 1),
        (3, INTERNAL, 1),
        (1, RECEIVE, 2),
    ]);
    table.columns.sender = vec![UNKNOWN, UNKNOWN, UNKNOWN, 9];
    table.recipients = Some(Lists::from_iter([vec![ALL], vec![OTHERS], vec![], vec![]]));
    let heard = logs(table).columns;
    assert_eq!(heard.recipients(0), [2, 3, 9]);
    assert_eq!(heard.recipients(1), [1, 3, 9]);
    let mut table = events(&[(1, SEND, 1), (1, RECEIVE, 2)]);
    table.columns.sender = vec![UNKNOWN, 1];
    table.recipients = Some(Lists::from_iter([vec![ALL], vec![]]));
    assert_eq!(logs(table).columns.recipients(0), [1]);
}

#[test]
fn consecutive_sends_of_one_clock_are_one_event() {
    let rows = [
        (1, SEND, 1),
        (2, INTERNAL, 1),
        (1, SEND, 1),
        (1, SEND, 2),
        (1, SEND, 2),
        (1, SEND, 2),
    ];
    let mut table = events(&rows);
    table.recipients = Some(
        [vec![2], vec![], vec![3], vec![2], vec![2], vec![3]]
            .into_iter()
            .collect(),
    );
    let merged = logs(table);
    // The same recipient twice is no multicast.
    assert_eq!(merged.columns.new_clock, [1, 1, 2, 2, 2]);
    assert_eq!(merged.columns.recipients(0), [2, 3]);
    assert_eq!(merged.source_rows, [0, 1, 3, 4, 5]);
    assert!(merged.notes[0].starts_with("1 rows are of a multicast"));
    let mut unknown = events(&rows[..1].repeat(2));
    unknown.recipients = Some([vec![UNKNOWN], vec![UNKNOWN]].into_iter().collect());
    let declared = Declared {
        multicast_rows: true,
        ..Declared::default()
    };
    assert_eq!(
        unknown.into_logs(&declared).unwrap().columns.recipients(0),
        [UNKNOWN, UNKNOWN]
    );
}

#[test]
fn the_next_row_tells_the_clock_after() {
    let mut table = events(&[
        (1, INTERNAL, UNKNOWN),
        (1, RECEIVE, UNKNOWN),
        (2, RECEIVE, UNKNOWN),
        (1, SEND, UNKNOWN),
    ]);
    table.columns.new_clock = Vec::new();
    table.columns.old_clock = vec![0, 1, 4, 7];
    let logs = logs(table);
    // Nobody tells the clock after the last receipt of machine 2.
    assert_eq!(logs.columns.machine_id, [1, 1, 1]);
    assert_eq!(logs.columns.new_clock, [1, 7, 8]);
    assert_eq!(logs.source_rows, [0, 1, 3]);
    assert!(logs.notes[0].starts_with("1 events are left aside"));
    let mut hole = events(&[(1, RECEIVE, UNKNOWN), (1, INTERNAL, 5)]);
    hole.columns.old_clock = vec![UNKNOWN, UNKNOWN];
    assert!(refused(hole).starts_with("row 0: neither this row nor the next"));
}

#[test]
fn rows_without_times_stand_in_the_order_of_causes() {
    let mut table = events(&[(2, RECEIVE, 2), (2, INTERNAL, 3), (1, SEND, 1)]);
    table.columns.time.clear();
    // Only the jump of the clock tells the message.
    table.columns.old_clock = vec![0, 2, 0];
    let logs = logs(table);
    assert!(!logs.has_times);
    assert_eq!(logs.columns.machine_id, [1, 2, 2]);
    assert_eq!(logs.source_rows, [2, 0, 1]);
}

#[test]
fn lines_of_a_file_keep_their_order_when_a_clock_is_set_back() {
    let mut table = events(&[(1, INTERNAL, 1), (1, INTERNAL, 2), (2, INTERNAL, 1)]);
    table.columns.time = vec![5.0, 3.0, 4.0];
    assert_eq!(logs(events_at(&table, None)).columns.new_clock, [2, 1, 1]);
    let origin = Origins {
        files: vec!["a".into()],
        file: vec![0; 3],
        line: vec![1, 2, 3],
    };
    let kept = logs(events_at(&table, Some(origin)));
    assert_eq!(kept.columns.machine_id, [2, 1, 1]);
    assert_eq!(kept.columns.new_clock, [1, 1, 2]);
    assert_eq!(kept.origins.unwrap().line, [3, 1, 2]);
}

fn events_at(table: &Table, origin: Option<Origins>) -> Table {
    let columns = &table.columns;
    Table {
        columns: Columns {
            machine_id: columns.machine_id.clone(),
            event: columns.event.clone(),
            new_clock: columns.new_clock.clone(),
            time: columns.time.clone(),
            ..Columns::default()
        },
        origin,
        ..Table::default()
    }
}

#[test]
fn vectors_tell_kinds_messages_and_clocks() {
    // Machine 2 receives of 1 and answers in one event, of which 3 hears.
    let mut table = events(&[(1, SEND, 0), (2, SEND, 0), (3, SEND, 0), (1, SEND, 0)]);
    table.columns.event = Vec::new();
    table.columns.new_clock = Vec::new();
    table.vectors = vectors(&[
        &[(1, 1)],
        &[(1, 1), (2, 1)],
        &[(1, 1), (2, 1), (3, 1)],
        &[(1, 2)],
    ]);
    let logs = logs(table);
    let columns = &logs.columns;
    assert!(logs.is_computed);
    assert_eq!(columns.event, [SEND, RECEIVE, SEND, RECEIVE, INTERNAL]);
    assert_eq!(columns.new_clock, [1, 2, 3, 4, 2]);
    assert_eq!(columns.sender, [UNKNOWN, 1, UNKNOWN, 2, UNKNOWN]);
    assert_eq!(columns.sent_clock, [UNKNOWN, 1, UNKNOWN, 3, UNKNOWN]);
    assert_eq!(columns.recipients(2), [3, UNKNOWN]);
    let kept = logs.vectors.unwrap();
    assert_eq!(kept.of(1), (&[][..], &[][..]));
    assert_eq!(kept.of(2).1, [1, 1]);
    assert!(logs.notes[0].starts_with("1 events receive and send"));
}

#[test]
fn a_machine_keeps_the_order_of_its_own_entry() {
    let mut table = events(&[
        (1, INTERNAL, 3),
        (2, INTERNAL, 1),
        (1, INTERNAL, 1),
        (1, INTERNAL, 2),
    ]);
    table.columns.time = vec![1.0; 4];
    table.vectors = vectors(&[&[(1, 3)], &[(2, 1)], &[(1, 1)], &[(1, 2)]]);
    let columns = logs(table).columns;
    assert_eq!(columns.machine_id, [1, 1, 1, 2]);
    assert_eq!(columns.new_clock, [1, 2, 3, 1]);
}

#[test]
fn two_senders_in_one_event_are_two_receipts() {
    let mut table = events(&[(1, SEND, 1), (2, SEND, 1), (3, RECEIVE, 3)]);
    table.vectors = vectors(&[&[(1, 1)], &[(2, 1)], &[(1, 1), (2, 1), (3, 1)]]);
    let columns = logs(table).columns;
    assert_eq!(columns.event, [SEND, SEND, RECEIVE, RECEIVE]);
    assert_eq!(columns.new_clock[2..], [2, 3]);
    assert_eq!(columns.sender[2..], [1, 2]);
    let mut tight = events(&[
        (1, SEND, 1),
        (2, SEND, 1),
        (3, RECEIVE, 2),
        (3, INTERNAL, 3),
    ]);
    tight.columns.old_clock = vec![0, 0, 1, 2];
    tight.vectors = vectors(&[&[(1, 1)], &[(2, 1)], &[(1, 1), (2, 1), (3, 1)], &[(3, 2)]]);
    assert!(refused(tight).contains("leaves no room for 2 events"));
}

#[test]
fn what_came_with_another_message_is_no_message() {
    // Machine 3 hears of 1 and 2 by the message of 2, which had heard of 1.
    let mut table = events(&[(1, SEND, 1), (2, RECEIVE, 2), (2, SEND, 3), (3, RECEIVE, 4)]);
    table.vectors = vectors(&[
        &[(1, 1)],
        &[(1, 1), (2, 1)],
        &[(1, 1), (2, 2)],
        &[(1, 1), (2, 2), (3, 1)],
    ]);
    let columns = logs(table).columns;
    assert_eq!(columns.sender, [UNKNOWN, 1, UNKNOWN, 2]);
    assert_eq!(columns.sent_clock, [UNKNOWN, 1, UNKNOWN, 3]);
    let mut unlogged = events(&[(1, RECEIVE, 5)]);
    unlogged.vectors = vectors(&[&[(1, 1), (9, 3)]]);
    let columns = logs(unlogged).columns;
    assert_eq!((columns.sender[0], columns.sent_clock[0]), (9, UNKNOWN));
}

#[test]
fn vectors_of_many_machines_are_quick() {
    // Each hears of all before it at once.
    const MACHINES: i64 = 2000;
    let mut column = VectorColumn {
        starts: vec![0],
        ..VectorColumn::default()
    };
    for machine in 0..MACHINES {
        column.machines.extend(0..=machine);
        column.counts.extend(vec![1; machine as usize + 1]);
        column.starts.push(column.machines.len());
    }
    let columns = Columns {
        machine_id: (0..MACHINES).collect(),
        ..Columns::default()
    };
    let found = logs(Table {
        columns,
        vectors: Some(column),
        ..Table::default()
    });
    assert_eq!(
        found.columns.new_clock.iter().max(),
        Some(&(2 * MACHINES - 2))
    );
}

#[test]
fn a_vector_without_its_own_entry_is_of_a_machine_with_two_names() {
    let mut table = events(&[(1, INTERNAL, 1)]);
    table.vectors = vectors(&[&[(2, 1)]]);
    assert!(refused(table).contains("row 0: the vector clock has no entry of the machine itself"));
}

#[test]
fn numbers_of_messages_match() {
    let mut table = events(&[
        (1, SEND, 1),
        (1, SEND, 2),
        (2, RECEIVE, 3),
        (2, RECEIVE, 4),
        (3, SEND, 1),
    ]);
    table.messages = Some(vec![7, 8, 8, 7, UNKNOWN]);
    let columns = logs(table).columns;
    assert_eq!(columns.sent_clock[2..4], [2, 1]);
    assert_eq!(columns.sender[2..4], [1, 1]);
    let mut twice = events(&[(1, SEND, 1), (2, SEND, 1), (3, RECEIVE, 2)]);
    twice.messages = Some(vec![7, 7, 7]);
    let logs = logs(twice);
    assert_eq!(logs.columns.sender[2], UNKNOWN);
    assert!(logs.notes[0].starts_with("1 numbers of messages are of several SENDs"));
}

#[test]
fn a_clock_is_computed_where_every_receipt_has_its_message() {
    let mut table = events(&[
        (1, SEND, 0),
        (2, INTERNAL, 0),
        (2, RECEIVE, 0),
        (2, RECEIVE, 0),
        (1, SEND, 0),
    ]);
    table.columns.new_clock = Vec::new();
    table.columns.sender = vec![UNKNOWN, UNKNOWN, 1, 1, UNKNOWN];
    table.recipients = Some(
        [vec![2], vec![], vec![], vec![], vec![2]]
            .into_iter()
            .collect(),
    );
    let logs = logs(table);
    assert_eq!(logs.columns.new_clock, [1, 1, 2, 3, 2]);
    assert_eq!(logs.columns.sent_clock, [UNKNOWN, UNKNOWN, 1, 2, UNKNOWN]);
    let mut open = events(&[(1, SEND, 0), (2, RECEIVE, 0)]);
    open.columns.new_clock = Vec::new();
    assert!(
        refused(open)
            .starts_with("there is no column new_clock, and no clock can be computed: row 1")
    );
    let mut round = events(&[(1, RECEIVE, 0), (1, SEND, 0), (2, RECEIVE, 0), (2, SEND, 0)]);
    round.columns.new_clock = Vec::new();
    round.messages = Some(vec![2, 1, 1, 2]);
    assert!(refused(round).contains("received what was sent only after it"));
}

#[test]
fn queues_before_are_one_longer() {
    let queue = |length: i64| {
        let mut table = events(&[(1, SEND, 1), (1, RECEIVE, 2)]);
        table.columns.queue_len = vec![0, length];
        let declared = Declared {
            queue_len_before: true,
            ..Declared::default()
        };
        table.into_logs(&declared)
    };
    assert_eq!(queue(3).unwrap().columns.queue_len, [0, 2]);
    assert!(
        queue(0)
            .unwrap_err()
            .to_string()
            .starts_with("row 1: queue_len is 0 before")
    );
}

#[test]
fn offsets_move_the_times_of_a_machine() {
    let shifted = |key: MachineKey| {
        let table = named(&["a", "b"], events(&[(0, INTERNAL, 1), (1, INTERNAL, 1)]));
        table.into_logs(&Declared {
            offsets: vec![(key, -1.5)],
            ..Declared::default()
        })
    };
    for key in [MachineKey::Id(2), MachineKey::Name("b".into())] {
        assert_eq!(shifted(key).unwrap().columns.time, [-0.5, 0.0]);
    }
    let error = shifted(MachineKey::Name("c".into()))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("there is no machine \"c\" with events: there are \"a\", \"b\""),
        "{error}"
    );
}

#[test]
fn a_send_tells_its_own_stamp() {
    let mut table = events(&[(1, SEND, 2), (2, RECEIVE, 2)]);
    table.columns.sent_clock = vec![1, 1];
    table.columns.sender = vec![UNKNOWN, 1];
    assert_eq!(logs(table).columns.recipients(0), [2, UNKNOWN]);
}

#[test]
fn rules_say_where_clocks_begin_and_how_they_go() {
    let first = |rules: Rules, clock: i64| {
        let declared = Declared {
            rules,
            ..Declared::default()
        };
        events(&[(1, INTERNAL, clock)])
            .into_logs(&declared)
            .unwrap()
            .columns
            .old_clock[0]
    };
    assert_eq!(first(Rules::default(), 1), 0);
    assert_eq!(first(Rules::default(), 2), UNKNOWN);
    assert_eq!(
        first(
            Rules {
                start: Start::At(5),
                ..Rules::default()
            },
            6
        ),
        5
    );
    assert_eq!(
        first(
            Rules {
                step: Step::By(3),
                ..Rules::default()
            },
            3
        ),
        0
    );
    assert_eq!(
        first(
            Rules {
                start: Start::Any,
                ..Rules::default()
            },
            1
        ),
        UNKNOWN
    );
    let rules = Rules {
        stamp: Stamp::Before,
        receive: Receive::MaxOfNext,
        ..Rules::default()
    };
    let mut table = events(&[(1, SEND, UNKNOWN), (2, RECEIVE, UNKNOWN)]);
    table.messages = Some(vec![1, 1]);
    let computed = table
        .into_logs(&Declared {
            rules,
            ..Declared::default()
        })
        .unwrap();
    assert_eq!(computed.columns.sent_clock, [UNKNOWN, 0]);
    assert_eq!(computed.columns.new_clock, [1, 1]);
}

#[test]
fn many_machines_are_quick() {
    let rows: Vec<_> = (0..100_000).map(|machine| (machine, INTERNAL, 1)).collect();
    assert_eq!(logs(events(&rows)).machines.len(), 100_000);
    let mut table = events(&rows[..50_000]);
    table.columns.event = vec![SEND; 50_000];
    table.recipients = Some((0..50_000).map(|_| vec![ALL]).collect());
    assert!(refused(table).contains("rows went to all of 50000 machines, which is more than"));
}

proptest! {
    /// However rows of several machines are mixed, each machine's stay in order and no message is received before it was sent.
    #[test]
    fn causes_come_first(
        moves in prop::collection::vec((0..3_usize, any::<prop::sample::Index>(), any::<bool>()), 1..40),
        shuffle in prop::collection::vec(0..3_i64, 1..40),
    ) {
        let mut clocks = [0_i64; 3];
        let mut mine: [Vec<(EventKind, i64, i64, i64)>; 3] = Default::default();
        let mut sent: Vec<(usize, i64)> = Vec::new();
        for (machine, which, receives) in moves {
            if receives && !sent.is_empty() {
                let (sender, stamp) = sent[which.index(sent.len())];
                clocks[machine] = clocks[machine].max(stamp) + 1;
                mine[machine].push((RECEIVE, clocks[machine], sender as i64, stamp));
            } else {
                clocks[machine] += 1;
                sent.push((machine, clocks[machine]));
                mine[machine].push((SEND, clocks[machine], UNKNOWN, UNKNOWN));
            }
        }
        // A mix of the three that keeps each in order.
        let mut next = [0_usize; 3];
        let mut columns = Columns::default();
        for &machine in shuffle.iter().chain(&[0, 1, 2].repeat(40)) {
            let Some(&(kind, clock, sender, stamp)) = mine[machine as usize].get(next[machine as usize]) else { continue };
            next[machine as usize] += 1;
            columns.machine_id.push(machine);
            columns.event.push(kind);
            columns.new_clock.push(clock);
            columns.sender.push(sender);
            columns.sent_clock.push(stamp);
        }
        let found = logs(Table { columns, ..Table::default() }).columns;
        let place = |machine: i64, clock: i64| {
            (0..found.len()).position(|row| found.machine_id[row] == machine && found.new_clock[row] == clock)
        };
        for row in 0..found.len() {
            if found.event[row].receives() {
                prop_assert!(place(found.sender[row], found.sent_clock[row]).unwrap() < row);
            }
        }
        for machine in 0..3 {
            let order: Vec<i64> = (0..found.len()).filter(|&row| found.machine_id[row] == machine).map(|row| found.new_clock[row]).collect();
            prop_assert!(order.is_sorted());
        }
    }

    /// What a mere vector clock tells is what the run was: each message that brought news, and the Lamport clock.
    #[test]
    fn vectors_bring_back_the_messages(moves in prop::collection::vec((0..3_usize, 0..4_usize), 1..40)) {
        let mut vectors_now = [[0_i64; 3]; 3];
        let mut mail: [Vec<(usize, [i64; 3])>; 3] = Default::default();
        let mut rows: Vec<Happened> = Vec::new();
        for (machine, action) in moves {
            let received = if action == 3 { mail[machine].pop() } else { None };
            vectors_now[machine][machine] += 1;
            if let Some((_, vector)) = received {
                for place in 0..3 {
                    vectors_now[machine][place] = vectors_now[machine][place].max(vector[place]);
                }
            } else if action < 3 && action != machine {
                mail[action].push((machine, vectors_now[machine]));
            }
            rows.push((machine, vectors_now[machine], received.map(|(sender, vector)| (sender, vector[sender]))));
        }
        let table = Table {
            columns: Columns { machine_id: rows.iter().map(|row| row.0 as i64).collect(), ..Columns::default() },
            vectors: vectors(&rows.iter().map(|row| [(0, row.1[0]), (1, row.1[1]), (2, row.1[2])]).collect::<Vec<_>>().iter().map(|row| &row[..]).collect::<Vec<_>>()),
            ..Table::default()
        };
        let found = logs(table);
        let columns = &found.columns;
        // No event does both here, so rows stand for themselves.
        prop_assert_eq!(columns.len(), rows.len());
        for row in 0..columns.len() {
            let (machine, _, received) = rows[found.source_rows.get(row).map_or(row, |&row| row as usize)];
            if columns.event[row].receives() {
                let (sender, entry) = received.unwrap();
                prop_assert_eq!(columns.sender[row], sender as i64);
                let send = (0..columns.len()).find(|&send| {
                    let (other, vector, _) = rows[found.source_rows.get(send).map_or(send, |&row| row as usize)];
                    other == sender && vector[sender] == entry
                });
                prop_assert_eq!(columns.sent_clock[row], columns.new_clock[send.unwrap()]);
            }
            prop_assert_eq!(columns.machine_id[row], machine as i64);
        }
    }
}
