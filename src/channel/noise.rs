//! Connections that only holders of a key can make, read or alter, as bytes in and bytes out.
//!
//! ```text
//! sender   -> frame of 48 bytes: handshake, psk and e
//! receiver <- frame of 48 bytes: handshake, e and ee
//! either   -> frames of 17 .. 65535 bytes: the lines of `wire.rs`, as they come
//! ```
//!
//! A frame is two bytes of length, the higher first, and a message of
//! `Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s` with the prologue `lamport/1 <run id>`, or `lamport/2 <run id>` of machines
//! with an algorithm. The
//! receiver knows that the sender is there now, and not a record of it, once
//! the first frame after the handshake opens: until then nothing of it counts. A frame that is
//! altered, missing, doubled or moved ends the connection; one that is cut between frames broke, and
//! the links heal it.
//!
//! Not in it: forward secrecy against someone who has the key and sits in between; telling holders of
//! the key apart (any of them can claim any id); hiding how much is said, and when.

use std::fmt;
use std::hash::{Hash, Hasher};

use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::types::{Cipher, Dh, Random};
use snow::{Builder, HandshakeState, TransportState};

use crate::channel::key::Key;
use crate::channel::protocol::{ALIKE, Protocol};
use crate::channel::wire::{MAX_LINE, shown};

/// `NN`: no machine has a key of its own, all that hold the one of the run are alike. `psk0`: the
/// first message already shows that its sender has it, and with others the handshake goes no further.
const PATTERN: &str = "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s";
/// The bytes that say how long a frame is.
const HEAD: usize = 2;
/// A message of the handshake: an ephemeral key and a tag.
const HANDSHAKE: usize = 48;
/// What encryption adds to a message.
const TAG: usize = 16;
/// The longest message.
const MAX_MESSAGE: usize = u16::MAX as usize;
/// What the refusal of a machine without this key begins with; no length that a machine says.
const NO: &[u8] = b"no";
/// What the hello of a machine without a key begins with; likewise.
const HELLO: &[u8] = b"la";

/// Why a connection with a key cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoiseError {
    /// A hello in plain text.
    #[error(
        "it has no key, this machine has one: give all machines of a run the same key, or none"
    )]
    Plain,
    /// An answer in plain text.
    #[error("it refused this machine, in plain text: {0}")]
    Refused(String),
    /// The first message does not open.
    #[error("it has another key, or belongs to another run")]
    OtherKey,
    /// The first message is that of a machine with the key of this run that speaks otherwise; this machine speaks so.
    #[error("it {}, and this machine {}: {ALIKE}", .0.other().trait_of(), .0.trait_of())]
    OtherProtocol(Protocol),
    /// No machine says a frame of this length there.
    #[error("{0} bytes as the length of a frame, which no machine with a key says there")]
    Length(usize),
    /// A later message does not open.
    #[error("a frame was altered, or belongs to another connection")]
    Altered,
    /// The bytes end where no machine ends them.
    #[error("the connection ended within a frame or before its first words")]
    Torn,
}

/// What the machines of a run share: their key and the name of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    key: Key,
    protocol: Protocol,
    prologue: String,
    /// That of machines of this run that speak otherwise.
    other: String,
}

impl Secret {
    /// The secret of a run.
    pub fn new(key: Key, run_id: &str) -> Self {
        let prologue = |protocol: Protocol| format!("{} {run_id}", protocol.name());
        let protocol = Protocol::Classic;
        Self {
            key,
            protocol,
            prologue: prologue(protocol),
            other: prologue(protocol.other()),
        }
    }

    /// The same, of machines that speak this.
    #[must_use]
    pub fn speaking(mut self, protocol: Protocol) -> Self {
        if protocol != self.protocol {
            self.protocol = protocol;
            std::mem::swap(&mut self.prologue, &mut self.other);
        }
        self
    }

    /// The sender's end of a connection; its first frame goes to `out`.
    ///
    /// `entropy` must come from a source that no one can guess, and be used once.
    pub fn sender(&self, entropy: [u8; 32], out: &mut Vec<u8>) -> Session {
        let mut handshake = self
            .builder(entropy, &self.prologue)
            .build_initiator()
            .expect("the pattern has all it needs");
        shake(&mut handshake, out);
        Session::new(handshake, None)
    }

