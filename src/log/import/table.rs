//! A table of events, from anywhere: what it holds before it is judged and put in order.

use crate::log::bad_row::BadRow;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::origins::Origins;
use crate::log::texts::Texts;
use crate::log::vector_column::VectorColumn;
use crate::model::rules::Rules;

/// Stands among recipients for every machine of the run but the sender.
pub const OTHERS: i64 = UNKNOWN - 2;
/// Stands for two machines: the two others, if there are so many.
pub const BOTH: i64 = UNKNOWN - 3;
/// As [`OTHERS`], with the sender if it has no other: "all" as people write it.
pub const ALL: i64 = UNKNOWN - 1;

/// A table: what is given of it, all of one length.
///
/// `machine_id` is needed, and `event` and a clock unless vectors or messages tell more. `system_time` stands in for `time`, which is since
/// the start; `arrived` is on the clock of `time`, or else of `system_time`.
#[derive(Debug, Default)]
pub struct Table {
    /// The columns; those that are not given are empty. Machines and senders are ids or, with `names`, places among these;
    /// [`UNKNOWN`] stands where there is none.
    pub columns: Columns,
    /// The recipients of each SEND, [`UNKNOWN`], [`ALL`], [`OTHERS`] and [`BOTH`] among them; else those that received it.
    pub recipients: Option<Lists>,
    /// The distinct texts behind machines, senders, recipients and vectors.
    pub names: Option<Vec<String>>,
    /// The vector clock after each event.
    pub vectors: Option<VectorColumn>,
    /// The number of the message of each row, [`UNKNOWN`] if it has none.
    pub messages: Option<Vec<i64>>,
    /// Where each row stands in files; then the rows of a machine are in the order of its log, whatever their times.
    pub origin: Option<Origins>,
    /// The row of what the table was made of, where some of that are left aside.
    pub rows: Option<Vec<u32>>,
    /// Which events receive and send; empty if none does.
    pub both: Vec<bool>,
    /// In what steps its times are given, in seconds; 0 if that is not known.
    pub resolution: f64,
    /// Columns that mean nothing to us, by source row.
    pub extra: Vec<(String, Texts)>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// The rows that cannot be read.
    pub bad_rows: Vec<BadRow>,
}

/// A list of whole numbers for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    /// Row i's are `values[starts[i]..starts[i + 1]]`.
    pub starts: Vec<usize>,
    /// All of them.
    pub values: Vec<i64>,
}

/// What is declared of a table, and holds once it is read.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Whether a queue length is that before the message was taken.
    pub queue_len_before: bool,
    /// Whether one multicast stands in several rows.
    pub multicast_rows: bool,
    /// What is taken for true of the program.
    pub rules: Rules,
    /// Seconds to add to the times of machines.
    pub offsets: Vec<(MachineKey, f64)>,
}

/// A machine as a caller names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MachineKey {
    /// By its id, or the number that stands for its name.
    Id(u64),
    /// By its name.
    Name(String),
}

impl Table {
    /// Where a row stands, as people find it.
    pub(super) fn place(&self, row: usize) -> String {
        match (&self.origin, &self.rows) {
            (Some(origin), _) => {
                let (file, line) = origin.of(row);
                format!("{file}:{line}")
            }
            (None, Some(rows)) => format!("row {}", rows[row]),
            (None, None) => format!("row {row}"),
        }
    }
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            starts: vec![0],
            values: Vec::new(),
        }
    }
}

impl Lists {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a row has.
    pub fn of(&self, row: usize) -> &[i64] {
        &self.values[self.starts[row]..self.starts[row + 1]]
    }

    /// Appends a row.
    pub fn push(&mut self, values: impl IntoIterator<Item = i64>) {
        self.values.extend(values);
        self.starts.push(self.values.len());
    }
}

impl FromIterator<Vec<i64>> for Lists {
    fn from_iter<I: IntoIterator<Item = Vec<i64>>>(rows: I) -> Self {
        let mut lists = Self::default();
        for row in rows {
            lists.push(row);
        }
        lists
    }
}
