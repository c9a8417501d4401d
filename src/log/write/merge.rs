//! The general log: every line of all logs in time order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::logs::Source;
use crate::log::read::input::{BYTE_ORDER_MARK, LogInput};
use crate::log::read::lines::{MAX_LINE, is_blank};
use crate::log::read::seconds::micros;
use crate::log::write::fields::BEGAN;

/// How much of a file is read at a time: files are open only meanwhile, so there may be thousands.
const BLOCK: u64 = 1 << 18;

/// Writes the lines of all `sources` to `path`, as they are, and returns how many there are.
///
/// Where the line of a log that says when ticking began is before the window, the first one in it says so.
///
/// Lines are in order of time; at equal times in order of machine, then as in their log.
/// A log's own order is kept even where its times go back. `window` leaves out what is before
/// its start, and its end and what is after, in seconds since `zero`. `go_on` is asked
/// every few milliseconds; when it says no, writing ends with an error.
pub fn write_lines(
    sources: &[Source],
    zero: Micros,
    path: &Path,
    window: Range<f64>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<u64> {
    if sources.is_empty() {
        return Err(Error::state(
            "there are no lines: these events come from a table, not from log files",
        ));
    }
    let name = path.display().to_string();
    let target = path.canonicalize().ok();
    if let Some(source) = sources
        .iter()
        .find(|source| target.is_some() && source.path.canonicalize().ok() == target)
    {
        return Err(Error::invalid(format!(
            "{name} is the log of machine {}: give another file for the general log",
            source.machine_id()
        )));
    }
    let mut tails: Vec<Tail> = sources.iter().map(Tail::new).collect();
    let mut heap = BinaryHeap::with_capacity(tails.len());
    for (place, tail) in tails.iter_mut().enumerate() {
        if tail.advance()? {
            heap.push(Reverse((tail.time, tail.machine_id, place)));
        }
    }
    let failed = |source| Error::io(name.clone(), source);
    let mut out = BufWriter::with_capacity(1 << 18, File::create(path).map_err(failed)?);
    let mut beginnings: BTreeMap<u64, TickStart> = BTreeMap::new();
    let mut count = 0;
    let mut seen: u64 = 0;
    while let Some(Reverse((time, machine_id, place))) = heap.pop() {
        let seconds = (time - zero) as f64 / 1e6;
        if seconds >= window.end {
            break;
        }
        let tail = &mut tails[place];
        let beginning = beginnings.entry(machine_id).or_default();
        if !beginning.is_written {
            beginning.began = tail.began.clone().or_else(|| beginning.began.take());
        }
        if seconds >= window.start {
            tail.write(beginning, &mut out).map_err(failed)?;
            count += 1;
        }
        if tail.advance()? {
            heap.push(Reverse((tail.time, tail.machine_id, place)));
        }
        seen += 1;
        if seen.is_multiple_of(1 << 14) && !go_on() {
            return Err(Error::state(format!("writing {name} was interrupted")));
        }
    }
    out.flush().map_err(failed)?;
    Ok(count)
}

/// Of a machine, when it began to tick, as lines say until one that is written does.
#[derive(Default)]
struct TickStart {
    began: Option<String>,
    /// Whether a line was written.
    is_written: bool,
}

/// A log from its next line on.
struct Tail<'a> {
    source: &'a Source,
    /// A stretch of the file; `block[line.0..line.1]` is the present line with its newline.
    block: Vec<u8>,
    line: (usize, usize),
    /// Where in the file the block ends.
    position: u64,
    /// When the present line, or one before it, was written.
    time: Micros,
    /// Whose it is.
    machine_id: u64,
    number: u64,
    /// When ticking began, if the present line says so.
    began: Option<String>,
    /// What is left of a compressed file, which stays open.
    rest: Option<BufReader<LogInput>>,
}

#[derive(Deserialize)]
struct LineTime<'a> {
    #[serde(borrow)]
    system_time: &'a RawValue,
    #[serde(borrow)]
    began: Option<&'a RawValue>,
    /// Of a STARTUP, `virtual` or `real`.
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    machine_id: u64,
}

