//! What the logs of a run say beside their events.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::log::bad_row::BadRow;
use crate::log::columns::{Columns, Micros};
use crate::log::line::{End, Startup};
use crate::log::origins::Origins;
use crate::log::texts::Texts;
use crate::log::vector_column::VectorColumn;
use crate::model::rules::Rules;

/// The logs of one run.
#[derive(Debug)]
pub struct Logs {
    /// The events of all machines.
    pub columns: Columns,
    /// The machines, sorted by id.
    pub machines: Vec<MachineSummary>,
    /// The known peers of each machine: in the order of its list in virtual time, else sorted.
    pub peers: BTreeMap<u64, Vec<u64>>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// The files behind the columns; none for a table.
    pub sources: Vec<Source>,
    /// Where times count from.
    pub zero: Zero,
    /// The names of machines, by the number that stands for each; empty if they have ids.
    pub names: BTreeMap<u64, String>,
    /// What was taken for true of the program.
    pub rules: Rules,
    /// By row of the columns, the vector clock after each event, as it was logged.
    pub vectors: Option<VectorColumn>,
    /// By row of the columns, where each event stands in files, if several of them make one log.
    pub origins: Option<Origins>,
    /// By row of the columns, the row of the table that it came from; empty if it is the same.
    pub source_rows: Vec<u32>,
    /// Columns that mean nothing to us, by row of the table.
    pub extra: Vec<(String, Texts)>,
    /// The rows that could not be read.
    pub bad_rows: Vec<BadRow>,
    /// Whether the clocks were computed: nobody logged any.
    pub is_computed: bool,
    /// Where the timestamps of receipts are from.
    pub stamps: StampOrigin,
    /// Whether times were told; else they only keep the order of events.
    pub has_times: bool,
    /// Whether SENDs tell their recipients; else each has one that is not known, beside those that received.
    pub has_recipients: bool,
    /// In what steps times were given, in seconds; 0 if that is not known.
    pub resolution: f64,
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            columns: Columns::default(),
            machines: Vec::new(),
            peers: BTreeMap::new(),
            notes: Vec::new(),
            sources: Vec::new(),
            zero: Zero::Own,
            names: BTreeMap::new(),
            rules: Rules::default(),
            vectors: None,
            origins: None,
            source_rows: Vec::new(),
            extra: Vec::new(),
            bad_rows: Vec::new(),
            is_computed: false,
            stamps: StampOrigin::Logged,
            has_times: true,
            has_recipients: true,
            resolution: 0.0,
        }
    }
}

/// Where the timestamps of receipts are from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StampOrigin {
    /// They stand in the logs, as far as they are known.
    #[default]
    Logged,
    /// Nobody logged any: they follow from the SENDs that messages are known to be of, by the rules of the logs.
    OfSends,
}

/// Time 0 of a run: the beginning of ticking, which is that of its earliest machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Zero {
    /// Virtual time begins at 0, and a table has its own.
    #[default]
    Own,
    /// A log says when it was.
    Told(Micros),
    /// No log says so: the earliest event stands in for it.
    Earliest(Micros),
}

impl Zero {
    /// When it is, on the clocks of the logs.
    pub fn time(self) -> Micros {
        match self {
            Self::Own => 0,
            Self::Told(time) | Self::Earliest(time) => time,
        }
    }

    /// The Unix time of it, in seconds, if a log says so.
    pub fn began(self) -> Option<f64> {
        match self {
            Self::Told(time) => Some(time as f64 / 1e6),
            Self::Own | Self::Earliest(_) => None,
        }
    }
}

/// A log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is, from the root.
    pub path: PathBuf,
    /// Whose lines it has, and what is added to their times.
    pub offsets: BTreeMap<u64, Micros>,
    /// The run of the one execution that was read, if not all lines were.
    pub execution: Option<String>,
    /// Whether lines that cannot be read are left aside.
    pub skips: bool,
}

impl Source {
    /// The machine whose log it is, or the first of them.
    pub fn machine_id(&self) -> u64 {
        self.offsets.keys().next().copied().unwrap_or_default()
    }
}

/// What one log says of its machine.
#[derive(Debug, Clone, Default)]
pub struct MachineSummary {
    /// The machine.
    pub id: u64,
    /// The file as it was named; empty for a table.
    pub file: String,
    /// The last STARTUP line, without the addresses in it, and with the clock of the first if that stands before all
    /// events.
    pub startup: Option<Startup<'static>>,
    /// When the machine came back after events, in seconds, and with which clock.
    pub restarts: Vec<(f64, u64)>,
    /// The END line.
    pub end: Option<End>,
    /// Which of its events follow lines that cannot be read; in order. Behind the last is the number of events.
    pub gaps: Vec<u32>,
    /// How many addresses the log names as those of other machines.
    pub addresses: usize,
    /// The messages left in the queue at the end.
    pub unread: Vec<Unread>,
    /// The times of the first and the last line, in seconds since the beginning of ticking.
    pub span: (f64, f64),
    /// For how many seconds it was up since it began to tick, and for how many it was down in between.
    pub up: (f64, f64),
}

/// A message left in the queue at the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unread {
    /// Who sent it, unless it was delivered by hand.
    pub sender: Option<u64>,
    /// Its timestamp.
    pub sent_clock: u64,
    /// When it entered the queue, in seconds since the beginning of ticking; NaN if unknown.
    pub arrived: f64,
}
