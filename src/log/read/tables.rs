//! What tables are made of: the histories of all logs, checked and merged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::log::columns::{Micros, UNKNOWN};
use crate::log::history::{LogHistory, Note};
use crate::log::line::Startup;
use crate::log::logs::{Logs, MachineSummary, Source, Unread, Zero};
use crate::log::read::assemble::{ReadLog, Reading};
use crate::log::read::executions::told_apart;
use crate::log::read::merge_rows::{LogEvents, merge_by_time};
use crate::log::read::parts::FilePart;
use crate::log::read::uptime::uptime;

/// So many lines that cannot be read are noted one by one, of each log.
const NOTED: usize = 5;
/// What to note where no log says when ticking began.
const UNTOLD: &str = "no log says when ticking began: time 0 is the earliest event";

/// Whether each log in a file is of one machine and one run, as verification does not ask before it judges.
pub(super) fn accept(parts: &[FilePart], paths: &[PathBuf]) -> Result<()> {
    accept_with(parts, paths, FilePart::first_gap)
}

/// Whether each log in a file is of one run, where lines that cannot be read are left aside.
pub(super) fn accept_damaged(parts: &[FilePart], paths: &[PathBuf]) -> Result<()> {
    accept_with(parts, paths, |_| None)
}

fn accept_with(
    parts: &[FilePart],
    paths: &[PathBuf],
    stray: fn(&FilePart) -> Option<(u64, String)>,
) -> Result<()> {
    let refused = parts.iter().filter_map(|part| {
        let stray = stray(part);
        let other_run = other_run(part, stray.as_ref().map(|(line, _)| *line));
        let is_run = other_run.is_some();
        let (line, message) = other_run.or(stray)?;
        let error = Error::log(&part.file, part.line_in_file(line), message);
        Some((part.line_in_file(line), is_run, error))
    });
    match refused.min_by_key(|(line, ..)| *line) {
        Some((_, true, error)) => Err(told_apart(error, paths)),
        Some((.., error)) => Err(error),
        None => Ok(()),
    }
}

/// The first line that is of another run than those before, if it stands before this one.
fn other_run(part: &FilePart, stray: Option<u64>) -> Option<(u64, String)> {
    let mut run = None;
    for (line, startup) in part.startups() {
        if stray.is_some_and(|first| first <= line) {
            break;
        }
        if let (Some(before), Some(now)) = (run, &startup.run_id)
            && before != now
        {
            let message = format!(
                "run_id is {now:?}, but the lines before are of run {before:?}: a log belongs to one run"
            );
            return Some((line, message));
        }
        run = startup.run_id.as_ref();
    }
    None
}

