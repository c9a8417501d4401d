//! Log files into columns.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::log::addresses::Addresses;
use crate::log::blocks::Stop;
use crate::log::columns::{Columns, Micros, UNKNOWN};
use crate::log::facts::{Facts, Logs, Source, Unread};
use crate::log::gather::{Runs, gather};
use crate::log::parse::Peer;
use crate::log::part::{Fault, Part, Told, of_another};
use crate::log::text::{not_text, too_long};
use crate::log::workers::{self, Parts};

/// The largest correction of a host's clock, in seconds.
const MAX_OFFSET: f64 = 1e9;

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

/// [`read_logs`] on so many threads; the result and the error are the same for any number.
pub fn read_logs_on(
    threads: usize,
    paths: &[PathBuf],
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Logs> {
    if paths.is_empty() {
        return Err(Error::invalid("no log files are given"));
    }
    let parts = workers::read(paths, threads, go_on).map_err(|place| {
        let file = paths[place].display();
        Error::state(format!("reading {file} was interrupted"))
    })?;
    let mut reading = Reading::default();
    for (path, parts) in paths.iter().zip(parts) {
        reading.take(path, parts, offsets)?;
    }
    check(reading.logs.iter().map(|log| &log.facts), offsets)?;
    Ok(reading.finish(threads > 1))
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    runs: Runs,
    columns: Columns,
    addresses: Addresses,
    logs: Vec<Log>,
    notes: Vec<String>,
}

/// One log: its facts, with times still in microseconds, and what only the reader needs.
#[derive(Default)]
struct Log {
    facts: Facts,
    path: PathBuf,
    offset: Micros,
    lines: u64,
    started: bool,
    base_receives: bool,
    listens: Vec<(String, u64)>,
    /// Machines it is connected to.
    connected: BTreeSet<u64>,
}

impl Reading {
    /// Takes a log, block by block.
    fn take(&mut self, path: &Path, parts: Parts, offsets: &BTreeMap<u64, f64>) -> Result<()> {
        let file = path.display().to_string();
        let mut log = Log {
            path: path.to_owned(),
            ..Log::default()
        };
        self.addresses.next_log();
        let mut run = Vec::with_capacity(parts.blocks.len());
        for mut part in parts.blocks {
            let at = |number: u64, message: String| Error::log(&file, log.lines + number, message);
            if let Some(id) = part.machine_id {
                if log.lines == 0 {
                    log.facts.id = id;
                    log.offset = offset(offsets, id)?;
                    log.facts.span = (f64::INFINITY, f64::NEG_INFINITY);
                } else if id != log.facts.id {
                    return Err(at(1, of_another(id, log.facts.id)));
                }
            }
            for (number, told) in part.told.drain(..) {
                self.tell(&mut log, told)
                    .map_err(|message| Error::log(&file, log.lines + number, message))?;
            }
            if let Some(fault) = part.fault {
                return Err(fault_at(&file, log.lines + part.lines + 1, fault));
            }
            self.add(&mut log, &mut part);
            run.push(part.columns);
        }
        self.runs.push(run);
        let next = log.lines + 1;
        if parts.cut {
            self.notes.push(format!(
                "{file}:{next}: the compressed file is cut off here; whole lines before it are counted"
            ));
        } else if parts.torn {
            self.notes.push(format!(
                "{file}:{next}: the last line has no newline and is not counted"
            ));
        }
        if log.lines == 0 {
            return Err(Error::log(
                file,
                1,
                if parts.torn {
                    "there is no complete line: a log has one JSON object a line, each with a newline"
                } else {
                    "the file is empty: a log has one JSON object a line"
                },
            ));
        }
        log.facts.file = file;
        self.note(&log);
        self.logs.push(log);
        Ok(())
    }

    /// Takes the events of a block and shifts their times.
    fn add(&mut self, log: &mut Log, part: &mut Part) {
        log.lines += part.lines;
        log.base_receives |= part.base_receives;
        let offset = log.offset as f64;
        if let Some((first, last)) = part.span {
            let span = &mut log.facts.span;
            *span = (
                span.0.min(first as f64 + offset),
                span.1.max(last as f64 + offset),
            );
        }
        log.facts
            .unread
            .extend(part.unread.iter().map(|message| Unread {
                arrived: message.arrived + offset,
                ..*message
            }));
        if log.offset != 0 {
            let columns = &mut part.columns;
            for time in columns.system_time.iter_mut().chain(&mut columns.arrived) {
                *time += offset;
            }
        }
        let codes = part.addresses.iter().map(|peer| self.addresses.code(peer));
        let codes: Vec<_> = codes.collect();
        if !codes.is_empty() {
            for recipient in &mut part.columns.recipients {
                if let Some(place) = Addresses::decode(*recipient) {
                    *recipient = codes[place];
                }
            }
        }
    }

    /// Takes a line about the machine.
    fn tell(&mut self, log: &mut Log, told: Told) -> std::result::Result<(), String> {
        let facts = &mut log.facts;
        match told {
            Told::Connect(peer, peer_id) => {
                self.addresses.connect(&peer, peer_id);
                log.connected.insert(peer_id);
            }
            Told::End(end) => facts.end = Some(end),
            Told::Startup(startup) => {
                if let (Some(before), Some(now)) = (&facts.run_id, &startup.run_id)
                    && before != now
                {
                    return Err(format!(
                        "run_id is {now:?}, but the lines before are of run {before:?}: a log belongs to one run"
                    ));
                }
                log.started = true;
                facts.run_id = startup.run_id.map(Into::into);
                facts.clock_rate = startup.clock_rate;
                facts.internal_probability = startup.internal_probability;
                facts.broadcast_share = startup.broadcast_share;
                facts.local_clock = startup.local_clock;
                log.listens
                    .extend(startup.listen.map(|Peer(host, port)| (host.into(), port)));
                for peer in &startup.peers {
                    self.addresses.code(peer);
                }
            }
        }
        Ok(())
    }

    /// Notes what the log lacks.
    fn note(&mut self, log: &Log) {
        let file = &log.facts.file;
        let mut note = |text: &str| self.notes.push(format!("{file}: {text}"));
        if !log.started && log.base_receives {
            note(
                "base fields only: clock rate, queue lengths and the senders of messages are unknown",
            );
            return;
        }
        if !log.started {
            note("no STARTUP line: the clock rate and the run are unknown");
        }
        if log.base_receives {
            note("some RECEIVE lines do not say which message was received");
        }
        if log.facts.end.is_none() {
            note("no END line: the machine was killed or is still running");
        }
    }

    fn finish(mut self, is_parallel: bool) -> Logs {
        self.columns = gather(std::mem::take(&mut self.runs), is_parallel);
        let listens: Vec<_> = self
            .logs
            .iter()
            .map(|log| (log.facts.id, log.listens.as_slice()))
            .collect();
        let known = self.addresses.resolve(&listens);
        for recipient in &mut self.columns.recipients {
            if let Some(place) = Addresses::decode(*recipient) {
                *recipient = known[place];
            }
        }
        let firsts = self.logs.iter().map(|log| log.facts.span.0);
        let start = firsts.fold(f64::INFINITY, f64::min);
        self.columns.finish(start as Micros);
        let peers = self.peers(&known);
        let unknown = self.columns.recipients.iter().filter(|&&id| id == UNKNOWN);
        let unknown = unknown.count();
        if unknown > 0 {
            self.notes.push(format!(
                "{unknown} recipients of messages are known by address only: no CONNECT or STARTUP line tells whose it is"
            ));
        }
        self.logs.sort_by_key(|log| log.facts.id);
        let mut logs = Logs {
            columns: self.columns,
            notes: self.notes,
            peers,
            ..Logs::default()
        };
        for log in self.logs {
            let mut facts = log.facts;
            let seconds = |micros: f64| (micros - start) / 1e6;
            facts.span = (seconds(facts.span.0), seconds(facts.span.1));
            for message in &mut facts.unread {
                message.arrived = seconds(message.arrived);
            }
            logs.sources.push(Source {
                path: log.path,
                machine_id: facts.id,
                offset: log.offset,
            });
            logs.machines.push(facts);
        }
        logs
    }

    /// The known peers of each machine, `known` being who is behind each address.
    fn peers(&self, known: &[i64]) -> BTreeMap<u64, Vec<u64>> {
        let mut sets: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for (place, log) in self.logs.iter().enumerate() {
            let listed = self.addresses.of(place).map(|address| known[address]);
            let set = sets.entry(log.facts.id).or_default();
            set.extend(&log.connected);
            set.extend(listed.filter_map(|id| u64::try_from(id).ok()));
        }
        self.columns.each_link(|sender, recipient| {
            sets.entry(sender).or_default().insert(recipient);
        });
        sets.into_iter()
            .map(|(id, set)| (id, set.into_iter().collect()))
            .collect()
    }
}

/// Whether the logs are of different machines of one run.
pub(super) fn check<'a>(
    logs: impl Iterator<Item = &'a Facts>,
    offsets: &BTreeMap<u64, f64>,
) -> Result<()> {
    let mut ids: BTreeMap<u64, &str> = BTreeMap::new();
    let mut run: Option<(&str, &str)> = None;
    for facts in logs {
        if let Some(other) = ids.insert(facts.id, &facts.file) {
            return Err(Error::log(
                &facts.file,
                1,
                format!(
                    "machine {} has two logs, the other is {other}: give one log a machine",
                    facts.id
                ),
            ));
        }
        let Some(id) = &facts.run_id else { continue };
        match run {
            Some((file, other)) if other != id => {
                return Err(Error::log(
                    &facts.file,
                    1,
                    format!("run {id:?}, but {file} is of run {other:?}: give the logs of one run"),
                ));
            }
            _ => run = Some((&facts.file, id)),
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

/// The error of a line.
fn fault_at(file: &str, number: u64, fault: Fault) -> Error {
    let message = match fault {
        Fault::Stop(Stop::Refused(error)) => return error,
        Fault::Stop(Stop::TooLong) => too_long(),
        Fault::Binary(byte) => not_text(number, byte),
        Fault::Wrong(message) => message,
    };
    Error::log(file, number, message)
}

/// The correction of a machine's clock.
pub(super) fn offset(offsets: &BTreeMap<u64, f64>, machine_id: u64) -> Result<Micros> {
    let seconds = offsets.get(&machine_id).copied().unwrap_or(0.0);
    if seconds.abs() <= MAX_OFFSET {
        return Ok((seconds * 1e6).round() as Micros);
    }
    Err(Error::invalid(format!(
        "the offset of machine {machine_id} is {seconds} s: it lies between {:e} and {MAX_OFFSET:e}",
        -MAX_OFFSET
    )))
}
