//! How receipts are matched that do not name their message, and what follows where they are not.

#![allow(clippy::unwrap_used)]

use crate::random_histories::go_on;
use lamport::causality::graph::Trace;
use lamport::causality::happened::{Causality, Limits};
use lamport::causality::matching::How;
use lamport::causality::messages::{Messages, messages};
use lamport::log::columns::{Columns, UNKNOWN};
use lamport::log::import::table::{Declared, Table};
use lamport::log::logs::Logs;
use lamport::log::schema::EventKind;
use lamport::model::rules::{Membership, Receive, Rules, Stamp, Transport};

/// A row: machine, old and new clock, and what it tells beside them.
struct Told {
    machine: i64,
    clocks: (i64, i64),
    kind: EventKind,
    to: Vec<i64>,
    sender: i64,
    stamp: i64,
}

fn told(machine: i64, clocks: (i64, i64), kind: EventKind) -> Told {
    Told {
        machine,
        clocks,
        kind,
        to: Vec::new(),
        sender: UNKNOWN,
        stamp: UNKNOWN,
    }
}

/// A SEND to these.
fn send(machine: i64, clocks: (i64, i64), to: &[i64]) -> Told {
    Told {
        to: to.to_vec(),
        ..told(machine, clocks, EventKind::Send)
    }
}

/// A receipt with sender and timestamp as far as they are told.
fn receive(machine: i64, clocks: (i64, i64), sender: i64, stamp: i64) -> Told {
    Told {
        sender,
        stamp,
        ..told(machine, clocks, EventKind::Receive)
    }
}

fn internal(machine: i64, clocks: (i64, i64)) -> Told {
    told(machine, clocks, EventKind::Internal)
}

fn logs(rows: &[Told], rules: Rules) -> Logs {
    let table = Table {
        columns: Columns {
            machine_id: rows.iter().map(|row| row.machine).collect(),
            event: rows.iter().map(|row| row.kind).collect(),
            old_clock: rows.iter().map(|row| row.clocks.0).collect(),
            new_clock: rows.iter().map(|row| row.clocks.1).collect(),
            sender: rows.iter().map(|row| row.sender).collect(),
            sent_clock: rows.iter().map(|row| row.stamp).collect(),
            ..Columns::default()
        },
        recipients: Some(rows.iter().map(|row| row.to.clone()).collect()),
        ..Table::default()
    };
    let declared = Declared {
        rules,
        ..Declared::default()
    };
    table.into_logs(&declared).unwrap()
}

/// What is said of messages.
fn said(rows: &[Told]) -> Messages {
    said_by(rows, Rules::default())
}

fn said_by(rows: &[Told], rules: Rules) -> Messages {
    let logs = logs(rows, rules);
    messages(&logs.columns, &logs)
}

/// By message, how it is matched.
fn how(messages: &Messages) -> Vec<How> {
    let all = [
        How::Exact,
        How::Unique,
        How::Fifo,
        How::Ambiguous,
        How::None,
    ];
    messages
        .matched
        .iter()
        .map(|&code| all[code as usize])
        .collect()
}

fn causality(rows: &[Told], rules: Rules) -> Causality {
    let logs = logs(rows, rules);
    Causality::of(
        &Trace::of(&logs.columns),
        &logs,
        Limits::default(),
        &mut go_on,
    )
    .unwrap()
}

fn before(causality: &Causality, a: (i64, i64), b: (i64, i64)) -> Option<bool> {
    let event = |(machine, clock)| causality.graph().event(machine, clock).unwrap();
    causality
        .happened_before(event(a), event(b), &mut go_on)
        .unwrap()
}

/// Two that send to a third, which tells nothing but its clock.
fn jump() -> Vec<Told> {
    vec![
        send(1, (0, 1), &[3]),
        internal(1, (1, 2)),
        send(1, (2, 3), &[3]),
        internal(2, (0, 1)),
        internal(2, (1, 2)),
        send(2, (2, 3), &[1]),
        receive(3, (0, 4), UNKNOWN, UNKNOWN),
    ]
}

#[test]
fn a_jump_tells_the_timestamp_and_one_send_has_it() {
    let found = said(&jump());
    assert_eq!(how(&found), [How::None, How::Unique, How::None]);
    assert_eq!(found.received_clock, [UNKNOWN, 4, UNKNOWN]);
    // With the sender it is exact.
    let mut rows = jump();
    rows[6].sender = 1;
    assert_eq!(how(&said(&rows))[1], How::Exact);
}