impl Reading {
    /// The events of all logs in order of time, and what the logs say beside them.
    pub(super) fn into_logs(
        mut self,
        threads: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Logs> {
        let known = self.resolve();
        let zero = self.zero();
        let (mut peers, listed) = self.peers(&known);
        let mut logs = Logs {
            zero,
            ..Logs::default()
        };
        let mut events = Vec::with_capacity(self.logs.len());
        let mut sources: BTreeMap<PathBuf, BTreeMap<u64, Micros>> = BTreeMap::new();
        let has_gap = self.logs.iter().any(|log| log.history.has_gap());
        note_shared(&self.logs, &mut logs.notes);
        for log in self.logs {
            note(&log, &mut logs.notes);
            for path in log.paths {
                let path = std::path::absolute(&path).unwrap_or(path);
                let offsets: &mut BTreeMap<_, _> = sources.entry(path).or_default();
                offsets.insert(log.history.machine_id, log.events.offset);
            }
            let up = uptime(&log.history, &log.events);
            let came_back = returns(&log.history, &log.events, zero.time() as f64);
            events.push(log.events);
            let mut summary = summary(log.history, log.span, zero.time() as f64);
            (summary.up, summary.restarts) = (up, came_back);
            logs.machines.push(summary);
        }
        logs.machines.sort_by_key(|summary| summary.id);
        let (execution, skips) = (self.execution, has_gap);
        let source = |(path, offsets)| Source {
            path,
            offsets,
            execution: execution.clone(),
            skips,
        };
        logs.sources = sources.into_iter().map(source).collect();
        logs.sources.sort_by_key(Source::machine_id);
        let columns = merge_by_time(&events, zero.time(), threads, go_on);
        drop(events);
        let columns = columns.ok_or_else(|| Error::state("reading was interrupted"))?;
        columns.each_link(|sender, recipient, is_manual| {
            if !is_manual || !listed.contains(&sender) {
                peers.entry(sender).or_default().insert(recipient);
            }
        });
        let sorted = |(id, set): (u64, BTreeSet<u64>)| (id, set.into_iter().collect());
        logs.peers = peers.into_iter().map(sorted).collect();
        let unknown = columns.recipients.iter().filter(|&&id| id == UNKNOWN);
        let unknown = unknown.count();
        if unknown > 0 {
            logs.notes.push(format!(
                "{unknown} recipients of messages are known by address only: no CONNECT or STARTUP line tells whose it is"
            ));
        }
        if matches!(zero, Zero::Earliest(_)) {
            logs.notes.push(UNTOLD.to_owned());
        }
        logs.has_recipients = unknown == 0 || columns.tells_recipients();
        logs.columns = columns;
        Ok(logs)
    }

    /// The peers of each machine that lines other than SENDs name, `known` being who is behind each address, and
    /// which machines list them in STARTUP: what these send to by hand beside them is no peer.
    fn peers(&self, known: &[i64]) -> (BTreeMap<u64, BTreeSet<u64>>, BTreeSet<u64>) {
        let mut sets: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        let mut listed = BTreeSet::new();
        for (place, log) in self.logs.iter().enumerate() {
            let id = log.history.machine_id;
            let set = sets.entry(id).or_default();
            let startup = log.history.startups().next();
            if let Some((_, startup)) = startup.filter(|(_, startup)| startup.version.is_some()) {
                let places = self.addresses.among(place, &startup.peers);
                let ids = places.map(|address| known[address]);
                set.extend(ids.filter_map(|id| u64::try_from(id).ok()));
                listed.insert(id);
                continue;
            }
            let connected = log
                .history
                .marks
                .iter()
                .filter_map(|mark| match &mark.note {
                    Note::Connect(connect) => Some(connect.peer_id),
                    _ => None,
                });
            set.extend(connected);
            let listed = self.addresses.of(place).map(|address| known[address]);
            set.extend(listed.filter_map(|id| u64::try_from(id).ok()));
        }
        (sets, listed)
    }
}

/// When a machine came back after events, in seconds since `zero`, which is in microseconds, and with which clock.
fn returns(history: &LogHistory, events: &LogEvents, zero: f64) -> Vec<(f64, u64)> {
    let mut before = events.before();
    let startups = history.startups();
    let clocks = startups.filter_map(|(mark, _)| Some((mark.time, before(mark.row)?.new_clock)));
    clocks
        .map(|(time, clock)| ((time - zero) / 1e6, clock))
        .collect()
}

/// What a log says of its machine; `zero` is where times count from, in microseconds.
fn summary(history: LogHistory, span: (f64, f64), zero: f64) -> MachineSummary {
    let seconds = |micros: f64| (micros - zero) / 1e6;
    let mut first = history.startups().next();
    let begun = first.take_if(|(mark, _)| mark.row == 0);
    let local_clock = begun.and_then(|(_, startup)| startup.local_clock);
    let mut gaps: Vec<u32> = history.gaps.iter().map(|lines| lines.row as u32).collect();
    gaps.dedup();
    let mut summary = MachineSummary {
        id: history.machine_id,
        gaps,
        addresses: history.addresses(),
        file: history.file,
        span: (seconds(span.0), seconds(span.1)),
        ..MachineSummary::default()
    };
    for mark in history.marks {
        match mark.note {
            Note::Startup(startup) => {
                summary.startup = Some(Startup {
                    local_clock,
                    peers: Vec::new(),
                    listen: None,
                    ..*startup
                });
            }
            Note::Unread {
                sender,
                sent_clock,
                arrived,
            } => summary.unread.push(Unread {
                sender,
                sent_clock,
                arrived: seconds(arrived),
            }),
            Note::End(end) => summary.end = Some(*end),
            Note::Connect(_) => {}
        }
    }
    summary
}

/// Notes which files have lines of several machines.
fn note_shared(logs: &[ReadLog], notes: &mut Vec<String>) {
    let mut machines: BTreeMap<&Path, u64> = BTreeMap::new();
    for path in logs.iter().flat_map(|log| &log.paths) {
        *machines.entry(path).or_default() += 1;
    }
    for (path, count) in machines.into_iter().filter(|(_, count)| *count > 1) {
        let file = path.display();
        notes.push(format!("{file}: it has the lines of {count} machines"));
    }
}

/// Notes what the log lacks.
fn note(log: &ReadLog, notes: &mut Vec<String>) {
    let history = &log.history;
    let file = &history.file;
    if let Some(line) = history.torn {
        let (file, line) = history.place(line as u32);
        notes.push(if log.is_cut {
            format!(
                "{file}:{line}: the compressed file is cut off here; whole lines before it are counted"
            )
        } else {
            format!("{file}:{line}: the last line has no newline and is not counted")
        });
    }
    let told = history.gaps.iter().filter(|gap| !gap.why.is_empty());
    for gap in told.clone().take(NOTED) {
        let (file, line) = history.place(gap.line);
        let more = match gap.count - 1 {
            0 => String::new(),
            more => format!(" and {more} more after it"),
        };
        notes.push(format!("{file}:{line}: left aside{more}: {}", gap.why));
    }
    let others = told
        .skip(NOTED)
        .map(|gap| u64::from(gap.count))
        .sum::<u64>();
    let mut note = |text: &str| notes.push(format!("{file}: {text}"));
    if others > 0 {
        note(&format!(
            "{others} more lines cannot be read and are left aside"
        ));
    }
    if log.paths.len() > 1 {
        note(&format!(
            "they are one log, that of machine {}",
            history.machine_id
        ));
    }
    let is_started = history.startups().next().is_some();
    if !is_started && log.has_base_receives {
        note("base fields only: clock rate, queue lengths and the senders of messages are unknown");
        return;
    }
    if !is_started {
        note("no STARTUP line: the clock rate and the run are unknown");
    }
    if log.has_base_receives {
        note("some RECEIVE lines do not say which message was received");
    }
    let is_end = |note: &Note| matches!(note, Note::End(_));
    if !history.marks.iter().any(|mark| is_end(&mark.note)) {
        note("no END line: the machine was killed or is still running");
    }
}
