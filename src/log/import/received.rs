//! Which messages the rows of a table received, where something but sender and timestamp tells it.

use std::collections::BTreeMap;

use super::machine_index::MachineIndex;
use super::rows::Rows;
use crate::log::columns::UNKNOWN;

/// A message that an event received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ReceivedMessage {
    /// The row of the event.
    pub(super) row: u32,
    /// Who sent it, or [`UNKNOWN`].
    pub(super) sender: i64,
    /// The row of its SEND, if that is here.
    pub(super) send: Option<u32>,
}

/// The messages that numbers of messages tell: one SEND with the number of the receipt.
///
/// Numbers of several SENDs tell nothing; how many they are is the second value.
pub(super) fn by_number(rows: &Rows) -> (Vec<ReceivedMessage>, usize) {
    let Some(messages) = &rows.messages else {
        return (Vec::new(), 0);
    };
    let mut sends: BTreeMap<i64, Option<u32>> = BTreeMap::new();
    for (row, &message) in messages.iter().enumerate() {
        if message != UNKNOWN && rows.columns.event[row].sends() {
            let first = Some(row as u32);
            sends
                .entry(message)
                .and_modify(|send| *send = None)
                .or_insert(first);
        }
    }
    let mut received = Vec::new();
    for (row, &message) in messages.iter().enumerate() {
        if rows.columns.event[row].receives()
            && let Some(&Some(send)) = sends.get(&message)
        {
            let sender = rows.columns.machine_id[send as usize];
            received.push(ReceivedMessage {
                row: row as u32,
                sender,
                send: Some(send),
            });
        }
    }
    let doubtful = sends.values().filter(|send| send.is_none()).count();
    (received, doubtful)
}

/// The messages that follow from channels that keep their order: the k-th receipt of what one machine sent to another is
/// that of the k-th SEND to it.
///
/// `None` where some receipt does not tell its sender, or some SEND its recipients.
pub(super) fn in_order(rows: &Rows, index: &MachineIndex) -> Option<Vec<ReceivedMessage>> {
    let lists = rows.recipients.as_ref()?;
    let columns = &rows.columns;
    let mut sent: BTreeMap<(i64, i64), Vec<u32>> = BTreeMap::new();
    for row in 0..rows.len() {
        if columns.event[row].sends() {
            for &recipient in lists.of(row) {
                if recipient < 0 {
                    return None;
                }
                sent.entry((columns.machine_id[row], recipient))
                    .or_default()
                    .push(row as u32);
            }
        }
    }
    let mut taken: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    let mut received = Vec::new();
    for row in 0..rows.len() {
        if !columns.event[row].receives() || columns.by_hand[row] {
            continue;
        }
        let sender = columns.sender[row];
        if sender == UNKNOWN {
            return None;
        }
        let channel = (sender, columns.machine_id[row]);
        let number = taken.entry(channel).or_default();
        let send = sent
            .get(&channel)
            .and_then(|sends| sends.get(*number))
            .copied();
        if send.is_none() && index.place(sender).is_some() {
            return None;
        }
        *number += 1;
        received.push(ReceivedMessage {
            row: row as u32,
            sender,
            send,
        });
    }
    Some(received)
}
