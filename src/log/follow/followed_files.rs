//! The files that are followed, and those that appear.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::log::columns::Micros;
use crate::log::follow::growing_file::GrowingFile;
use crate::log::follow::known_machines::MOST_MACHINES;

/// Microseconds between two looks for new files.
const LISTED_EVERY: Micros = 500_000;

/// Where the logs are.
#[derive(Debug)]
pub enum Followed {
    /// In this directory, files of the names that we give logs.
    Directory(PathBuf),
    /// These files.
    Files(Vec<PathBuf>),
}

/// A file among others.
#[derive(Debug)]
pub(crate) struct FollowedFile {
    pub(crate) file: GrowingFile,
    /// What it is called where something is said of it.
    pub(crate) name: String,
    /// How many warnings there were of it.
    pub(crate) warned: u64,
    /// Whether it was never read.
    pub(crate) is_new: bool,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct FollowedFiles {
    pub(crate) files: Vec<FollowedFile>,
    /// Where others may appear.
    directory: Option<PathBuf>,
    listed: Option<Micros>,
    /// Whether it was said that nothing is there.
    waits: bool,
    /// Whether there are more than are followed.
    pub(crate) is_beyond: bool,
}

impl FollowedFiles {
    pub(crate) fn new(followed: Followed) -> Self {
        let (directory, paths) = match followed {
            Followed::Directory(directory) => (Some(directory), Vec::new()),
            Followed::Files(paths) => (None, paths),
        };
        let mut files = Self {
            files: Vec::new(),
            directory,
            listed: None,
            waits: false,
            is_beyond: false,
        };
        files.follow(paths, |path| path.display().to_string());
        files
    }

    /// Looks for files that are new; what is to be said if there are none.
    pub(crate) fn list(&mut self, now: Micros) -> Option<String> {
        let age = self.listed.map(|before| now - before);
        if age.is_some_and(|age| (0..LISTED_EVERY).contains(&age)) {
            return None;
        }
        self.listed = Some(now);
        let Some(directory) = self.directory.clone() else {
            let is_there = self.files.iter().any(|file| file.file.path().exists());
            return self.wait(is_there, || "no log is there yet: waiting".into());
        };
        let shown = directory.display();
        match logs_of(&directory) {
            Ok(mut paths) => {
                let old: BTreeSet<&Path> = self.files.iter().map(|file| file.file.path()).collect();
                paths.retain(|path| !old.contains(path.as_path()));
                self.follow(paths, |path| {
                    let name = path.file_name().unwrap_or_default();
                    name.to_string_lossy().into_owned()
                });
                let is_there = !self.files.is_empty();
                self.wait(is_there, || format!("no log in {shown} yet: waiting"))
            }
            Err(error) => self.wait(false, || {
                if error.kind() == io::ErrorKind::NotFound {
                    format!("there is no directory {shown} yet: waiting")
                } else {
                    format!("{shown} cannot be read: {error}: waiting")
                }
            }),
        }
    }

    /// Says once that nothing is there.
    fn wait(&mut self, is_there: bool, words: impl Fn() -> String) -> Option<String> {
        let is_news = !is_there && !self.waits;
        self.waits |= !is_there;
        is_news.then(words)
    }

    fn follow(&mut self, paths: Vec<PathBuf>, name: impl Fn(&Path) -> String) {
        for path in paths {
            if self.files.len() >= MOST_MACHINES {
                self.is_beyond = true;
                return;
            }
            self.files.push(FollowedFile {
                name: name(&path),
                file: GrowingFile::new(path),
                warned: 0,
                is_new: true,
            });
        }
    }
}

/// The logs in a directory, by the names that we give them, in their order.
fn logs_of(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let middle = name.to_str().and_then(|name| name.strip_prefix("machine_"));
        let is_log = middle.is_some_and(|rest| rest.strip_suffix(".log").is_some());
        if is_log && paths.len() <= MOST_MACHINES {
            paths.push(entry.path());
        }
    }
    paths.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    Ok(paths)
}
