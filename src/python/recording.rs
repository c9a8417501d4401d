//! What verification and alignment read of a run: its log files, again, or the table that it is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::Result;
use crate::log::columns::Columns;
use crate::log::history::History;
use crate::log::logs::{Logs, Source};
use crate::log::read::reader::{LogFiles, read_history_of};

/// The events of a run in the order of each log.
pub(super) enum Recording {
    /// The files, the run of the execution whose lines count if not all do, and the seconds to add to the times of
    /// each machine.
    Files(Vec<PathBuf>, Option<String>, BTreeMap<u64, f64>),
    /// The events of a table.
    Table(Box<Columns>),
}

impl Recording {
    /// These files, whose times are corrected as when they were first read.
    pub(super) fn corrected(files: &[Source]) -> Self {
        let seconds = |(&id, &offset): (&u64, &i64)| (id, offset as f64 / 1e6);
        let offsets = files.iter().flat_map(|file| &file.offsets);
        Self::Files(
            paths(files),
            execution(files),
            offsets.map(seconds).collect(),
        )
    }

    /// These files, whose times are as they were logged.
    pub(super) fn as_logged(files: &[Source]) -> Self {
        Self::Files(paths(files), execution(files), BTreeMap::new())
    }

    /// The history of each machine; `beside` is what the logs say beside their events.
    pub(super) fn history(self, beside: &Logs, go_on: &mut dyn FnMut() -> bool) -> Result<History> {
        match self {
            Self::Files(paths, execution, offsets) => {
                let files = LogFiles {
                    paths: &paths,
                    execution: execution.as_deref(),
                };
                read_history_of(files, &offsets, go_on)
            }
            Self::Table(columns) => Ok(History::of_table(*columns, beside)),
        }
    }
}

fn execution(files: &[Source]) -> Option<String> {
    files.iter().find_map(|file| file.execution.clone())
}

fn paths(files: &[Source]) -> Vec<PathBuf> {
    files.iter().map(|file| file.path.clone()).collect()
}
