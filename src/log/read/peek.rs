//! The beginning and the end of a file, by which its format is told.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{Error, Result};
use crate::log::read::binary::{BINARY, HEAD, kind};
use crate::log::read::input::{BYTE_ORDER_MARK, LogInput};

/// So many bytes at either end tell the format.
const ENOUGH: usize = 1 << 16;

/// The first and the last bytes of a file, those of a compressed one as they were before compression.
///
/// They overlap in a short file. There is no byte order mark.
pub fn peek(path: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    let failed = |source| Error::io(path.display().to_string(), source);
    let mut input = LogInput::open(path)?;
    let mut head = Vec::new();
    (&mut input)
        .take(ENOUGH as u64)
        .read_to_end(&mut head)
        .map_err(failed)?;
    // What stands in a compressed file may be no text either.
    if let Some(kind) = kind(&head[..head.len().min(HEAD)]).filter(|kind| *kind != BINARY) {
        return Err(Error::log(
            path.display().to_string(),
            1,
            format!("the file is no log: it is {kind}"),
        ));
    }
    let mut tail = head.clone();
    if head.len() == ENOUGH {
        if input.is_changed() {
            let mut buffer = vec![0; ENOUGH];
            loop {
                let count = input.read(&mut buffer).map_err(failed)?;
                if count == 0 {
                    break;
                }
                tail.extend_from_slice(&buffer[..count]);
                let more = tail.len().saturating_sub(ENOUGH);
                tail.drain(..more);
            }
        } else {
            let mut file = File::open(path).map_err(failed)?;
            let length = file.metadata().map_err(failed)?.len();
            let from = length.saturating_sub(ENOUGH as u64);
            file.seek(SeekFrom::Start(from)).map_err(failed)?;
            tail.clear();
            file.take(ENOUGH as u64)
                .read_to_end(&mut tail)
                .map_err(failed)?;
        }
    }
    if head.starts_with(BYTE_ORDER_MARK) {
        head.drain(..BYTE_ORDER_MARK.len());
    }
    Ok((head, tail))
}

/// All bytes of a file, in the same way.
pub fn whole(path: &Path) -> Result<Vec<u8>> {
    let failed = |source| Error::io(path.display().to_string(), source);
    let mut all = Vec::new();
    LogInput::open(path)?
        .read_to_end(&mut all)
        .map_err(failed)?;
    if all.starts_with(BYTE_ORDER_MARK) {
        all.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(all)
}
