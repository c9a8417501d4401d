//! What the logs of a run say beside their events.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::log::columns::{Columns, Micros};
use crate::log::line::{End, Startup};

/// The logs of one run.
#[derive(Debug, Default)]
pub struct Logs {
    /// The events of all machines.
    pub columns: Columns,
    /// The machines, sorted by id.
    pub machines: Vec<MachineSummary>,
    /// The known peers of each machine, sorted.
    pub peers: BTreeMap<u64, Vec<u64>>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// The files behind the columns; none for a table.
    pub sources: Vec<Source>,
}

/// A log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is.
    pub machine_id: u64,
    /// What is added to its times.
    pub offset: Micros,
}

/// What one log says of its machine.
#[derive(Debug, Clone, Default)]
pub struct MachineSummary {
    /// The machine.
    pub id: u64,
    /// The file as it was named; empty for a table.
    pub file: String,
    /// The last STARTUP line, without the addresses in it.
    pub startup: Option<Startup<'static>>,
    /// Whether it has come back after a crash.
    pub is_resumed: bool,
    /// Of a run in memory: when the machine came back after a crash, in seconds, and with which clock.
    pub restarts: Vec<(f64, u64)>,
    /// The END line.
    pub end: Option<End>,
    /// The messages left in the queue at the end.
    pub unread: Vec<Unread>,
    /// The times of the first and the last line, in seconds since the earliest of all.
    pub span: (f64, f64),
}

/// A message left in the queue at the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unread {
    /// Who sent it, unless it was delivered by hand.
    pub sender: Option<u64>,
    /// Its timestamp.
    pub sent_clock: u64,
    /// When it entered the queue, in seconds since the earliest line; NaN if unknown.
    pub arrived: f64,
}
