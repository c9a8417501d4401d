//! The bytes of a log file, plain or compressed.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use crate::error::{Error, Result};
use crate::log::read::binary::{BINARY, HEAD, kind};
use crate::log::read::one_execution::OneExecution;

/// With this some editors begin a text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
pub(crate) const GZIP: &[u8] = &[0x1f, 0x8b];
pub(crate) const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The bytes of a log; those of a gzip or zstd file as they were before compression.
///
/// The first bytes of a file tell what it is, not its name.
pub struct LogInput {
    bytes: Box<dyn Read + Send>,
    /// The name of the compression.
    compression: Option<&'static str>,
    /// Whether some lines are blank that are not so in the file.
    is_chosen: bool,
    /// Whether a byte came out.
    has_begun: bool,
    is_cut: bool,
}

impl LogInput {
    /// Opens the file at `path` for the lines of one execution, if one is named: the others are blank then.
    pub fn open_for(path: &Path, execution: Option<&str>) -> Result<Self> {
        let mut input = Self::open(path)?;
        if let Some(run_id) = execution {
            let bytes = std::mem::replace(&mut input.bytes, Box::new(io::empty()));
            let bytes = BufReader::with_capacity(1 << 18, bytes);
            input.bytes = Box::new(OneExecution::new(bytes, run_id));
            input.is_chosen = true;
        }
        Ok(input)
    }

    /// Opens the file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |source| Error::io(path.display().to_string(), source);
        let mut file = File::open(path).map_err(failed)?;
        let mut head = Vec::with_capacity(HEAD);
        (&mut file)
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(failed)?;
        if let Some(kind) = kind(&head).filter(|kind| *kind != BINARY) {
            let file = path.display().to_string();
            return Err(Error::log(
                file,
                1,
                format!("the file is no log: it is {kind}"),
            ));
        }
        let is = |magic| head.starts_with(magic);
        let (gzip, zstd) = (is(GZIP), is(ZSTD));
        let whole = Cursor::new(head).chain(file);
        let (bytes, compression): (Box<dyn Read + Send>, _) = if gzip {
            let bytes = BufReader::with_capacity(1 << 16, whole);
            (
                Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
                Some("gzip"),
            )
        } else if zstd {
            let bytes = zstd::Decoder::new(whole).map_err(failed)?;
            (Box::new(bytes), Some("zstd"))
        } else {
            (Box::new(whole), None)
        };
        Ok(Self {
            bytes,
            compression,
            is_chosen: false,
            has_begun: false,
            is_cut: false,
        })
    }

    /// Whether what is read is not what stands in the file.
    pub fn is_changed(&self) -> bool {
        self.compression.is_some() || self.is_chosen
    }

    /// Whether a compressed file ended before its time, as one does that is still being written.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl Read for LogInput {
    /// The bytes that are there; the end of a compressed file that is cut off is an end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.bytes.read(buffer) {
            Ok(count) => {
                self.has_begun |= count > 0;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => match self.compression {
                Some(_) if self.has_begun && error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.is_cut = true;
                    Ok(0)
                }
                Some(name) => Err(io::Error::new(
                    error.kind(),
                    format!(
                        "the file looks binary: it begins like a {name} file, but cannot be unpacked ({error})"
                    ),
                )),
                None => Err(error),
            },
        }
    }
}

impl std::fmt::Debug for LogInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogInput")
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}
