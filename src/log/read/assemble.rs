//! The blocks of each log, put together: its history, in its own order.
//!
//! Blocks are read in any order by several threads (`workers.rs`), so a block knows nothing of those before it. What
//! spans blocks is decided here, by one thread, block after block and log after log: whose log it is, which line has
//! which number, and which error is the first. So the result is the same however many threads have read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::history::{History, LogHistory, Note};
use crate::log::newer_version::{in_newer, newer_version};
use crate::log::read::addresses::Addresses;
use crate::log::read::bad_line::{BadLine, BadLines, wrong};
use crate::log::read::block::{BlockContents, finest};
use crate::log::read::executions::told_apart;
use crate::log::read::join::join;
use crate::log::read::joined::JoinedLog;
use crate::log::read::merge_rows::{BlockEvents, LogEvents, append_logs};
use crate::log::read::named_recipients::NamedRecipients;
use crate::log::read::parts::{FilePart, split};
use crate::log::read::workers::{self, LogFiles};

/// The largest correction of a host's clock, in seconds.
const MAX_OFFSET: f64 = 1e9;

/// What judges what stands in a file.
pub(super) type Accept = fn(&[FilePart], &[PathBuf]) -> Result<()>;

/// The logs of a run as they stand, before their events become columns.
#[derive(Default)]
pub(super) struct Reading {
    /// In the order of the files.
    pub(super) logs: Vec<ReadLog>,
    /// The run of the one execution that is read of them, if not all lines are.
    pub(super) execution: Option<String>,
    pub(super) addresses: Addresses,
}

/// One log.
pub(super) struct ReadLog {
    /// All but the events; rows are counted from 0.
    pub(super) history: LogHistory,
    pub(super) events: LogEvents,
    /// By block, the addresses that stand among the recipients.
    codes: Vec<Vec<usize>>,
    /// Its files.
    pub(super) paths: Vec<PathBuf>,
    /// Whether it is a compressed file that ends before its time.
    pub(super) is_cut: bool,
    /// The first and the last time, in microseconds.
    pub(super) span: (f64, f64),
    /// Whether a RECEIVE lacks what it received.
    pub(super) has_base_receives: bool,
}

