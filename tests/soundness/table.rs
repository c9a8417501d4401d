//! What is left of a run, as a table.

use crate::part::{Left, Part};
use crate::whole::{Fields, VECTOR};
use lamport::error::Result;
use lamport::log::columns::{Columns, UNKNOWN};
use lamport::log::import::table::{Declared, Lists, Table};
use lamport::log::logs::Logs;
use lamport::log::schema::EventKind;
use lamport::log::vector_column::VectorColumn;
use lamport::model::rules::Rules;
use serde_json::Value;

impl Part {
    /// The events as the rows of a table, in order of time, or log after log without times.
    pub(crate) fn table(&self, rules: &Rules) -> Result<Logs> {
        let mut rows: Vec<&Fields> = Vec::new();
        for line in self.logs.iter().flat_map(|log| &log.lines) {
            if let Left::Line(_, fields) = line
                && fields.contains_key("new_clock")
            {
                rows.push(fields);
            }
        }
        if self.has_times {
            rows.sort_by(|a, b| seconds(a, "system_time").total_cmp(&seconds(b, "system_time")));
        }
        let whole = |field: &str| -> Vec<i64> {
            let is_there = rows
                .iter()
                .any(|row| row.get(field).is_some_and(Value::is_i64));
            let value = |row: &&Fields| row.get(field).and_then(Value::as_i64).unwrap_or(UNKNOWN);
            if is_there {
                rows.iter().map(value).collect()
            } else {
                Vec::new()
            }
        };
        let flag = |field: &str| rows.iter().map(|row| row.contains_key(field)).collect();
        let times = |field: &str| -> Vec<f64> {
            let is_there = self.has_times && rows.iter().any(|row| row.contains_key(field));
            if is_there {
                rows.iter().map(|row| seconds(row, field)).collect()
            } else {
                Vec::new()
            }
        };
        let columns = Columns {
            machine_id: whole("machine_id"),
            event: rows.iter().map(|row| kind(row)).collect(),
            old_clock: whole("old_clock"),
            new_clock: whole("new_clock"),
            queue_len: whole("queue_len"),
            sender: whole("sender"),
            sent_clock: whole("sent_clock"),
            system_time: times("system_time"),
            arrived: times("arrival_time"),
            manual: flag("manual"),
            by_hand: flag("by_hand"),
            ..Columns::default()
        };
        let names = rows.iter().any(|row| row.contains_key("recipient_ids"));
        let recipients = names.then(|| rows.iter().map(|row| recipients(row)).collect::<Lists>());
        let has_vectors = rows.iter().any(|row| row.contains_key(VECTOR));
        let declared = Declared {
            rules: rules.clone(),
            ..Declared::default()
        };
        let table = Table {
            columns,
            recipients,
            vectors: has_vectors.then(|| vectors(&rows)),
            resolution: self.resolution,
            ..Table::default()
        };
        table.into_logs(&declared)
    }
}

fn seconds(row: &Fields, field: &str) -> f64 {
    row.get(field).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

fn kind(row: &Fields) -> EventKind {
    let name = row["event"].as_str().unwrap();
    let kind = EventKind::ALL.iter().find(|kind| kind.name() == name);
    *kind.unwrap()
}

fn recipients(row: &Fields) -> Vec<i64> {
    match row.get("recipient_ids") {
        Some(ids) => {
            let ids = ids.as_array().unwrap().iter();
            ids.map(|id| id.as_i64().unwrap_or(UNKNOWN)).collect()
        }
        None if row["event"] == "SEND" => vec![UNKNOWN],
        None => Vec::new(),
    }
}

fn vectors(rows: &[&Fields]) -> VectorColumn {
    let mut column = VectorColumn {
        starts: vec![0],
        ..VectorColumn::default()
    };
    for row in rows {
        let entries = row.get(VECTOR).and_then(Value::as_object);
        for (machine, count) in entries.into_iter().flatten() {
            column.machines.push(machine.parse().unwrap());
            column.counts.push(count.as_i64().unwrap());
        }
        column.starts.push(column.machines.len());
    }
    column
}
