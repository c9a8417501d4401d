//! Logs that are pipes with a name: whoever opens one for writing waits for somebody who reads it.

use std::fs::{self, File, OpenOptions};
use std::os::fd::{IntoRawFd, RawFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::error::LamportError;
use super::interrupt::LOOK;

/// Waits until somebody reads the pipe at `path`; nothing is waited for if it is none. Ctrl-C ends the waiting.
///
/// While what it returns is there, the pipe opens at once.
pub(super) fn reader_of(py: Python<'_>, path: &Path) -> PyResult<Option<File>> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    while is_fifo(path) {
        match options.open(path) {
            Ok(pipe) => return Ok(Some(pipe)),
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => {
                // Nobody tells when a reader comes.
                let _ = py.detach(|| crossbeam_channel::never::<()>().recv_timeout(LOOK));
                py.check_signals()?;
            }
            // Whoever opens it says so.
            Err(_) => return Ok(None),
        }
    }
    Ok(None)
}

/// Checks that a machine can come back from the log at `path`: a pipe does not keep what was written.
pub(super) fn refuse(path: &Path) -> PyResult<()> {
    if is_fifo(path) {
        return Err(LamportError::new_err(format!(
            "log file {}: it is a pipe, and keeps nothing to resume",
            path.display()
        )));
    }
    Ok(())
}

fn is_fifo(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.file_type().is_fifo())
}

/// Wait until somebody reads the pipe with this name; Ctrl-C ends that.
///
/// Returns a descriptor while which is open the pipe opens at once, None if it is no pipe.
#[pyfunction]
pub(super) fn wait_for_reader(py: Python<'_>, path: PathBuf) -> PyResult<Option<RawFd>> {
    Ok(reader_of(py, &path)?.map(IntoRawFd::into_raw_fd))
}
