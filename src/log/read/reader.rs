//! Log files into columns.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::log::columns::{Columns, Micros, UNKNOWN};
use crate::log::facts::{Facts, Logs, Source, Unread};
use crate::log::read::addresses::Addresses;
use crate::log::read::blocks::Stop;
use crate::log::read::gather::{Piece, Run, gather};
use crate::log::read::parse::Peer;
use crate::log::read::part::{Fault, Told};
use crate::log::read::text::{not_text, too_long};
use crate::log::read::workers::{self, Parts};

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

/// [`read_logs`] on this many threads; the result and the error are the same for any number.
pub fn read_logs_on(
    threads: usize,
    paths: &[PathBuf],
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Logs> {
    let parts = workers::read(paths, threads, false, go_on)?;
    let mut reading = Reading::default();
    for (path, parts) in paths.iter().zip(parts) {
        reading.take(path, parts, offsets)?;
    }
    check(reading.logs.iter().map(|log| &log.facts), offsets)?;
    reading.finish(threads, go_on)
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    runs: Vec<Run>,
    /// By log and block, the addresses that stand among the recipients.
    codes: Vec<Vec<Vec<usize>>>,
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
        let mut pieces = Vec::with_capacity(parts.blocks.len());
        let mut codes = Vec::with_capacity(parts.blocks.len());
        for part in parts.blocks {
            if log.lines == 0
                && let Some(&(_, id)) = part.owners.first()
            {
                log.facts.id = id;
                log.offset = offset(offsets, id)?;
                log.facts.span = (f64::INFINITY, f64::NEG_INFINITY);
            }
            let own = log.facts.id;
            let other = part.owners.iter().find(|(_, id)| *id != own);
            let other = other.map(|&(line, id)| (line, of_another(id, own)));
            for aside in part.asides {
                if other.as_ref().is_some_and(|(line, _)| *line <= aside.line) {
                    break;
                }
                let told = log.tell(&mut self.addresses, aside.told);
                told.map_err(|message| Error::log(&file, log.lines + aside.line, message))?;
            }
            if let Some((line, message)) = other {
                return Err(Error::log(file, log.lines + line, message));
            }
            if let Some(fault) = part.fault {
                return Err(fault_at(&file, log.lines + part.lines + 1, fault));
            }
            log.lines += part.lines;
            log.base_receives |= part.base_receives;
            if let Some((first, last)) = part.span {
                let (first, last) = ((first + log.offset) as f64, (last + log.offset) as f64);
                let span = &mut log.facts.span;
                *span = (span.0.min(first), span.1.max(last));
            }
            let places = part.addresses.iter();
            codes.push(places.map(|peer| self.addresses.place(peer)).collect());
            pieces.push(Piece {
                rows: part.rows,
                names: Vec::new(),
            });
        }
        self.codes.push(codes);
        self.runs.push(Run {
            machine_id: log.facts.id,
            offset: log.offset,
            pieces,
        });
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
            return Err(no_line(file, parts.torn));
        }
        log.facts.file = file;
        self.note(&log);
        self.logs.push(log);
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

    fn finish(mut self, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<Logs> {
        let listens: Vec<_> = self
            .logs
            .iter()
            .map(|log| (log.facts.id, log.listens.as_slice()))
            .collect();
        let known = self.addresses.resolve(&listens);
        for (run, codes) in self.runs.iter_mut().zip(self.codes) {
            for (piece, codes) in run.pieces.iter_mut().zip(codes) {
                piece.names = codes.into_iter().map(|place| known[place]).collect();
            }
        }
        let firsts = self.logs.iter().map(|log| log.facts.span.0);
        let start = firsts.fold(f64::INFINITY, f64::min);
        let columns = gather(&self.runs, start as Micros, threads, go_on);
        drop(std::mem::take(&mut self.runs));
        let columns = columns.ok_or_else(|| Error::state("reading was interrupted"))?;
        let peers = peers(&self.logs, &self.addresses, &columns, &known);
        let unknown = columns.recipients.iter().filter(|&&id| id == UNKNOWN);
        let unknown = unknown.count();
        if unknown > 0 {
            self.notes.push(format!(
                "{unknown} recipients of messages are known by address only: no CONNECT or STARTUP line tells whose it is"
            ));
        }
        self.logs.sort_by_key(|log| log.facts.id);
        let mut logs = Logs {
            columns,
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
        Ok(logs)
    }
}

impl Log {
    /// Takes a line about the machine.
    fn tell(&mut self, addresses: &mut Addresses, told: Told) -> std::result::Result<(), String> {
        let facts = &mut self.facts;
        match told {
            Told::Connect(connect) => {
                addresses.connect(&connect.peer, connect.peer_id);
                self.connected.insert(connect.peer_id);
            }
            Told::Unread(message) => facts.unread.push(Unread {
                sender: message.sender,
                sent_clock: message.sent_clock.unwrap_or_default(),
                arrived: message
                    .arrival
                    .map_or(f64::NAN, |time| (time + self.offset) as f64),
            }),
            Told::End(end) => facts.end = Some(*end),
            Told::Startup(startup, _) => {
                if let (Some(before), Some(now)) = (&facts.run_id, &startup.run_id)
                    && before != now
                {
                    return Err(format!(
                        "run_id is {now:?}, but the lines before are of run {before:?}: a log belongs to one run"
                    ));
                }
                facts.is_resumed |= self.started;
                facts.is_virtual = startup.is_virtual;
                self.started = true;
                facts.run_id = startup.run_id.map(Into::into);
                facts.clock_rate = startup.clock_rate;
                facts.internal_probability = startup.internal_probability;
                facts.broadcast_share = startup.broadcast_share;
                facts.local_clock = startup.local_clock;
                self.listens
                    .extend(startup.listen.map(|Peer(host, port)| (host.into(), port)));
                for peer in &startup.peers {
                    addresses.place(peer);
                }
            }
        }
        Ok(())
    }
}

/// The known peers of each machine, `known` being who is behind each address.
fn peers(
    logs: &[Log],
    addresses: &Addresses,
    columns: &Columns,
    known: &[i64],
) -> BTreeMap<u64, Vec<u64>> {
    let mut sets: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for (place, log) in logs.iter().enumerate() {
        let listed = addresses.of(place).map(|address| known[address]);
        let set = sets.entry(log.facts.id).or_default();
        set.extend(&log.connected);
        set.extend(listed.filter_map(|id| u64::try_from(id).ok()));
    }
    columns.each_link(|sender, recipient| {
        sets.entry(sender).or_default().insert(recipient);
    });
    sets.into_iter()
        .map(|(id, set)| (id, set.into_iter().collect()))
        .collect()
}

/// What to say of a log without a line.
pub(super) fn no_line(file: String, is_torn: bool) -> Error {
    Error::log(
        file,
        1,
        if is_torn {
            "there is no complete line: a log has one JSON object a line, each with a newline"
        } else {
            "the file is empty: a log has one JSON object a line"
        },
    )
}

/// What to say of a line of machine `id` in the log of `own`.
fn of_another(id: u64, own: u64) -> String {
    format!(
        "machine_id is {id}, but the lines before are of machine {own}: a log belongs to one machine"
    )
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
pub(super) fn fault_at(file: &str, number: u64, fault: Fault) -> Error {
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
