//! Lines that cannot be read.

use crate::error::Error;
use crate::log::newer_version::in_newer;
use crate::log::read::blocks::Stop;
use crate::log::read::lines::{not_text, too_long};

/// What becomes of a line that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadLines {
    /// It is an error, and nothing after it is read.
    Refuse,
    /// It is skipped; the log has a gap.
    Skip,
}

/// What is wrong with a line.
#[derive(Debug)]
pub(crate) enum BadLine {
    Stop(Stop),
    /// No UTF-8 from this byte on, counted from 1.
    Binary(usize),
    Wrong(String),
    /// It names this machine, in the log of another.
    Stray {
        id: u64,
        own: u64,
    },
    /// It stands where another machine of the same file has its lines, and is told there.
    Elsewhere,
}

/// The error of a line.
///
/// `newer` is the version that wrote the log, if it is newer than this one.
pub(super) fn error_at(file: &str, number: u64, bad_line: BadLine, newer: Option<&str>) -> Error {
    match bad_line {
        BadLine::Stop(Stop::Refused(error)) => error,
        other => Error::log(file, number, in_newer(&wrong(number, &other), newer)),
    }
}

/// What is wrong with a line.
pub(super) fn wrong(number: u64, bad_line: &BadLine) -> String {
    match bad_line {
        BadLine::Stop(Stop::Refused(error)) => error.to_string(),
        BadLine::Stop(Stop::TooLong) => too_long(),
        BadLine::Binary(byte) => not_text(number, *byte),
        BadLine::Wrong(message) => message.clone(),
        BadLine::Stray { id, own } => format!(
            "machine_id is {id}, but the lines before are of machine {own}: a log belongs to one machine"
        ),
        BadLine::Elsewhere => String::new(),
    }
}
