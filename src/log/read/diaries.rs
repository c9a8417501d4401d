//! Log files as they stand, for verification: each in its own order, with lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::facts::Facts;
use crate::log::history::{Diary, History, Link, Mark, Note};
use crate::log::read::addresses::Addresses;
use crate::log::read::gather::{Piece, Run, line_up};
use crate::log::read::parse::Peer;
use crate::log::read::part::{Links, Told};
use crate::log::read::reader::{check, fault_at, no_line, offset};
use crate::log::read::workers::{self, Parts};

/// Reads the logs of one run, whatever the order and the ids of their lines.
///
/// What no run can have written is for verification to judge; lines that do not belong in a log
/// stay errors. Times are shifted by `offsets`, in seconds. `go_on` is asked every few
/// milliseconds; when it says no, reading ends with an error.
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
    let mut reading = Reading::default();
    for (path, parts) in paths
        .iter()
        .zip(workers::read(paths, threads, true, go_on)?)
    {
        reading.take(path, parts, offsets)?;
    }
    check(reading.logs.iter().map(|log| &log.facts), offsets)?;
    reading.finish(threads, go_on)
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    addresses: Addresses,
    logs: Vec<Log>,
}

/// One log.
struct Log {
    /// Its machine, file and run.
    facts: Facts,
    listens: Vec<(String, u64)>,
    diary: Diary,
    run: Run,
    /// By block, the addresses that stand among the recipients.
    codes: Vec<Vec<usize>>,
}

impl Reading {
    /// Takes a log, block by block.
    fn take(&mut self, path: &Path, parts: Parts, offsets: &BTreeMap<u64, f64>) -> Result<()> {
        let file = path.display().to_string();
        let mut log = Log {
            facts: Facts::default(),
            listens: Vec::new(),
            diary: Diary::default(),
            run: Run {
                machine_id: 0,
                offset: 0,
                pieces: Vec::with_capacity(parts.blocks.len()),
            },
            codes: Vec::with_capacity(parts.blocks.len()),
        };
        self.addresses.next_log();
        let mut rows = 0;
        let mut links = Links::default();
        for part in parts.blocks {
            let lines = log.diary.lines;
            if lines == 0
                && let Some(&(_, id)) = part.owners.first()
            {
                log.facts.id = id;
                log.run.machine_id = id;
                log.run.offset = offset(offsets, id)?;
            }
            if let Some(fault) = part.fault {
                return Err(fault_at(&file, lines + part.lines + 1, fault));
            }
            let ends = part.owners.iter().skip(1).map(|(line, _)| *line);
            for (&(first, id), end) in part.owners.iter().zip(ends.chain([part.lines + 1])) {
                if id != log.facts.id {
                    let strays = (first..end).map(|line| ((lines + line) as u32, id));
                    log.diary.strays.extend(strays);
                }
            }
            for aside in part.asides {
                log.tell(&mut self.addresses, &aside.told);
                let offset = log.run.offset;
                let shifted = |time: Micros| (time + offset) as f64;
                log.diary.marks.push(Mark {
                    line: (lines + aside.line) as u32,
                    row: rows + aside.row,
                    time: shifted(aside.time),
                    note: Note::of(aside.told, shifted),
                });
            }
            for (host, port, id, line) in part.links.into_iter().flat_map(Links::into_iter) {
                let line = lines + line;
                links.add(&host, port, id, line);
            }
            log.diary.lines += part.lines;
            rows += part.rows.len();
            let places = part.addresses.iter();
            log.codes
                .push(places.map(|peer| self.addresses.place(peer)).collect());
            log.run.pieces.push(Piece {
                rows: part.rows,
                names: Vec::new(),
            });
        }
        if log.diary.lines == 0 {
            return Err(no_line(file, parts.torn));
        }
        let links = links.into_iter().map(|(host, port, id, line)| Link {
            line: line as u32,
            address: (host, port),
            id,
        });
        log.diary.links = links.collect();
        log.diary.links.sort_by_key(|link| link.line);
        log.diary.machine_id = log.facts.id;
        log.diary.file.clone_from(&file);
        log.facts.file = file;
        log.diary.torn = (parts.torn || parts.cut).then_some(log.diary.lines + 1);
        log.diary.rows = 0..rows;
        self.logs.push(log);
        Ok(())
    }

    fn finish(mut self, threads: usize, go_on: &mut dyn FnMut() -> bool) -> Result<History> {
        let listens = self
            .logs
            .iter()
            .map(|log| (log.facts.id, log.listens.as_slice()));
        let known = self.addresses.resolve(&listens.collect::<Vec<_>>());
        for log in &mut self.logs {
            for (piece, codes) in log.run.pieces.iter_mut().zip(&log.codes) {
                piece.names = codes.iter().map(|&place| known[place]).collect();
            }
        }
        self.logs.sort_by_key(|log| log.facts.id);
        let (mut runs, mut logs) = (Vec::new(), Vec::new());
        let mut start = 0;
        for log in self.logs {
            let mut diary = log.diary;
            diary.rows = start..start + diary.rows.end;
            for mark in &mut diary.marks {
                mark.row += start;
            }
            start = diary.rows.end;
            runs.push(log.run);
            logs.push(diary);
        }
        let columns = line_up(&runs, threads, go_on);
        drop(runs);
        let mut columns = columns.ok_or_else(|| Error::state("reading was interrupted"))?;
        columns.line = lines(&logs);
        Ok(History {
            columns,
            logs,
            is_table: false,
        })
    }
}

impl Log {
    /// Takes a line about the machine.
    fn tell(&mut self, addresses: &mut Addresses, told: &Told) {
        match told {
            Told::Connect(connect) => addresses.connect(&connect.peer, connect.peer_id),
            Told::Startup(startup, _) => {
                if self.facts.run_id.is_none() {
                    self.facts.run_id = startup.run_id.clone().map(Into::into);
                }
                let listen = startup.listen.clone();
                self.listens
                    .extend(listen.map(|Peer(host, port)| (host.into(), port)));
                for peer in &startup.peers {
                    addresses.place(peer);
                }
            }
            Told::Unread(_) | Told::End(_) => {}
        }
    }
}

/// The line of each event: those between two marks follow each other.
fn lines(logs: &[Diary]) -> Vec<u32> {
    let mut lines = Vec::with_capacity(logs.last().map_or(0, |log| log.rows.end));
    for log in logs {
        let mut line = 1;
        for mark in &log.marks {
            let more = (mark.row - lines.len()) as u32;
            lines.extend(line..line + more);
            line += more + 1;
        }
        let more = (log.rows.end - lines.len()) as u32;
        lines.extend(line..line + more);
    }
    lines
}
