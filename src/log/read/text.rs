//! A log file as numbered lines of text.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::error::{Error, Result};
use crate::log::read::input::Input;

/// The longest line of a log, in bytes with its newline.
pub const MAX_LINE: usize = 16 << 20;

/// The whole lines of one file, from its beginning.
///
/// A line counts only with its newline; what follows the last one is torn.
#[derive(Debug)]
pub struct Lines {
    file: String,
    reader: BufReader<Input>,
    /// The present line without its newline.
    buffer: Vec<u8>,
    number: u64,
    torn: bool,
}

impl Lines {
    /// Opens the file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let file = path.display().to_string();
        let opened = Input::open(path)?;
        Ok(Self {
            file,
            reader: BufReader::with_capacity(1 << 18, opened),
            buffer: Vec::new(),
            number: 0,
            torn: false,
        })
    }

    /// The next whole line without its newline and its number, or `None` at the end.
    pub fn next_line(&mut self) -> Result<Option<(u64, &str)>> {
        self.buffer.clear();
        let read = self
            .reader
            .by_ref()
            .take(MAX_LINE as u64)
            .read_until(b'\n', &mut self.buffer)
            .map_err(|source| Error::io(self.file.clone(), source))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.buffer.pop_if(|last| *last == b'\n').is_none() {
            if read == MAX_LINE {
                return Err(self.error(too_long()));
            }
            self.torn = true;
            return Ok(None);
        }
        match std::str::from_utf8(&self.buffer) {
            Ok(line) => Ok(Some((self.number, line))),
            Err(error) => Err(self.error(not_text(self.number, error.valid_up_to() + 1))),
        }
    }

    /// The number of the line returned last, from 1; of the torn one at the end.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether the file ended within a line.
    pub fn torn(&self) -> bool {
        self.torn
    }

    /// An error at the line returned last.
    fn error(&self, message: String) -> Error {
        Error::log(&self.file, self.number, message)
    }
}

/// What to say of a line without an end.
pub(crate) fn too_long() -> String {
    format!(
        "a line longer than {MAX_LINE} bytes: this is no log, whose lines are one JSON object each"
    )
}

/// What to say of a line that is no UTF-8 from `byte` on, counted from 1.
pub(crate) fn not_text(number: u64, byte: usize) -> String {
    if number == 1 {
        return "not text: the file looks binary (a log has one JSON object a line, in UTF-8)"
            .into();
    }
    format!("invalid UTF-8 at byte {byte}")
}
