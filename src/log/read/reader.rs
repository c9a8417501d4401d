//! Log files, read: the history of each, or tables of all.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::log::history::History;
use crate::log::logs::Logs;
use crate::log::read::assemble::{Accept, ReadLog, read};
use crate::log::read::bad_line::BadLines;
use crate::log::read::executions::told_apart;
use crate::log::read::tables::{accept, accept_damaged};
use crate::log::read::workers;
pub use crate::log::read::workers::LogFiles;

/// Reads the logs of one run, each with the seconds in `offsets` added to its times.
///
/// Files compressed by gzip or zstd are read as what they hold; a line counts only with its newline.
/// A file that grows or shrinks meanwhile is read up to where its end was met.
/// `go_on` is asked every few milliseconds; when it says no, reading ends with an error.
pub fn read_logs(
    paths: &[PathBuf],
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Logs> {
    read_logs_on(workers::threads(paths), paths, offsets, go_on)
}

/// [`read_logs`] on this many threads; the result and the error are the same for any number.
pub fn read_logs_on(
    threads: usize,
    paths: &[PathBuf],
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Logs> {
    read_some(threads, LogFiles::whole(paths), offsets, false, go_on)
}

/// [`read_logs`] of some lines; where `skips`, those that cannot be read are left aside and noted.
pub fn read_logs_of(
    files: LogFiles<'_>,
    offsets: &BTreeMap<u64, f64>,
    skips: bool,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Logs> {
    read_some(workers::threads(files.paths), files, offsets, skips, go_on)
}

fn read_some(
    threads: usize,
    files: LogFiles<'_>,
    offsets: &BTreeMap<u64, f64>,
    skips: bool,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Logs> {
    let how: (BadLines, Accept) = if skips {
        (BadLines::Skip, accept_damaged)
    } else {
        (BadLines::Refuse, accept)
    };
    let reading = read(threads, files, offsets, how, go_on)?;
    check(&reading.logs, last_run, offsets, files.paths)?;
    reading.into_logs(threads, go_on)
}

/// The run of the last STARTUP, which tables have: it is that of all if it is told.
fn last_run(log: &ReadLog) -> Option<String> {
    let (_, startup) = log.history.startups().last()?;
    startup.run_id.as_deref().map(str::to_owned)
}

/// Reads the same logs as they stand, for verification: each in its own order.
///
/// What no run can have written is for verification to judge, lines that cannot be read too. A file
/// without one that can is no log.
pub fn read_history(
    paths: &[PathBuf],
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<History> {
    read_history_on(workers::threads(paths), paths, offsets, go_on)
}

/// [`read_history`] on this many threads; the result and the error are the same for any number.
pub fn read_history_on(
    threads: usize,
    paths: &[PathBuf],
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<History> {
    read_some_history(threads, LogFiles::whole(paths), offsets, go_on)
}

/// [`read_history`] of some lines.
pub fn read_history_of(
    files: LogFiles<'_>,
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<History> {
    read_some_history(workers::threads(files.paths), files, offsets, go_on)
}

fn read_some_history(
    threads: usize,
    files: LogFiles<'_>,
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<History> {
    let how: (BadLines, Accept) = (BadLines::Skip, |_, _| Ok(()));
    let reading = read(threads, files, offsets, how, go_on)?;
    // Of a log that names several runs, the first counts.
    let run = |log: &ReadLog| {
        let mut startups = log.history.startups();
        startups.find_map(|(_, startup)| startup.run_id.as_deref().map(str::to_owned))
    };
    check(&reading.logs, run, offsets, files.paths)?;
    reading.into_history(threads, go_on)
}

/// Whether the logs are of different machines of one run, `run` being the one that a log names.
fn check(
    logs: &[ReadLog],
    run: fn(&ReadLog) -> Option<String>,
    offsets: &BTreeMap<u64, f64>,
    paths: &[PathBuf],
) -> Result<()> {
    let mut ids: BTreeMap<u64, &str> = BTreeMap::new();
    let mut last: Option<(&str, String)> = None;
    for log in logs {
        let (id, file) = (log.history.machine_id, &log.history.file);
        ids.insert(id, file);
        let Some(id) = run(log) else { continue };
        match last {
            Some((before, other)) if other != id => {
                let message = format!(
                    "run {id:?}, but {before} is of run {other:?}: give the logs of one run"
                );
                return Err(told_apart(Error::log(file, 1, message), paths));
            }
            _ => last = Some((file, id)),
        }
    }
    match offsets.keys().find(|id| !ids.contains_key(id)) {
        Some(id) => Err(Error::invalid(format!(
            "offsets name machine {id}, which has no log here: the machines are {}",
            ids.keys()
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ))),
        None => Ok(()),
    }
}
