//! A log as numbered lines, one after the other.

use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::Path;

use crate::error::{Error, Result};
use crate::log::handled_row::HandledRow;
use crate::log::line::Place;
use crate::log::read::input::LogInput;
use crate::log::read::parse::{EventLine, Line, LineBody, parse};
use crate::log::read::scan::Scanner;

/// The longest line of a log, in bytes with its newline.
pub const MAX_LINE: usize = 16 << 20;

/// What follows a line in memory: the scanner takes numbers by eight bytes.
const END: &[u8] = b"\n        ";

/// The whole lines of one log, from its beginning.
///
/// A line counts only with its newline; what follows the last one is torn.
#[derive(Debug)]
pub struct Lines<R> {
    file: String,
    reader: R,
    /// The present line and [`END`].
    buffer: Vec<u8>,
    number: u64,
    length: u64,
    scanner: Scanner,
}

impl Lines<BufReader<LogInput>> {
    /// Opens the file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let input = LogInput::open(path)?;
        let reader = BufReader::with_capacity(1 << 18, input);
        Ok(Self::new(reader, path.display().to_string()))
    }
}

impl<R: BufRead> Lines<R> {
    /// The lines that `reader` gives; `file` is their name.
    pub fn new(reader: R, file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            reader,
            buffer: Vec::new(),
            number: 0,
            length: 0,
            scanner: Scanner::default(),
        }
    }

    /// The same, where so many lines come before these.
    pub(crate) fn behind(mut self, lines: u64) -> Self {
        self.number = lines;
        self
    }

    /// The next whole line without its newline and its number, or `None` at the end.
    pub fn next_line(&mut self) -> Result<Option<(u64, &str)>> {
        if !self.advance()? {
            return Ok(None);
        }
        let text = text(&self.buffer, self.number);
        let text = text.map_err(|message| Error::log(&self.file, self.number, message))?;
        Ok(Some((self.number, text)))
    }

    /// The next whole line that is not blank, as it is read, and its number, or `None` at the end.
    pub fn next_read(&mut self) -> Result<Option<(u64, Line<'_>)>> {
        while {
            if !self.advance()? {
                return Ok(None);
            }
            is_blank(&self.buffer)
        } {}
        let line = match scanned(&mut self.scanner, &self.buffer) {
            Some(line) => Ok(line),
            None => text(&self.buffer, self.number).and_then(parse),
        };
        let line = line.map_err(|message| Error::log(&self.file, self.number, message))?;
        Ok(Some((self.number, line)))
    }

    /// The number of the line returned last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The bytes up to the end of the line returned last.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Goes to the next whole line; false at the end.
    fn advance(&mut self) -> Result<bool> {
        self.buffer.clear();
        let read = self
            .reader
            .by_ref()
            .take(MAX_LINE as u64)
            .read_until(b'\n', &mut self.buffer)
            .map_err(|source| Error::io(self.file.clone(), source))?;
        if self.buffer.pop_if(|last| *last == b'\n').is_none() {
            if read == MAX_LINE {
                return Err(Error::log(&self.file, self.number + 1, too_long()));
            }
            return Ok(false);
        }
        self.number += 1;
        self.length += read as u64;
        self.buffer.extend_from_slice(END);
        Ok(true)
    }
}

/// Whether a line has nothing to read, as editors leave one at the end.
pub(crate) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// The line in a buffer, as text.
fn text(buffer: &[u8], number: u64) -> std::result::Result<&str, String> {
    let line = &buffer[..buffer.len() - END.len()];
    std::str::from_utf8(line).map_err(|error| not_text(number, error.valid_up_to() + 1))
}

/// The line in a buffer, if it is of the shape that the scanner knows.
fn scanned<'a>(scanner: &mut Scanner, buffer: &'a [u8]) -> Option<Line<'a>> {
    let line = scanner.scan(buffer)?;
    let body = match line.event {
        None => LineBody::Unread(line.message),
        Some(kind) => {
            let mut event = EventLine {
                kind,
                clocks: line.clocks,
                recipients: Vec::new(),
                recipient_ids: Vec::new(),
                message: line.message,
                queue_len: line.queue_len,
                handled: HandledRow::default(),
            };
            if kind.sends() {
                let place = |(host, port, _): (Range<usize>, _, _)| {
                    Place(String::from_utf8_lossy(&buffer[host]), port)
                };
                event.recipients = scanner.recipients().map(place).collect();
                if scanner.has_ids() {
                    event.recipient_ids = scanner.recipients().map(|(_, _, id)| id).collect();
                }
            }
            LineBody::Event(event)
        }
    };
    Some(Line {
        time: line.time,
        machine_id: line.machine_id,
        is_manual: line.is_manual,
        is_caused: false,
        is_by_hand: false,
        began: None,
        decimals: [6; 2],
        body,
    })
}

/// What to say of a line without an end.
pub(crate) fn too_long() -> String {
    format!(
        "a line longer than {MAX_LINE} bytes: this is not a log, whose lines are one JSON object each"
    )
}

/// What to say of a line that is not UTF-8 from `byte` on, counted from 1.
pub(crate) fn not_text(number: u64, byte: usize) -> String {
    if number == 1 {
        return "not text: the file looks binary (a log has one JSON object a line, in UTF-8)"
            .into();
    }
    format!("invalid UTF-8 at byte {byte}")
}
