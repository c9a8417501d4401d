//! Log files into columns.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::log::addresses::Addresses;
use crate::log::columns::{Columns, INTERNAL, Micros, RECEIVE, Row, SEND, UNKNOWN};
use crate::log::facts::{Facts, Logs, Source, Unread};
use crate::log::history::{Diary, History, Mark, Note};
use crate::log::parse::{Body, Line, Peer, parse};
use crate::log::text::Lines;

/// The largest correction of a host's clock, in seconds.
const MAX_OFFSET: f64 = 1e9;
/// How many lines are read between two questions whether to go on.
const LINES_PER_CHECK: u64 = 1 << 14;

/// Reads the logs of one run, each with the seconds in `offsets` added to its times.
///
/// `go_on` is asked every few milliseconds; when it says no, reading ends with an error.
pub fn read_logs(
    paths: &[PathBuf],
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Logs> {
    if paths.is_empty() {
        return Err(Error::invalid("no log files are given"));
    }
    let mut reading = Reading::default();
    for path in paths {
        reading.read(path, offsets, go_on)?;
    }
    reading.check(offsets)?;
    Ok(reading.finish())
}

/// Reads the logs of one run as they stand, line by line, whatever their order and ids.
///
/// What no run can have written is for verification to judge; lines that are no lines of a log
/// stay errors.
pub fn read_history(
    paths: &[PathBuf],
    offsets: &BTreeMap<u64, f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<History> {
    if paths.is_empty() {
        return Err(Error::invalid("no log files are given"));
    }
    let mut reading = Reading::default();
    reading.columns.keeps_lines = true;
    for path in paths {
        reading.read(path, offsets, go_on)?;
    }
    reading.check(offsets)?;
    Ok(reading.into_history())
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
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
    /// The lines that are no events, and more, for verification.
    diary: Diary,
}

impl Reading {
    fn read(
        &mut self,
        path: &Path,
        offsets: &BTreeMap<u64, f64>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        let file = path.display().to_string();
        let mut lines = Lines::open(path)?;
        let mut log = Log {
            path: path.to_owned(),
            ..Log::default()
        };
        self.addresses.next_log();
        while let Some((number, text)) = lines.next_line()? {
            let at = |message: String| Error::log(&file, number, message);
            let line = parse(text).map_err(at)?;
            if number == 1 {
                log.facts.id = line.machine_id;
                log.offset = offset(offsets, line.machine_id)?;
                log.facts.span = (f64::INFINITY, f64::NEG_INFINITY);
                log.diary.rows.start = self.columns.len();
            } else if line.machine_id != log.facts.id && self.columns.keeps_lines {
                log.diary.strays.push((number as u32, line.machine_id));
            } else if line.machine_id != log.facts.id {
                return Err(at(format!(
                    "machine_id is {}, but the lines before are of machine {}: a log belongs to one machine",
                    line.machine_id, log.facts.id
                )));
            }
            log.lines = number;
            self.line(&mut log, line).map_err(at)?;
            if number % LINES_PER_CHECK == 0 && !go_on() {
                return Err(Error::state(format!("reading {file} was interrupted")));
            }
        }
        if lines.torn() {
            self.notes.push(format!(
                "{file}:{}: the last line has no newline and is not counted",
                lines.number()
            ));
        }
        if log.lines == 0 {
            return Err(Error::log(
                file,
                1,
                if lines.torn() {
                    "there is no complete line: a log has one JSON object a line, each with a newline"
                } else {
                    "the file is empty: a log has one JSON object a line"
                },
            ));
        }
        log.facts.file = file;
        log.diary.torn = lines.torn().then(|| lines.number());
        log.diary.rows.end = self.columns.len();
        self.note(&log);
        self.logs.push(log);
        Ok(())
    }

    /// Takes one line into the columns or the facts.
    fn line(&mut self, log: &mut Log, line: Line<'_>) -> std::result::Result<(), String> {
        let shifted = |time: Micros| (time + log.offset) as f64;
        let mut row = Row {
            time: shifted(line.time),
            machine_id: log.facts.id,
            event: INTERNAL,
            clocks: (0, 0),
            queue_len: None,
            sender: None,
            sent_clock: None,
            arrived: None,
            line: log.lines as u32,
            is_manual: line.is_manual,
        };
        if self.columns.keeps_lines
            && let Some(note) = Note::of(&line.body, shifted)
        {
            log.diary.marks.push(Mark {
                line: row.line,
                row: self.columns.len(),
                time: row.time,
                note,
            });
        }
        let facts = &mut log.facts;
        facts.span = (facts.span.0.min(row.time), facts.span.1.max(row.time));
        match line.body {
            Body::Internal { clocks } => {
                row.clocks = clocks;
                self.columns.push(&row);
            }
            Body::Receive {
                clocks,
                message,
                queue_len,
            } => {
                log.base_receives |= message.sent_clock.is_none();
                row.event = RECEIVE;
                row.clocks = clocks;
                row.queue_len = queue_len;
                row.sender = message.sender;
                row.sent_clock = message.sent_clock;
                row.arrived = message.arrival.map(shifted);
                self.columns.push(&row);
            }
            Body::Send {
                clocks,
                recipients,
                recipient_ids,
            } => {
                row.event = SEND;
                row.clocks = clocks;
                self.columns.push(&row);
                for (place, peer) in recipients.iter().enumerate() {
                    let id = recipient_ids.get(place).copied().flatten();
                    let known = id.map(|id| id as i64);
                    self.columns
                        .recipient(known.unwrap_or_else(|| self.addresses.code(peer)));
                }
            }
            Body::Connect { peer, peer_id, .. } => {
                self.addresses.connect(&peer, peer_id);
                log.connected.insert(peer_id);
            }
            Body::Unread(_) if self.columns.keeps_lines => {}
            Body::Unread(message) => facts.unread.push(Unread {
                sender: message.sender,
                sent_clock: message.sent_clock.unwrap_or_default(),
                arrived: message.arrival.map_or(f64::NAN, shifted),
            }),
            Body::End(end) => facts.end = Some(end),
            Body::Startup(startup) => {
                if let (Some(before), Some(now)) = (&facts.run_id, &startup.run_id)
                    && before != now
                    && !self.columns.keeps_lines
                {
                    return Err(format!(
                        "run_id is {now:?}, but the lines before are of run {before:?}: a log belongs to one run"
                    ));
                }
                log.started = true;
                if facts.run_id.is_none() || !self.columns.keeps_lines {
                    facts.run_id = startup.run_id.map(Into::into);
                }
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

    /// Whether the logs are of different machines of one run.
    fn check(&self, offsets: &BTreeMap<u64, f64>) -> Result<()> {
        let mut ids: BTreeMap<u64, &str> = BTreeMap::new();
        let mut run: Option<(&str, &str)> = None;
        for Log { facts, .. } in &self.logs {
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
                        format!(
                            "run {id:?}, but {file} is of run {other:?}: give the logs of one run"
                        ),
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

    /// Puts machines in the place of addresses, and returns who is behind each address.
    fn resolve(&mut self) -> Vec<i64> {
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
        known
    }

    fn into_history(mut self) -> History {
        self.resolve();
        self.columns.starts.push(self.columns.recipients.len());
        self.logs.sort_by_key(|log| log.facts.id);
        let diary = |log: Log| Diary {
            machine_id: log.facts.id,
            file: log.facts.file,
            lines: log.lines,
            ..log.diary
        };
        History {
            columns: self.columns,
            logs: self.logs.into_iter().map(diary).collect(),
            is_table: false,
        }
    }

    fn finish(mut self) -> Logs {
        let known = self.resolve();
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

fn offset(offsets: &BTreeMap<u64, f64>, machine_id: u64) -> Result<Micros> {
    let seconds = offsets.get(&machine_id).copied().unwrap_or(0.0);
    if seconds.abs() <= MAX_OFFSET {
        return Ok((seconds * 1e6).round() as Micros);
    }
    Err(Error::invalid(format!(
        "the offset of machine {machine_id} is {seconds} s: it lies between {:e} and {MAX_OFFSET:e}",
        -MAX_OFFSET
    )))
}
