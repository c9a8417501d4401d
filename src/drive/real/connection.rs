//! One TCP connection, seen from the poll thread.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{SockRef, TcpKeepalive};

use crate::channel::lines::{self, Input, Partial};
use crate::channel::noise::{NoiseError, Session};
use crate::channel::wire::WireError;
use crate::model::message::MachineId;

/// A connection that hears nothing for this long probes whether the other host is there ...
const KEEPALIVE_AFTER: Duration = Duration::from_secs(5);
/// ... and probes again at this interval ...
const KEEPALIVE_EVERY: Duration = Duration::from_secs(2);
/// ... and counts as dead when nothing has been answered for this long.
const SILENCE: Duration = Duration::from_secs(12);

/// What a connection is for, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Mine to a peer: the system is still connecting.
    Connecting {
        /// The peer's position.
        peer: usize,
    },
    /// Mine to a peer: the hello is sent, its answer is awaited.
    Greeting {
        /// The peer's position.
        peer: usize,
    },
    /// Mine to a peer: messages go out, acknowledgements come in.
    Sending {
        /// The peer's position.
        peer: usize,
    },
    /// Someone's to me: its address is being looked up once more.
    Vetting,
    /// Someone's to me: no hello yet.
    Stranger,
    /// A sender's to me: messages come in, acknowledgements go out.
    Receiving {
        /// The sender's id.
        sender: MachineId,
    },
    /// Someone's to me, refused or ended: what still comes is read and thrown away, so
    /// that closing does not destroy the last bytes on their way out.
    Parting,
}

/// A connection and the bytes on their way out of it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; all combinations occur"
)]
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    /// The machine it belongs to.
    pub(super) endpoint: u64,
    /// Unlike its key, never used again for another connection.
    pub(super) number: u64,
    pub(super) remote: SocketAddr,
    pub(super) role: Role,
    pub(super) partial: Partial,
    pub(super) out: Vec<u8>,
    /// With a key: what makes frames of lines.
    pub(super) session: Option<Box<Session>>,
    /// With a key: the frames on their way out.
    pub(super) frames: Vec<u8>,
    /// How much of them, or without a key of `out`, the system has taken.
    written: usize,
    /// The system takes no more bytes until it says so.
    pub(super) is_blocked: bool,
    /// It is in the list of connections to flush.
    pub(super) is_dirty: bool,
    /// The marks changed since the last acknowledgement.
    pub(super) owes_ack: bool,
    /// Shut down the writing side (or close, if the other side did) once all is written.
    pub(super) is_last: bool,
    /// The other side has shut down its writing.
    pub(super) has_ended: bool,
    is_shut: bool,
}

/// What became of the bytes on their way out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// All are with the system.
    All,
    /// The system takes no more now.
    Blocked,
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        endpoint: u64,
        number: u64,
        remote: SocketAddr,
        role: Role,
    ) -> Self {
        Self {
            stream,
            endpoint,
            number,
            remote,
            role,
            partial: Partial::default(),
            out: Vec::new(),
            session: None,
            frames: Vec::new(),
            written: 0,
            is_blocked: false,
            is_dirty: false,
            owes_ack: false,
            is_last: false,
            has_ended: false,
            is_shut: false,
        }
    }

    /// Asks of the system what every connection needs. If it refuses, lines come later
    /// and the death of a host is noticed later.
    pub(super) fn tune(&self) {
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

    /// Reads once and calls `each` for every line that is whole now, decrypted if there is a key.
    /// `scratch` and `plain` are memory that all connections share.
    pub(super) fn read<E: From<WireError> + From<NoiseError>>(
        &mut self,
        scratch: &mut [u8],
        plain: &mut Vec<u8>,
        each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> io::Result<Result<Input, E>> {
        let Some(session) = &mut self.session else {
            return self.partial.read(&mut self.stream, scratch, each);
        };
        let count = match lines::take(&mut self.stream, scratch)? {
            Input::Bytes(count) => count,
            other => return Ok(Ok(other)),
        };
        plain.clear();
        plain.extend_from_slice(self.partial.kept());
        let opened = session.read(&scratch[..count], plain, &mut self.frames);
        // What came before a fault counts.
        let cut = self.partial.cut(plain, each);
        Ok(cut.and_then(|()| Ok(opened?)).map(|()| Input::Bytes(count)))
    }

    /// Whether there is something that can be written.
    pub(super) fn has_output(&self) -> bool {
        !self.frames.is_empty() || (!self.out.is_empty() && self.is_open())
    }

    /// Whether lines can be written: with a key they wait for the end of its handshake.
    fn is_open(&self) -> bool {
        self.session
            .as_ref()
            .is_none_or(|session| session.is_open())
    }

    /// Goes on without a key: the other side has none, or another.
    pub(super) fn drop_key(&mut self) {
        self.session = None;
        self.frames.clear();
        self.out.clear();
        self.written = 0;
    }

    /// Writes what is in `out`.
    pub(super) fn write(&mut self) -> io::Result<Written> {
        let bytes = match &mut self.session {
            None => &mut self.out,
            Some(session) => {
                if self.frames.is_empty() && session.is_open() {
                    session.write(&self.out, &mut self.frames);
                    self.out.clear();
                }
                &mut self.frames
            }
        };
        while self.written < bytes.len() {
            match self.stream.write(&bytes[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_blocked = true;
                    return Ok(Written::Blocked);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.clear();
        self.written = 0;
        Ok(Written::All)
    }

    /// Tells the other side that nothing more will come.
    pub(super) fn shut_down_writing(&mut self) {
        if !self.is_shut {
            self.is_shut = true;
            // The other side may be gone already; reading tells.
            let _ = self.stream.shutdown(Shutdown::Write);
        }
    }

    /// Whether nothing has been heard yet that makes it a peer's or a sender's.
    pub(super) fn is_stranger(&self) -> bool {
        matches!(self.role, Role::Vetting | Role::Stranger | Role::Parting)
    }
}
