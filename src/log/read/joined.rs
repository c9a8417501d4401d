//! The log of a machine whose parts are in order.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Error;
use crate::log::history::Piece;
use crate::log::read::block::BlockContents;
use crate::log::read::parts::FilePart;

/// The log of a machine.
pub(super) struct JoinedLog {
    pub(super) id: u64,
    /// Its files as they were named.
    pub(super) files: Vec<Arc<str>>,
    /// Where its lines stand, if not one after the other in one file.
    pub(super) pieces: Vec<Piece>,
    pub(super) paths: Vec<PathBuf>,
    pub(super) blocks: Vec<BlockContents>,
    pub(super) is_torn: bool,
    pub(super) is_cut: bool,
}

impl JoinedLog {
    /// That of these parts, without their lines.
    pub(super) fn of(parts: &[FilePart]) -> Self {
        let last = parts.last();
        Self {
            id: last.map_or(0, |part| part.id),
            files: parts.iter().map(|part| part.file.as_str().into()).collect(),
            pieces: Vec::new(),
            paths: parts.iter().map(|part| part.path.clone()).collect(),
            blocks: Vec::new(),
            is_torn: last.is_some_and(|part| part.is_torn),
            is_cut: last.is_some_and(|part| part.is_cut),
        }
    }

    /// The file as it was named, or the files.
    pub(super) fn file(&self) -> String {
        self.files.join(", ")
    }
}

/// What to say of two logs of one machine that cannot be one.
pub(super) fn twice(one: &FilePart, other: &FilePart, why: &str) -> Error {
    Error::log(
        &other.file,
        1,
        format!(
            "machine {} has two logs, the other is {}: {why}: give one log per machine",
            one.id, one.file
        ),
    )
}
