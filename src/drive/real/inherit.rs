//! A listening socket handed down by a parent process.

use std::net::TcpListener;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use crate::error::{Error, Result};

/// Takes over the listening socket behind `descriptor`.
///
/// The caller must have got the number from the parent that opened it for
/// this process, and must not use it otherwise from now on.
pub fn listener(descriptor: RawFd) -> Result<TcpListener> {
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
    let owned = unsafe { OwnedFd::from_raw_fd(descriptor) };
    let listener = TcpListener::from(owned);
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