impl LineTime<'_> {
    /// When ticking began, if the line says so: virtual time begins at 0.
    fn began(&self) -> Option<String> {
        let is_virtual = self.time.is_some_and(|time| time.get() == "\"virtual\"");
        let told = self.began.map(|began| began.get().to_owned());
        told.or_else(|| is_virtual.then(|| "0.000000".to_owned()))
    }
}

impl<'a> Tail<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            source,
            block: Vec::new(),
            line: (0, 0),
            position: 0,
            time: Micros::MIN,
            machine_id: 0,
            number: 0,
            began: None,
            rest: None,
        }
    }

    fn line(&self) -> &[u8] {
        &self.block[self.line.0..self.line.1]
    }

    /// Writes the present line; if it is the first that is written, with when ticking began.
    fn write(&self, told: &mut TickStart, out: &mut impl Write) -> std::io::Result<()> {
        let line = self.line();
        if let Some(began) = &told.began
            && self.began.is_none()
            && let Some(brace) = line.iter().rposition(|&byte| byte == b'}')
        {
            out.write_all(&line[..brace])?;
            out.write_all(BEGAN)?;
            out.write_all(began.as_bytes())?;
            out.write_all(&line[brace..])?;
        } else {
            out.write_all(line)?;
        }
        told.began = None;
        told.is_written = true;
        Ok(())
    }

    /// Goes to the next whole line that is not blank; false at the end.
    fn advance(&mut self) -> Result<bool> {
        let (time, machine_id, began) = loop {
            let start = self.line.1;
            if let Some(length) = end_of_line(&self.block[start..]) {
                self.line = (start, start + length);
                self.number += 1;
            } else if !self.refill()? {
                return Ok(false);
            }
            if is_blank(self.line()) {
                continue;
            }
            match stamp(self.line()) {
                Ok(stamp) => break stamp,
                Err(_) if self.source.skips => {}
                Err(message) => {
                    return Err(Error::log(
                        self.source.path.display().to_string(),
                        self.number,
                        format!("the line has changed since it was read: {message}"),
                    ));
                }
            }
        };
        let offset = self.source.offsets.get(&machine_id).copied();
        self.time = self.time.max(time + offset.unwrap_or_default());
        (self.machine_id, self.began) = (machine_id, began);
        Ok(true)
    }

    /// Reads on until there is a whole line; false if there is none.
    fn refill(&mut self) -> Result<bool> {
        self.block.drain(..self.line.1);
        self.line = (0, 0);
        let failed = |source| Error::io(self.source.path.display().to_string(), source);
        let before = self.block.len();
        let read = if let Some(rest) = &mut self.rest {
            read_on(rest, &mut self.block)
        } else {
            let input = LogInput::open_for(&self.source.path, self.source.execution.as_deref())?;
            if input.is_changed() {
                let rest = self.rest.insert(BufReader::new(input));
                read_on(rest, &mut self.block)
            } else {
                let mut file = File::open(&self.source.path).map_err(failed)?;
                file.seek(SeekFrom::Start(self.position)).map_err(failed)?;
                read_on(&mut BufReader::new(file), &mut self.block)
            }
        };
        let read = read.map_err(failed)?;
        if self.number == 0 && self.block.starts_with(BYTE_ORDER_MARK) {
            self.block.drain(..BYTE_ORDER_MARK.len());
        }
        self.position += read as u64;
        Ok(end_of_line(&self.block[before..]).is_some())
    }
}

/// The time of a line, its machine, and when that began to tick, if the line says so.
fn stamp(line: &[u8]) -> std::result::Result<(Micros, u64, Option<String>), String> {
    let stamp: LineTime = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let time = micros("system_time", stamp.system_time)?;
    Ok((time, stamp.machine_id, stamp.began()))
}

/// Appends a block, or more if no line ends in it; how much was read.
fn read_on(reader: &mut impl BufRead, block: &mut Vec<u8>) -> std::io::Result<usize> {
    let before = block.len();
    let mut read = reader.by_ref().take(BLOCK).read_to_end(block)?;
    if end_of_line(&block[before..]).is_none() {
        read += reader.take(MAX_LINE as u64).read_until(b'\n', block)?;
    }
    Ok(read)
}

/// The length of the first line with its newline.
fn end_of_line(text: &[u8]) -> Option<usize> {
    Some(text.iter().position(|&byte| byte == b'\n')? + 1)
}
