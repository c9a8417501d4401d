//! A log that is being written: entries to the operating system.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::line::{Entry, Place};
use crate::log::read::logged_bodies::LoggedBodies;
use crate::log::read::recover::{Recovered, recover};
use crate::log::read::relive::{ReliveError, Relived, relive};
use crate::log::write::batch::Log;
use crate::log::write::watch::FileWatch;
use crate::log::write::writer::Formatter;
use crate::model::handled::Handled;
use crate::model::handler::Handler;
use crate::model::message::{MachineId, Nanos};

fn refused(path: &Path, source: io::Error) -> Error {
    let hint = if source.kind() == io::ErrorKind::AlreadyExists {
        ": it exists, and is never replaced unless overwrite is set (overwrite=True, --overwrite)"
    } else {
        ""
    };
    Error::io(format!("log file {}{hint}", path.display()), source)
}

/// Entries that are lines in memory at a time, where there may be many.
const PIECE: usize = 1024;

/// An error of the operating system once more.
fn again(error: &io::Error) -> io::Error {
    let code = error.raw_os_error();
    code.map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// A log that is being written.
///
/// After a failed or short write it takes nothing more: what a log does not
/// hold must not leave the machine. Lines go to the end of the file, wherever
/// that is: to write at a place of one's own would fill a file that someone
/// has cut short with NUL.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    /// None once it is released.
    file: Option<File>,
    /// None of what has no length.
    watch: Option<FileWatch>,
    formatter: Formatter,
    buffer: Vec<u8>,
    /// The lines it has.
    lines: u64,
    /// Why it takes nothing more.
    broken: Option<io::Error>,
    /// Whether lines that others hear of outlive a crash of the host.
    is_synced: bool,
}

/// The log of a machine that comes back, held by this process alone.
#[derive(Debug)]
pub struct Interrupted {
    path: PathBuf,
    file: File,
    /// The bytes of it that count.
    length: u64,
    /// What it tells; `None` if it has no whole line.
    pub recovered: Option<Recovered>,
    /// The lines that complete its last step.
    owed: Vec<u8>,
    /// How many lines it has with these, once an algorithm was run over it.
    lines: u64,
}