    /// The receiver's end of a connection; of `entropy` the same is true.
    pub fn receiver(&self, entropy: [u8; 32]) -> Session {
        let handshake = self.builder(entropy, &self.prologue).build_responder();
        let handshake = handshake.expect("the pattern has all it needs");
        Session::new(handshake, Some(self.clone().into()))
    }

    /// Whether the first message of a sender is that of one that speaks otherwise. Nothing is ever said to it.
    fn speaks_otherwise(&self, message: &[u8]) -> bool {
        let other = self.builder([0; 32], &self.other);
        let handshake = other.build_responder();
        let mut handshake = handshake.expect("the pattern has all it needs");
        handshake.read_message(message, &mut []).is_ok()
    }

    fn builder<'a>(&'a self, entropy: [u8; 32], prologue: &'a str) -> Builder<'a> {
        let pattern = PATTERN.parse().expect("snow knows the pattern");
        Builder::with_resolver(pattern, Box::new(Primitives(entropy)))
            .psk(0, self.key.bytes())
            .and_then(|builder| builder.prologue(prologue.as_bytes()))
            .expect("each is set once")
    }
}

/// The name of the run stands for it: nothing is made of the key but what encrypts.
impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.prologue.hash(state);
    }
}

/// Appends the next message of a handshake.
fn shake(handshake: &mut HandshakeState, out: &mut Vec<u8>) {
    let mut message = [0; HANDSHAKE];
    let length = handshake.write_message(&[], &mut message);
    assert_eq!(length, Ok(HANDSHAKE), "it is this side's turn");
    out.extend_from_slice(&(HANDSHAKE as u16).to_be_bytes());
    out.extend_from_slice(&message);
}

/// One end of a connection.
pub struct Session {
    state: State,
    is_sender: bool,
    /// A frame of the other side has opened that no one can have recorded before.
    is_proven: bool,
    /// The beginning of a frame whose end has not come yet. How long it may get is known from its
    /// second byte on: nothing is kept for a frame that no machine says.
    kept: Vec<u8>,
}

enum State {
    /// The receiver has the secret until it knows who has come.
    Handshake(Box<HandshakeState>, Option<Box<Secret>>),
    Transport(Box<TransportState>),
    /// After an error.
    Broken,
}

impl Session {
    fn new(handshake: HandshakeState, receiver: Option<Box<Secret>>) -> Self {
        Self {
            is_sender: receiver.is_none(),
            state: State::Handshake(Box::new(handshake), receiver),
            is_proven: false,
            kept: Vec::new(),
        }
    }