/// Reads the logs at `paths`, whatever the order and the ids of their lines.
///
/// The error is the first in the order of files and lines: `accept` judges what stands in a file before the line that
/// cannot be read, if there is one.
pub(super) fn read(
    threads: usize,
    files: LogFiles<'_>,
    offsets: &BTreeMap<u64, f64>,
    (bad_lines, accept): (BadLines, Accept),
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Reading> {
    let mut parts = Vec::new();
    let paths = files.paths;
    for (path, blocks) in paths
        .iter()
        .zip(workers::read(files, threads, bad_lines, go_on)?)
    {
        let is_torn = blocks.torn;
        let mut file = split(path, blocks);
        accept(&file.parts, paths)?;
        if let Some(error) = file.error {
            return Err(error);
        }
        if file.parts.is_empty() {
            return Err(no_line(path, &file.nobodys, is_torn));
        }
        parts.append(&mut file.parts);
    }
    let mut reading = Reading {
        execution: files.execution.map(str::to_owned),
        ..Reading::default()
    };
    for log in join(parts).map_err(|error| told_apart(error, paths))? {
        let log = reading.take(log, offsets)?;
        reading.logs.push(log);
    }
    Ok(reading)
}

impl Reading {
    /// Takes a log, block by block.
    fn take(&mut self, joined: JoinedLog, offsets: &BTreeMap<u64, f64>) -> Result<ReadLog> {
        let id = joined.id;
        let mut log = ReadLog {
            history: LogHistory {
                machine_id: id,
                file: joined.file(),
                pieces: joined.pieces,
                ..LogHistory::default()
            },
            events: LogEvents {
                machine_id: id,
                offset: offset(offsets, id)?,
                blocks: Vec::with_capacity(joined.blocks.len()),
            },
            codes: Vec::with_capacity(joined.blocks.len()),
            paths: joined.paths,
            is_cut: joined.is_cut,
            span: (f64::INFINITY, f64::NEG_INFINITY),
            has_base_receives: false,
        };
        self.addresses.next_log();
        let mut recipients = NamedRecipients::default();
        let mut lacks_old_clocks = false;
        for mut block in joined.blocks {
            recipients.append(std::mem::take(&mut block.recipients), log.history.lines);
            lacks_old_clocks |= block.lacks_old_clocks;
            log.append(block, &mut self.addresses);
        }
        if lacks_old_clocks {
            log.tell_old_clocks();
        }
        let history = &mut log.history;
        history.links = recipients.into_sorted();
        history.torn = joined.is_torn.then_some(history.lines + 1);
        Ok(log)
    }

    /// Who is behind each address; from now on those among the recipients have names too.
    ///
    /// A SEND may come before the line that tells, and that line may stand in another log: so this waits for all.
    pub(super) fn resolve(&mut self) -> Vec<i64> {
        let listens = self.logs.iter().map(|log| {
            let places = log.history.startups();
            let places = places.filter_map(|(_, startup)| startup.listen.as_ref());
            (log.history.machine_id, places.collect())
        });
        let known = self.addresses.resolve(&listens.collect::<Vec<_>>());
        for log in &mut self.logs {
            for (block, codes) in log.events.blocks.iter_mut().zip(&log.codes) {
                block.names = codes.iter().map(|&place| known[place]).collect();
            }
        }
        known
    }

    /// The events of one log after the other, as they stand.
    pub(super) fn into_history(
        mut self,
        threads: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<History> {
        self.resolve();
        self.logs.sort_by_key(|log| log.history.machine_id);
        let (mut all_events, mut logs) = (Vec::new(), Vec::new());
        let mut start = 0;
        for ReadLog {
            history: mut log,
            events,
            ..
        } in self.logs
        {
            log.rows = start..start + log.rows.end;
            for mark in &mut log.marks {
                mark.row += start;
            }
            for lines in log.blanks.iter_mut().chain(&mut log.gaps) {
                lines.row += start;
            }
            start = log.rows.end;
            all_events.push(events);
            logs.push(log);
        }
        let columns = append_logs(&all_events, threads, go_on);
        drop(all_events);
        let mut columns = columns.ok_or_else(|| Error::state("reading was interrupted"))?;
        columns.line = lines(&logs);
        Ok(History {
            columns,
            logs,
            ..History::default()
        })
    }
}

impl ReadLog {
    /// Takes the next block, whose lines, rows and times are its own.
    fn append(&mut self, mut block: BlockContents, addresses: &mut Addresses) {
        let (history, offset) = (&mut self.history, self.events.offset);
        let (lines, rows) = (history.lines, history.rows.end);
        for mark in &mut block.marks {
            mark.shift(lines, rows, offset);
            addresses.learn(&mark.note);
        }
        history.marks.append(&mut block.marks);
        for skipped in &mut block.blanks {
            skipped.shift(lines, rows);
        }
        history.blanks.append(&mut block.blanks);
        for (mut skipped, bad_line) in block.gaps {
            skipped.shift(lines, rows);
            let why = wrong(u64::from(skipped.line), &bad_line);
            let newer = newer_version(history.startups().map(|(_, startup)| startup));
            skipped.why = match bad_line {
                BadLine::Elsewhere => why,
                _ => in_newer(&why, newer),
            };
            history.gaps.push(skipped);
        }
        let beginnings = block.beginnings.iter();
        let shifted = beginnings.map(|beginning| beginning.shifted(lines, offset));
        history.beginnings.extend(shifted);
        history.decimals = finest(history.decimals, block.decimals);
        history.lines += block.lines;
        history.rows.end += block.rows.len();
        if let Some((first, last)) = block.span {
            let (first, last) = ((first + offset) as f64, (last + offset) as f64);
            self.span = (self.span.0.min(first), self.span.1.max(last));
        }
        self.has_base_receives |= block.has_base_receives;
        let places = block.addresses.iter();
        self.codes
            .push(places.map(|place| addresses.place(place)).collect());
        self.events.blocks.push(BlockEvents {
            rows: block.rows,
            names: Vec::new(),
        });
    }

    /// Where a line does not tell the clock before, it is that after the line before, if that is there.
    fn tell_old_clocks(&mut self) {
        let mut gaps = self.history.gaps.iter().map(|lines| lines.row).peekable();
        let mut before = None;
        let blocks = self.events.blocks.iter_mut();
        for (row, event) in blocks.flat_map(|block| &mut block.rows.events).enumerate() {
            while gaps.next_if(|&gap| gap <= row).is_some() {
                before = None;
            }
            if let Some(clock) = before
                && event.old_clock().is_none()
            {
                event.tell_old_clock(clock);
            }
            before = Some(event.new_clock);
        }
    }
}

impl Addresses {
    /// Takes what a line says of addresses.
    fn learn(&mut self, note: &Note) {
        match note {
            Note::Connect(connect) => self.connect(&connect.peer, connect.peer_id),
            Note::Startup(startup) => self.list(&startup.peers),
            Note::Unread { .. } | Note::End(_) => {}
        }
    }
}

/// The line of each event: those between two lines that are none follow each other.
fn lines(logs: &[LogHistory]) -> Vec<u32> {
    let mut lines = Vec::with_capacity(logs.last().map_or(0, |log| log.rows.end));
    for log in logs {
        let marks = log.marks.iter().map(|mark| (mark.line, mark.row, 1));
        let skipped = log.blanks.iter().chain(&log.gaps);
        let skipped = skipped.map(|lines| (lines.line, lines.row, lines.count));
        let mut others: Vec<_> = marks.chain(skipped).collect();
        others.sort_by_key(|&(line, ..)| line);
        let mut line = 1;
        for (_, row, count) in others {
            let more = (row - lines.len()) as u32;
            lines.extend(line..line + more);
            line += more + count;
        }
        let more = (log.rows.end - lines.len()) as u32;
        lines.extend(line..line + more);
    }
    lines
}

/// What to say of a file without a line of a log.
fn no_line(path: &Path, blocks: &[BlockContents], is_torn: bool) -> Error {
    let file = path.display().to_string();
    let mut lines = 0;
    for block in blocks {
        if let Some((skipped, bad_line)) = block.gaps.first() {
            let line = lines + u64::from(skipped.line);
            return Error::log(file, line, wrong(line, bad_line));
        }
        lines += block.lines;
    }
    Error::log(
        file,
        1,
        if lines > 0 {
            "there are only blank lines: a log has one JSON object per line"
        } else if is_torn {
            "there is no complete line: a log has one JSON object per line, each with a newline"
        } else {
            "the file is empty: a log has one JSON object per line"
        },
    )
}

/// The correction of a machine's clock.
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
