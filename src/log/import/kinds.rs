//! What events are, where only their vectors tell it.

use super::received::ReceivedMessage;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::log::schema::EventKind;

/// An event at which vectors grew received; one of which another's vector first knew sent; others did neither.
pub(super) fn infer(rows: &mut Rows, received: &[ReceivedMessage]) -> Result<()> {
    if rows.vectors.is_none() {
        return Err(Error::invalid(
            "there is no column event, and no vector_clock that would tell what the events are",
        ));
    }
    let mut receives = vec![false; rows.len()];
    let mut sends = vec![false; rows.len()];
    for message in received {
        receives[message.row as usize] = true;
        if let Some(send) = message.send {
            sends[send as usize] = true;
        }
    }
    let of =
        |wanted: fn(EventKind) -> bool| EventKind::ALL.iter().copied().find(|&kind| wanted(kind));
    let (Some(send), Some(receive), Some(neither)) = (
        of(EventKind::sends),
        of(EventKind::receives),
        of(|kind| !kind.sends() && !kind.receives()),
    ) else {
        unreachable!("there are such kinds");
    };
    let kind = |row: usize| match (sends[row], receives[row]) {
        (_, true) => receive,
        (true, false) => send,
        (false, false) => neither,
    };
    rows.columns.event = (0..rows.len()).map(kind).collect();
    rows.both = (0..rows.len())
        .map(|row| sends[row] && receives[row])
        .collect();
    Ok(())
}
