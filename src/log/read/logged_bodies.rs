//! What the messages of a log say, read where their lines are.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::FileExt;

use crate::error::Result;
use crate::log::read::recover::read_body;
use crate::model::body::Body;

/// A log, for what its messages say.
#[derive(Debug)]
pub struct LoggedBodies {
    file: File,
    name: String,
}

impl LoggedBodies {
    /// Of this file, which errors call so.
    pub fn new(file: File, name: String) -> Self {
        Self { file, name }
    }

    /// What the SEND says whose line begins at this byte.
    pub fn read(&self, at: u64) -> Result<Body> {
        read_body(
            BufReader::new(FileFrom {
                file: &self.file,
                at,
            }),
            &self.name,
        )
    }
}

/// A file from a byte on, wherever others read and write it.
struct FileFrom<'a> {
    file: &'a File,
    at: u64,
}

impl Read for FileFrom<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
