//! Timestamps that nobody logged, where logs are judged by other rules than they were read by.

use std::collections::BTreeMap;

use crate::log::columns::UNKNOWN;
use crate::log::history::History;
use crate::log::logs::StampOrigin;
use crate::model::rules::{Rules, Stamp};

/// The logs with the timestamps that messages have by these rules, if they have others.
pub(super) fn restamped(history: &History, rules: &Rules) -> Option<History> {
    if history.stamps == StampOrigin::Logged || rules.stamp == history.rules.stamp {
        return None;
    }
    let mut restamped = history.clone();
    let columns = &history.columns;
    let clock = |row: usize, stamp| match stamp {
        Stamp::After => columns.new_clock[row],
        Stamp::Before => columns.old_clock[row],
    };
    let sends = (0..columns.len()).filter(|&row| columns.event[row].sends());
    let sends: BTreeMap<(i64, i64), usize> = sends
        .map(|row| {
            (
                (columns.machine_id[row], clock(row, history.rules.stamp)),
                row,
            )
        })
        .collect();
    for row in 0..columns.len() {
        let message = (columns.sender[row], columns.sent_clock[row]);
        if columns.event[row].receives()
            && let Some(&send) = sends.get(&message)
            && clock(send, rules.stamp) != UNKNOWN
        {
            restamped.columns.sent_clock[row] = clock(send, rules.stamp);
        }
    }
    restamped.rules.stamp = rules.stamp;
    Some(restamped)
}
