//! A log file as blocks of whole lines.

use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use crate::error::Error;
use crate::log::read::input::LogInput;
use crate::log::read::lines::{MAX_LINE, is_blank};

/// How much of a file is read at a time; a block is larger only where a line is.
pub(crate) const BLOCK: usize = 1 << 20;

/// The blocks of one file, from its beginning.
///
/// The file is open only while it is read. What it holds at that moment counts: one that grows meanwhile
/// ends where its end was met, in a torn line perhaps; one that shrinks ends there too.
pub(crate) struct Blocks {
    path: PathBuf,
    /// The run of the execution whose lines count, if not all do.
    execution: Option<String>,
    input: Option<LogInput>,
    /// The beginning of a line whose end is not read yet.
    carry: Vec<u8>,
    next: usize,
    /// Nothing more comes.
    is_over: bool,
    /// What follows the last newline is no line.
    pub(crate) torn: bool,
    /// The compressed file is cut off.
    pub(crate) cut: bool,
}

/// Why there are no more lines.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The system refused.
    Refused(Error),
    /// The line has no end.
    TooLong,
}

impl Blocks {
    pub(crate) fn new(path: PathBuf, execution: Option<&str>) -> Self {
        Self {
            path,
            execution: execution.map(str::to_owned),
            input: None,
            carry: Vec::new(),
            next: 0,
            is_over: false,
            torn: false,
            cut: false,
        }
    }

    /// Nothing more is wanted.
    pub(crate) fn close(&mut self) {
        self.is_over = true;
        self.input = None;
    }

    /// Puts the next whole lines at the start of `buffer`: the number of the block and its length.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>) -> Option<(usize, Result<usize, Stop>)> {
        if self.is_over {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let result = self.fill(buffer);
        if !matches!(result, Ok(1..)) {
            self.close();
        }
        match result {
            Ok(0) => None,
            other => Some((number, other)),
        }
    }

    fn fill(&mut self, buffer: &mut Vec<u8>) -> Result<usize, Stop> {
        let mut input = match self.input.take() {
            Some(input) => input,
            None => {
                LogInput::open_for(&self.path, self.execution.as_deref()).map_err(Stop::Refused)?
            }
        };
        let mut filled = self.carry.len();
        if buffer.len() < filled {
            buffer.resize(filled, 0);
        }
        buffer[..filled].copy_from_slice(&self.carry);
        self.carry.clear();
        loop {
            let end = (filled + BLOCK).min(MAX_LINE);
            if buffer.len() < end {
                buffer.resize(end, 0);
            }
            let before = filled;
            while filled < end {
                match input.read(&mut buffer[filled..end]) {
                    Ok(0) => break,
                    Ok(count) => filled += count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => {
                        let file = self.path.display().to_string();
                        return Err(Stop::Refused(Error::io(file, error)));
                    }
                }
            }
            if let Some(last) = memchr::memrchr(b'\n', &buffer[before..filled]) {
                let length = before + last + 1;
                self.carry.extend_from_slice(&buffer[length..filled]);
                self.input = Some(input);
                return Ok(length);
            }
            if filled == MAX_LINE {
                return Err(Stop::TooLong);
            }
            if filled < end {
                self.torn = !is_blank(&buffer[..filled]);
                self.cut = input.is_cut();
                return Ok(0);
            }
        }
    }
}
