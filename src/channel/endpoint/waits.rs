//! How long an endpoint waits.

use crate::model::message::Nanos;

/// How long an endpoint waits, in nanoseconds. A test may have less patience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Waits {
    /// How long a connection may say nothing before its hello.
    pub hello: Nanos,
    /// How long connecting and the handshake may take.
    pub answer: Nanos,
    /// First connections are held up by others for this long at most.
    pub turn: Nanos,
    /// How long refused connections may stay, so that they can read why.
    pub refusal: Nanos,
    /// Names are not looked up for connections from unknown addresses more often than this.
    pub vetting: Nanos,
    /// A failed connection is tried again after this at the earliest ...
    pub shortest_backoff: Nanos,
    /// ... and after this at the latest.
    pub longest_backoff: Nanos,
    /// How long an ending machine waits for others, at most.
    pub end: Nanos,
    /// How long it then waits for its last bytes to be read.
    pub last_bytes: Nanos,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            hello: 5_000_000_000,
            answer: 5_000_000_000,
            turn: 1_000_000_000,
            refusal: 1_000_000_000,
            vetting: 1_000_000_000,
            shortest_backoff: 10_000_000,
            longest_backoff: 1_000_000_000,
            end: 1_000_000_000,
            last_bytes: 300_000_000,
        }
    }
}
