//! A file that grows: its whole lines since the last look.
//!
//! Nothing is kept of a file but where its next line begins, so that thousands cost little: half a line is read again
//! when more of it is there.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::log::read::binary::{HEAD, kind};
use crate::log::read::input::{BYTE_ORDER_MARK, GZIP, ZSTD};
use crate::log::read::lines::MAX_LINE;

/// So many bytes at the beginning tell one log from another: they have the time of its first line.
const MARK: usize = 96;

/// One file and how far it is read.
#[derive(Debug)]
pub(crate) struct GrowingFile {
    path: PathBuf,
    /// Device and number of the file that was read; none before there was one.
    identity: Option<(u64, u64)>,
    /// Where the next line begins.
    offset: u64,
    /// The number of the last line that was read.
    number: u64,
    /// Its first bytes.
    mark: Vec<u8>,
    /// Length and time of change at the last look, if all that was there then is read but for half a line.
    seen: Option<(u64, i64, i64)>,
    /// Whether it goes on within a line that is too long to be read.
    is_amid: bool,
    /// Whether it could not be read at the last look.
    is_failing: bool,
    /// Whether it is no log, of which was said so.
    is_refused: bool,
}

/// What a look at a file found.
#[derive(Debug, Default)]
pub(crate) struct NewLines {
    /// How many lines were before those found.
    pub(crate) number: u64,
    /// Whether there is more.
    pub(crate) has_more: bool,
    /// What is to be said of the file.
    pub(crate) warning: Option<String>,
    /// Whether what was read before is no longer in it: it is read from its beginning.
    pub(crate) is_another: bool,
}

impl GrowingFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            identity: None,
            offset: 0,
            number: 0,
            mark: Vec::new(),
            seen: None,
            is_amid: false,
            is_failing: false,
            is_refused: false,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the next whole lines into `buffer`, some `most` bytes of them.
    pub(crate) fn look(&mut self, buffer: &mut Vec<u8>, most: usize) -> NewLines {
        buffer.clear();
        if self.is_refused {
            return NewLines::default();
        }
        match self.read(buffer, most) {
            Ok(look) => {
                self.is_failing = false;
                look
            }
            Err(error) => {
                buffer.clear();
                let is_gone = error.kind() == io::ErrorKind::NotFound;
                if is_gone && self.identity.is_none() {
                    return NewLines::default();
                }
                let is_news = !self.is_failing;
                self.is_failing = true;
                self.seen = None;
                let why = if is_gone {
                    "it is gone: what was read of it stays".to_owned()
                } else {
                    format!("it cannot be read: {error}")
                };
                NewLines {
                    warning: is_news.then_some(why),
                    ..NewLines::default()
                }
            }
        }
    }

    fn read(&mut self, buffer: &mut Vec<u8>, most: usize) -> io::Result<NewLines> {
        let data = fs::metadata(&self.path)?;
        if !data.is_file() {
            self.is_refused = true;
            return Ok(NewLines {
                warning: Some("it is no file: it is not followed".into()),
                ..NewLines::default()
            });
        }
        let identity = (data.dev(), data.ino());
        let seen = (data.len(), data.mtime(), data.mtime_nsec());
        if self.identity == Some(identity) && self.seen == Some(seen) {
            return Ok(NewLines::default());
        }
        let file = File::open(&self.path)?;
        let mut mark = [0; MARK];
        let length = read_at(&file, &mut mark, 0)?;
        let mut look = NewLines::default();
        if let Some(before) = self.identity
            && let Some(why) = self.is_another(before, identity, data.len(), &mark[..length])
        {
            look.warning = Some(why.into());
            look.is_another = self.number > 0;
            *self = Self::new(std::mem::take(&mut self.path));
        }
        self.identity = Some(identity);
        self.mark = mark[..length].to_vec();
        if self.offset == 0 {
            if let Some(what) = refused(&file)? {
                self.is_refused = true;
                look.warning = Some(format!("it is no log that can be followed: it is {what}"));
                return Ok(look);
            }
            if self.mark.starts_with(BYTE_ORDER_MARK) {
                self.offset = BYTE_ORDER_MARK.len() as u64;
            }
        }
        look.number = self.number;
        look.has_more = self.take(&file, buffer, most, &mut look.warning)?;
        self.seen = (!look.has_more).then_some(seen);
        Ok(look)
    }

    /// Why what is read is no longer the beginning of this file, if so.
    fn is_another(
        &self,
        before: (u64, u64),
        now: (u64, u64),
        length: u64,
        mark: &[u8],
    ) -> Option<&'static str> {
        let known = self.mark.len().min(self.offset as usize);
        if before != now {
            Some("another file has its place: it is read from its beginning")
        } else if length < self.offset {
            Some("it is shorter than what was read of it: it is read from its beginning")
        } else if mark.get(..known) != Some(&self.mark[..known]) {
            Some("it was written anew: it is read from its beginning")
        } else {
            None
        }
    }

    /// Reads whole lines; whether there may be more.
    fn take(
        &mut self,
        file: &File,
        buffer: &mut Vec<u8>,
        most: usize,
        warning: &mut Option<String>,
    ) -> io::Result<bool> {
        let mut size = most;
        loop {
            buffer.resize(size, 0);
            let count = read_at(file, buffer, self.offset)?;
            let is_full = count == size;
            buffer.truncate(count);
            if self.is_amid {
                let end = memchr::memchr(b'\n', buffer);
                let passed = end.map_or(count, |end| end + 1);
                self.is_amid = end.is_none();
                self.number += u64::from(end.is_some());
                self.offset += passed as u64;
                buffer.clear();
                return Ok(is_full || passed < count);
            }
            if let Some(last) = memchr::memrchr(b'\n', buffer) {
                buffer.truncate(last + 1);
                self.offset += buffer.len() as u64;
                self.number += memchr::memchr_iter(b'\n', buffer).count() as u64;
                return Ok(is_full);
            }
            if !is_full {
                buffer.clear();
                return Ok(false);
            }
            if size >= MAX_LINE {
                *warning = Some(format!(
                    "line {} is longer than {MAX_LINE} bytes: it is passed over",
                    self.number + 1
                ));
                self.is_amid = true;
                self.offset += count as u64;
                buffer.clear();
                return Ok(true);
            }
            size *= 2;
        }
    }
}

/// What a file is that holds no lines, by its first bytes.
fn refused(file: &File) -> io::Result<Option<&'static str>> {
    let mut head = [0; HEAD];
    let length = read_at(file, &mut head, 0)?;
    let head = &head[..length];
    let is_packed = head.starts_with(GZIP) || head.starts_with(ZSTD);
    Ok(if is_packed {
        Some("compressed, and so no longer written")
    } else {
        kind(head)
    })
}

/// Reads as much as there is at a place of a file and fits.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
