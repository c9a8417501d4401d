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
    /// It is one of a peer, and the user allows it too.
    AllowedPeer,
}

impl Standing {
    /// Whether machines that are no peers may send from there.
    pub fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed | Self::AllowedPeer)
    }

    /// Whether a peer is there.
    pub fn is_peer(self) -> bool {
        matches!(self, Self::Peer | Self::AllowedPeer)
    }
}
