//! Every event of a run of machines with an algorithm, in memory.

use super::recorder::StepRecorder;
use crate::drive::simulated::id;
use crate::drive::simulated::record_list::{micros, plain_row};
use crate::log::columns::{Columns, Row, UNKNOWN};
use crate::log::handled_row::HandledRow;
use crate::log::schema::EventKind;
use crate::model::handled::HandledStep;
use crate::model::message::Nanos;
use crate::model::topology::Topology;

/// The columns of the events, as they happen.
#[derive(Debug)]
pub struct StepRecords<'a> {
    topology: &'a Topology,
    columns: Columns,
}

impl StepRecorder for StepRecords<'_> {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        let columns = &mut self.columns;
        let event = &step.event;
        let clocks = (event.old_clock() as i64, event.new_clock() as i64);
        let mut row = plain_row(time, machine, EventKind::of(event), clocks);
        if let Some((message, queue_len)) = event.received() {
            row.queue_len = queue_len as i64;
            row.sender = message.sender().map_or(UNKNOWN, |sender| sender as i64);
            row.sent_clock = message.timestamp as i64;
            row.arrived = micros(message.arrival) / 1e6;
        }
        columns.say(columns.len(), HandledRow::of(step));
        columns.push(&row);
        for caused in &step.caused {
            columns.say_body(columns.len(), caused.body.clone());
            let clock = caused.new_clock as i64;
            columns.push(&Row {
                caused: true,
                ..plain_row(time, machine, EventKind::Send, (clock - 1, clock))
            });
            let degree = self.topology.degree(machine);
            for position in caused.recipients.positions(degree) {
                columns.recipient(id(self.topology.peer(machine, position)) as i64);
            }
        }
    }
}

impl<'a> StepRecords<'a> {
    /// Of machines that send to each other so.
    pub fn new(topology: &'a Topology) -> Self {
        Self {
            topology,
            columns: Columns::default(),
        }
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The columns of all events.
    pub(super) fn into_columns(mut self) -> Columns {
        self.columns.finish();
        self.columns
    }
}
