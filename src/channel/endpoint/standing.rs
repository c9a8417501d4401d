//! What an address says of who may connect from it.

/// What an address says of who may connect from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is neither a peer's nor allowed.
    Unknown,
    /// It is one of a peer.
    Peer,
    /// The user allows it, for machines that are no peers too.
    Allowed,
}
