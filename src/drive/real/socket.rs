//! One TCP socket of the poll thread.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{SockRef, TcpKeepalive};

use crate::channel::endpoint::ConnectionId;

/// A connection that hears nothing for this long probes whether the other host is there ...
const KEEPALIVE_AFTER: Duration = Duration::from_secs(5);
/// ... and probes again at this interval ...
const KEEPALIVE_EVERY: Duration = Duration::from_secs(2);
/// ... and counts as dead when nothing has been answered for this long.
const SILENCE: Duration = Duration::from_secs(12);

/// A socket, and which connection of which machine it carries.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    /// The machine it belongs to.
    pub(super) site: u64,
    pub(super) connection: ConnectionId,
    /// Where the system has connected it to is not known yet.
    pub(super) is_connecting: bool,
    /// The system takes no more bytes until it says so.
    pub(super) is_blocked: bool,
    /// It was asked for what every connection needs.
    pub(super) is_tuned: bool,
}

/// What a read or a write brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// This many bytes.
    Bytes(usize),
    /// Nothing now.
    Nothing,
    /// The other end has shut down its writing.
    End,
}

impl Socket {
    /// Asks of the system what every connection needs, before the first byte goes out: those who say
    /// nothing cost as little as can be. If it refuses, lines come later and the death of a host is
    /// noticed later.
    pub(super) fn tune(&mut self) {
        if std::mem::replace(&mut self.is_tuned, true) {
            return;
        }
        // Small lines must not wait for each other.
        let _ = self.stream.set_nodelay(true);
        // A host that vanished says nothing, and would hold its place forever.
        let socket = SockRef::from(&self.stream);
        let keepalive = TcpKeepalive::new()
            .with_time(KEEPALIVE_AFTER)
            .with_interval(KEEPALIVE_EVERY);
        let _ = socket.set_tcp_keepalive(&keepalive);
        #[cfg(target_os = "linux")]
        let _ = socket.set_tcp_user_timeout(Some(SILENCE));
    }

    /// Reads once.
    pub(super) fn read(&mut self, scratch: &mut [u8]) -> io::Result<Moved> {
        match self.stream.read(scratch) {
            Ok(0) => Ok(Moved::End),
            Ok(count) => Ok(Moved::Bytes(count)),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => Ok(Moved::Nothing),
                io::ErrorKind::Interrupted => Ok(Moved::Bytes(0)),
                _ => Err(error),
            },
        }
    }

    /// Writes once.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<Moved> {
        match self.stream.write(bytes) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => Ok(Moved::Bytes(count)),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => Ok(Moved::Nothing),
                io::ErrorKind::Interrupted => Ok(Moved::Bytes(0)),
                _ => Err(error),
            },
        }
    }

    /// Tells the other side that nothing more will come.
    pub(super) fn shut_down_writing(&self) {
        // The other side may be gone already; reading tells.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Whether the system has joined an attempt to itself, where no one listens.
    pub(super) fn is_own(&self) -> bool {
        let (from, to) = (self.stream.local_addr(), self.stream.peer_addr());
        from.is_ok_and(|from| to.is_ok_and(|to| from == to))
    }
}
