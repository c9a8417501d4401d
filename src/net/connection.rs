//! One TCP connection, seen from the poll thread.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr};

use mio::net::TcpStream;

use crate::message::MachineId;
use crate::net::lines::Partial;

/// What a connection is for, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Mine to a peer: the system is still connecting.
    Connecting {
        /// The peer's position.
        peer: usize,
    },
    /// Mine to a peer: the hello is out, its answer is awaited.
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
    /// Someone's to me, refused or ended: what still comes is thrown away, so
    /// that closing does not destroy the last words on their way out.
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
    pub(super) station: u64,
    /// Unlike its key, never used again for another connection.
    pub(super) number: u64,
    pub(super) remote: SocketAddr,
    pub(super) role: Role,
    pub(super) partial: Partial,
    pub(super) out: Vec<u8>,
    written: usize,
    /// The system takes no more bytes until it says so.
    pub(super) is_blocked: bool,
    /// It stands in the list of connections to flush.
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
        station: u64,
        number: u64,
        remote: SocketAddr,
        role: Role,
    ) -> Self {
        Self {
            stream,
            station,
            number,
            remote,
            role,
            partial: Partial::default(),
            out: Vec::new(),
            written: 0,
            is_blocked: false,
            is_dirty: false,
            owes_ack: false,
            is_last: false,
            has_ended: false,
            is_shut: false,
        }
    }

    /// Writes what is in `out`.
    pub(super) fn write(&mut self) -> io::Result<Written> {
        while self.written < self.out.len() {
            match self.stream.write(&self.out[self.written..]) {
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
        self.out.clear();
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

    /// Whether nothing has been heard that makes it a peer's or a sender's.
    pub(super) fn is_stranger(&self) -> bool {
        matches!(self.role, Role::Vetting | Role::Stranger | Role::Parting)
    }
}
