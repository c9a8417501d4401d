//! One connection: what it is for, and the bytes on their way out of it.

use std::hash::{Hash, Hasher};
use std::net::SocketAddr;

use crate::channel::endpoint::standing::Standing;
use crate::channel::lines::Partial;
use crate::channel::noise::{NoiseError, Session};
use crate::model::message::{MachineId, Nanos};

/// What a connection is for, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// Mine to a peer: it is being made.
    Connecting {
        /// The peer's position.
        peer: usize,
    },
    /// Mine to a peer: the hello is sent, its answer is awaited.
    Greeting {
        /// The peer's position.
        peer: usize,
    },
    /// Mine to a peer that has said ok: nothing goes out before the log says who it is.
    Recording {
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
    Unidentified,
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Connection {
    pub(super) remote: SocketAddr,
    /// What its address says; of peers' when I made it.
    pub(super) standing: Standing,
    pub(super) role: Role,
    /// It is not read until it is known who its sender may be.
    pub(super) is_held: bool,
    pub(super) partial: Partial,
    /// When it is closed unless it has got further.
    pub(super) deadline: Option<Nanos>,
    /// Lines on their way out.
    pub(super) out: Vec<u8>,
    session: Encryption,
    /// With a key: the frames on their way out.
    frames: Vec<u8>,
    /// How much of them, or without a key of `out`, has been taken.
    written: usize,
    /// Whoever drives it knows that there may be something to write.
    pub(super) is_ready: bool,
    /// The marks changed since the last acknowledgement.
    pub(super) owes_ack: bool,
    /// Shut down the writing side (or close, if the other side did) once all is written.
    pub(super) is_last: bool,
    /// The other side has shut down its writing.
    pub(super) has_ended: bool,
    pub(super) is_shut: bool,
}

impl Connection {
    pub(super) fn new(remote: SocketAddr, standing: Standing, role: Role) -> Self {
        Self {
            remote,
            standing,
            role,
            is_held: false,
            partial: Partial::default(),
            deadline: None,
            out: Vec::new(),
            session: Encryption(None),
            frames: Vec::new(),
            written: 0,
            is_ready: false,
            owes_ack: false,
            is_last: false,
            has_ended: false,
            is_shut: false,
        }
    }

    /// From here on lines travel in frames; `first` is what the handshake says first.
    pub(super) fn encrypt(&mut self, session: Session, first: &[u8]) {
        self.frames.extend_from_slice(first);
        self.session = Encryption(Some(session.into()));
    }

    /// Goes on without a key: the other side has none, or another.
    pub(super) fn drop_key(&mut self) {
        self.session = Encryption(None);
        self.frames.clear();
        self.out.clear();
        self.written = 0;
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.session.0.is_some()
    }

    /// With a key: appends what the bytes say to `plain`. What was said before an error counts.
    pub(super) fn decrypt(&mut self, bytes: &[u8], plain: &mut Vec<u8>) -> Result<(), NoiseError> {
        if let Some(session) = &mut self.session.0 {
            return session.read(bytes, plain, &mut self.frames);
        }
        plain.extend_from_slice(bytes);
        Ok(())
    }

    /// Whether the other side may end here.
    pub(super) fn check_end(&self) -> Result<(), NoiseError> {
        let session = self.session.0.as_ref();
        session.map_or(Ok(()), |session| session.check_end())
    }

    /// Whether the other side has said whole frames alone.
    pub(super) fn is_between_frames(&self) -> bool {
        let session = self.session.0.as_ref();
        session.is_none_or(|session| !session.is_within_frame())
    }

    /// Whether there is something that can be written.
    pub(super) fn has_output(&self) -> bool {
        !self.frames.is_empty() || (!self.out.is_empty() && self.is_open())
    }

    /// Whether lines can be written: with a key they wait for the end of its handshake.
    fn is_open(&self) -> bool {
        let session = self.session.0.as_ref();
        session.is_none_or(|session| session.is_open())
    }

    /// Makes frames of lines, where there is a key.
    pub(super) fn seal(&mut self) {
        if let Some(session) = &mut self.session.0
            && self.frames.is_empty()
            && session.is_open()
        {
            session.write(&self.out, &mut self.frames);
            self.out.clear();
        }
    }

    /// What is to be written next.
    pub(super) fn unwritten(&self) -> &[u8] {
        let bytes = if self.is_encrypted() {
            &self.frames
        } else {
            &self.out
        };
        &bytes[self.written..]
    }

    /// So many of these bytes have been taken.
    pub(super) fn written(&mut self, count: usize) {
        let bytes = if self.session.0.is_some() {
            &mut self.frames
        } else {
            &mut self.out
        };
        self.written += count;
        debug_assert!(self.written <= bytes.len());
        if self.written >= bytes.len() {
            bytes.clear();
            self.written = 0;
        }
    }

    /// Whether nothing has been heard yet that makes it a peer's or a sender's.
    pub(super) fn is_unidentified(&self) -> bool {
        matches!(
            self.role,
            Role::Vetting | Role::Unidentified | Role::Parting
        )
    }
}

/// With a key: what makes frames of lines.
#[derive(Debug)]
struct Encryption(Option<Box<Session>>);

/// A session would use its nonces twice if there were two of it: only what has no key can be copied
/// and compared, as the tests that visit all states do.
impl Clone for Encryption {
    fn clone(&self) -> Self {
        assert!(self.0.is_none(), "a session is not copied");
        Self(None)
    }
}

impl PartialEq for Encryption {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(session), Some(other)) => std::ptr::eq(&raw const **session, &raw const **other),
            _ => false,
        }
    }
}

impl Eq for Encryption {}

impl Hash for Encryption {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.is_some().hash(state);
    }
}