    /// Whether lines can be written.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Transport(_))
    }

    /// Whether the connection may end here.
    pub fn check_end(&self) -> Result<(), NoiseError> {
        let is_waiting = !self.is_sender && self.is_open() && !self.is_proven;
        if self.kept.is_empty() && !is_waiting {
            return Ok(());
        }
        Err(NoiseError::Torn)
    }

    /// Whether what came so far ends within a frame.
    pub fn is_within_frame(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Takes bytes that came: appends what they say to `plain` and what the handshake answers
    /// to `out`. What `plain` holds when there is an error came before it, and counts.
    pub fn read(
        &mut self,
        bytes: &[u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), NoiseError> {
        let outcome = self.take(bytes, plain, out);
        if outcome.is_err() {
            self.state = State::Broken;
            self.kept.clear();
        }
        outcome
    }

    fn take(
        &mut self,
        mut bytes: &[u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), NoiseError> {
        // Only the frame that was begun is put together: the others are opened where they are.
        while !self.kept.is_empty() {
            let missing = self.missing(&self.kept)?;
            if missing == 0 {
                let frame = std::mem::take(&mut self.kept);
                self.open(&frame[HEAD..], plain, out)?;
            } else if bytes.is_empty() {
                return Ok(());
            } else {
                let (more, rest) = bytes.split_at(missing.min(bytes.len()));
                self.kept.extend_from_slice(more);
                bytes = rest;
            }
        }
        while !bytes.is_empty() {
            if self.missing(bytes)? > 0 {
                self.kept.extend_from_slice(bytes);
                return Ok(());
            }
            let (frame, rest) = bytes.split_at(frame_length(bytes));
            bytes = rest;
            self.open(&frame[HEAD..], plain, out)?;
        }
        Ok(())
    }

    /// How many bytes are missing to the frame that these begin, at least; 0 if it is whole.
    fn missing(&self, bytes: &[u8]) -> Result<usize, NoiseError> {
        let &[high, low, ..] = bytes else {
            return Ok(HEAD - bytes.len());
        };
        if matches!(self.state, State::Handshake(..)) {
            if self.is_sender && bytes.starts_with(NO) {
                return refused(bytes);
            }
            if !self.is_sender && bytes.starts_with(HELLO) {
                return Err(NoiseError::Plain);
            }
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let is_honest = match self.state {
            State::Handshake(..) => length == HANDSHAKE,
            // The first is a hello, and perhaps the beginning of what follows.
            State::Transport(_) if !self.is_proven => (TAG + 1..=TAG + MAX_LINE).contains(&length),
            State::Transport(_) => length > TAG,
            State::Broken => return Err(NoiseError::Altered),
        };
        if !is_honest {
            return Err(NoiseError::Length(length));
        }
        Ok((HEAD + length).saturating_sub(bytes.len()))
    }

    fn open(
        &mut self,
        message: &[u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), NoiseError> {
        // What fails on the way stays broken: no frame opens after one that did not.
        match std::mem::replace(&mut self.state, State::Broken) {
            State::Handshake(mut handshake, secret) => {
                if handshake.read_message(message, &mut []).is_err() {
                    return Err(match secret {
                        Some(secret) if secret.speaks_otherwise(message) => {
                            NoiseError::OtherProtocol(secret.protocol)
                        }
                        _ => NoiseError::OtherKey,
                    });
                }
                if self.is_sender {
                    self.is_proven = true;
                } else {
                    shake(&mut handshake, out);
                }
                let transport = handshake.into_transport_mode();
                let transport = transport.expect("both messages were exchanged");
                self.state = State::Transport(Box::new(transport));
            }
            State::Transport(mut transport) => {
                let start = plain.len();
                plain.resize(start + message.len() - TAG, 0);
                if transport
                    .read_message(message, &mut plain[start..])
                    .is_err()
                {
                    plain.truncate(start);
                    return Err(NoiseError::Altered);
                }
                self.is_proven = true;
                self.state = State::Transport(transport);
            }
            State::Broken => return Err(NoiseError::Altered),
        }
        Ok(())
    }

    /// Appends frames that say `plain` to `out`.
    ///
    /// # Panics
    ///
    /// If the handshake is not done, see [`Session::is_open`].
    pub fn write(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        let State::Transport(transport) = &mut self.state else {
            panic!("lines wait for the end of the handshake");
        };
        let mut rest = plain;
        while !rest.is_empty() {
            // The receiver bounds the first frame by the longest line.
            let most = if self.is_sender && transport.sending_nonce() == 0 {
                MAX_LINE
            } else {
                MAX_MESSAGE - TAG
            };
            let (piece, later) = rest.split_at(rest.len().min(most));
            rest = later;
            let length = piece.len() + TAG;
            out.extend_from_slice(&(length as u16).to_be_bytes());
            let start = out.len();
            out.resize(start + length, 0);
            let written = transport.write_message(piece, &mut out[start..]);
            assert_eq!(written, Ok(length), "a piece fits a message");
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("is_sender", &self.is_sender)
            .field("is_open", &self.is_open())
            .field("is_proven", &self.is_proven)
            .finish_non_exhaustive()
    }
}

/// The whole frame at the beginning of these bytes.
fn frame_length(bytes: &[u8]) -> usize {
    HEAD + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// An answer in plain text, once its line is whole.
fn refused(bytes: &[u8]) -> Result<usize, NoiseError> {
    match bytes.iter().position(|&byte| byte == b'\n') {
        None if bytes.len() < MAX_LINE => Ok(1),
        end => {
            let line = &bytes[..end.unwrap_or(bytes.len())];
            Err(NoiseError::Refused(shown(
                line[NO.len()..].trim_ascii_start(),
            )))
        }
    }
}

/// What snow needs of the world: its own primitives, and random bytes that were drawn before.
struct Primitives([u8; 32]);

impl CryptoResolver for Primitives {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Drawn(Some(self.0))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn snow::types::Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

/// Random bytes for the one ephemeral key of a handshake.
struct Drawn(Option<[u8; 32]>);

impl Random for Drawn {
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), snow::Error> {
        match self.0.take() {
            Some(drawn) if drawn.len() == bytes.len() => bytes.copy_from_slice(&drawn),
            _ => return Err(snow::Error::Rng),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