impl LogFile {
    /// Makes the file at `path`, which must not exist unless `overwrite`.
    pub fn create(path: &Path, overwrite: bool, formatter: Formatter) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true);
        if overwrite {
            options.create(true);
        } else {
            options.create_new(true);
        }
        let file = options.open(path).map_err(|source| refused(path, source))?;
        lock(path, &file)?;
        // Only what is no one's else is emptied; a pipe or a terminal cannot be.
        if file.metadata().is_ok_and(|data| data.is_file()) {
            file.set_len(0).map_err(|source| refused(path, source))?;
        }
        Ok(Self::new(path, file, 0, formatter))
    }

    fn new(path: &Path, file: File, length: u64, formatter: Formatter) -> Self {
        Self {
            path: path.to_owned(),
            watch: FileWatch::new(path, &file, length),
            file: Some(file),
            formatter,
            buffer: Vec::new(),
            lines: 0,
            broken: None,
            is_synced: false,
        }
    }

    /// The same; if it `is_synced`, lines that others hear of are on storage first, and so is the name of the file.
    pub fn synced(mut self, is_synced: bool) -> Result<Self> {
        if !is_synced {
            return Ok(self);
        }
        self.is_synced = true;
        let parent = self
            .path
            .parent()
            .filter(|path| !path.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let synced = File::open(parent).and_then(|directory| directory.sync_all());
        match synced {
            Ok(()) => Ok(self),
            Err(source) => Err(Error::io(
                format!(
                    "directory {}: it cannot be synced (sync=True, --sync)",
                    parent.display()
                ),
                source,
            )),
        }
    }

    /// Writes lines, and keeps them: others hear of them next.
    pub fn write_kept(&mut self, entries: &[Entry]) -> Result<()> {
        self.write(entries)?;
        self.keep()
    }

    /// Reads the log at `path`, so that its machine can go on.
    pub fn resume(path: &Path) -> Result<Interrupted> {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).open(path).map_err(|source| {
            let hint = if source.kind() == io::ErrorKind::NotFound {
                ": there is no log to resume; a first start is one without resume (resume=True, --resume)"
            } else {
                ""
            };
            Error::io(format!("log file {}{hint}", path.display()), source)
        })?;
        lock(path, &file)?;
        let reader = BufReader::with_capacity(1 << 18, &mut file);
        let recovered = recover(reader, &path.display().to_string())?;
        Ok(Interrupted {
            path: path.to_owned(),
            file,
            length: recovered.as_ref().map_or(0, |recovered| recovered.length),
            recovered,
            owed: Vec::new(),
            lines: 0,
        })
    }

    /// Ticking began at this Unix time: the first line from then on says so.
    pub fn begin(&mut self, began: Micros) {
        self.formatter.begin(began);
    }

    /// The peers have these ids, whether or not they have connected.
    pub fn know(&mut self, ids: &[MachineId]) {
        self.formatter.know(ids.iter().copied().map(Some));
    }

    /// Takes nothing more, closes the file, and lets another hold it.
    pub fn release(&mut self) {
        if let Some(file) = self.file.take() {
            // A forked child may have it open still.
            let _ = flock(file, FlockOperation::Unlock);
        }
    }

    /// Checks that there is no file at `path`, without making one.
    pub fn check_absent(path: &Path) -> Result<()> {
        if path.symlink_metadata().is_ok() {
            return Err(refused(path, Errno::EXIST.into()));
        }
        Ok(())
    }

    /// From now on entries may name an address that STARTUP does not list.
    pub fn add_peer(&mut self, peer: &Place<'_>) {
        self.formatter.add_peer(peer);
    }

    /// Hands the lines of `entries` to the operating system.
    pub fn write(&mut self, entries: &[Entry]) -> Result<()> {
        if let Some(error) = self.failure() {
            return Err(error);
        }
        let failed = |source| Error::io(format!("log file {}", self.path.display()), source);
        let Some(file) = &mut self.file else {
            return Err(failed(io::Error::other("it is closed")));
        };
        self.buffer.clear();
        for entry in entries {
            self.formatter.format(entry, &mut self.buffer);
        }
        file.write_all(&self.buffer).map_err(|source| {
            self.broken = Some(again(&source));
            failed(source)
        })?;
        self.lines += entries.iter().map(Entry::lines).sum::<u64>();
        if let Some(watch) = &mut self.watch {
            watch.grow(self.buffer.len());
        }
        Ok(())
    }

    /// Hands the lines of any number of entries to the operating system, some at a time.
    pub fn write_pieces(&mut self, mut entries: impl Iterator<Item = Entry>) -> Result<()> {
        let mut piece = Vec::new();
        loop {
            piece.extend(entries.by_ref().take(PIECE));
            if piece.is_empty() {
                return Ok(());
            }
            self.write(&piece)?;
            piece.clear();
        }
    }

    /// Looks now and then whether what was written still stands there, and says once if it does not.
    pub fn look(&mut self, now: Nanos) -> Option<String> {
        let loss = self.watch.as_mut()?.look(now)?;
        Some(self.lost(&loss))
    }

    /// Fails if what was written does not stand there now.
    pub fn check_kept(&self) -> Result<()> {
        let loss = self.watch.as_ref().and_then(FileWatch::loss);
        loss.map_or(Ok(()), |loss| Err(Error::state(self.lost(&loss))))
    }

    fn lost(&self, loss: &str) -> String {
        format!("log file {}: {loss}", self.path.display())
    }

    /// Why a write failed, if one did.
    pub fn failure(&self) -> Option<Error> {
        let source = again(self.broken.as_ref()?);
        let context = format!("log file {}", self.path.display());
        Some(Error::io(context, source))
    }

    /// A reader of what its messages say, for the life of a machine that comes back.
    pub fn logged_bodies(&self) -> Result<LoggedBodies> {
        let name = self.path.display().to_string();
        let failed = |source| Error::io(format!("log file {name}"), source);
        let file = match &self.file {
            Some(file) => file.try_clone(),
            None => Err(io::Error::other("it is closed")),
        };
        Ok(LoggedBodies::new(file.map_err(failed)?, name.clone()))
    }

    /// How many lines it has.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Log for LogFile {
    type Error = Error;

    fn write(&mut self, entries: &[Entry]) -> Result<()> {
        Self::write(self, entries)
    }

    fn keep(&mut self) -> Result<()> {
        if !self.is_synced {
            return Ok(());
        }
        // What a failed call left behind is never written later: nothing more may rely on this log.
        let Some(file) = &self.file else {
            return Ok(());
        };
        file.sync_data().map_err(|source| {
            self.broken = Some(again(&source));
            let path = self.path.display();
            Error::io(
                format!("log file {path}: it cannot be synced (sync=True, --sync)"),
                source,
            )
        })
    }
}

impl Interrupted {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs the algorithm again over the log; the machine as it was, if the log has a line.
    ///
    /// What its last step still owes is in `recovered` then, and in the log once that goes on.
    pub fn relive<H: Handler + ?Sized>(
        &mut self,
        handler: &mut H,
    ) -> std::result::Result<Option<Handled>, ReliveError<H::Error>> {
        let Some(recovered) = &mut self.recovered else {
            return Ok(None);
        };
        let name = self.path.display().to_string();
        let failed = |source| ReliveError::Log(Error::io(format!("log file {name}"), source));
        self.file.rewind().map_err(failed)?;
        let log = BufReader::with_capacity(1 << 18, &self.file).take(self.length);
        let began = recovered.began.unwrap_or_default();
        let Relived {
            handled,
            owed,
            lines,
            ..
        } = relive(log, &name, began, handler)?;
        self.lines = lines;
        if let Some(owed) = owed {
            self.owed = recovered.complete(&owed);
            self.lines += owed.sends.len() as u64;
        }
        Ok(Some(handled))
    }

