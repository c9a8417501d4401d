//! Sockets handed down by a parent process.

use std::net::TcpListener;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use crate::error::{Error, Result};

/// Takes over the listening socket behind `descriptor`.
///
/// The caller must have got the number from the parent that opened it for
/// this process, and must not use it otherwise from now on.
pub fn listener(descriptor: RawFd) -> Result<TcpListener> {
    let listener = TcpListener::from(owned(descriptor)?);
    match listener.local_addr() {
        Ok(_) => Ok(listener),
        Err(source) => {
            // It was not what the parent said, so it is not ours to close.
            std::mem::forget(listener);
            Err(Error::io(
                format!("descriptor {descriptor} is not a listening socket"),
                source,
            ))
        }
    }
}

/// Takes over one end of a pair of sockets, as [`listener`] does.
pub fn stream(descriptor: RawFd) -> Result<UnixStream> {
    let stream = UnixStream::from(owned(descriptor)?);
    match stream.peer_addr() {
        Ok(_) => Ok(stream),
        Err(source) => {
            std::mem::forget(stream);
            Err(Error::io(
                format!("descriptor {descriptor} is not one of a pair of sockets"),
                source,
            ))
        }
    }
}

fn owned(descriptor: RawFd) -> Result<OwnedFd> {
    if descriptor <= 2 {
        return Err(Error::invalid(format!(
            "descriptor {descriptor} is not an inherited socket: it must be above 2"
        )));
    }
    #[expect(
        unsafe_code,
        reason = "a number from the command line becomes an owned socket nowhere else"
    )]
    // SAFETY: the parent opened it for this process alone; nothing else here owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