#[test]
fn what_may_be_of_another_is_not_unique() {
    // Another that may name it.
    let mut rows = jump();
    rows[5].to = vec![UNKNOWN];
    assert_eq!(
        how(&said(&rows)),
        [How::None, How::Ambiguous, How::Ambiguous]
    );
    rows[5].to = vec![1, 3];
    assert_eq!(how(&said(&rows))[2..], [How::None, How::Ambiguous]);
    // A log that ends before the timestamp, or begins behind it, or has a gap there.
    for (row, clocks) in [(5, (4, 5)), (3, (8, 9)), (4, (4, 5))] {
        let mut rows = jump();
        rows[row].clocks = clocks;
        if row == 3 {
            rows[4].clocks = (9, 10);
            rows[5].clocks = (10, 11);
        } else if row == 4 {
            rows[5].clocks = (5, 6);
        }
        assert_eq!(how(&said(&rows))[1], How::Ambiguous, "{row}");
    }
    let mut rows = jump();
    rows.truncate(5);
    rows.push(receive(3, (0, 4), UNKNOWN, UNKNOWN));
    assert_eq!(how(&said(&rows))[1], How::Ambiguous, "cut off");
    // A machine that is named and has no log, or that there may be.
    let mut rows = jump();
    rows[0].to = vec![3, 9];
    assert_eq!(how(&said(&rows))[2], How::Ambiguous);
    let more = Rules {
        machines: Membership::More,
        ..Rules::default()
    };
    assert_eq!(how(&said_by(&jump(), more))[1], How::Ambiguous);
}

/// Of these receipts the clocks tell no more than a bound.
fn bounded() -> Vec<Told> {
    vec![
        send(1, (0, 1), &[2]),
        send(1, (1, 2), &[2]),
        internal(2, (0, 1)),
        receive(2, (1, 2), UNKNOWN, UNKNOWN),
        receive(2, (2, 3), UNKNOWN, UNKNOWN),
    ]
}

#[test]
fn receipts_take_what_others_leave() {
    assert_eq!(how(&said(&bounded())), [How::Unique; 2]);
    let duplicating = Rules {
        channel: Transport {
            duplicating: true,
            ..Transport::default()
        },
        ..Rules::default()
    };
    assert_eq!(how(&said_by(&bounded(), duplicating)), [How::Ambiguous; 2]);
    // One whose recipients are not known may be of any.
    let mut rows = bounded();
    rows[0].to = vec![UNKNOWN];
    assert_eq!(how(&said(&rows)), [How::Ambiguous; 2]);
    // Nothing is sure of a log whose head is missing.
    let mut rows = bounded();
    rows.remove(0);
    assert_eq!(how(&said(&rows)), [How::Ambiguous]);
    // More SENDs than receipts.
    let mut rows = bounded();
    rows.remove(3);
    rows[3].clocks = (1, 3);
    rows[3].clocks.0 = 2;
    assert_eq!(how(&said(&rows)), [How::Ambiguous; 2]);
}

/// Two messages of one sender, named, of which the clocks tell nothing.
fn named() -> Vec<Told> {
    vec![
        send(1, (0, 1), &[2]),
        send(1, (1, 2), &[2]),
        internal(2, (0, 9)),
        receive(2, (9, 10), 1, UNKNOWN),
        receive(2, (10, 11), 1, UNKNOWN),
    ]
}

#[test]
fn channels_keep_their_order() {
    // The clock of the second has jumped on its own account: it need not have done so in one step.
    let mut rows = named();
    rows[2] = internal(2, (0, 1));
    for clock in 1..9 {
        rows.insert(2 + clock as usize, internal(2, (clock, clock + 1)));
    }
    assert_eq!(how(&said(&rows)), [How::Fifo; 2]);
    assert_eq!(said(&rows).received_clock, [10, 11]);
    // A receipt that may be of this channel, too.
    let mut vague = rows;
    let place = vague.len() - 2;
    vague[place].sender = UNKNOWN;
    assert_eq!(how(&said(&vague)), [How::Ambiguous; 2]);
    for rules in [
        Rules {
            channel: Transport {
                unordered: true,
                ..Transport::default()
            },
            ..Rules::default()
        },
        Rules {
            channel: Transport {
                lossy: true,
                ..Transport::default()
            },
            ..Rules::default()
        },
    ] {
        let mut rows = named();
        rows[2] = internal(2, (8, 9));
        assert_eq!(how(&said_by(&rows, rules)), [How::Ambiguous; 2]);
    }
}

#[test]
fn where_a_log_does_not_begin_an_exact_receipt_of_the_channel_tells_the_shift() {
    let mut rows = named();
    rows[2] = internal(2, (8, 9));
    assert_eq!(
        how(&said(&rows)),
        [How::Ambiguous; 2],
        "its head is missing"
    );
    rows[4].stamp = 2;
    assert_eq!(how(&said(&rows)), [How::Fifo, How::Exact]);
    rows[4].stamp = UNKNOWN;
    rows[3].stamp = 2;
    assert_eq!(how(&said(&rows)), [How::Ambiguous, How::Exact]);
}

