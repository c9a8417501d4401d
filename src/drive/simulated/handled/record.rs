//! Every step of a run in virtual time, in memory.

use super::StepRecorder;
use crate::drive::simulated::id;
use crate::drive::simulated::record::{micros, plain_row};
use crate::log::columns::{Columns, Row, UNKNOWN};
use crate::log::handled_row::HandledRow;
use crate::log::schema::EventKind;
use crate::model::handled::HandledStep;
use crate::model::message::Nanos;
use crate::model::topology::Topology;

/// Every step, in order.
#[derive(Debug, Default)]
pub struct StepRecords(Vec<(Nanos, u32, HandledStep)>);

impl StepRecorder for StepRecords {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        self.0.push((time, machine, step.clone()));
    }
}

impl StepRecords {
    /// The steps: when, of which machine, and what.
    pub fn steps(&self) -> &[(Nanos, u32, HandledStep)] {
        &self.0
    }

    /// The columns of their events.
    pub fn into_columns(self, topology: &Topology) -> Columns {
        let mut columns = Columns::default();
        let events = self.0.iter().map(|(.., step)| 1 + step.caused.len());
        columns.reserve(events.sum());
        for (time, machine, step) in self.0 {
            let event = &step.event;
            let clocks = (event.old_clock() as i64, event.new_clock() as i64);
            let mut row = plain_row(time, machine, EventKind::of(event), clocks);
            if let Some((message, queue_len)) = step.event.received() {
                row.queue_len = queue_len as i64;
                row.sender = message.sender().map_or(UNKNOWN, |sender| sender as i64);
                row.sent_clock = message.timestamp as i64;
                row.arrived = micros(message.arrival) / 1e6;
            }
            let said = HandledRow::of(&step);
            if !said.is_empty() {
                columns.say(columns.len(), said);
            }
            columns.push(&row);
            for caused in step.caused {
                if caused.body.is_some() {
                    let said = HandledRow {
                        body: caused.body,
                        ..HandledRow::default()
                    };
                    columns.say(columns.len(), said);
                }
                let clock = caused.new_clock as i64;
                columns.push(&Row {
                    caused: true,
                    ..plain_row(time, machine, EventKind::Send, (clock - 1, clock))
                });
                for position in caused.recipients.positions(topology.degree(machine)) {
                    columns.recipient(id(topology.peer(machine, position)) as i64);
                }
            }
        }
        columns.end_said();
        columns.finish();
        columns
    }
}
