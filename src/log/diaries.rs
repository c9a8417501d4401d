//! Log files as they stand, for verification: each in its own order, with lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::log::addresses::Addresses;
use crate::log::columns::{Columns, INTERNAL, Micros, Row, SEND};
use crate::log::facts::Facts;
use crate::log::history::{Diary, History, Mark, Note};
use crate::log::parse::{Body, Line, Peer, parse};
use crate::log::reader::{check, offset};
use crate::log::scan::{Scanned, Scanner};
use crate::log::text::Lines;

/// How many lines are read between two questions whether to go on.
const LINES_PER_CHECK: u64 = 1 << 14;

/// Reads the logs of one run line by line, whatever their order and ids.
///
/// What no run can have written is for verification to judge; lines that are no lines of a log
/// stay errors. Times are shifted by `offsets`, in seconds. `go_on` is asked every few
/// milliseconds; when it says no, reading ends with an error.
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
    check(reading.logs.iter().map(|log| &log.facts), offsets)?;
    Ok(reading.finish())
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    columns: Columns,
    addresses: Addresses,
    scanner: Scanner,
    logs: Vec<Log>,
}

/// One log.
#[derive(Default)]
struct Log {
    /// Its machine, file and run.
    facts: Facts,
    offset: Micros,
    lines: u64,
    listens: Vec<(String, u64)>,
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
        let mut log = Log::default();
        log.diary.rows.start = self.columns.len();
        self.addresses.next_log();
        while let Some((number, _)) = lines.next_line()? {
            let at = |message: String| Error::log(&file, number, message);
            log.lines = number;
            if let Some(line) = self.scanner.scan(lines.padded()) {
                log.belongs(line.machine_id, offsets)?;
                self.scanned(&log, &line, lines.text());
            } else {
                let line = parse(lines.text()).map_err(at)?;
                log.belongs(line.machine_id, offsets)?;
                self.parsed(&mut log, line);
            }
            if number.is_multiple_of(LINES_PER_CHECK) && !go_on() {
                return Err(Error::state(format!("reading {file} was interrupted")));
            }
        }
        if log.lines == 0 {
            let message =
                "there is no complete line: a log has one JSON object a line, each with a newline";
            return Err(Error::log(file, 1, message));
        }
        log.facts.file = file;
        log.diary.torn = lines.torn().then(|| lines.number());
        log.diary.rows.end = self.columns.len();
        self.logs.push(log);
        Ok(())
    }

    fn scanned(&mut self, log: &Log, line: &Scanned, text: &str) {
        self.columns.push(&Row {
            time: log.shifted(line.time),
            event: line.event,
            clocks: line.clocks,
            queue_len: line.queue_len,
            sender: line.message.sender,
            sent_clock: line.message.sent_clock,
            arrived: line.message.arrival.map(|time| log.shifted(time)),
            is_manual: line.is_manual,
            ..log.row()
        });
        if line.event != SEND {
            return;
        }
        for (place, (host, port)) in self.scanner.recipients.iter().enumerate() {
            let known = self.scanner.recipient_ids.get(place).copied().flatten();
            let code = match known {
                Some(id) => id as i64,
                None => self.addresses.code(&Peer(text[host.clone()].into(), *port)),
            };
            self.columns.recipient(code);
        }
    }

    fn parsed(&mut self, log: &mut Log, line: Line<'_>) {
        let time = log.shifted(line.time);
        if let Some(note) = Note::of(&line.body, |time| log.shifted(time)) {
            log.diary.marks.push(Mark {
                line: log.lines as u32,
                row: self.columns.len(),
                time,
                note,
            });
        }
        let mut row = Row {
            time,
            is_manual: line.is_manual,
            ..log.row()
        };
        if row.fill(&line.body, |time| log.shifted(time)) {
            self.columns.push(&row);
        }
        match line.body {
            Body::Send {
                recipients,
                recipient_ids,
                ..
            } => {
                for (place, peer) in recipients.iter().enumerate() {
                    let known = recipient_ids.get(place).copied().flatten();
                    let code = known.map_or_else(|| self.addresses.code(peer), |id| id as i64);
                    self.columns.recipient(code);
                }
            }
            Body::Connect { peer, peer_id, .. } => self.addresses.connect(&peer, peer_id),
            Body::Startup(startup) => {
                if log.facts.run_id.is_none() {
                    log.facts.run_id = startup.run_id.map(Into::into);
                }
                log.listens
                    .extend(startup.listen.map(|Peer(host, port)| (host.into(), port)));
                for peer in &startup.peers {
                    self.addresses.code(peer);
                }
            }
            Body::Internal { .. } | Body::Receive { .. } | Body::Unread(_) | Body::End(_) => {}
        }
    }

    fn finish(mut self) -> History {
        let listens = self
            .logs
            .iter()
            .map(|log| (log.facts.id, log.listens.as_slice()));
        let known = self.addresses.resolve(&listens.collect::<Vec<_>>());
        for recipient in &mut self.columns.recipients {
            if let Some(place) = Addresses::decode(*recipient) {
                *recipient = known[place];
            }
        }
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
}

impl Log {
    /// Takes note of whose line the present one is.
    fn belongs(&mut self, machine_id: u64, offsets: &BTreeMap<u64, f64>) -> Result<()> {
        if self.lines == 1 {
            self.facts.id = machine_id;
            self.offset = offset(offsets, machine_id)?;
        } else if machine_id != self.facts.id {
            self.diary.strays.push((self.lines as u32, machine_id));
        }
        Ok(())
    }

    fn shifted(&self, time: Micros) -> f64 {
        (time + self.offset) as f64
    }

    /// An event of the present line, still without what it says.
    fn row(&self) -> Row {
        Row {
            time: 0.0,
            machine_id: self.facts.id,
            event: INTERNAL,
            clocks: (0, 0),
            queue_len: None,
            sender: None,
            sent_clock: None,
            arrived: None,
            line: self.lines as u32,
            is_manual: false,
        }
    }
}
