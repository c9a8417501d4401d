//! A file of text, whole.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::log::read::binary;
use crate::log::read::input::LogInput;

/// A file to read, and what its name or its first lines have told already.
#[derive(Debug, Clone, Default)]
pub struct TextFile {
    /// Where it is.
    pub path: PathBuf,
    /// The machine that it is of, where its lines do not say.
    pub machine: Option<String>,
    /// How many lines in front are no events.
    pub header: u32,
}

/// What a file holds: lines that end with `\n`, the last one perhaps without.
#[derive(Debug)]
pub(super) struct Contents {
    /// The file as it was named.
    pub(super) name: String,
    pub(super) text: String,
    /// Whether it is compressed and cut off.
    pub(super) is_cut: bool,
}

/// The byte order mark.
const MARK: char = '\u{feff}';

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Contents> {
    let name = path.display().to_string();
    let mut input = LogInput::open(path)?;
    let mut bytes = Vec::new();
    let size = path.metadata().map_or(0, |meta| meta.len());
    bytes.reserve_exact(usize::try_from(size).unwrap_or(0).min(1 << 32) + 1);
    input
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io(name.clone(), error))?;
    let head = &bytes[..bytes.len().min(binary::HEAD)];
    if let Some(kind) = binary::kind(head) {
        return Err(Error::log(
            name,
            1,
            format!("the file is no log: it is {kind}"),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..place];
        let line = memchr::memchr_iter(b'\n', before).count() as u64 + 1;
        let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let byte = place - start + 1;
        Error::log(
            name.clone(),
            line,
            format!("byte {byte} of the line is no UTF-8: save the file as UTF-8"),
        )
    })?;
    let text = plain_lines(text);
    if text.trim_ascii().is_empty() {
        return Err(Error::log(name, 1, "the file is empty"));
    }
    Ok(Contents {
        name,
        text,
        is_cut: input.is_cut(),
    })
}

/// The text without a byte order mark, its lines ended by `\n` alone.
fn plain_lines(text: String) -> String {
    let mut text = text;
    if text.starts_with(MARK) {
        text.drain(..MARK.len_utf8());
    }
    if memchr::memmem::find(text.as_bytes(), b"\r\n").is_some() {
        text = text.replace("\r\n", "\n");
    }
    text
}
