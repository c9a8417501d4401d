//! Columns of a fixed length, a stretch for each thread that fills them in.

use crate::log::columns::Columns;

/// A stretch of every column; those that are not kept are empty.
#[derive(Default)]
pub(crate) struct Sheet<'a> {
    pub(crate) time: &'a mut [f64],
    pub(crate) system_time: &'a mut [f64],
    pub(crate) machine_id: &'a mut [i64],
    pub(crate) event: &'a mut [i8],
    pub(crate) old_clock: &'a mut [i64],
    pub(crate) new_clock: &'a mut [i64],
    pub(crate) queue_len: &'a mut [f64],
    pub(crate) sender: &'a mut [f64],
    pub(crate) sent_clock: &'a mut [f64],
    pub(crate) arrived: &'a mut [f64],
    pub(crate) starts: &'a mut [usize],
    pub(crate) is_manual: &'a mut [bool],
}

impl<'a> Sheet<'a> {
    /// All rows.
    pub(crate) fn of(columns: &'a mut Columns) -> Self {
        let rows = columns.len();
        Self {
            time: &mut columns.time,
            system_time: &mut columns.system_time,
            machine_id: &mut columns.machine_id,
            event: &mut columns.event,
            old_clock: &mut columns.old_clock,
            new_clock: &mut columns.new_clock,
            queue_len: &mut columns.queue_len,
            sender: &mut columns.sender,
            sent_clock: &mut columns.sent_clock,
            arrived: &mut columns.arrived,
            starts: &mut columns.starts[..rows],
            is_manual: &mut columns.is_manual,
        }
    }

    /// The first `rows` rows, and the others.
    pub(crate) fn cut(self, rows: usize) -> (Self, Self) {
        let time = cut(self.time, rows);
        let system_time = cut(self.system_time, rows);
        let machine_id = cut(self.machine_id, rows);
        let event = cut(self.event, rows);
        let old_clock = cut(self.old_clock, rows);
        let new_clock = cut(self.new_clock, rows);
        let queue_len = cut(self.queue_len, rows);
        let sender = cut(self.sender, rows);
        let sent_clock = cut(self.sent_clock, rows);
        let arrived = cut(self.arrived, rows);
        let starts = cut(self.starts, rows);
        let is_manual = cut(self.is_manual, rows);
        (
            Self {
                time: time.0,
                system_time: system_time.0,
                machine_id: machine_id.0,
                event: event.0,
                old_clock: old_clock.0,
                new_clock: new_clock.0,
                queue_len: queue_len.0,
                sender: sender.0,
                sent_clock: sent_clock.0,
                arrived: arrived.0,
                starts: starts.0,
                is_manual: is_manual.0,
            },
            Self {
                time: time.1,
                system_time: system_time.1,
                machine_id: machine_id.1,
                event: event.1,
                old_clock: old_clock.1,
                new_clock: new_clock.1,
                queue_len: queue_len.1,
                sender: sender.1,
                sent_clock: sent_clock.1,
                arrived: arrived.1,
                starts: starts.1,
                is_manual: is_manual.1,
            },
        )
    }
}

fn cut<T>(column: &mut [T], rows: usize) -> (&mut [T], &mut [T]) {
    column.split_at_mut(rows.min(column.len()))
}