#[test]
fn a_gap_parts_what_is_before_it_from_what_is_behind() {
    let mut rows = named();
    rows[2] = internal(2, (8, 9));
    rows[3].stamp = 1;
    assert_eq!(how(&said(&rows)), [How::Exact, How::Fifo]);
    rows[4].clocks = (12, 13);
    assert_eq!(how(&said(&rows)), [How::Exact, How::Ambiguous]);
}

#[test]
fn what_is_not_decided_is_neither_yes_nor_no() {
    let mut rows = jump();
    rows[5].to = vec![UNKNOWN];
    let open = causality(&rows, Rules::default());
    assert!(!open.is_certain());
    assert_eq!(before(&open, (1, 3), (3, 4)), None);
    assert_eq!(before(&open, (2, 3), (3, 4)), None);
    assert_eq!(before(&open, (1, 1), (1, 3)), Some(true));
    assert_eq!(before(&open, (3, 4), (1, 3)), Some(false));
    let share = open.concurrent_share(None, 0, &mut go_on).unwrap();
    assert!(share.low < share.value && share.value < share.high);
    assert!((share.value - share.error - share.low).abs() < 1e-12);
    let event = open.graph().event(3, 4).unwrap();
    assert_eq!(
        open.vector_clock(event, false, &mut go_on).unwrap(),
        [0, 0, 1]
    );
    assert_eq!(
        open.vector_clock(event, true, &mut go_on).unwrap(),
        [3, 3, 1]
    );
    let closed = causality(&jump(), Rules::default());
    assert!(closed.is_certain());
    assert_eq!(before(&closed, (1, 3), (3, 4)), Some(true));
    assert_eq!(before(&closed, (2, 3), (3, 4)), Some(false));
}

#[test]
fn what_a_machine_without_a_log_did_may_have_led_anywhere_above_it() {
    let rows = [
        send(1, (0, 1), &[9]),
        internal(1, (1, 2)),
        internal(1, (2, 3)),
        receive(2, (0, 4), 9, 3),
    ];
    let open = causality(&rows, Rules::default());
    assert_eq!(before(&open, (1, 1), (2, 4)), None);
    assert_eq!(
        before(&open, (1, 3), (2, 4)),
        Some(false),
        "its clock is too large"
    );
    // Before the first row of a log there may have been receipts.
    let rows = [
        send(1, (0, 1), &[2]),
        internal(1, (1, 2)),
        internal(2, (2, 3)),
    ];
    let open = causality(&rows, Rules::default());
    assert_eq!(before(&open, (1, 1), (2, 3)), None);
    assert_eq!(before(&open, (1, 2), (2, 3)), Some(false));
}

#[test]
fn other_programs_stamp_and_take_otherwise() {
    let rules = Rules {
        stamp: Stamp::Before,
        receive: Receive::Max,
        ..Rules::default()
    };
    let rows = [
        internal(1, (0, 1)),
        send(1, (1, 2), &[2]),
        receive(2, (0, 1), UNKNOWN, UNKNOWN),
    ];
    let found = said_by(&rows, rules);
    assert_eq!(
        (how(&found), found.sent_clock),
        (vec![How::Unique], vec![2])
    );
    // A SEND can tell its timestamp itself.
    let mut rows = vec![
        internal(1, (0, 1)),
        send(1, (1, 2), &[2]),
        receive(2, (0, 2), 1, 1),
    ];
    rows[1].stamp = 1;
    assert_eq!(how(&said(&rows)), [How::Exact]);
}

#[test]
fn a_receipt_that_leaves_the_clock_as_it_is_may_have_come_before_the_first() {
    let rules = Rules {
        stamp: Stamp::Before,
        receive: Receive::Max,
        ..Rules::default()
    };
    let rows = [
        send(1, (0, 1), &[2]),
        send(1, (1, 2), &[2]),
        internal(2, (0, 1)),
        receive(2, (1, 1), 1, UNKNOWN),
    ];
    let how = |rules| how(&said_by(&rows, rules));
    assert_eq!(how(rules.clone()), [How::Ambiguous; 2]);
    let stamp = Stamp::After;
    assert_eq!(how(Rules { stamp, ..rules })[0], How::Unique);
}

#[test]
fn a_send_that_tells_no_recipients_has_a_row_for_each_that_received_it() {
    let rows = [
        send(1, (0, 1), &[UNKNOWN]),
        receive(2, (0, 2), UNKNOWN, UNKNOWN),
        receive(3, (0, 2), UNKNOWN, UNKNOWN),
    ];
    let found = said(&rows);
    assert_eq!(found.recipient, [2, 3]);
    assert_eq!((how(&found), found.unmatched), (vec![How::Unique; 2], 0));
}
