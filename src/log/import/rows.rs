//! The rows of a table on their way: they change places, some become one and some become several.

use super::table::{Lists, Table};
use crate::log::columns::Columns;
use crate::log::origins::Origins;
use crate::log::vector_column::VectorColumn;

/// The rows as they stand so far; recipients are not in the columns yet.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) columns: Columns,
    pub(super) recipients: Option<Lists>,
    pub(super) vectors: Option<VectorColumn>,
    pub(super) messages: Option<Vec<i64>>,
    pub(super) both: Vec<bool>,
    pub(super) origin: Option<Origins>,
    /// The row of the table that each came from; empty while they stand as they came.
    pub(super) source: Vec<u32>,
}

impl Rows {
    /// All rows of a table, of which nothing else is left.
    pub(super) fn of(table: &mut Table) -> Self {
        Self {
            columns: std::mem::take(&mut table.columns),
            recipients: table.recipients.take(),
            vectors: table.vectors.take(),
            messages: table.messages.take(),
            both: std::mem::take(&mut table.both),
            origin: table.origin.take(),
            source: table.rows.take().unwrap_or_default(),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.columns.machine_id.len()
    }

    /// Puts row `order[i]` in place i; a row may come several times, or not at all.
    pub(super) fn take(&mut self, order: &[usize]) {
        self.source = if self.source.is_empty() {
            order.iter().map(|&row| row as u32).collect()
        } else {
            order.iter().map(|&row| self.source[row]).collect()
        };
        self.columns.reorder_values(order);
        if let Some(lists) = &mut self.recipients {
            let mut new = Lists::default();
            for &row in order {
                new.push(lists.of(row).iter().copied());
            }
            *lists = new;
        }
        if let Some(vectors) = &mut self.vectors {
            *vectors = vectors.reordered(order);
        }
        if let Some(messages) = &mut self.messages {
            *messages = order.iter().map(|&row| messages[row]).collect();
        }
        if !self.both.is_empty() {
            self.both = order.iter().map(|&row| self.both[row]).collect();
        }
        if let Some(origin) = &mut self.origin {
            origin.file = order.iter().map(|&row| origin.file[row]).collect();
            origin.line = order.iter().map(|&row| origin.line[row]).collect();
        }
    }

    /// Where a row stood, as people find it.
    pub(super) fn place(&self, row: usize) -> String {
        if let Some(origin) = &self.origin {
            let (file, line) = origin.of(row);
            return format!("{file}:{line}");
        }
        format!(
            "row {}",
            self.source.get(row).map_or(row, |&row| row as usize)
        )
    }
}
