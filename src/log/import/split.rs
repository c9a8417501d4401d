//! Events that receive and send, or receive several messages, as one event for each.

use super::machine_index::MachineIndex;
use super::received::ReceivedMessage;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::log::columns::UNKNOWN;
use crate::log::schema::EventKind;

/// Makes of each such row a RECEIVE for each message and a SEND, and returns how many rows there were.
///
/// The last of them keeps the vector and the recipients. Clocks between are those that the steps leave: counted back from
/// the last, where there is room for them.
pub(super) fn events(
    rows: &mut Rows,
    index: &mut MachineIndex,
    received: &mut [ReceivedMessage],
    step: i64,
) -> Result<usize> {
    received.sort_unstable();
    let is_one_each = received.is_sorted_by(|a, b| a.row < b.row);
    if is_one_each && !rows.both.contains(&true) {
        return Ok(0);
    }
    let mut order = Vec::with_capacity(rows.len());
    // By new row: how many parts follow of the same event, and whether this one sends.
    let mut parts: Vec<(u32, bool)> = Vec::with_capacity(rows.len());
    let mut last = Vec::with_capacity(rows.len());
    let mut messages = received.iter_mut().peekable();
    let mut count = 0;
    for row in 0..rows.len() {
        let is_both = rows.both.get(row).copied().unwrap_or(false);
        let mut receipts = 0;
        while let Some(message) = messages.next_if(|message| message.row as usize == row) {
            message.row = order.len() as u32 + receipts;
            receipts += 1;
        }
        let sends = is_both || rows.columns.event[row].sends();
        let receipts = if is_both || !sends {
            receipts.max(1)
        } else {
            receipts
        };
        let all = receipts + u32::from(sends);
        count += usize::from(all > 1);
        for part in 0..all {
            order.push(row);
            parts.push((all - 1 - part, sends && part + 1 == all));
        }
        last.push(order.len() as u32 - 1);
    }
    for message in received.iter_mut() {
        message.send = message.send.map(|send| last[send as usize]);
    }
    if count == 0 {
        return Ok(0);
    }
    rows.take(&order);
    index.places = order.iter().map(|&row| index.places[row]).collect();
    rows.both = Vec::new();
    if let Some(vectors) = &mut rows.vectors {
        let is_last = |row: usize| parts[row].0 == 0;
        *vectors = vectors.only(is_last);
    }
    let mut first = 0;
    while first < order.len() {
        let all = parts[first].0 as usize + 1;
        if all > 1 {
            spread(rows, first..first + all, &parts[first..first + all], step)?;
        }
        first += all;
    }
    Ok(count)
}

/// Gives each part of an event what is its own.
fn spread(
    rows: &mut Rows,
    span: std::ops::Range<usize>,
    parts: &[(u32, bool)],
    step: i64,
) -> Result<()> {
    let first = span.start;
    let (old, new) = (rows.columns.old_clock[first], rows.columns.new_clock[first]);
    let place = rows.place(first);
    let columns = &mut rows.columns;
    for (row, &(behind, sends)) in span.clone().zip(parts) {
        columns.event[row] = if sends {
            EventKind::Send
        } else {
            EventKind::Receive
        };
        if sends {
            columns.queue_len[row] = UNKNOWN;
            columns.sender[row] = UNKNOWN;
            columns.sent_clock[row] = UNKNOWN;
            columns.arrived[row] = f64::NAN;
            columns.by_hand[row] = false;
        }
        if new != UNKNOWN {
            columns.new_clock[row] = new - i64::from(behind) * step;
            columns.old_clock[row] = if row == first {
                old
            } else {
                columns.new_clock[row - 1]
            };
        } else if row > first {
            columns.old_clock[row] = UNKNOWN;
        }
    }
    if new != UNKNOWN && columns.new_clock[first] <= old.max(columns.sent_clock[first]).max(0) {
        return Err(Error::invalid(format!(
            "{place}: the clock goes from {} to {new}, which leaves no room for {} events, a RECEIVE for each message and a \
             SEND: say with events= which of them it is, or leave the clock out with columns=",
            crate::log::schema::known(old)
                .map_or_else(|| "what is not told".to_owned(), |old| old.to_string()),
            parts.len()
        )));
    }
    Ok(())
}
