//! Whether a log still stands where it is written.

use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::model::message::Nanos;

/// How long a look may be old before the next write looks again.
const PAUSE: Nanos = 1_000_000_000;

/// A file that someone may remove, rename, replace or cut short while it is written.
#[derive(Debug)]
pub(super) struct FileWatch {
    /// Where it stands, whatever becomes of links to it and of the process's directory.
    place: PathBuf,
    /// Device and number: what tells it from another file of its name.
    identity: (u64, u64),
    /// So many bytes must be there.
    length: u64,
    /// When to look again.
    next: Nanos,
    has_told: bool,
}

impl FileWatch {
    /// Of a file of so many bytes; none of what has no length, such as a pipe or a device.
    pub(super) fn new(path: &Path, file: &File, length: u64) -> Option<Self> {
        let data = file.metadata().ok().filter(Metadata::is_file)?;
        Some(Self {
            place: path.canonicalize().ok()?,
            identity: (data.dev(), data.ino()),
            length,
            next: 0,
            has_told: false,
        })
    }

    /// So many bytes have been added.
    pub(super) fn grow(&mut self, bytes: usize) {
        self.length += bytes as u64;
    }

    /// Looks now and then, and says once what has become of the file.
    pub(super) fn look(&mut self, now: Nanos) -> Option<String> {
        if now < self.next || self.has_told {
            return None;
        }
        self.next = now + PAUSE;
        let loss = self.loss();
        self.has_told = loss.is_some();
        loss
    }

    /// What has become of the file, if what was written is no longer there.
    ///
    /// Its number alone proves nothing: file systems in layers or in user space may change it.
    pub(super) fn loss(&self) -> Option<String> {
        let data = match self.place.metadata() {
            Ok(data) => data,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Some("it was removed or renamed while the machine wrote it".into());
            }
            // Someone who may not look knows nothing.
            Err(_) => return None,
        };
        if data.is_file() && data.len() >= self.length {
            return None;
        }
        let what = if (data.dev(), data.ino()) == self.identity {
            "it was truncated"
        } else {
            "another file took its place"
        };
        Some(format!(
            "{what} while the machine wrote it: it holds {} bytes, and {} were written",
            data.len(),
            self.length
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write;

    use super::*;

    /// A file of ten bytes in a directory of its own, and its watch.
    fn watched(name: &str) -> (PathBuf, File, FileWatch) {
        let directory =
            std::env::temp_dir().join(format!("lamport-watch-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("machine_1.log");
        let mut file = File::create(&path).unwrap();
        file.write_all(b"0123456789").unwrap();
        let watch = FileWatch::new(&path, &file, 10).unwrap();
        (path, file, watch)
    }

    fn leave(path: &Path) {
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn what_stands_there_is_no_loss() {
        let (path, mut file, mut watch) = watched("whole");
        assert_eq!(watch.loss(), None);
        watch.grow(1);
        assert!(watch.loss().unwrap().contains("holds 10 bytes, and 11"));
        file.write_all(b"a").unwrap();
        assert_eq!(watch.loss(), None);
        // Longer, as where another writes too, or another number, as in layers.
        file.write_all(b"b").unwrap();
        let copy = path.with_extension("copy");
        fs::copy(&path, &copy).unwrap();
        fs::rename(&copy, &path).unwrap();
        assert_eq!(watch.loss(), None);
        leave(&path);
    }

    #[test]
    fn every_loss_is_named() {
        type Damage = (&'static str, fn(&Path), &'static str);
        let damages: [Damage; 5] = [
            (
                "removed",
                |path| fs::remove_file(path).unwrap(),
                "removed or renamed",
            ),
            (
                "renamed",
                |path| fs::rename(path, path.with_extension("1")).unwrap(),
                "removed or renamed",
            ),
            (
                "replaced",
                |path| {
                    fs::rename(path, path.with_extension("1")).unwrap();
                    fs::write(path, "new").unwrap();
                },
                "another file took its place while the machine wrote it: it holds 3 bytes, and 10 were written",
            ),
            (
                "truncated",
                |path| {
                    OpenOptions::new()
                        .write(true)
                        .open(path)
                        .unwrap()
                        .set_len(4)
                        .unwrap();
                },
                "it was truncated while the machine wrote it: it holds 4 bytes",
            ),
            (
                "a directory",
                |path| {
                    fs::remove_file(path).unwrap();
                    fs::create_dir(path).unwrap();
                },
                "another file took its place",
            ),
        ];
        for (name, damage, words) in damages {
            let (path, _file, watch) = watched(name);
            damage(&path);
            let loss = watch.loss().unwrap();
            assert!(loss.contains(words), "{name}: {loss}");
            leave(&path);
        }
    }

    #[test]
    fn it_looks_now_and_then_and_tells_once() {
        let (path, _file, mut watch) = watched("now and then");
        assert_eq!(watch.look(5), None);
        fs::remove_file(&path).unwrap();
        assert_eq!(watch.look(5 + PAUSE - 1), None);
        assert!(watch.look(5 + PAUSE).is_some());
        assert_eq!(watch.look(5 + 9 * PAUSE), None);
        assert!(watch.loss().is_some());
        leave(&path);
    }

    #[test]
    fn what_has_no_length_is_not_watched() {
        let path = Path::new("/dev/null");
        assert!(FileWatch::new(path, &File::open(path).unwrap(), 0).is_none());
    }
}
