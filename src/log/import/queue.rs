//! Lengths of queues that were logged before the message was taken.

use super::rows::Rows;
use crate::error::{Error, Result};
use crate::log::columns::UNKNOWN;

/// Makes of the length before a receipt that after it.
pub(super) fn after(rows: &mut Rows) -> Result<()> {
    for row in 0..rows.len() {
        let columns = &mut rows.columns;
        if !columns.event[row].receives() || columns.queue_len[row] == UNKNOWN {
            continue;
        }
        if columns.queue_len[row] == 0 {
            return Err(Error::invalid(format!(
                "{}: queue_len is 0 before a message was taken, so none could be: it is counted after, queue_len='after'",
                rows.place(row)
            )));
        }
        columns.queue_len[row] -= 1;
    }
    Ok(())
}