    /// Cuts off what does not count, and goes on writing after it.
    pub fn go_on(self, formatter: Formatter) -> Result<LogFile> {
        let Self {
            path,
            mut file,
            length,
            owed,
            lines,
            ..
        } = self;
        file.set_len(length)
            .and_then(|()| file.write_all(&owed))
            .map_err(|source| Error::io(format!("log file {}", path.display()), source))?;
        let length = length + owed.len() as u64;
        let mut log = LogFile::new(&path, file, length, formatter);
        log.lines = lines;
        Ok(log)
    }
}

/// One process writes a log, or the other's lines would be lost among its own.
fn lock(path: &Path, file: &File) -> Result<()> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(Error::state(format!(
            "log file {}: a running machine writes it",
            path.display()
        ))),
        // Some file systems have no locks.
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::line::What;
    use crate::model::event::Event;

    fn event(event: Event) -> Entry {
        Entry {
            time: 1,
            what: What::Event {
                event,
                manual: false,
            },
        }
    }

    #[test]
    fn a_log_has_one_writer() {
        let path = std::env::temp_dir().join(format!("lamport-lock-{}.log", std::process::id()));
        let create = || LogFile::create(&path, true, Formatter::new(1, 0, Vec::new()));
        let mut held = create().unwrap();
        for error in [create().unwrap_err(), LogFile::resume(&path).unwrap_err()] {
            assert!(error.to_string().contains("a running machine writes it"));
        }
        held.release();
        assert!(LogFile::resume(&path).unwrap().recovered.is_none());
        assert!(held.write(&[]).is_err());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_log_is_never_replaced_unless_asked_and_takes_nothing_after_a_failure() {
        let path = std::env::temp_dir().join(format!("lamport-writer-{}.log", std::process::id()));
        let create =
            |overwrite| LogFile::create(&path, overwrite, Formatter::new(1, 0, Vec::new()));
        create(false)
            .unwrap()
            .write(&[event(Event::Internal {
                old_clock: 0,
                new_clock: 1,
            })])
            .unwrap();
        let error = create(false).unwrap_err().to_string();
        assert!(error.contains("overwrite"), "{error}");
        assert!(std::fs::metadata(&path).unwrap().len() > 0);
        drop(create(true).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn many_lines_take_little_memory() {
        let path =
            std::env::temp_dir().join(format!("lamport-log-pieces-{}.log", std::process::id()));
        let mut log = LogFile::create(&path, true, Formatter::new(1, 0, Vec::new())).unwrap();
        let events = (0..100_000).map(|old_clock| {
            event(Event::Internal {
                old_clock,
                new_clock: old_clock + 1,
            })
        });
        log.write_pieces(events).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 100_000);
        assert!(text.ends_with("\"new_clock\": 100000}\n"));
        let held = log.buffer.capacity();
        assert!(held < text.len() / 10, "{held} of {}", text.len());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn lines_go_to_the_end_of_a_file_that_was_cut_short() {
        let path = std::env::temp_dir().join(format!("lamport-cut-{}.log", std::process::id()));
        let internal = |old_clock| {
            [event(Event::Internal {
                old_clock,
                new_clock: old_clock + 1,
            })]
        };
        let mut log = LogFile::create(&path, true, Formatter::new(1, 0, Vec::new())).unwrap();
        log.write(&internal(0)).unwrap();
        assert_eq!(log.look(1), None);
        let cut = OpenOptions::new().write(true).open(&path).unwrap();
        cut.set_len(0).unwrap();
        log.write(&internal(1)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with('{') && text.ends_with("2}\n"), "{text:?}");
        let error = log.check_kept().unwrap_err().to_string();
        assert!(
            error.contains(&format!("{}: it was truncated", path.display())),
            "{error}"
        );
        assert_eq!(log.look(u64::MAX / 2), Some(error));
        std::fs::remove_file(&path).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_breaks_the_log_for_good() {
        let mut log = LogFile::create(
            Path::new("/dev/full"),
            true,
            Formatter::new(1, 0, Vec::new()),
        )
        .unwrap();
        let entries = [event(Event::Internal {
            old_clock: 0,
            new_clock: 1,
        })];
        assert!(log.failure().is_none());
        let first = log.write(&entries).unwrap_err().to_string();
        assert!(first.starts_with("log file /dev/full: "), "{first}");
        assert_eq!(log.write(&entries).unwrap_err().to_string(), first);
        assert_eq!(log.failure().unwrap().to_string(), first);
    }
}
